//===- Tuning.cpp - a layer over all its numbers of tokens ----------------===//
#include "tuner/Tuning.h"

#include <fmt/format.h>

#include <algorithm>

namespace moert::tune {

using namespace mlir::moe;

namespace {

std::size_t kernelsOf(const std::vector<SpaceGroup> &groups) {
  std::size_t count = 0;
  for (const SpaceGroup &group : groups)
    count += group.up.size() + group.down.size();
  return count;
}

/// Kernels that will be asked for, those of the first numbers of tokens first.
std::vector<Variant> wanted(const std::vector<std::vector<SpaceGroup>> &all,
                            const std::vector<Pair> &untuned) {
  std::vector<Variant> result;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const SpaceGroup &group : all[i])
      for (Gemm gemm : kGemms)
        result.insert(result.end(), group.of(gemm).begin(),
                      group.of(gemm).end());
    result.push_back(untuned[i].up);
    result.push_back(untuned[i].down);
  }
  return result;
}

} // namespace

Tuning tune(const TuningParts &parts, const TuningOptions &options,
            const std::function<void(const TokensResult &)> &done) {
  std::vector<std::int64_t> tokens = options.tokens;
  std::sort(tokens.begin(), tokens.end());
  const double end = parts.clock() + options.seconds;

  const std::vector<SchedulePlan> plans = choosePlans(parts.problem);
  std::vector<std::vector<SpaceGroup>> spaces;
  std::vector<Pair> untuned;
  std::size_t kernels = 0;
  for (std::int64_t count : tokens) {
    const SchedulePlan &plan = planOf(plans, count);
    untuned.push_back({variantOf(plan, Gemm::up), variantOf(plan, Gemm::down)});
    spaces.push_back(parts.space.at(parts.rows(count)));
    kernels += kernelsOf(spaces.back());
  }
  parts.source.want(wanted(spaces, untuned));
  parts.progress.start(kernels, end);

  Search search(parts.space, parts.source, parts.measure, parts.journal,
                parts.progress, options.search);
  Tuning tuning;
  std::optional<Pair> neighbour;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const double now = parts.clock();
    const double until =
        now + (end - now) / static_cast<double>(tokens.size() - i);
    parts.progress.enter(fmt::format("T = {}", tokens[i]));
    auto result = search.run(tokens[i], spaces[i], untuned[i], neighbour,
                             [&] { return parts.clock() >= until; });
    if (!result) {
      tuning.without.push_back(tokens[i]);
      continue;
    }
    neighbour = result->tuned;
    done(*result);
    tuning.results.push_back(std::move(*result));
  }
  tuning.faults = search.faults();
  return tuning;
}

} // namespace moert::tune
