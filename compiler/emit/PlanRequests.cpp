//===- PlanRequests.cpp ---------------------------------------------------===//

#include "compiler/emit/PlanRequests.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

using namespace llvm;
using namespace mlir::moe;

std::string PlanRequest::ending() const {
  return fromTokens == 0 ? "" : formatv("_t{0}", fromTokens).str();
}

static void addRequests(StringRef kernel, const Schedule &s,
                        std::vector<std::string> &requests) {
  auto add = [&](StringRef key, const auto &value) {
    requests.push_back(formatv("{0}:{1}={2}", kernel, key, value));
  };
  add("tile", formatv("{0}x{1}", s.blockM, s.blockN).str());
  add("stages", s.stages);
  add("consumers", s.consumers);
  add("group_m", s.groupM);
  add("cluster", s.cluster);
  add("swapped", int(s.swapped));
  add("registers",
      formatv("{0}x{1}", s.producerRegisters, s.consumerRegisters).str());
}

PlanRequest mlir::moe::requestOf(const SchedulePlan &plan) {
  PlanRequest result{plan.fromTokens, {}};
  addRequests("up", plan.up, result.request);
  addRequests("down", plan.down, result.request);
  return result;
}

static std::string describe(const Schedule &s) {
  std::string text = formatv("{0}x{1}", s.blockM, s.blockN);
  if (s.swapped)
    text += " swapped";
  if (s.cluster > 1)
    text += formatv(" cluster {0}", s.cluster);
  return text + formatv(", {0} stages", s.stages).str();
}

void mlir::moe::printPlans(const LayerProblem &problem,
                           const std::vector<SchedulePlan> &plans,
                           raw_ostream &stream) {
  std::vector<std::string> ups, downs;
  size_t width = 0;
  for (const SchedulePlan &plan : plans) {
    ups.push_back(describe(plan.up));
    downs.push_back(describe(plan.down));
    width = std::max({width, ups.back().size(), downs.back().size()});
  }
  stream << right_justify("tokens", 6) << "  " << left_justify("up", width)
         << "  " << left_justify("down", width) << right_justify("padding", 9)
         << right_justify("up us", 10) << right_justify("down us", 10) << '\n';
  for (size_t i = 0; i < plans.size(); ++i) {
    int64_t from = plans[i].fromTokens;
    PlanTimes times = predict(problem, plans[i], std::max(from, kFewestTokens));
    stream << format_decimal(from, 6) << "  " << left_justify(ups[i], width)
           << "  " << left_justify(downs[i], width)
           << format_decimal(plans[i].rowAlignment(), 9)
           << format("%10.1f%10.1f\n", times.up, times.down);
  }
}
