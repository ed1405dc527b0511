//===- Compare.h - compare tensors where they are, on the GPU ---*- C++ -*-===//
#ifndef MOE_RUNTIME_REFERENCE_COMPARE_H
#define MOE_RUNTIME_REFERENCE_COMPARE_H

#include "runtime/reference/Problem.h"

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace moert::reference {

/// Every byte of a poisoned tensor: NaN in e4m3, bf16 and f32, -1 in integers.
inline constexpr int kPoison = 0xff;

/// Which rows of a tensor count: all, or those whose id is in [0, limit).
/// Sorted rows: sorted_token_ids and P. Rows of pairs: topk_ids and E.
struct RowFilter {
  const std::int32_t *ids = nullptr;
  std::int64_t limit = 0;

  MOE_HOST_DEVICE bool takes(std::int64_t row) const {
    return ids == nullptr || (ids[row] >= 0 && ids[row] < limit);
  }
};

/// An element that is not what it should be.
struct Mismatch {
  std::int64_t row = 0, column = 0;
  std::uint32_t want = 0, got = 0; ///< Bit patterns.
};

struct BitDifference {
  std::int64_t elements = 0; ///< Compared.
  std::int64_t differing = 0;
  std::vector<Mismatch> first; ///< The first few, in order.
};

/// Compares bit patterns of `elementBytes` (1, 2 or 4) bytes, signs of zeros
/// included.
BitDifference compareBits(const void *out, const void *reference,
                          std::int64_t rows, std::int64_t columns,
                          int elementBytes, RowFilter filter,
                          cudaStream_t stream);

/// The criterion of a tolerance, per row and 128 columns at a time:
/// ||out - ref|| <= relative * ||ref|| + 1e-3 * rms(ref), where rms is over
/// all of ref that the filter takes. A NaN never passes.
struct NormDifference {
  double error = 0.0;      ///< ||out - ref|| / ||ref|| over everything.
  double worstRatio = 0.0; ///< Largest left side over right side.
  std::int64_t groups = 0, badGroups = 0;
  std::int64_t worstRow = -1, worstColumn = -1;
};

NormDifference compareNorms(const std::uint16_t *out, const float *reference,
                            std::int64_t rows, std::int64_t columns,
                            double relative, RowFilter filter,
                            cudaStream_t stream);

/// Elements of `elementBytes` bytes, in rows that the filter leaves out, that
/// are not poison any more: somebody wrote where nobody may.
std::int64_t countStrayWrites(const void *out, std::int64_t rows,
                              std::int64_t rowBytes, RowFilter filter,
                              cudaStream_t stream);

/// A checksum that any changed word changes. `data` and `bytes` are multiples
/// of 4. addHash adds it to `*sum` on the device and does not wait.
void addHash(const void *data, std::size_t bytes, std::uint64_t *sum,
             cudaStream_t stream);
std::uint64_t hashMemory(const void *data, std::size_t bytes,
                         cudaStream_t stream);

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_COMPARE_H
