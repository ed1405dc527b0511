//===- Matrix.cpp - what every layer is run with --------------------------===//
#include "tests/gpu/Matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace moert::tests {

using bench::parseRouting;

std::string Case::routingText() const {
  return routing.drop == 0.0
             ? routing.text
             : fmt::format("{}, {:.0f}% -1", routing.text, 100 * routing.drop);
}

std::vector<std::int64_t> tokensOf(const Manifest &manifest) {
  std::set<std::int64_t> tokens(kTokens.begin(), kTokens.end());
  for (const Plan &plan : manifest.plans)
    for (std::int64_t edge : {plan.fromTokens - 1, plan.fromTokens})
      if (edge > 0)
        tokens.insert(edge);
  return {tokens.begin(), tokens.end()};
}

std::vector<Case> casesOf(const std::vector<std::int64_t> &tokens) {
  bench::RoutingChoice skewed = parseRouting("power_law:1.2");
  skewed.drop = 0.1;
  std::vector<Case> cases;
  for (std::int64_t t : tokens) {
    cases.push_back({t, parseRouting("uniform")});
    cases.push_back({t, skewed});
  }
  cases.push_back({300, parseRouting("one")});
  // More pairs than one block sorts, and rows that combine leaves to down.
  cases.push_back({3000, parseRouting("unshared")});
  cases.push_back({0, parseRouting("uniform")});
  return cases;
}

std::int64_t tokensPast31Bits(const LayerDescription &layer) {
  return (std::int64_t(1) << 31) / (layer.slots() * layer.hidden) + 1 + 17;
}

std::string cheapestPast31Bits(const std::vector<Manifest> &manifests,
                               const std::vector<std::string> &names) {
  auto costOf = [&](std::size_t i) {
    const LayerDescription &layer = manifests[i].layer;
    return std::tuple(layer.intermediate, tokensPast31Bits(layer));
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < manifests.size(); ++i)
    if (costOf(i) < costOf(best))
      best = i;
  return names.empty() ? "" : names[best];
}

} // namespace moert::tests
