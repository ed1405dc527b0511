//===- CheckLine.h - the verdict on one thing that was checked --*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_CHECKLINE_H
#define MOE_RUNTIME_BENCH_CHECKLINE_H

#include "runtime/reference/AnyOrder.h"

#include <optional>
#include <string>
#include <vector>

namespace moert::bench {

struct CheckLine {
  std::string name; ///< A stage, or what else was checked.
  bool passed = false;
  std::string detail;          ///< What was compared and how far off it is.
  std::optional<double> error; ///< ||out - ref|| / ||ref|| against double.
};

struct CheckReport {
  std::vector<CheckLine> lines;

  bool passed() const;
  /// The error of the line of that name, if it has one.
  std::optional<double> error(const std::string &name) const;
  /// Names of the lines that failed, with commas.
  std::string failures() const;
};

/// "33030144 elements, 0 differ", or where the first ones differ and how.
std::string describe(const reference::BitDifference &difference);
/// "error 7.1e-04, worst group 0.41 of the tolerance".
std::string describe(const reference::NormDifference &difference);

/// "458752 elements, 0 outside, worst 0.38 of the bound"; the first one outside
/// by its place in rows of `columns`.
std::string describe(const reference::LimitDifference &difference,
                     std::int64_t columns);

inline bool passed(const reference::LimitDifference &difference) {
  return difference.outside == 0;
}
inline bool passed(const reference::BitDifference &difference) {
  return difference.differing == 0;
}
inline bool passed(const reference::NormDifference &difference) {
  return difference.badGroups == 0;
}

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_CHECKLINE_H
