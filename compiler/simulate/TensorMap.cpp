//===- TensorMap.cpp ------------------------------------------------------===//

#include "compiler/simulate/TensorMap.h"

using namespace mlir::moe::sim;

int64_t CallSizes::of(const moert::Extent &extent) const {
  switch (extent.symbol) {
  case moert::Extent::Symbol::tokens:
    return tokens;
  case moert::Extent::Symbol::rows:
    return rows;
  case moert::Extent::Symbol::pairs:
    return pairs;
  case moert::Extent::Symbol::constant:
    break;
  }
  return extent.value;
}

TensorMap::TensorMap(const moert::TensorMapParam &param, uint8_t *base,
                     const CallSizes &sizes)
    : name(moert::tensorName(param.tensor)), base(base), box(param.box),
      swizzle(param.swizzle) {
  element = param.element;
  elementBytes = param.element == moert::ElementType::u8     ? 1
                 : param.element == moert::ElementType::bf16 ? 2
                                                             : 4;
  for (const moert::Extent &extent : param.extents)
    extents.push_back(sizes.of(extent));
}

int64_t TensorMap::boxBytes() const {
  int64_t bytes = elementBytes;
  for (int64_t extent : box)
    bytes *= extent;
  return bytes;
}

int64_t TensorMap::tensorBytes() const {
  int64_t bytes = elementBytes;
  for (int64_t extent : extents)
    bytes *= extent;
  return bytes;
}

uint32_t TensorMap::place(uint32_t address, uint32_t offset) const {
  uint32_t linear = address + offset;
  if (swizzle == 0)
    return linear;
  // Bits 7 and up, as many as the swizzle has 16-byte chunks, onto 4 and up.
  uint32_t chunks = uint32_t(swizzle) / 16 - 1;
  return linear ^ ((linear >> 7 & chunks) << 4);
}
