//===- StageChecks.h - each stage against its reference ---------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_STAGECHECKS_H
#define MOE_RUNTIME_BENCH_STAGECHECKS_H

#include "runtime/bench/CheckLine.h"
#include "runtime/bench/CheckState.h"

namespace moert::bench {

/// Checks the tensors that a stage has just written, given the tensors that it
/// read; so one wrong stage does not hide behind another. In the order of the
/// stages: each leaves reference tensors in the scratch that later ones use.
CheckLine checkStage(Stage stage, CheckState &state);

/// Scales of h, [G, R], of the rows that hold a pair.
reference::BitDifference compareScales(const CheckState &state,
                                       const float *got, const float *want);

/// The whole layer's output against double precision that quantises at the
/// same points (reference::activateInDouble says what that means). After all
/// stages.
CheckLine checkLayer(CheckState &state);

/// Makes state.limits() from the h that the layer wrote: what out may be when
/// the model's rows are added in any order. The layer's reduction is atomic.
void makeLimits(CheckState &state);

/// Tolerances against double precision: of h dequantised and of down, and of
/// the layer.
inline constexpr double kGemmTolerance = 5e-3, kLayerTolerance = 5e-3;

/// Of the output of a layer whose reduction is atomic: each of S additions
/// rounds a sum, by 2^-8 of it at most, which is taken to be no longer than the
/// last one. (SumLimits need no such assumption.)
inline double atomicTolerance(std::int64_t slots) {
  return kLayerTolerance + reference::kBf16Rounding * slots;
}

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_STAGECHECKS_H
