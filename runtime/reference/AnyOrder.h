//===- AnyOrder.h - what sums in any order may give -------------*- C++ -*-===//
//
// A layer whose reduction is atomic adds the rows of a token in bf16, in an
// order that nobody knows. The rows are known bit for bit, so it is known how
// far from their sum any order can end.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_REFERENCE_ANYORDER_H
#define MOE_RUNTIME_REFERENCE_ANYORDER_H

#include "runtime/reference/DeviceLayer.h"

namespace moert::reference {

/// Half a unit in the last of bf16's 8 significant bits.
inline constexpr double kBf16Rounding = 0x1p-8;

/// (1 + 2^-8)^roundings - 1. A sum of n bf16 numbers, added one by one with
/// each sum rounded to bf16, is off by at most this of n - 1, times the sum of
/// their magnitudes, whatever the order: the first addition, to zero, is exact,
/// and a sum in bf16 has no error below the normal range.
MOE_HOST_DEVICE inline double boundOfRoundings(std::int64_t roundings) {
  double grown = 1.0;
  for (std::int64_t i = 0; i < roundings; ++i)
    grown *= 1.0 + kBf16Rounding;
  return grown - 1.0;
}

/// Roundings by which `combine` may differ from the sum of a token's rows: each
/// of its partials and each row is the same product rounded to bf16, and the
/// result is rounded once more. The fourth is for roundings of f32.
inline constexpr std::int64_t kRoundingsOfOrdered = 4;

/// Each element must be within `allowed` of `about`; both [T, H]. Where one row
/// or none is added, nothing is allowed.
struct SumLimits {
  float *about = nullptr, *allowed = nullptr;

  /// Those of one token and the ones after it.
  SumLimits from(std::int64_t token, std::int64_t hidden) const {
    return {about + token * hidden, allowed + token * hidden};
  }
};

/// Limits about the exact sum of a token's `rows`, [P, H] bf16, that have an
/// expert: what may come out when they are added in any order.
void limitsOfAnyOrder(const LayerExtents &layer, const std::uint16_t *rows,
                      const std::int32_t *ids, SumLimits limits,
                      cudaStream_t stream);

/// Limits about `ordered`, [T, H] bf16, which is what `combine` makes of the
/// same layer's partials.
void limitsOfOrdered(const LayerExtents &layer, const std::uint16_t *rows,
                     const std::int32_t *ids, const std::uint16_t *ordered,
                     SumLimits limits, cudaStream_t stream);

struct LimitDifference {
  std::int64_t elements = 0, outside = 0;
  double worst = 0.0;             ///< Largest distance over what is allowed.
  std::int64_t firstOutside = -1; ///< Linear index.
};

/// Compares `count` elements; a NaN is outside.
LimitDifference compareLimits(const std::uint16_t *out, SumLimits limits,
                              std::int64_t count, cudaStream_t stream);

/// Adds the number of elements outside to `*outside` on the device and does not
/// wait.
void addOutside(const std::uint16_t *out, SumLimits limits, std::int64_t count,
                std::uint64_t *outside, cudaStream_t stream);

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_ANYORDER_H
