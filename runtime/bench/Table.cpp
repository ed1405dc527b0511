//===- Table.cpp - what moe-bench prints ----------------------------------===//
#include "runtime/bench/Table.h"

#include <fmt/format.h>

#include <algorithm>

namespace moert::bench {

namespace {

std::string orDash(bool known, double value, int digits) {
  return known ? fmt::format("{:.{}f}", value, digits) : "-";
}

/// A dash where there is nothing to compare with, a floor of zero included.
std::string ratioText(double us, const std::optional<double> &to) {
  return to && *to > 0.0 ? fmt::format("{:.2f}", us / *to) : "-";
}

} // namespace

std::string kernelText(const KernelRecord &kernel) {
  const ScheduleRecord &schedule = kernel.schedule;
  std::string text = fmt::format("{} {}x{}x{}", kernel.name, schedule.blockM,
                                 schedule.blockN, schedule.blockK);
  if (schedule.swapped)
    text += " swapped";
  if (schedule.copiedRows)
    text += " copied rows";
  if (kernel.cluster > 1)
    text += fmt::format(" in clusters of {}", kernel.cluster);
  return text;
}

std::string planText(const Manifest &manifest, std::int64_t tokens) {
  const Plan &plan = manifest.plan(tokens);
  return fmt::format("  {}, {}, rows padded to {}\n",
                     kernelText(manifest.kernel(plan.up)),
                     kernelText(manifest.kernel(plan.down)), plan.rowAlignment);
}

std::string configurationText(const Manifest &manifest) {
  const auto textOf = [](const ConfigurationRecord &record) -> std::string {
    if (record.source == ScheduleSource::none)
      return "cost model";
    if (record.source == ScheduleSource::hand)
      return "by hand";
    const std::string source = sourceName(record.source);
    return record.file.empty() ? source : source + ", " + record.file;
  };
  if (!manifest.configuration)
    return "";
  return fmt::format("up: {}; down: {}", textOf(manifest.configuration->up),
                     textOf(manifest.configuration->down));
}

std::string checkText(const CheckReport &report) {
  std::string text;
  for (const CheckLine &line : report.lines)
    text += fmt::format("  {:4}  {:<12}  {}\n", line.passed ? "ok" : "FAIL",
                        line.name, line.detail);
  return text;
}

std::string timingText(const std::vector<StageTime> &times) {
  const bool compared =
      std::any_of(times.begin(), times.end(), [](const StageTime &time) {
        return time.others.sglang || time.others.deepgemm;
      });
  std::string text =
      fmt::format("  {:<10} {:>9} {:>9} {:>11} {:>11} {:>8} {:>7} {:>8} {:>6}",
                  "stage", "median us", "min us", "median read", "min read",
                  "TFLOP/s", "GB/s", "floor us", "ratio");
  if (compared)
    text += fmt::format(" {:>9} {:>9}", "/sglang", "/DeepGEMM");
  text += "\n";
  for (const StageTime &time : times) {
    const double us = time.afterWrite.medianUs;
    text += fmt::format(
        "  {:<10} {:>9.1f} {:>9.1f} {:>11.1f} {:>11.1f} {:>8} {:>7.0f} {:>8} "
        "{:>6}",
        time.stage, us, time.afterWrite.minUs, time.afterRead.medianUs,
        time.afterRead.minUs,
        orDash(time.work.operations > 0, time.work.operations / us / 1e6, 0),
        time.work.bytes / us / 1e3,
        orDash(time.work.floorUs > 0.0, time.work.floorUs.value_or(0.0), 1),
        ratioText(us, time.work.floorUs));
    if (compared)
      text += fmt::format(" {:>9} {:>9}", ratioText(us, time.others.sglang),
                          ratioText(us, time.others.deepgemm));
    text += "\n";
  }
  return text;
}

} // namespace moert::bench
