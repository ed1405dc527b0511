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

/// The whole layer's output against double precision that rounds at the same
/// points (see reference::activate for what that means). After all stages.
CheckLine checkLayer(CheckState &state);

/// Tolerances against double precision.
inline constexpr double kGemmTolerance = 5e-3, kLayerTolerance = 1e-2;

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_STAGECHECKS_H
