//===- Curve.h - a time over T, and what lies between -----------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_CURVE_H
#define MOE_RUNTIME_BENCH_CURVE_H

#include <cstdint>
#include <optional>
#include <vector>

namespace moert::bench {

struct CurvePoint {
  std::int64_t tokens = 0; ///< T.
  double us = 0.0;         ///< Microseconds.
  bool operator==(const CurvePoint &) const = default;
};

/// By ascending T, each T once.
using Curve = std::vector<CurvePoint>;

/// What the curve gives at T.
struct Reading {
  double us = 0.0;
  bool interpolated = false; ///< Between two points, not at one.
};

/// At a point its time, between two the line in T and microseconds; nothing
/// outside, where a line would be a guess. `tokens` need not be a whole number.
std::optional<Reading> readCurve(const Curve &curve, double tokens);

/// Two neighbouring T of which the larger one takes less than kFall of the
/// smaller one's time.
struct Fall {
  CurvePoint from, to;
};
inline constexpr double kFall = 0.97;
std::vector<Fall> fallsOf(const Curve &times);

/// A T that takes longer than the baseline's reading there. T outside the
/// baseline are passed over.
struct Slower {
  CurvePoint ours;
  Reading baseline;
};
std::vector<Slower> slowerThan(const Curve &baseline, const Curve &times);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_CURVE_H
