//===- CheckLine.cpp - the verdict on one thing that was checked ----------===//
#include "runtime/bench/CheckLine.h"

#include <fmt/format.h>

#include <algorithm>

namespace moert::bench {

bool CheckReport::passed() const {
  return std::all_of(lines.begin(), lines.end(),
                     [](const CheckLine &line) { return line.passed; });
}

std::optional<double> CheckReport::error(const std::string &name) const {
  for (const CheckLine &line : lines)
    if (line.name == name)
      return line.error;
  return std::nullopt;
}

std::string CheckReport::failures() const {
  std::string names;
  for (const CheckLine &line : lines)
    if (!line.passed)
      names += (names.empty() ? "" : ", ") + line.name;
  return names;
}

std::string describe(const reference::BitDifference &difference) {
  std::string text = fmt::format("{} elements, {} differ", difference.elements,
                                 difference.differing);
  for (const reference::Mismatch &one : difference.first)
    text += fmt::format("; [{}, {}] want {:#x}, got {:#x}", one.row, one.column,
                        one.want, one.got);
  return text;
}

std::string describe(const reference::NormDifference &difference) {
  std::string text =
      fmt::format("error {:.1e}, worst group {:.3g} of the tolerance",
                  difference.error, difference.worstRatio);
  if (difference.badGroups)
    text += fmt::format("; {} of {} groups beyond it, worst at [{}, {}]",
                        difference.badGroups, difference.groups,
                        difference.worstRow, difference.worstColumn);
  return text;
}

std::string describe(const reference::LimitDifference &difference,
                     std::int64_t columns) {
  std::string text =
      fmt::format("{} elements, {} outside, worst {:.2f} of the bound",
                  difference.elements, difference.outside, difference.worst);
  if (difference.firstOutside >= 0)
    text +=
        fmt::format("; first at [{}, {}]", difference.firstOutside / columns,
                    difference.firstOutside % columns);
  return text;
}

} // namespace moert::bench
