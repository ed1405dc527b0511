//===- PlanRequests.h - the plans of a layer, to compile or print -*- C++
//-*-===//
#ifndef COMPILER_EMIT_PLANREQUESTS_H
#define COMPILER_EMIT_PLANREQUESTS_H

#include "compiler/schedule/Plans.h"

#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace mlir::moe {

/// Kernels for calls of `fromTokens` tokens and more. What moe-assign-schedule
/// is asked for them: nothing leaves it all to its rule.
struct PlanRequest {
  int64_t fromTokens = 0;
  std::vector<std::string> request;
  /// Not empty: its kernels are compiled, unless a plan before has the same,
  /// and no plan of the manifest names them. Ends their names.
  std::string variant{};

  /// What ends the names of this plan's kernels: nothing, or `_t64`, and the
  /// variant.
  std::string ending() const;
};

/// The request to which moe-assign-schedule answers with `plan`.
PlanRequest requestOf(const SchedulePlan &plan);

/// Variants of `plan` whose down has its rows loaded by TMA (`_tma`) and copied
/// (`_copied_rows`): one of the two is what the plan has itself.
std::vector<PlanRequest> bothLoads(const PlanRequest &plan);
std::vector<PlanRequest> bothLoads(const LayerProblem &problem,
                                   const SchedulePlan &plan);

/// A table of plans: from how many tokens, tiles, padding, and the predicted
/// times at that number of tokens.
void printPlans(const LayerProblem &problem,
                const std::vector<SchedulePlan> &plans,
                llvm::raw_ostream &stream);

} // namespace mlir::moe

#endif // COMPILER_EMIT_PLANREQUESTS_H
