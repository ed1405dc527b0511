//===- ScalarOps.cpp - conversions and arithmetic of one thread -----------===//

#include "compiler/simulate/Handlers.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"

#include <array>
#include <cmath>
#include <tuple>

using namespace mlir::moe::sim;
using llvm::formatv;

namespace mlir::moe::sim {

bool isInFlight(Thread &thread, uint32_t bits, const Call &call) {
  auto handle = Handle::from(bits);
  if (!handle)
    return false;
  Step *step =
      thread.block->warpgroups[thread.warpgroup()].stepOf(handle->step);
  thread.block->fail(
      "accumulator in flight",
      formatv("{0} uses register {1} of the wgmma issued at {2} without a wait "
              "that is tied to it, at {3}",
              thread.block->who(thread), handle->element,
              step ? thread.block->place(step->location) : "an earlier step",
              thread.block->place(call.location)));
  return true;
}

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

static uint32_t bf16(uint32_t bits) {
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return 0x7fff;
  return (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
}

void toBf16Pair(Thread &thread, const Call &call) {
  auto high = uint32_t(call.in[0]), low = uint32_t(call.in[1]);
  if (isInFlight(thread, high, call) || isInFlight(thread, low, call))
    return;
  call.out[0] = bf16(high) << 16 | bf16(low);
}

static uint8_t e4m3(uint32_t bits) {
  llvm::APFloat value(llvm::bit_cast<float>(bits));
  if (value.isNaN())
    return 0x7f;
  uint8_t sign = bits >> 31 ? 0x80 : 0;
  if (llvm::abs(value) >= llvm::APFloat(448.0f))
    return sign | 0x7e; // satfinite
  bool exact;
  value.convert(llvm::APFloat::Float8E4M3FN(),
                llvm::APFloat::rmNearestTiesToEven, &exact);
  return uint8_t(value.bitcastToAPInt().getZExtValue());
}

void toE4m3Pair(Thread &thread, const Call &call) {
  auto high = uint32_t(call.in[0]), low = uint32_t(call.in[1]);
  if (isInFlight(thread, high, call) || isInFlight(thread, low, call))
    return;
  call.out[0] = e4m3(high) << 8 | e4m3(low);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

static constexpr uint32_t kCanonicalNaN = 0x7fffffff;

static float flushed(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value)
                                                : value;
}

/// result = compute(operands); with .ftz (n = 1) subnormal operands and results
/// are zero. A NaN is always the same one.
template <size_t N, typename Compute>
static void arithmetic(Thread &thread, const Call &call, Compute compute) {
  std::array<float, N> operand;
  for (size_t i = 0; i < N; ++i) {
    auto bits = uint32_t(call.in[i]);
    if (isInFlight(thread, bits, call))
      return;
    operand[i] = llvm::bit_cast<float>(bits);
    if (call.n)
      operand[i] = flushed(operand[i]);
  }
  float result = std::apply(compute, operand);
  if (call.n)
    result = flushed(result);
  call.out[0] =
      std::isnan(result) ? kCanonicalNaN : llvm::bit_cast<uint32_t>(result);
}

// The approximate functions are the exact ones here: within 2 units in the last
// place of what the hardware gives.
void exp2Approx(Thread &thread, const Call &call) {
  arithmetic<1>(thread, call, [](float x) { return std::exp2(x); });
}
void reciprocal(Thread &thread, const Call &call) {
  arithmetic<1>(thread, call, [](float x) { return 1.0f / x; });
}
void divide(Thread &thread, const Call &call) {
  arithmetic<2>(thread, call, [](float x, float y) { return x / y; });
}
/// A NaN is passed over; +0 is more than -0.
void maximum(Thread &thread, const Call &call) {
  arithmetic<2>(thread, call, [](float x, float y) {
    if (std::isnan(x) || std::isnan(y))
      return std::isnan(x) ? y : x;
    if (x == y)
      return std::signbit(x) ? y : x;
    return x > y ? x : y;
  });
}
void minimum(Thread &thread, const Call &call) {
  arithmetic<2>(thread, call, [](float x, float y) {
    if (std::isnan(x) || std::isnan(y))
      return std::isnan(x) ? y : x;
    if (x == y)
      return std::signbit(x) ? x : y;
    return x < y ? x : y;
  });
}
void absolute(Thread &thread, const Call &call) {
  arithmetic<1>(thread, call, [](float x) { return std::fabs(x); });
}

} // namespace mlir::moe::sim
