//===- Axis.cpp - ranges, ticks and where a value lies --------------------===//
#include "runtime/bench/report/Axis.h"

#include <fmt/format.h>

#include <cmath>

namespace moert::bench {

namespace {

constexpr double kSlack = 1e-9; ///< Against 2.9999999 steps.
constexpr int kMostTicks = 9;

/// The 1, 2 or 5 times a power of ten at or below a value above 0.
double stepBelow(double value) {
  const double decade = std::pow(10.0, std::floor(std::log10(value) + kSlack));
  for (double digit : {5.0, 2.0})
    if (value >= digit * decade * (1 - kSlack))
      return digit * decade;
  return decade;
}

double stepAbove(double value) {
  const double below = stepBelow(value);
  if (value <= below * (1 + kSlack))
    return below;
  for (double factor : {2.0, 2.5})
    if (stepBelow(factor * below) > below * (1 + kSlack))
      return stepBelow(factor * below);
  return 10 * below; // not reached: one of the two is the next step
}

} // namespace

Range rangeOf(const std::vector<double> &values) {
  if (values.empty())
    return {};
  auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {*low, *high};
}

double Axis::fraction(double value) const {
  if (logarithmic)
    return std::log(value / range.low) / std::log(range.high / range.low);
  return (value - range.low) / (range.high - range.low);
}

std::string tickText(double value) {
  std::string text = fmt::format("{:.6f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.')
    text.pop_back();
  return text == "-0" ? "0" : text;
}

Axis tokenAxis(std::string title, Range values) {
  Axis axis{std::move(title), /*logarithmic=*/true, {}, {}};
  // So far beyond the ends that no mark touches the frame, and one T alone
  // stands in the middle.
  const double margin = values.high > values.low ? 0.04 : 0.5;
  const double octaves = std::log2(values.high / values.low) + 1;
  axis.range = {values.low * std::exp2(-margin * octaves),
                values.high * std::exp2(margin * octaves)};
  const int first = std::ceil(std::log2(axis.range.low));
  const int last = std::floor(std::log2(axis.range.high));
  const int step = std::max((last - first) / kMostTicks + 1, 1);
  for (int power = first; power <= last; ++power)
    if (power % step == 0)
      axis.ticks.push_back({std::exp2(power), tickText(std::exp2(power))});
  if (axis.ticks.size() >= 2)
    return axis;
  // Less than two powers of two: round numbers do.
  axis.ticks.clear();
  for (const Tick &tick : linearAxis("", axis.range).ticks)
    if (tick.value >= axis.range.low && tick.value <= axis.range.high)
      axis.ticks.push_back(tick);
  return axis;
}

Axis logAxis(std::string title, Range values) {
  Axis axis{std::move(title), /*logarithmic=*/true, {}, {}};
  axis.range = {stepBelow(values.low), stepAbove(values.high)};
  if (axis.range.high <= axis.range.low * (1 + kSlack))
    axis.range.high = stepAbove(1.5 * axis.range.low);
  const bool many = axis.range.high / axis.range.low > 1500;
  for (double value = axis.range.low; value <= axis.range.high * (1 + kSlack);
       value = stepAbove(1.5 * value)) {
    const double exponent = std::log10(value);
    const bool decade = std::abs(exponent - std::round(exponent)) < 1e-6;
    axis.ticks.push_back({value, decade || !many ? tickText(value) : ""});
  }
  return axis;
}

Axis linearAxis(std::string title, Range values) {
  Axis axis{std::move(title), /*logarithmic=*/false, {}, {}};
  if (!(values.high > values.low))
    values.high = values.low + std::max(std::abs(values.low), 1.0);
  const double step = stepAbove((values.high - values.low) / 6);
  const double first = std::floor(values.low / step + kSlack);
  const double last = std::ceil(values.high / step - kSlack);
  axis.range = {first * step, last * step};
  for (double i = first; i <= last; ++i)
    axis.ticks.push_back({i * step, tickText(i * step)});
  return axis;
}

} // namespace moert::bench
