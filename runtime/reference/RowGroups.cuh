//===- RowGroups.cuh - one warp a group of a quantised row ------*- C++ -*-===//
//
// Rows are quantised by one warp a group of at most 128 columns; lane l holds
// columns l, l + 32, l + 64 and l + 96 of it.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_REFERENCE_ROWGROUPS_CUH
#define MOE_RUNTIME_REFERENCE_ROWGROUPS_CUH

#include "runtime/reference/Problem.h"
#include "runtime/reference/Warp.cuh"

namespace moert::reference {

/// Columns [first, last) of one row.
struct Group {
  std::int64_t row, index, first, last;
};

/// The group of this warp; index -1 where the grid has more warps than groups.
__device__ inline Group groupOfWarp(std::int64_t rows, std::int64_t columns,
                                    std::int64_t offset, std::int64_t groups) {
  std::int64_t warp = globalWarp();
  if (warp >= rows * groups)
    return {0, -1, 0, 0};
  Group group{warp / groups, warp % groups, 0, 0};
  group.first = max(group.index * kBlock - offset, std::int64_t(0));
  group.last = min((group.index + 1) * kBlock - offset, columns);
  return group;
}

/// The largest magnitude of the group, in all lanes. No comparison with a NaN
/// holds, so one is passed over.
template <class Value> __device__ auto largestOf(Group group, Value value) {
  decltype(value(0)) largest = 0;
  for (auto c = group.first + lane(); c < group.last; c += 32) {
    auto signedValue = value(c);
    auto magnitude = signedValue < 0 ? -signedValue : signedValue;
    largest = magnitude > largest ? magnitude : largest;
  }
  return warpMax(largest);
}

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_ROWGROUPS_CUH
