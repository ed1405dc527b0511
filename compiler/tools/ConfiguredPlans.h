//===- ConfiguredPlans.h - plans from configuration files -------*- C++ -*-===//
//
// Between the compiler, which knows schedules and their laws, and the runtime's
// reader of configuration files. No MLIR.
//
//===----------------------------------------------------------------------===//
#ifndef COMPILER_TOOLS_CONFIGUREDPLANS_H
#define COMPILER_TOOLS_CONFIGUREDPLANS_H

#include "compiler/schedule/Plans.h"
#include "moert/Manifest.h"
#include "runtime/config/ConfigRequest.h"

#include <string>
#include <vector>

namespace mlir::moe {

/// What a configuration asks of a schedule of `gemm`. USE_TMA: false copies the
/// rows of a sorted A; those of a gathered one are copied anyway.
ScheduleRequest requestOf(const moert::config::TunedSchedule &wanted,
                          const GemmShape &gemm);

/// The laws of schedules, for the reader of configurations; refers to
/// `problem`.
moert::config::LayerLaw lawOf(const LayerProblem &problem);

/// The plans that configurations make of a layer, by ascending fromTokens, the
/// first from 0. Where one GEMM alone has a configuration, the other's schedule
/// is the one that fits best beside it at the least tokens of a plan, and plans
/// also start where the cost model's do. Throws moert::Error(badConfig) if the
/// row tiles of a plan need more padding than the sort can give.
std::vector<SchedulePlan>
configuredPlans(const LayerProblem &problem,
                const moert::config::LayerConfigs &configs);

/// The schedules of a layer, and who chose them.
struct ChosenPlans {
  std::vector<SchedulePlan> plans;
  moert::LayerConfiguration configuration;
  std::vector<std::string> remarks; ///< Lines for stderr.
  std::string error; ///< Why there is nothing of this; "" if there is.
};

/// Under the values of --config (ConfigRequest.h), for a device as CUDA names
/// it. Throws nothing: for callers without exceptions.
ChosenPlans choosePlansFor(const LayerProblem &problem,
                           const std::vector<std::string> &configs,
                           const std::string &device);

} // namespace mlir::moe

#endif // COMPILER_TOOLS_CONFIGUREDPLANS_H
