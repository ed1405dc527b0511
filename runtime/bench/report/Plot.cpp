//===- Plot.cpp - the layer's time over T as one SVG file -----------------===//
#include "runtime/bench/InputError.h"
#include "runtime/bench/report/Charts.h"
#include "runtime/bench/report/Page.h"
#include "runtime/bench/report/Style.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace moert::bench {

namespace {

constexpr double kGap = 16, kCaption = 26;

std::vector<Series> plotted(const Model &model) {
  std::vector<Series> found;
  for (const Series &series : model.series)
    if (!series.times("layer").empty())
      found.push_back(series);
  for (Series &series : found) // there is no report.json beside this file
    for (Entry &entry : series.entries)
      entry.index.reset();
  return found;
}

/// "NVIDIA H200, driver 580.159.03, 2026-11-23": what is known of each source.
std::string captionOf(const Model &model) {
  std::vector<std::string> captions;
  for (const Source &source : model.sources) {
    std::vector<std::string> facts;
    for (const std::string &fact :
         {source.run.gpu,
          source.run.driver.empty() ? "" : "driver " + source.run.driver,
          source.run.date.substr(0, source.run.date.find('T'))})
      if (!fact.empty())
        facts.push_back(fact);
    const std::string caption = fmt::format("{}", fmt::join(facts, ", "));
    if (!source.against && !caption.empty() &&
        std::find(captions.begin(), captions.end(), caption) == captions.end())
      captions.push_back(caption);
  }
  return fmt::format("{}", fmt::join(captions, "; "));
}

} // namespace

std::string plotText(const Model &model) {
  const std::vector<Series> all = plotted(model);
  if (all.empty())
    throw InputError("--plot: expected times of a whole layer, got only those "
                     "of its stages");
  const std::size_t columns = all.size() == 1 ? 1 : 2;
  const std::size_t rows = (all.size() + columns - 1) / columns;
  const double width = columns * (kChartWidth + kGap) + kGap;
  const double height = rows * (kChartHeight + kGap) + kGap + kCaption;
  Markup out;
  out.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  {
    auto svg = out.element(
        "svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                {"class", "chart"},
                {"viewBox", fmt::format("0 0 {} {}", width, height)},
                {"width", coordinate(width)},
                {"height", coordinate(height)}});
    out.leaf("title", {}, "Time of the layer over tokens");
    {
      auto style = out.element("style");
      out.raw(chartStyle());
    }
    out.empty("rect",
              {{"class", "paper"}, {"width", "100%"}, {"height", "100%"}});
    for (std::size_t i = 0; i < all.size(); ++i)
      drawTimes(out, all[i],
                {{"x", coordinate(kGap + i % columns * (kChartWidth + kGap))},
                 {"y", coordinate(kGap + i / columns * (kChartHeight + kGap))},
                 {"width", coordinate(kChartWidth)},
                 {"height", coordinate(kChartHeight)}});
    drawText(out, 2 * kGap, height - kGap, captionOf(model), "start", "faint");
  }
  return out.str();
}

} // namespace moert::bench
