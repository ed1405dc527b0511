//===- Plans.h - which schedules serve how many tokens ----------*- C++ -*-===//
#ifndef COMPILER_SCHEDULE_PLANS_H
#define COMPILER_SCHEDULE_PLANS_H

#include "compiler/schedule/CostModel.h"

#include <optional>
#include <vector>

namespace mlir::moe {

/// A layer, as far as the time of its two GEMMs depends on it.
struct LayerProblem {
  Routing routing;
  GemmShape up, down;
};

/// The schedules of both kernels, from a number of tokens on.
struct SchedulePlan {
  int64_t fromTokens = 0;
  Schedule up, down;

  /// Rows that experts are padded to: what both kernels can walk.
  int64_t rowAlignment() const;
  bool operator==(const SchedulePlan &) const = default;
};

/// How a table of plans is made.
struct PlanOptions {
  bool swapped = true; ///< Swapped schedules may be chosen, too.
  /// Each costs a call nothing, and a package the bytes of two kernels.
  size_t most = 8; ///< Plans.
  /// The share of its time that a plan has to gain, somewhere, over its
  /// neighbours doing its part.
  double worth = 0.01;
  /// The share of the time of the kernels that would change that has to be
  /// gained over chooseSchedule's schedules to leave them: less is within the
  /// error of the prediction.
  double loyalty = 0.03;
  double leastGain = 0.5; ///< µs: less is no gain, whatever its share.
};

/// The least and the most tokens that are looked at; plans hold beyond them.
inline constexpr int64_t kFewestTokens = 1, kMostTokens = 16384;

/// The plans of a layer by ascending fromTokens, the first from 0. Neighbours
/// differ, and one plan fewer would cost options.worth at some number of
/// tokens.
std::vector<SchedulePlan> choosePlans(const LayerProblem &problem,
                                      const PlanOptions &options = {});

/// The most rows that the routing sort can pad an expert to.
inline constexpr int64_t kMostRowAlignment = 1024;

/// The plan for `tokens` tokens of which schedules are given; where one is not,
/// it is the one that makes the layer take least time beside the other, padding
/// included.
SchedulePlan planBeside(const LayerProblem &problem,
                        const std::optional<Schedule> &up,
                        const std::optional<Schedule> &down, int64_t tokens);

/// The one of `plans` that serves `tokens` tokens.
const SchedulePlan &planOf(const std::vector<SchedulePlan> &plans,
                           int64_t tokens);

/// Predicted times of both kernels of a plan.
struct PlanTimes {
  double up = 0, down = 0; ///< µs.
  double total() const { return up + down; }
};
PlanTimes predict(const LayerProblem &problem, const SchedulePlan &plan,
                  int64_t tokens);

} // namespace mlir::moe

#endif // COMPILER_SCHEDULE_PLANS_H
