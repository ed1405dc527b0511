//===- Reduction.cpp ------------------------------------------------------===//

#include "compiler/simulate/Reduction.h"

#include "llvm/ADT/APFloat.h"

#include <cstring>

using namespace mlir::moe::sim;
using llvm::APFloat;

std::optional<Reduction::Type> Reduction::typeOf(llvm::StringRef text) {
  if (text == "f32")
    return Type::f32;
  if (text == "noftz.bf16")
    return Type::bf16;
  if (text == "noftz.f16")
    return Type::f16;
  return std::nullopt;
}

std::optional<Reduction> Reduction::ofElements(moert::ElementType element,
                                               Op op) {
  if (element == moert::ElementType::bf16)
    return Reduction{Type::bf16, op};
  if (element == moert::ElementType::f32 && op == Op::add)
    return Reduction{Type::f32, op};
  return std::nullopt;
}

namespace {

struct Format {
  const llvm::fltSemantics &semantics;
  unsigned bytes;
  bool flushes; ///< Subnormal numbers become zero, with their sign.
  uint32_t nan;
};

Format formatOf(Reduction::Type type) {
  switch (type) {
  case Reduction::Type::bf16:
    return {APFloat::BFloat(), 2, false, 0x7fff};
  case Reduction::Type::f16:
    return {APFloat::IEEEhalf(), 2, false, 0x7fff};
  case Reduction::Type::f32:
    break;
  }
  return {APFloat::IEEEsingle(), 4, true, 0x7fffffff};
}

} // namespace

static APFloat read(const Format &format, const uint8_t *at) {
  uint32_t bits = 0;
  std::memcpy(&bits, at, format.bytes);
  APFloat value(format.semantics, llvm::APInt(format.bytes * 8, bits));
  if (format.flushes && value.isDenormal())
    return APFloat::getZero(format.semantics, value.isNegative());
  return value;
}

static APFloat combine(APFloat a, const APFloat &b, Reduction::Op op) {
  if (op == Reduction::Op::min)
    return llvm::minimumnum(a, b);
  if (op == Reduction::Op::max)
    return llvm::maximumnum(a, b);
  a.add(b, APFloat::rmNearestTiesToEven);
  return a;
}

void Reduction::apply(uint8_t *to, const uint8_t *from, size_t bytes) const {
  Format format = formatOf(type);
  for (size_t i = 0; i < bytes; i += format.bytes) {
    APFloat result = combine(read(format, to + i), read(format, from + i), op);
    if (format.flushes && result.isDenormal())
      result = APFloat::getZero(format.semantics, result.isNegative());
    auto bits = result.isNaN()
                    ? format.nan
                    : uint32_t(result.bitcastToAPInt().getZExtValue());
    std::memcpy(to + i, &bits, format.bytes);
  }
}
