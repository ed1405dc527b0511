//===- Problem.h - both GEMMs of a layer as one problem ---------*- C++ -*-===//
//
// Both GEMMs are one: rows sorted by expert, times that expert's weights, with
// block scales. The struct below says in plain numbers how they differ, so
// that one host function and one CUDA kernel compute either.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_REFERENCE_PROBLEM_H
#define MOE_RUNTIME_REFERENCE_PROBLEM_H

#include "runtime/reference/Formats.h"

#include <cstdint>

namespace moert {
struct LayerDescription;
}

namespace moert::reference {

/// Side of a weight block and length of an activation group.
inline constexpr std::int64_t kBlock = 128;
/// Elements of K that one wgmma step adds.
inline constexpr std::int64_t kStep = 32;

/// Sorted rows of one expert that a block of threads takes together.
struct RowTile {
  std::int32_t expert, firstRow, rows;
};
inline constexpr int kRowsPerTile = 64;

/// C[r, n] = sum over K of A[r, k] * B[expert of r, n, k], block-scaled.
/// Pointers are all of the host or all of the device. Block g of K covers
/// k in [128 g - kOffset, 128 g - kOffset + 128), clipped to [0, K).
struct GroupedGemm {
  const std::uint8_t *a = nullptr; ///< e4m3, rows of K.
  const float *aScales = nullptr;  ///< Row and block strides below.
  std::int64_t aScaleRowStride = 0, aScaleBlockStride = 0;
  bool gathered = false; ///< Row r of A is sortedTokenIds[r] / slots, not r.

  const std::uint8_t *b = nullptr; ///< [E, N, K] e4m3.
  const float *bScales = nullptr;  ///< [E, halves * halfScaleRows, blocks].
  std::int64_t n = 0, k = 0, kOffset = 0, blocks = 0;
  std::int64_t half = 0;          ///< Columns that share a run of scale rows.
  std::int64_t nOffset = 0;       ///< Where a half starts in its first block.
  std::int64_t halfScaleRows = 0; ///< Scale rows of a half.

  bool scattered = false;         ///< Row r of C is sortedTokenIds[r], not r.
  const float *weights = nullptr; ///< By pair, or null for no weighting.
  const std::int32_t *sortedTokenIds = nullptr; ///< Pair of each sorted row.
  std::int64_t slots = 1;

  MOE_HOST_DEVICE std::int64_t scaleRows() const {
    return n / half * halfScaleRows;
  }
  /// First k of a block; below zero where the grid starts before the tensor.
  MOE_HOST_DEVICE std::int64_t blockStart(std::int64_t block) const {
    return block * kBlock - kOffset;
  }
  /// Index of the first scale of column `column` in bScales.
  MOE_HOST_DEVICE std::int64_t bScaleStart(std::int64_t expert,
                                           std::int64_t column) const {
    std::int64_t row =
        column / half * halfScaleRows + (nOffset + column % half) / kBlock;
    return (expert * scaleRows() + row) * blocks;
  }
  MOE_HOST_DEVICE std::int64_t aRow(std::int64_t row) const {
    return gathered ? sortedTokenIds[row] / slots : row;
  }
  MOE_HOST_DEVICE std::int64_t cRow(std::int64_t row) const {
    return scattered ? sortedTokenIds[row] : row;
  }
};

/// What the GEMMs read beside the tensors of a call.
struct LayerWeights {
  const std::uint8_t *w13 = nullptr; ///< [E, 2I, H].
  const float *w13Scales = nullptr;  ///< [E, 2G, ceil(H/128)].
  const std::uint8_t *w2 = nullptr;  ///< [E, H, I].
  const float *w2Scales = nullptr;   ///< [E, ceil(H/128), G].
};

/// Sums of gate, then of up, [R, 2I], from x [T, H] and its scales
/// [T, ceil(H/128)].
GroupedGemm upGemm(const LayerDescription &layer, const LayerWeights &weights,
                   const std::uint8_t *x, const float *xScales,
                   const std::int32_t *sortedTokenIds);

/// partials [P, H] from h [R, I] and its scales [G, scaleStride].
GroupedGemm downGemm(const LayerDescription &layer, const LayerWeights &weights,
                     const std::uint8_t *h, const float *hScales,
                     std::int64_t scaleStride, const float *topkWeights,
                     const std::int32_t *sortedTokenIds);

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_PROBLEM_H
