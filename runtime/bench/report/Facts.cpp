//===- Facts.cpp - where and how the times were measured ------------------===//
#include "runtime/bench/report/Tables.h"

#include "runtime/bench/report/Cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace moert::bench {

namespace {

/// One row of the facts: what it says of a source, nothing if that is not
/// known.
struct Fact {
  const char *name;
  std::function<Cell(const Source &, const std::string &path)> of;
};

Cell words(const std::string &text) { return {std::nullopt, text}; }

std::string textOf(const std::map<std::string, std::string> &configurations) {
  std::string text;
  for (const auto &[layer, who] : configurations)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", layer, who);
  return text;
}

template <class T>
Cell figure(const std::optional<T> &value, int digits, const std::string &at) {
  if (!value)
    return {};
  return {Figure{double(*value), digits, at}, ""};
}

const std::vector<Fact> &facts() {
  static const std::vector<Fact> all{
      {"GPU", [](auto &s, auto &) { return words(s.run.gpu); }},
      {"Date (UTC)", [](auto &s, auto &) { return words(s.run.date); }},
      {"Driver", [](auto &s, auto &) { return words(s.run.driver); }},
      {"CUDA of the driver", [](auto &s, auto &) { return words(s.run.cuda); }},
      {"SMs",
       [](auto &s, auto &at) {
         return figure(s.run.multiprocessors, 0, at + "multiprocessors");
       }},
      {"Highest SM clock, MHz",
       [](auto &s, auto &at) {
         return figure(s.run.maxSmClockMhz, 0, at + "max_sm_clock_mhz");
       }},
      {"Memory clock, MHz",
       [](auto &s, auto &at) {
         return figure(s.run.memoryClockMhz, 0, at + "memory_clock_mhz");
       }},
      {"Device-to-device copy, TB/s",
       [](auto &s, auto &at) {
         return figure(s.run.copyTbps, 2, at + "copy_tbps");
       }},
      {"Calibration GEMM, TFLOP/s",
       [](auto &s, auto &at) {
         return figure(s.run.calibrationTflops, 0, at + "calibration_tflops");
       }},
      {"Timed replays",
       [](auto &s, auto &at) {
         return figure(s.run.repeats, 0, at + "repeats");
       }},
      {"Pause before each, ms",
       [](auto &s, auto &at) {
         return figure(s.run.pauseMs, 1, at + "pause_ms");
       }},
      {"Seed",
       [](auto &s, auto &at) { return figure(s.run.seed, 0, at + "seed"); }},
      {"Programmatic launch",
       [](auto &s, auto &) {
         auto on = s.run.programmaticLaunch;
         return words(!on ? "" : *on ? "yes" : "no");
       }},
      {"Schedules",
       [](auto &s, auto &) { return words(textOf(s.run.configurations)); }},
  };
  return all;
}

bool isKnown(const Cell &cell) { return cell.figure || !cell.text.empty(); }

} // namespace

void writeFacts(Markup &out, const Model &model) {
  const bool two = std::any_of(model.sources.begin(), model.sources.end(),
                               [](const Source &s) { return s.against; });
  std::vector<Column> columns{{"", "", "", true}};
  for (const Source &source : model.sources)
    columns.push_back({source.file.empty() ? "for this page" : source.file,
                       !two             ? ""
                       : source.against ? "untuned"
                                        : "tuned",
                       "", true});
  std::vector<std::vector<Cell>> rows;
  for (const Fact &fact : facts()) {
    std::vector<Cell> row{words(fact.name)};
    for (std::size_t i = 0; i < model.sources.size(); ++i)
      row.push_back(fact.of(model.sources[i], fmt::format("/sources/{}/", i)));
    if (std::any_of(row.begin() + 1, row.end(), isKnown))
      rows.push_back(std::move(row));
  }
  writeTable(out, "Measured on", columns, rows);
}

} // namespace moert::bench
