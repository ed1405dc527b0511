//===- Table.cpp - what moe-bench prints ----------------------------------===//
#include "runtime/bench/Table.h"

#include <fmt/format.h>

namespace moert::bench {

namespace {

std::string orDash(bool known, double value, int digits) {
  return known ? fmt::format("{:.{}f}", value, digits) : "-";
}

} // namespace

std::string checkText(const CheckReport &report) {
  std::string text;
  for (const CheckLine &line : report.lines)
    text += fmt::format("  {:4}  {:<12}  {}\n", line.passed ? "ok" : "FAIL",
                        line.name, line.detail);
  return text;
}

std::string timingText(const std::vector<StageTime> &times) {
  std::string text = fmt::format(
      "  {:<10} {:>9} {:>9} {:>11} {:>11} {:>8} {:>7} {:>8} {:>6}\n", "stage",
      "median us", "min us", "median read", "min read", "TFLOP/s", "GB/s",
      "floor us", "ratio");
  for (const StageTime &time : times) {
    const double us = time.afterWrite.medianUs;
    const bool hasFloor = time.work.floorUs && *time.work.floorUs > 0;
    const double floor = time.work.floorUs.value_or(0.0);
    text += fmt::format(
        "  {:<10} {:>9.1f} {:>9.1f} {:>11.1f} {:>11.1f} {:>8} {:>7.0f} {:>8} "
        "{:>6}\n",
        time.stage, us, time.afterWrite.minUs, time.afterRead.medianUs,
        time.afterRead.minUs,
        orDash(time.work.operations > 0, time.work.operations / us / 1e6, 0),
        time.work.bytes / us / 1e3, orDash(hasFloor, floor, 1),
        orDash(hasFloor, us / (hasFloor ? floor : 1.0), 2));
  }
  return text;
}

} // namespace moert::bench
