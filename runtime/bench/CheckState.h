//===- CheckState.h - what the checks of one call share ---------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_CHECKSTATE_H
#define MOE_RUNTIME_BENCH_CHECKSTATE_H

#include "runtime/bench/Inputs.h"
#include "runtime/reference/DeviceLayer.h"
#include "runtime/reference/Routing.h"

namespace moert::bench {

/// Reference tensors, kept from case to case because allocating gigabytes
/// takes longer than filling them. R rows, P pairs.
struct Scratch {
  reference::DeviceMemory tiles;          ///< RowTile, of the host's sort.
  reference::DeviceMemory sortedTokenIds; ///< [R], of the host's sort.
  reference::DeviceMemory x, xScales;     ///< Quantised by the reference.
  reference::DeviceMemory bits;           ///< bf16 of the model, up or down.
  reference::DeviceMemory values;         ///< f32 of double, up or down.
  reference::DeviceMemory h, hScales;     ///< Of the double-precision layer.
  reference::DeviceMemory combined;       ///< [T, H] bf16.
  reference::DeviceMemory out;            ///< [T, H] bf16: staged run's result.
  reference::DeviceMemory outValues;      ///< [T, H] f32 of double.
};

/// One call under check.
struct CheckState {
  CheckState(Execution &run, Scratch &scratch, const RoutedTokens &routed,
             cudaStream_t stream);

  reference::GroupedGemm up() const;
  /// down on any h: the GPU's own, or the reference's.
  reference::GroupedGemm down(const std::uint8_t *h,
                              const float *hScales) const;
  const reference::RowTile *tiles() const {
    return scratch.tiles.as<reference::RowTile>();
  }
  std::int64_t tileCount() const {
    return static_cast<std::int64_t>(routing.tiles.size());
  }
  const std::int32_t *sortedTokenIds() const {
    return scratch.sortedTokenIds.as<std::int32_t>();
  }
  /// Sorted rows that hold a pair; rows of pairs whose expert is ours.
  reference::RowFilter sortedRows() const {
    return {sortedTokenIds(), run.pairs()};
  }
  reference::RowFilter pairRows() const {
    return {run.ids(), run.layer().totalExperts()};
  }

  Execution &run;
  Scratch &scratch;
  cudaStream_t stream;
  reference::SortedRouting routing; ///< The host's.
  reference::LayerExtents extents;
};

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_CHECKSTATE_H
