//===- ScheduleOptions.cpp ------------------------------------------------===//

#include "compiler/tools/ScheduleOptions.h"

using namespace llvm;
using namespace mlir::moe;

cl::OptionCategory
    mlir::moe::scheduleCategory("schedules",
                                "For one plan that serves all calls, by hand");

static cl::list<std::string>
    tile("tile", cl::value_desc("[up:|down:]MxN"), cl::cat(scheduleCategory),
         cl::desc("Rows and columns of a tile: 64, 128 or 256 each; swapped "
                  "8, 16, ... 64 rows"));
static cl::list<std::string> stages("stages", cl::value_desc("[up:|down:]N"),
                                    cl::cat(scheduleCategory),
                                    cl::desc("Slots of the ring"));
static cl::list<std::string> consumers("consumers",
                                       cl::value_desc("[up:|down:]N"),
                                       cl::cat(scheduleCategory),
                                       cl::desc("Consumer warpgroups: 1 or 2"));
static cl::list<std::string>
    groupM("group-m", cl::value_desc("[up:|down:]N"), cl::cat(scheduleCategory),
           cl::desc("Row tiles walked before the column tile changes"));
static cl::list<std::string>
    cluster("cluster", cl::value_desc("[up:|down:]N"),
            cl::cat(scheduleCategory),
            cl::desc("Blocks that share tiles of weights: 1 or 2"));
static cl::list<std::string>
    swapped("swapped", cl::value_desc("[up:|down:]0|1"),
            cl::cat(scheduleCategory),
            cl::desc("Weights as the rows of wgmma: for few rows an expert"));
static cl::list<std::string>
    copiedRows("copied-rows", cl::value_desc("[up:|down:]0|1"),
               cl::cat(scheduleCategory),
               cl::desc("Threads copy the rows of a sorted A (down's), where "
                        "TMA would load boxes"));
static cl::list<std::string>
    registers("registers", cl::value_desc("[up:|down:]PxC"),
              cl::cat(scheduleCategory),
              cl::desc("Registers a thread of producer and consumers"));
static cl::list<std::string> planTexts(
    "plan", cl::value_desc("FROM,[up:|down:]KEY=VALUE,..."),
    cl::cat(scheduleCategory),
    cl::desc("A plan for FROM tokens and more; the first from 0. Keys "
             "are tile, stages, ..., group_m"));

/// `up:128x256` of option `key` as `up:key=128x256`.
static void addRequests(StringRef key, const cl::list<std::string> &values,
                        StringRef kernel, std::vector<std::string> &requests) {
  for (StringRef value : values) {
    StringRef which = kernel, rest = value;
    if (value.contains(':'))
      std::tie(which, rest) = value.split(':');
    std::string prefix = which.empty() ? "" : (which + ":").str();
    requests.push_back(prefix + key.str() + "=" + rest.str());
  }
}

static std::vector<std::string> scheduleRequests(StringRef kernel) {
  std::vector<std::string> requests;
  addRequests("tile", tile, kernel, requests);
  addRequests("stages", stages, kernel, requests);
  addRequests("consumers", consumers, kernel, requests);
  addRequests("group_m", groupM, kernel, requests);
  addRequests("cluster", cluster, kernel, requests);
  addRequests("swapped", swapped, kernel, requests);
  addRequests("copied_rows", copiedRows, kernel, requests);
  addRequests("registers", registers, kernel, requests);
  return requests;
}

/// `64,tile=128x256,down:stages=3`.
static Expected<PlanRequest> readPlan(StringRef text) {
  auto [from, rest] = text.split(',');
  PlanRequest plan;
  if (from.getAsInteger(10, plan.fromTokens) || plan.fromTokens < 0 ||
      plan.fromTokens > INT32_MAX)
    return createStringError(
        "expects a plan such as 64,up:tile=128x256, got '" + text + "'");
  SmallVector<StringRef> requests;
  rest.split(requests, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  plan.request.assign(requests.begin(), requests.end());
  return plan;
}

Expected<std::vector<PlanRequest>> mlir::moe::plansByHand(StringRef kernel) {
  std::vector<PlanRequest> plans;
  if (auto requests = scheduleRequests(kernel); !requests.empty())
    plans.push_back({0, requests});
  if (!plans.empty() && !planTexts.empty())
    return createStringError("expects schedules within --plan or without it, "
                             "got both");
  for (StringRef text : planTexts) {
    Expected<PlanRequest> plan = readPlan(text);
    if (!plan)
      return plan.takeError();
    int64_t least = plans.empty() ? 0 : plans.back().fromTokens + 1;
    if (plan->fromTokens < least || (plans.empty() && plan->fromTokens > 0))
      return createStringError(
          "expects plans from 0 tokens on and then from more and more, got '" +
          text + "'");
    plans.push_back(*plan);
  }
  return plans;
}
