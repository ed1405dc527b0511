//===- Swiglu.h - silu(gate) * up as the up kernel computes it --*- C++ -*-===//
//
// gate and up are the f32 sums of up's GEMM by the order law, not rounded to
// anything narrower. Every step is one f32 operation, round to nearest even
// and never contracted to an fma; the exponential and the reciprocal are one
// instruction each. So a GPU that executes the same two instructions gives the
// same bits as the kernel; the host takes the correctly rounded functions,
// which differ from them in the last bits.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_REFERENCE_SWIGLU_H
#define MOE_RUNTIME_REFERENCE_SWIGLU_H

#include "runtime/reference/Formats.h"

#include <cmath>

namespace moert::reference {

inline constexpr float kMinusLog2E = -1.4426950408889634f;

/// silu(gate) * up: e = 2^(gate * -log2(e)), s = gate * (1 / (1 + e)), s * up.
template <class Exp2, class Reciprocal>
MOE_HOST_DEVICE inline float swigluOf(float gate, float up, Exp2 exp2,
                                      Reciprocal reciprocal) {
#ifdef __CUDA_ARCH__
  float e = exp2(__fmul_rn(gate, kMinusLog2E));
  float s = __fmul_rn(gate, reciprocal(__fadd_rn(1.0f, e)));
  return __fmul_rn(s, up);
#else
  float e = exp2(gate * kMinusLog2E);
  float denominator = 1.0f + e;
  float s = gate * reciprocal(denominator);
  return s * up;
#endif
}

/// What ex2.approx.ftz.f32 and rcp.approx.ftz.f32 come near to: rounded
/// correctly, results below 2^-126 flushed to zero. The arguments are what
/// swigluOf passes: any number for the first, at least 1 for the second.
inline float exp2OnHost(float x) {
  auto value = static_cast<float>(std::exp2(static_cast<double>(x)));
  return value < 0x1p-126f ? 0.0f : value;
}
inline float reciprocalOnHost(float x) {
  float value = 1.0f / x;
  return value < 0x1p-126f ? 0.0f : value;
}

inline float swigluOnHost(float gate, float up) {
  return swigluOf(gate, up, exp2OnHost, reciprocalOnHost);
}

/// The same in double precision, for sums of any precision.
MOE_HOST_DEVICE inline double swigluInDouble(double gate, double up) {
  return gate / (1.0 + exp(-gate)) * up;
}

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_SWIGLU_H
