//===- Formats.h - e4m3 and bf16, bit for bit -------------------*- C++ -*-===//
//
// Conversions written out in integers, so that they are the same bits on the
// host, on the device and whatever the compiler makes of floating point. A
// test walks over every code.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_REFERENCE_FORMATS_H
#define MOE_RUNTIME_REFERENCE_FORMATS_H

#include <cstdint>
#include <cstring>

#ifdef __CUDACC__
#define MOE_HOST_DEVICE __host__ __device__
#else
#define MOE_HOST_DEVICE
#endif

namespace moert::reference {

inline constexpr float kE4m3Max = 448.0f;
inline constexpr std::uint8_t kE4m3NaN = 0x7f;
inline constexpr std::uint16_t kBf16NaN = 0x7fff;

MOE_HOST_DEVICE inline std::uint32_t bitsOf(float value) {
  std::uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

MOE_HOST_DEVICE inline float floatOf(std::uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// An e4m3 code taken apart: (-1)^negative * significand/8 * 2^exponent.
/// Subnormals keep exponent -6 and are not normalised: the tensor core aligns
/// them so. A NaN code is taken apart as if it were the number 480.
struct Fp8Parts {
  bool negative;
  int significand; ///< 0 ... 15.
  int exponent;    ///< -6 ... 8.
};

MOE_HOST_DEVICE inline Fp8Parts partsOf(std::uint8_t code) {
  int field = (code >> 3) & 15, fraction = code & 7;
  return {(code & 0x80) != 0, field ? fraction | 8 : fraction,
          field ? field - 7 : -6};
}

MOE_HOST_DEVICE inline bool isNaNE4m3(std::uint8_t code) {
  return (code & 0x7f) == kE4m3NaN;
}

MOE_HOST_DEVICE inline float decodeE4m3(std::uint8_t code) {
  if (isNaNE4m3(code))
    return floatOf(0x7fffffffu);
  Fp8Parts parts = partsOf(code);
  // 2^(exponent - 3), built from its bits.
  float unit =
      floatOf(static_cast<std::uint32_t>(parts.exponent - 3 + 127) << 23);
  float magnitude = static_cast<float>(parts.significand) * unit;
  return parts.negative ? -magnitude : magnitude;
}

/// Round to nearest, ties to even; beyond 448 the result is +-448, infinities
/// included. NaN becomes 0x7f, as cvt.rn.satfinite makes it.
MOE_HOST_DEVICE inline std::uint8_t encodeE4m3(float value) {
  constexpr std::uint32_t kLargest = 0x43e00000u;        // 448
  constexpr std::uint32_t kSmallestNormal = 0x3c800000u; // 2^-6
  std::uint32_t bits = bitsOf(value);
  std::uint32_t sign = (bits >> 24) & 0x80, magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u)
    return kE4m3NaN;
  if (magnitude >= kLargest)
    return static_cast<std::uint8_t>(sign | 0x7e);
  if (magnitude < kSmallestNormal) {
    // Adding 2^14 leaves units of 2^-9, the spacing of subnormals, as the last
    // bit of the significand; the addition rounds to nearest even.
    float rounded = floatOf(magnitude) + 16384.0f;
    return static_cast<std::uint8_t>(sign | (bitsOf(rounded) & 0xf));
  }
  std::uint32_t odd = (magnitude >> 20) & 1; // 23 - 3 bits are dropped
  std::uint32_t code = ((magnitude + 0x7ffffu + odd) >> 20) - (120u << 3);
  return static_cast<std::uint8_t>(sign | code);
}

MOE_HOST_DEVICE inline float decodeBf16(std::uint16_t bits) {
  return floatOf(static_cast<std::uint32_t>(bits) << 16);
}

/// Round to nearest, ties to even; NaN becomes 0x7fff, as cvt.rn makes it.
MOE_HOST_DEVICE inline std::uint16_t encodeBf16(float value) {
  std::uint32_t bits = bitsOf(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return kBf16NaN;
  std::uint32_t odd = (bits >> 16) & 1;
  return static_cast<std::uint16_t>((bits + 0x7fffu + odd) >> 16);
}

MOE_HOST_DEVICE inline bool isNaNBf16(std::uint16_t bits) {
  return (bits & 0x7fff) > 0x7f80;
}

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_FORMATS_H
