//===- StageChart.cpp - what each stage takes of a call -------------------===//
#include "runtime/bench/report/Charts.h"
#include "runtime/bench/report/Style.h"

#include <fmt/format.h>

namespace moert::bench {

namespace {

constexpr std::size_t kBars = 12;

/// The stages of one T, bottom to top.
struct Bar {
  std::int64_t tokens = 0;
  double sum = 0.0; ///< Microseconds.
  std::vector<const Entry *> parts;
};

Bar barOf(const Series &series, std::int64_t tokens) {
  Bar bar;
  bar.tokens = tokens;
  for (std::string_view stage : kTimed) {
    const Entry *entry = series.find(tokens, stage);
    if (!entry || stage == "layer")
      continue;
    bar.parts.push_back(entry);
    bar.sum += entry->record.medianUs;
  }
  return bar;
}

std::vector<Bar> barsOf(const Series &series) {
  std::vector<Bar> bars;
  for (std::int64_t tokens : someOf(series.tokens, kBars))
    if (Bar bar = barOf(series, tokens); !bar.parts.empty())
      bars.push_back(std::move(bar));
  return bars;
}

std::vector<LegendEntry> legendOf(const std::vector<Bar> &bars) {
  std::vector<LegendEntry> legend;
  for (std::string_view stage : kTimed) {
    auto has = [&](const Bar &bar) {
      return std::any_of(
          bar.parts.begin(), bar.parts.end(),
          [&](const Entry *part) { return part->record.stage == stage; });
    };
    if (std::any_of(bars.begin(), bars.end(), has))
      legend.push_back(
          {std::string(stage), lookOf(std::string(stage)), Shape::bar});
  }
  return legend;
}

void drawPart(Markup &out, const Entry &part, const Box &place, double share) {
  const Record &record = part.record;
  auto rect =
      out.element("rect", {{"class", "solid"},
                           {"x", coordinate(place.left)},
                           {"y", coordinate(place.top)},
                           {"width", coordinate(place.right - place.left)},
                           {"height", coordinate(place.bottom - place.top)},
                           {"data-json", part.at("median_us")},
                           {"data-value", fmt::format("{}", record.medianUs)}});
  out.leaf("title", {},
           fmt::format("{}, T = {}: {:.4g} µs, {:.1f} %", record.stage,
                       record.tokens, record.medianUs, 100 * share));
}

/// One bar around x, with microseconds where a part is high enough for them.
void drawBar(Markup &out, const Bar &bar, const Box &box, double x,
             double width) {
  double below = 0.0;
  for (const Entry *part : bar.parts) {
    const Record &record = part->record;
    const double share = record.medianUs / bar.sum;
    const double top = box.y(below + share), bottom = box.y(below);
    below += share;
    auto group = out.element("g", {{"class", lookOf(record.stage)}});
    drawPart(out, *part, {x - width / 2, top, x + width / 2, bottom}, share);
    const std::string text =
        fmt::format("{:.{}f}", record.medianUs, record.medianUs < 100 ? 1 : 0);
    if (bottom - top >= 15 && textWidth(text) + 2 <= width)
      drawText(out, x, (top + bottom) / 2 + 4, text, "middle", "on");
  }
}

} // namespace

bool drawStages(Markup &out, const Series &series,
                const Attributes &placement) {
  const std::vector<Bar> bars = barsOf(series);
  if (bars.empty())
    return false;
  const std::string title = "What each stage takes, µs in the bars";
  auto svg = startChart(out, title, placement);
  const Box box = drawHeading(out, title, legendOf(bars));
  Axis x{"tokens T", /*logarithmic=*/false, {0.0, double(bars.size())}, {}};
  Axis y{"share of the stages' sum, %", /*logarithmic=*/false, {0, 100}, {}};
  for (int percent = 0; percent <= 100; percent += 20)
    y.ticks.push_back({double(percent), std::to_string(percent)});
  for (std::size_t i = 0; i < bars.size(); ++i)
    x.ticks.push_back({i + 0.5, std::to_string(bars[i].tokens)});
  drawAxes(out, box, x, y);
  const double pitch = (box.right - box.left) / bars.size();
  for (std::size_t i = 0; i < bars.size(); ++i)
    drawBar(out, bars[i], box, box.x(x.fraction(i + 0.5)),
            std::min(0.82 * pitch, 72.0));
  return true;
}

} // namespace moert::bench
