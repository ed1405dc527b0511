//===- ScalarTest.cpp - conversions and arithmetic, bit for bit -----------===//

#include "compiler/simulate/Handlers.h"
#include "compiler/simulate/Reduction.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <limits>

using namespace mlir::moe::sim;
using llvm::bit_cast;

static int failures = 0, checks = 0;

static void check(const char *what, uint64_t of, uint64_t got, uint64_t want) {
  ++checks;
  if (got == want)
    return;
  ++failures;
  llvm::outs() << llvm::formatv("{0} of {1:x}: want {2:x}, got {3:x}\n", what,
                                of, want, got);
}

/// Runs a handler on 32-bit operands; what needs no block needs no thread.
static uint64_t call(Handler handler, std::initializer_list<uint32_t> operands,
                     int n = 0) {
  Thread thread;
  uint64_t in[4] = {}, out[4] = {};
  std::copy(operands.begin(), operands.end(), in);
  handler(thread, {in, out, 0, n, 0});
  return out[0];
}

static uint32_t bits(float value) { return bit_cast<uint32_t>(value); }
static constexpr float kInfinity = std::numeric_limits<float>::infinity();
static constexpr uint32_t kNaN = 0x7fffffff, kSignalling = 0x7f800001;

//===----------------------------------------------------------------------===//
// e4m3
//===----------------------------------------------------------------------===//

/// The value of a code that is no NaN, by the definition of the format.
static float decode(unsigned code) {
  int exponent = int(code >> 3 & 15), fraction = int(code & 7);
  float value = exponent ? std::ldexp(float(8 + fraction), exponent - 10)
                         : std::ldexp(float(fraction), -9);
  return code & 0x80 ? -value : value;
}

static unsigned encode(float value) {
  uint64_t both = call(toE4m3Pair, {bits(value), bits(1.0f)});
  check("the low half", bits(value), both & 0xff, 0x38);
  check("the high half", bits(value),
        call(toE4m3Pair, {bits(1.0f), bits(value)}) & 0xff, both >> 8);
  return unsigned(both >> 8);
}

static void checkCode(float value, unsigned want) {
  check("e4m3", bits(value), encode(value), want);
}

static void testE4m3() {
  for (unsigned sign : {0u, 0x80u}) {
    float one = sign ? -1.0f : 1.0f;
    for (unsigned code = 0; code < 0x7f; ++code) {
      float value = decode(code);
      checkCode(one * value, sign | code);
      if (code == 0x7e)
        break;
      // Half way to the next, to the even one; a hair to either side of it.
      float middle = (value + decode(code + 1)) / 2;
      checkCode(one * middle, sign | ((code + 1) & ~1u));
      checkCode(one * std::nextafter(middle, 0.0f), sign | code);
      checkCode(one * std::nextafter(middle, kInfinity), sign | (code + 1));
    }
    // satfinite
    for (float value : {448.0f, 456.0f, 463.9f, 464.0f, 480.0f, 1e30f,
                        std::numeric_limits<float>::max(), kInfinity})
      checkCode(one * value, sign | 0x7e);
    checkCode(one * std::numeric_limits<float>::denorm_min(), sign);
  }
  for (uint32_t nan : {kNaN, 0xffffffffu, kSignalling, 0x7fc00000u})
    check("e4m3", nan, call(toE4m3Pair, {nan, 0}) >> 8, 0x7f);
}

//===----------------------------------------------------------------------===//
// bf16 and f32
//===----------------------------------------------------------------------===//

static void testBf16() {
  auto high = [](uint32_t of) { return call(toBf16Pair, {of, 0}) >> 16; };
  check("bf16", 0, call(toBf16Pair, {bits(1.0f), bits(-2.0f)}), 0x3f80c000);
  check("bf16, tie to even below", 0x3f808000, high(0x3f808000), 0x3f80);
  check("bf16, tie to even above", 0x3f818000, high(0x3f818000), 0x3f82);
  check("bf16, past the tie", 0x3f808001, high(0x3f808001), 0x3f81);
  check("bf16, to infinity", 0x7f7fffff, high(0x7f7fffff), 0x7f80);
  check("bf16, subnormal", 0x00018000, high(0x00018000), 0x0002);
  check("bf16, -0", 0x80000000, high(0x80000000), 0x8000);
  for (uint32_t nan : {kNaN, 0xffffffffu, kSignalling})
    check("bf16", nan, high(nan), 0x7fff);
}

struct Case {
  Handler handler;
  const char *name;
  int flush;
  uint32_t a, b, want;
};

static void testArithmetic() {
  constexpr uint32_t kSmall = 0x00400000, kZero = 0, kMinus = 0x80000000;
  const uint32_t inf = bits(kInfinity);
  const Case cases[] = {
      {exp2Approx, "ex2", 0, bits(3.0f), 0, bits(8.0f)},
      {exp2Approx, "ex2", 0, bits(-127.0f), 0, kSmall},
      {exp2Approx, "ex2.ftz", 1, bits(-127.0f), 0, kZero},
      {exp2Approx, "ex2.ftz", 1, kMinus | kSmall, 0, bits(1.0f)},
      {exp2Approx, "ex2", 0, bits(-kInfinity), 0, kZero},
      {exp2Approx, "ex2", 0, bits(128.0f), 0, inf},
      {exp2Approx, "ex2", 0, kSignalling, 0, kNaN},
      {reciprocal, "rcp.ftz", 1, bits(4.0f), 0, bits(0.25f)},
      {reciprocal, "rcp.ftz", 1, kMinus, 0, bits(-kInfinity)},
      {reciprocal, "rcp.ftz", 1, kSmall, 0, inf},
      {reciprocal, "rcp.ftz", 1, bits(-0x1p127f), 0, kMinus},
      {reciprocal, "rcp", 0, bits(0x1p127f), 0, kSmall},
      {reciprocal, "rcp.ftz", 1, kNaN, 0, kNaN},
      {divide, "div", 0, bits(1.0f), bits(3.0f), 0x3eaaaaab},
      {divide, "div", 0, kZero, kZero, kNaN},
      {maximum, "fmax", 0, bits(1.0f), bits(2.0f), bits(2.0f)},
      {maximum, "fmax", 0, kNaN, bits(2.0f), bits(2.0f)},
      {maximum, "fmax", 0, bits(2.0f), kSignalling, bits(2.0f)},
      {maximum, "fmax", 0, kNaN, kSignalling, kNaN},
      {maximum, "fmax", 0, kMinus, kZero, kZero},
      {maximum, "fmax", 0, kZero, kMinus, kZero},
      {minimum, "fmin", 0, kNaN, bits(2.0f), bits(2.0f)},
      {minimum, "fmin", 0, kZero, kMinus, kMinus},
      {absolute, "fabs", 0, bits(-3.0f), 0, bits(3.0f)},
      {absolute, "fabs", 0, kMinus, 0, kZero},
  };
  for (const Case &one : cases)
    check(one.name, one.a, call(one.handler, {one.a, one.b}, one.flush),
          one.want);
}

//===----------------------------------------------------------------------===//
// What memory adds
//===----------------------------------------------------------------------===//

static uint32_t reduced(Reduction reduction, uint32_t to, uint32_t from,
                        size_t bytes) {
  reduction.apply(reinterpret_cast<uint8_t *>(&to),
                  reinterpret_cast<const uint8_t *>(&from), bytes);
  return to;
}

static void testReductions() {
  using Type = Reduction::Type;
  using Op = Reduction::Op;
  check("f32 add", 0, reduced({Type::f32}, bits(1.5f), bits(2.25f), 4),
        bits(3.75f));
  check("f32 add flushes", 0, reduced({Type::f32}, 0x00400000, 0x00400000, 4),
        0);
  check("bf16 add, both halves, ties to even", 0,
        reduced({Type::bf16}, 0x3f803f81, 0x3b803b80, 4), 0x3f803f82);
  check("bf16 add keeps subnormals", 0,
        reduced({Type::bf16}, 0x0001, 0x0001, 2), 0x0002);
  check("f16 add", 0, reduced({Type::f16}, 0x3c00, 0x4000, 2), 0x4200);
  check("f16 add, NaN", 0, reduced({Type::f16}, 0x7e00, 0x4000, 2), 0x7fff);
  check("bf16 max", 0, reduced({Type::bf16, Op::max}, 0x3f80, 0x4000, 2),
        0x4000);
  check("bf16 min", 0, reduced({Type::bf16, Op::min}, 0x3f80, 0x7fff, 2),
        0x3f80);
}

int main() {
  testE4m3();
  testBf16();
  testArithmetic();
  testReductions();
  llvm::outs() << checks << " checks, " << failures << " failures\n";
  return failures != 0;
}
