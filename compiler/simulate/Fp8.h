//===- Fp8.h - one FP8 wgmma step, bit for bit ------------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_FP8_H
#define COMPILER_SIMULATE_FP8_H

#include <cstdint>

namespace mlir::moe::sim {

/// K of one step, and rows of A.
inline constexpr int kStepK = 32, kStepRows = 64, kMaxStepColumns = 256;

/// What the tensor core makes of d [64][n] += a [64][32] * b [n][32], all e4m3
/// codes but d: every addend is cut towards zero to a multiple of 2^(top - 13),
/// where `top` is the largest exponent among products and accumulator; the
/// exact sum is cut to 14 leading bits.
void accumulateStep(const uint8_t (*a)[kStepK], const uint8_t (*b)[kStepK],
                    int n, float *d);

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_FP8_H
