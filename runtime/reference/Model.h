//===- Model.h - what Hopper's FP8 tensor core computes ---------*- C++ -*-===//
//
// The bit-exact model of one wgmma step (m64nNk32, f32 += e4m3 * e4m3), found
// by trying on an H200. Whichever operand is A, and whatever N is, the bits
// are the same, because every addend is cut before anything is added.
//
// Zeros: a sum of zero is +0, whatever the signs of its addends. As a scaled
// sum starts from +0 and fma(t, s, +0) is +0 for a zero t of either sign, the
// sign of a zero in t cannot reach an output; so outputs are compared bit for
// bit, signs of zeros included. NaN: a NaN factor makes the sum NaN.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_REFERENCE_MODEL_H
#define MOE_RUNTIME_REFERENCE_MODEL_H

#include "runtime/reference/Problem.h"

#include <cstdint>
#include <vector>

namespace moert::reference {

/// Fraction bits that survive the alignment of addends, and those of a sum.
inline constexpr int kFractionBits = 13;

/// One wgmma step over 32 products:
/// 1. a product's exponent is the sum of its factors' exponents; zero products
///    take no part;
/// 2. `top` is the largest exponent among products and the accumulator;
/// 3. every addend is cut towards zero to a multiple of 2^(top - 13), and all
///    are added exactly;
/// 4. the sum is cut towards zero to 13 fraction bits of its own exponent.
float accumulate32(const std::uint8_t *a, const std::uint8_t *b, float sum);

/// Element (row, column) before it is weighted and rounded, by the order law:
/// per K block t = four steps ascending from zero, s = a_scale * b_scale in
/// f32, sum = fma(t, s, sum), blocks ascending.
float modelElement(const GroupedGemm &gemm, std::int64_t expert,
                   std::int64_t row, std::int64_t column);

/// The same sum in double precision, unrounded.
double doubleElement(const GroupedGemm &gemm, std::int64_t expert,
                     std::int64_t row, std::int64_t column);

/// The whole output on the host: bf16 bits of sum, or of weight * sum, or the
/// f32 value before it is rounded to bf16. Rows that no tile holds are left
/// alone.
void modelGemmOnHost(const GroupedGemm &gemm, const std::vector<RowTile> &tiles,
                     std::uint16_t *out);
void modelGemmOnHost(const GroupedGemm &gemm, const std::vector<RowTile> &tiles,
                     float *out);

/// The whole output in double precision, weighted, unrounded.
void doubleGemmOnHost(const GroupedGemm &gemm,
                      const std::vector<RowTile> &tiles, double *out);

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_MODEL_H
