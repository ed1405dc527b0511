//===- CheckState.h - what the checks of one call share ---------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_CHECKSTATE_H
#define MOE_RUNTIME_BENCH_CHECKSTATE_H

#include "runtime/bench/Inputs.h"
#include "runtime/reference/AnyOrder.h"
#include "runtime/reference/DeviceActivation.h"
#include "runtime/reference/Routing.h"

namespace moert::bench {

/// Reference tensors, kept from case to case because allocating gigabytes
/// takes longer than filling them. R rows, P pairs.
struct Scratch {
  reference::DeviceMemory tiles;          ///< RowTile, of the host's sort.
  reference::DeviceMemory sortedTokenIds; ///< [R], of the host's sort.
  reference::DeviceMemory x, xScales;     ///< Quantised by the reference.
  reference::DeviceMemory bits;           ///< bf16 of the model, of down.
  reference::DeviceMemory values;         ///< f32: sums of up, double of down.
  reference::DeviceMemory h, hScales;     ///< By the model, then of the
                                          ///< double-precision layer.
  reference::DeviceMemory combined;       ///< [T, H] bf16.
  reference::DeviceMemory out;            ///< [T, H] bf16: staged run's result.
  reference::DeviceMemory outValues;      ///< [T, H] f32 of double.
  reference::DeviceMemory rowWeights;     ///< [P] f32, only if atomic, as are
  reference::DeviceMemory about, allowed; ///< [T, H] f32: SumLimits of out.
};

/// One call under check.
struct CheckState {
  CheckState(Execution &run, Scratch &scratch, const RoutedTokens &routed,
             cudaStream_t stream);

  reference::GroupedGemm up() const;
  /// down on any h: the layer's own, or the reference's.
  reference::GroupedGemm down(reference::QuantisedH h) const;
  /// down on the layer's h with the weights that route must write: the rows
  /// that an atomic reduction adds.
  reference::GroupedGemm addedRows() const;
  bool atomic() const { return run.layer().reduction == Reduction::atomic; }
  /// Where out must be, after makeLimits (StageChecks.h); only if atomic.
  reference::SumLimits limits() const {
    return {scratch.about.as<float>(), scratch.allowed.as<float>()};
  }
  const reference::RowTile *tiles() const {
    return scratch.tiles.as<reference::RowTile>();
  }
  std::int64_t tileCount() const {
    return static_cast<std::int64_t>(routing.tiles.size());
  }
  /// h as the layer wrote it, and the reference's.
  reference::QuantisedH hOfLayer() const {
    return {run.tensor<std::uint8_t>(run.layout().h),
            run.tensor<float>(run.layout().hScales)};
  }
  reference::QuantisedH hOfReference() const {
    return {scratch.h.as<std::uint8_t>(), scratch.hScales.as<float>()};
  }
  const std::int32_t *sortedTokenIds() const {
    return scratch.sortedTokenIds.as<std::int32_t>();
  }
  /// Sorted rows that hold a pair; rows of pairs whose expert is ours.
  reference::RowFilter sortedRows() const {
    return {sortedTokenIds(), run.pairs()};
  }
  /// Those that down multiplies: all of them, but where combine multiplies the
  /// last expert's.
  reference::RowFilter downRows() const {
    const std::int64_t experts = run.layer().totalExperts();
    return {run.ids(),
            sharedRowsBegin < routing.paddedRows() ? experts - 1 : experts};
  }

  Execution &run;
  Scratch &scratch;
  cudaStream_t stream;
  reference::SortedRouting routing; ///< The host's.
  std::vector<float> pairWeights;   ///< Of each pair, as row_weights must be.
  std::int64_t sharedRowsBegin; ///< The first sorted row that it multiplies: as
                                ///< Tensor::downRows must be.
  reference::LayerExtents extents;
};

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_CHECKSTATE_H
