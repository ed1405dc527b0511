//===- Axis.h - ranges, ticks and where a value lies ------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPORT_AXIS_H
#define MOE_RUNTIME_BENCH_REPORT_AXIS_H

#include <algorithm>
#include <string>
#include <vector>

namespace moert::bench {

struct Range {
  double low = 0.0, high = 0.0;
  bool operator==(const Range &) const = default;

  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

/// The smallest range with all values; {0, 0} without any.
Range rangeOf(const std::vector<double> &values);

struct Tick {
  double value = 0.0;
  std::string label; ///< "" for a line without a number.
  bool operator==(const Tick &) const = default;
};

/// One axis of a chart. Its ticks lie within its range.
struct Axis {
  std::string title; ///< With the unit.
  bool logarithmic = false;
  Range range;
  std::vector<Tick> ticks;

  /// 0 at the low end, 1 at the high end, and as far outside as it may lie. On
  /// a logarithmic axis the value is above 0.
  double fraction(double value) const;
};

// Each takes the values that are to be shown and widens their range to where
// an axis may well end. Logarithmic ones want them above 0.

/// Numbers of tokens, logarithmic, at powers of two.
Axis tokenAxis(std::string title, Range values);
/// Logarithmic, from a 1, 2 or 5 times a power of ten to another.
Axis logAxis(std::string title, Range values);
/// Linear, in steps of 1, 2 or 5 times a power of ten.
Axis linearAxis(std::string title, Range values);

/// "0.05", "1.5", "16384": as few digits as say it, no exponent.
std::string tickText(double value);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_AXIS_H
