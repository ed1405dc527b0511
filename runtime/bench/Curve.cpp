//===- Curve.cpp - a time over T, and what lies between -------------------===//
#include "runtime/bench/Curve.h"

#include <algorithm>

namespace moert::bench {

std::optional<Reading> readCurve(const Curve &curve, double tokens) {
  auto above =
      std::find_if(curve.begin(), curve.end(), [&](const CurvePoint &point) {
        return point.tokens >= tokens;
      });
  if (above == curve.end())
    return std::nullopt;
  if (above->tokens == tokens)
    return Reading{above->us, false};
  if (above == curve.begin())
    return std::nullopt;
  auto below = std::prev(above);
  const double part =
      (tokens - below->tokens) / double(above->tokens - below->tokens);
  return Reading{below->us + part * (above->us - below->us), true};
}

std::vector<Fall> fallsOf(const Curve &times) {
  std::vector<Fall> falls;
  for (std::size_t i = 1; i < times.size(); ++i)
    if (times[i].us < kFall * times[i - 1].us)
      falls.push_back({times[i - 1], times[i]});
  return falls;
}

std::vector<Slower> slowerThan(const Curve &baseline, const Curve &times) {
  std::vector<Slower> slower;
  for (const CurvePoint &ours : times) {
    auto theirs = readCurve(baseline, ours.tokens);
    if (theirs && ours.us > theirs->us)
      slower.push_back({ours, *theirs});
  }
  return slower;
}

} // namespace moert::bench
