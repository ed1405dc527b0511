//===- Charts.cpp - lines over T, and the roofline ------------------------===//
#include "runtime/bench/report/Charts.h"

#include "runtime/bench/Ceilings.h"
#include "runtime/bench/report/Style.h"

#include <fmt/format.h>

#include <cmath>

namespace moert::bench {

namespace {

constexpr const char *kTokens = "tokens T";

/// The baseline is linear in T, so on logarithmic axes it bends between its
/// points.
constexpr int kBends = 16;

std::string tipOf(const Entry &entry, const std::string &what) {
  return fmt::format("{}, T = {}: {}", entry.record.stage, entry.record.tokens,
                     what);
}

/// A line through what `value` gives of a stage's entries, in the order of T.
template <class Value>
Line lineOf(const Series &series, std::string_view stage, LegendEntry look,
            const std::string &field, const std::string &unit, Value value) {
  Line line{std::move(look), {}, {}};
  for (const Entry &entry : series.entries) {
    const std::optional<double> found =
        entry.record.stage == stage ? value(entry) : std::nullopt;
    if (!found)
      continue;
    const Point at{double(entry.record.tokens), *found};
    line.path.push_back(at);
    line.marks.push_back({at,
                          tipOf(entry, fmt::format("{:.4g} {}", *found, unit)),
                          "", entry.at(field)});
  }
  return line;
}

/// The baseline between the first and the last T that was measured.
Line baselineLine(const Series &series) {
  Line line{
      {"sglang, linear between its points", look::kBaseline, Shape::square},
      {},
      {}};
  const double first = series.tokens.front(), last = series.tokens.back();
  auto add = [&](double tokens) {
    if (auto reading = readCurve(series.baseline, tokens))
      line.path.push_back({tokens, reading->us});
  };
  std::vector<double> corners{first};
  for (const CurvePoint &point : series.baseline)
    if (point.tokens > first && point.tokens < last)
      corners.push_back(point.tokens);
  corners.push_back(last);
  for (std::size_t i = 1; i < corners.size(); ++i)
    for (int bend = 0; bend < kBends; ++bend)
      add(corners[i - 1] *
          std::pow(corners[i] / corners[i - 1], double(bend) / kBends));
  add(last);
  for (const CurvePoint &point : series.baseline)
    if (point.tokens >= first && point.tokens <= last)
      line.marks.push_back(
          {{double(point.tokens), point.us},
           fmt::format("sglang, T = {}: {:.4g} µs", point.tokens, point.us),
           "",
           ""});
  return line;
}

/// Up to which T a mark of the roofline is labelled; every mark says it when
/// the pointer rests there.
constexpr std::size_t kLabels = 9;

Line rooflineOf(const Series &series, const std::string &stage, Shape shape) {
  Line line{{stage, lookOf(stage), shape},
            {},
            {},
            /*thin=*/true,
            /*labelsBelow=*/stage == "down"};
  const std::vector<std::int64_t> labelled = someOf(series.tokens, kLabels);
  for (const Entry &entry : series.entries) {
    if (entry.record.stage != stage || !entry.intensity)
      continue;
    const std::int64_t tokens = entry.record.tokens;
    const Point at{*entry.intensity, *entry.record.tflops};
    const bool labels =
        std::binary_search(labelled.begin(), labelled.end(), tokens);
    line.path.push_back(at);
    line.marks.push_back(
        {at,
         tipOf(entry, fmt::format("{:.4g} TFLOP/s, {:.4g} TB/s", at.y,
                                  entry.tbps.value_or(0.0))),
         labels ? std::to_string(tokens) : "", entry.at("tflops")});
  }
  return line;
}

/// Both ceilings, drawn within the axes and first.
void addCeilings(LineChart &chart) {
  const double ridge = kPeakTflops / kPeakTbps;
  const double start =
      std::max(chart.x.range.low, chart.y.range.low / kPeakTbps);
  Line memory{{fmt::format("{} TB/s (copy)", kPeakTbps), look::kFloor,
               Shape::none, /*dashed=*/true},
              {{start, start * kPeakTbps}, {ridge, kPeakTflops}},
              {}};
  Line compute{{fmt::format("{} TFLOP/s (FP8 GEMM)", kPeakTflops), look::kFloor,
                Shape::none},
               {{ridge, kPeakTflops}, {chart.x.range.high, kPeakTflops}},
               {}};
  chart.lines.insert(chart.lines.begin(), {memory, compute});
}

} // namespace

std::vector<std::int64_t> someOf(const std::vector<std::int64_t> &tokens,
                                 std::size_t most) {
  if (tokens.size() <= most || most < 2)
    return tokens;
  std::vector<std::int64_t> some;
  const double ratio = double(tokens.back()) / tokens.front();
  for (std::size_t i = 0; i < most; ++i) {
    const double want =
        tokens.front() * std::pow(ratio, double(i) / (most - 1));
    auto nearest = std::min_element(
        tokens.begin(), tokens.end(), [&](std::int64_t a, std::int64_t b) {
          return std::abs(std::log(a / want)) < std::abs(std::log(b / want));
        });
    if (some.empty() || some.back() < *nearest)
      some.push_back(*nearest);
  }
  return some;
}

bool drawTimes(Markup &out, const Series &series, const Attributes &placement) {
  Line ours =
      lineOf(series, "layer", {"layer, median", look::kOurs, Shape::disc},
             "median_us", "µs", [](const Entry &entry) {
               return std::optional(entry.record.medianUs);
             });
  if (ours.path.empty())
    return false;
  Line floor = lineOf(series, "layer",
                      {"floor", look::kFloor, Shape::none, /*dashed=*/true},
                      "floor_us", "µs", [](const Entry &entry) {
                        auto us = entry.record.floorUs;
                        return us && *us > 0.0 ? us : std::nullopt;
                      });
  floor.marks.clear();
  LineChart chart{series.name() + ": time of the layer", {}, {}, {}};
  if (floor.path.size() > 1)
    chart.lines.push_back(std::move(floor));
  if (Line baseline = baselineLine(series); !baseline.path.empty())
    chart.lines.push_back(std::move(baseline));
  chart.lines.push_back(std::move(ours));
  chart.x = tokenAxis(kTokens, rangeOfX(chart.lines));
  chart.y = logAxis("time of the layer, µs", rangeOfY(chart.lines));
  drawLineChart(out, chart, placement);
  return true;
}

bool drawRoofline(Markup &out, const Series &series,
                  const Attributes &placement) {
  LineChart chart{"Roofline of up and down, marked with T", {}, {}, {}};
  for (Line line : {rooflineOf(series, "up", Shape::disc),
                    rooflineOf(series, "down", Shape::triangle)})
    if (!line.path.empty())
      chart.lines.push_back(std::move(line));
  if (chart.lines.empty())
    return false;
  Range x = rangeOfX(chart.lines), y = rangeOfY(chart.lines);
  x.include(1.1 * x.high);                // no mark stands on the frame
  x.include(2 * kPeakTflops / kPeakTbps); // both ceilings and their ridge show
  y.include(1.1 * kPeakTflops);
  chart.x = logAxis("useful operations per byte, FLOP/B", x);
  chart.y = logAxis("useful TFLOP/s", y);
  addCeilings(chart);
  drawLineChart(out, chart, placement);
  return true;
}

bool drawComparison(Markup &out, const Series &series,
                    const Attributes &placement) {
  LineChart chart{"Tuned against untuned", {}, {}, {}};
  const std::pair<const char *, Shape> stages[] = {
      {"up", Shape::square}, {"down", Shape::triangle}, {"layer", Shape::disc}};
  for (auto [stage, shape] : stages) {
    Line line = lineOf(series, stage, {stage, lookOf(stage), shape},
                       "against_ratio", "of the untuned time",
                       [](const Entry &entry) { return entry.againstRatio; });
    if (!line.path.empty())
      chart.lines.push_back(std::move(line));
  }
  if (chart.lines.empty())
    return false;
  const Range x = rangeOfX(chart.lines);
  Range y = rangeOfY(chart.lines);
  y.include(1.0);
  chart.x = tokenAxis(kTokens, x);
  chart.y = linearAxis("time, tuned / untuned", y);
  chart.lines.insert(
      chart.lines.begin(),
      Line{{"as fast", look::kFloor, Shape::none, /*dashed=*/true},
           {{chart.x.range.low, 1.0}, {chart.x.range.high, 1.0}},
           {}});
  drawLineChart(out, chart, placement);
  return true;
}

} // namespace moert::bench
