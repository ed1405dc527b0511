//===- Quantise.h - the rule of quantisation, in every kernel ---*- C++ -*-===//
#ifndef MOE_RUNTIME_REFERENCE_QUANTISE_H
#define MOE_RUNTIME_REFERENCE_QUANTISE_H

#include "runtime/reference/Formats.h"

namespace moert::reference {

/// The scale of a group and what its elements are multiplied by.
struct GroupScale {
  float scale, inverse;
};

/// The smallest power of two that is not smaller than a positive normal value.
MOE_HOST_DEVICE inline float nextPowerOfTwo(float value) {
  std::uint32_t bits = bitsOf(value);
  return floatOf((bits + 0x7fffffu) & 0x7f800000u);
}

/// a = max(max|x|, 1e-10); scale = a/448, or the next power of two; elements
/// become e4m3 of x * (448/a), or of x / scale, which is exact for a power.
MOE_HOST_DEVICE inline GroupScale groupScale(float largest, bool powerOfTwo) {
  float a = largest > 1e-10f ? largest : 1e-10f;
  if (!powerOfTwo)
    return {a / kE4m3Max, kE4m3Max / a};
  float scale = nextPowerOfTwo(a / kE4m3Max);
  return {scale, 1.0f / scale};
}

MOE_HOST_DEVICE inline std::uint8_t quantised(float value, GroupScale scale) {
  return encodeE4m3(value * scale.inverse);
}

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_QUANTISE_H
