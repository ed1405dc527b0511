//===- PlanChoice.cpp -----------------------------------------------------===//

#include "compiler/tools/PlanChoice.h"
#include "compiler/tools/ConfiguredPlans.h"

using namespace llvm;
using namespace mlir::moe;

cl::OptionCategory mlir::moe::planCategory("plans");

static cl::opt<int64_t>
    tokens("tokens", cl::value_desc("N"), cl::cat(planCategory),
           cl::desc("Only the plan that serves N tokens, for all calls"));
static cl::opt<bool>
    showPlans("plans", cl::cat(planCategory),
              cl::desc("Print which schedules serve how many tokens, with "
                       "predicted times, and compile nothing"));
static cl::list<std::string>
    config("config", cl::value_desc("none|DIR|[up:|down:]FILE|{...}"),
           cl::cat(planCategory),
           cl::desc("Configuration files to look in before MOE_CONFIG_DIR and "
                    "the installed ones, one to use, one entry as JSON, or "
                    "none"));
static cl::opt<std::string>
    device("device", cl::value_desc("name"), cl::init("NVIDIA H200"),
           cl::cat(planCategory),
           cl::desc("As CUDA names it, for the look-up of configurations "
                    "(default: NVIDIA H200)"));
static cl::opt<bool>
    packBothLoads("both-loads", cl::cat(planCategory),
                  cl::desc("Pack down's kernels twice: rows of A loaded by "
                           "TMA, and copied by threads; for moe-bench"));

bool mlir::moe::wantsPlanTable() { return showPlans; }

Error mlir::moe::checkPlanOptions(const std::vector<PlanRequest> &byHand,
                                  bool packs) {
  bool chosen = showPlans || tokens.getNumOccurrences();
  if (!byHand.empty() && chosen)
    return createStringError("expects no schedules by hand with --plans or "
                             "--tokens, which choose them");
  if (!byHand.empty() && !config.empty())
    return createStringError("expects schedules by hand or --config, got both");
  if (tokens < 0)
    return createStringError("expects --tokens of at least 0, got " +
                             Twine(tokens));
  if (packBothLoads && (showPlans || !packs))
    return createStringError("expects --both-loads with -o DIRECTORY, not with "
                             "--emit or --plans");
  return Error::success();
}

static PlanChoice choiceByHand(const std::vector<PlanRequest> &byHand) {
  const moert::ConfigurationRecord hand{moert::ScheduleSource::hand, {}};
  PlanChoice choice{{}, byHand, {hand, hand}};
  if (packBothLoads)
    for (const PlanRequest &plan : byHand)
      append_range(choice.requests, bothLoads(plan));
  return choice;
}

/// All, the one for the tokens that were given, or the one for most.
static std::vector<SchedulePlan> select(const std::vector<SchedulePlan> &plans,
                                        bool last) {
  if (tokens.getNumOccurrences())
    return {planOf(plans, tokens)};
  return last ? std::vector{plans.back()} : plans;
}

Expected<PlanChoice>
mlir::moe::choosePlans(const LayerProblem &problem,
                       const std::vector<PlanRequest> &byHand, bool last) {
  if (!byHand.empty())
    return choiceByHand(byHand);
  ChosenPlans chosen = choosePlansFor(
      problem, std::vector<std::string>(config.begin(), config.end()), device);
  if (!chosen.error.empty())
    return createStringError(chosen.error);
  for (const std::string &remark : chosen.remarks)
    errs() << "moe-codegen: " << remark << '\n';
  PlanChoice choice{select(chosen.plans, last), {}, chosen.configuration};
  for (const SchedulePlan &plan : choice.plans)
    choice.requests.push_back(requestOf(plan));
  // What is printed or compiled alone serves from there, or for all calls.
  choice.requests.front().fromTokens = 0;
  if (tokens.getNumOccurrences())
    choice.plans.front().fromTokens = tokens;
  if (packBothLoads)
    for (size_t i = 0; i < choice.plans.size(); ++i)
      for (PlanRequest &variant : bothLoads(problem, choice.plans[i])) {
        variant.fromTokens = choice.requests[i].fromTokens;
        choice.requests.push_back(variant);
      }
  return choice;
}
