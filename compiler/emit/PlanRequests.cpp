//===- PlanRequests.cpp ---------------------------------------------------===//

#include "compiler/emit/PlanRequests.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

using namespace llvm;
using namespace mlir::moe;

std::string PlanRequest::ending() const {
  return (fromTokens == 0 ? "" : formatv("_t{0}", fromTokens).str()) + variant;
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
  add("copied_rows", int(s.copiedRows));
  add("registers",
      formatv("{0}x{1}", s.producerRegisters, s.consumerRegisters).str());
}

PlanRequest mlir::moe::requestOf(const SchedulePlan &plan) {
  PlanRequest result;
  result.fromTokens = plan.fromTokens;
  addRequests("up", plan.up, result.request);
  addRequests("down", plan.down, result.request);
  return result;
}

static const char *variantName(bool copied) {
  return copied ? "_copied_rows" : "_tma";
}

std::vector<PlanRequest> mlir::moe::bothLoads(const PlanRequest &plan) {
  std::vector<PlanRequest> variants;
  for (bool copied : {false, true}) {
    PlanRequest variant = plan;
    // The last word on a key counts.
    variant.request.push_back(formatv("down:copied_rows={0}", int(copied)));
    variant.variant = variantName(copied);
    variants.push_back(variant);
  }
  return variants;
}

std::vector<PlanRequest> mlir::moe::bothLoads(const LayerProblem &problem,
                                              const SchedulePlan &plan) {
  std::vector<PlanRequest> variants;
  for (bool copied : {false, true}) {
    SchedulePlan other = plan;
    other.down = withCopiedRows(problem.down, plan.down, copied);
    PlanRequest variant = requestOf(other);
    variant.variant = variantName(copied);
    variants.push_back(variant);
  }
  return variants;
}

static std::string describe(const Schedule &s) {
  std::string text = formatv("{0}x{1}", s.blockM, s.blockN);
  if (s.swapped)
    text += " swapped";
  if (s.cluster > 1)
    text += formatv(" cluster {0}", s.cluster);
  if (s.copiedRows)
    text += " copied rows";
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
