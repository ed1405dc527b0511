//===- PlanChoice.h - --plans, --tokens, --config and their like -*- C++
//-*-===//
#ifndef COMPILER_TOOLS_PLANCHOICE_H
#define COMPILER_TOOLS_PLANCHOICE_H

#include "compiler/emit/PlanRequests.h"
#include "moert/Manifest.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

namespace mlir::moe {

/// The options that say which plans are made when none is made by hand.
extern llvm::cl::OptionCategory planCategory;

/// True if the plans are to be printed, and nothing compiled.
bool wantsPlanTable();

/// An error if options exclude each other, or `byHand`, the plans that
/// ScheduleOptions.h has read; `packs` if a directory is to be written.
llvm::Error checkPlanOptions(const std::vector<PlanRequest> &byHand,
                             bool packs);

/// The plans to compile or to print.
struct PlanChoice {
  std::vector<SchedulePlan> plans;   ///< Empty if made by hand.
  std::vector<PlanRequest> requests; ///< With the variants that are asked for.
  moert::LayerConfiguration configuration;
};

/// Under the options: those of `byHand`, or what configurations and the cost
/// model choose for the layer. With `last` only the plan for most tokens,
/// unless their number is given. Says on stderr which configurations are used.
/// An error if one cannot be used.
llvm::Expected<PlanChoice> choosePlans(const LayerProblem &problem,
                                       const std::vector<PlanRequest> &byHand,
                                       bool last);

} // namespace mlir::moe

#endif // COMPILER_TOOLS_PLANCHOICE_H
