//===- ConfiguredPlans.cpp ------------------------------------------------===//

#include "compiler/tools/ConfiguredPlans.h"

#include "moert/Error.h"

#include <algorithm>
#include <set>

using namespace mlir::moe;
using namespace moert::config;

ScheduleRequest mlir::moe::requestOf(const TunedSchedule &wanted,
                                     const GemmShape &gemm) {
  ScheduleRequest request;
  request.blockM = wanted.blockM;
  request.blockN = wanted.blockN;
  request.stages = wanted.stages;
  request.consumers = wanted.consumers;
  request.groupM = wanted.groupM;
  request.producerRegisters = wanted.producerRegisters;
  request.consumerRegisters = wanted.consumerRegisters;
  request.cluster = wanted.cluster;
  request.swapped = wanted.swapped;
  if (wanted.useTma && !gemm.gathered)
    request.copiedRows = !*wanted.useTma;
  return request;
}

static std::optional<std::string> brokenLaw(const TunedSchedule &wanted,
                                            const GemmShape &gemm) {
  if (gemm.gathered && wanted.useTma.value_or(false))
    return std::string("expects USE_TMA false, or none, where rows are "
                       "gathered, which TMA cannot do, got true");
  Schedule schedule = chooseSchedule(gemm, requestOf(wanted, gemm));
  if (auto law = mlir::moe::brokenLaw(schedule))
    return law;
  return mlir::moe::brokenLaw(schedule, gemm);
}

LayerLaw mlir::moe::lawOf(const LayerProblem &problem) {
  return [&problem](moert::KernelRole role, const TunedSchedule &wanted) {
    bool up = role == moert::KernelRole::up;
    return ::brokenLaw(wanted, up ? problem.up : problem.down);
  };
}

/// The least tokens of all plans.
static std::set<int64_t> startsOf(const LayerProblem &problem,
                                  const LayerConfigs &configs) {
  std::set<int64_t> starts;
  for (const WantedPlan &wanted : configs.plans())
    starts.insert(wanted.fromTokens);
  if (!configs.up.config || !configs.down.config)
    for (const SchedulePlan &plan : choosePlans(problem))
      starts.insert(plan.fromTokens);
  return starts;
}

static std::optional<Schedule>
scheduleAt(int64_t tokens, const FoundConfig &found, const GemmShape &gemm) {
  std::optional<TunedSchedule> wanted = found.at(tokens);
  if (!wanted)
    return std::nullopt;
  ScheduleRequest request = requestOf(*wanted, gemm);
  // Files that are found by name were measured with rows that are stored, and
  // the order that suits these is slow for rows that are added.
  if (gemm.added && found.source != ConfigSource::given)
    request.groupM.reset();
  return chooseSchedule(gemm, request);
}

static SchedulePlan planAt(int64_t from, const LayerProblem &problem,
                           const LayerConfigs &configs) {
  int64_t tokens = std::max(from, kFewestTokens);
  SchedulePlan plan =
      planBeside(problem, scheduleAt(tokens, configs.up, problem.up),
                 scheduleAt(tokens, configs.down, problem.down), tokens);
  plan.fromTokens = from;
  if (plan.rowAlignment() > kMostRowAlignment)
    throw moert::Error(
        moert::ErrorCode::badConfig,
        "the configurations of up and down for " + std::to_string(tokens) +
            " tokens: expected row tiles with a common multiple of at most " +
            std::to_string(kMostRowAlignment) + ", got " +
            std::to_string(plan.up.clusterRows()) + " and " +
            std::to_string(plan.down.clusterRows()));
  return plan;
}

std::vector<SchedulePlan>
mlir::moe::configuredPlans(const LayerProblem &problem,
                           const LayerConfigs &configs) {
  if (!configs.up.config && !configs.down.config)
    return choosePlans(problem);
  std::vector<SchedulePlan> plans;
  for (int64_t from : startsOf(problem, configs)) {
    SchedulePlan plan = planAt(from, problem, configs);
    if (plans.empty() || plans.back().up != plan.up ||
        plans.back().down != plan.down)
      plans.push_back(plan);
  }
  return plans;
}

ChosenPlans mlir::moe::choosePlansFor(const LayerProblem &problem,
                                      const std::vector<std::string> &configs,
                                      const std::string &device) {
  const Routing &routing = problem.routing;
  try {
    LayerConfigs found = findConfigs(
        {routing.experts + routing.sharedExperts, problem.up.partN, device},
        parseConfigRequest(configs), lawOf(problem));
    return {configuredPlans(problem, found), recordOf(found), remarksOn(found),
            ""};
  } catch (const moert::Error &error) {
    return {{}, {}, {}, error.what()};
  }
}
