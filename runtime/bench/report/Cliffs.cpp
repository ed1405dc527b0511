//===- Cliffs.cpp - where the layer's time falls or is too long -----------===//
#include "runtime/bench/report/Model.h"

#include <fmt/format.h>

namespace moert::bench {

namespace {

std::string fallsText(const Series &series) {
  std::string text =
      fmt::format("  falls by more than {:.0f} % as T grows: {} of {} steps\n",
                  100 * (1 - kFall), series.falls.size(),
                  std::max<std::size_t>(series.times("layer").size(), 1) - 1);
  for (const Fall &fall : series.falls)
    text += fmt::format("    T = {} -> {}: {:.1f} -> {:.1f} us, {:.3f}\n",
                        fall.from.tokens, fall.to.tokens, fall.from.us,
                        fall.to.us, fall.to.us / fall.from.us);
  return text;
}

std::string slowerText(const Series &series) {
  if (series.baseline.empty())
    return "  slower than the baseline: there is none\n";
  std::size_t compared = 0;
  for (const Entry &entry : series.entries)
    compared += entry.record.stage == "layer" && entry.baseline;
  std::string text = fmt::format("  slower than sglang: {} of {} T\n",
                                 series.slower.size(), compared);
  for (const Slower &slower : series.slower)
    text += fmt::format("    T = {}: {:.1f} us, sglang {:.1f}{}, {:.3f}\n",
                        slower.ours.tokens, slower.ours.us, slower.baseline.us,
                        slower.baseline.interpolated ? " (interpolated)" : "",
                        slower.ours.us / slower.baseline.us);
  return text;
}

} // namespace

std::string cliffsText(const Model &model) {
  std::string text;
  for (const Series &series : model.series)
    text += fmt::format("{}, time of the layer\n", series.name()) +
            fallsText(series) + slowerText(series);
  return text;
}

} // namespace moert::bench
