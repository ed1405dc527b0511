//===- Tables.cpp - the tables of a report --------------------------------===//
#include "runtime/bench/report/Tables.h"

#include "runtime/bench/report/Cells.h"

#include <fmt/format.h>

#include <algorithm>

namespace moert::bench {

namespace {

using Row = std::vector<Cell>;

Cell timeCell(const Entry *entry, const char *field,
              const std::optional<double> &us, bool interpolated = false) {
  if (!entry || !us)
    return {};
  return {Figure{*us, timeDigits(*us), entry->at(field), interpolated}, ""};
}

Cell numberCell(const Entry *entry, const char *field,
                const std::optional<double> &value, int digits,
                bool interpolated = false) {
  if (!entry || !value)
    return {};
  return {Figure{*value, digits, entry->at(field), interpolated}, ""};
}

Cell tokensCell(const Series &series, std::int64_t tokens) {
  for (std::string_view stage : kTimed)
    if (const Entry *entry = series.find(tokens, stage))
      return numberCell(entry, "tokens", double(tokens), 0);
  return {};
}

Cell medianCell(const Entry *entry) {
  return timeCell(entry, "median_us",
                  entry ? std::optional(entry->record.medianUs) : std::nullopt);
}

Cell floorRatioCell(const Entry *entry) {
  return numberCell(entry, "floor_ratio",
                    entry ? entry->floorRatio : std::nullopt, 2);
}

Cell baselineCell(const Entry *entry) {
  if (!entry || !entry->baseline)
    return {};
  return timeCell(entry, "baseline_us", entry->baseline->us,
                  entry->baseline->interpolated);
}

Cell baselineRatioCell(const Entry *entry) {
  return numberCell(entry, "baseline_ratio",
                    entry ? entry->baselineRatio : std::nullopt, 2,
                    entry && entry->baseline && entry->baseline->interpolated);
}

bool hasStage(const Series &series, std::string_view stage) {
  return !series.times(stage).empty();
}

bool isCompared(const Series &series, std::string_view stage) {
  return std::any_of(series.entries.begin(), series.entries.end(),
                     [&](const Entry &entry) {
                       return entry.record.stage == stage && entry.againstUs;
                     });
}

/// A row of cells a T that was measured.
template <class Fill> std::vector<Row> rowsOf(const Series &series, Fill fill) {
  std::vector<Row> rows;
  for (std::int64_t tokens : series.tokens) {
    Row row{tokensCell(series, tokens)};
    fill(tokens, row);
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Of a GEMM or the layer: what it reached.
void addRates(Row &row, const Entry *entry) {
  const auto tflops = entry ? entry->record.tflops : std::nullopt;
  row.push_back(medianCell(entry));
  row.push_back(numberCell(entry, "tflops", tflops,
                           tflops.value_or(0.0) < 99.95 ? 1 : 0));
  row.push_back(
      numberCell(entry, "tbps", entry ? entry->tbps : std::nullopt, 2));
  row.push_back(floorRatioCell(entry));
  row.push_back(baselineRatioCell(entry));
}

} // namespace

void writeTimes(Markup &out, const Series &series) {
  std::vector<Column> columns{{"T", "tokens", "", false}};
  for (std::string_view stage : kTimed)
    if (hasStage(series, stage))
      columns.push_back({std::string(stage), "µs", "median", false});
  const std::size_t stages = columns.size() - 1;
  columns.insert(columns.end(), {{"floor", "µs", "layer", false},
                                 {"to floor", "ratio", "layer", false},
                                 {"sglang", "µs", "layer", false},
                                 {"to sglang", "ratio", "layer", false}});
  auto rows = rowsOf(series, [&](std::int64_t tokens, Row &row) {
    for (std::size_t i = 1; i <= stages; ++i)
      row.push_back(medianCell(series.find(tokens, columns[i].title)));
    const Entry *layer = series.find(tokens, "layer");
    row.push_back(timeCell(layer, "floor_us",
                           layer ? layer->record.floorUs : std::nullopt));
    row.push_back(floorRatioCell(layer));
    row.push_back(baselineCell(layer));
    row.push_back(baselineRatioCell(layer));
  });
  writeTable(out, "Times", columns, rows);
}

void writeRates(Markup &out, const Series &series) {
  std::vector<Column> columns{{"T", "tokens", "", false}};
  std::vector<std::string> shown;
  for (const char *stage : {"up", "down", "layer"}) {
    if (!hasStage(series, stage))
      continue;
    shown.push_back(stage);
    for (const auto &[title, unit] : {std::pair("time", "µs"),
                                      {"useful", "TFLOP/s"},
                                      {"bytes", "TB/s"},
                                      {"to floor", "ratio"},
                                      {"to sglang", "ratio"}})
      columns.push_back({title, unit, stage, false});
  }
  auto rows = rowsOf(series, [&](std::int64_t tokens, Row &row) {
    for (const std::string &stage : shown)
      addRates(row, series.find(tokens, stage));
  });
  if (!shown.empty())
    writeTable(out, "Rates", columns, rows);
}

void writeComparison(Markup &out, const Series &series) {
  std::vector<Column> columns{{"T", "tokens", "", false}};
  std::vector<std::string> shown;
  for (std::string_view stage : kTimed) {
    if (!isCompared(series, stage))
      continue;
    shown.emplace_back(stage);
    for (auto [title, unit] :
         {std::pair("tuned", "µs"), {"untuned", "µs"}, {"to untuned", "ratio"}})
      columns.push_back({title, unit, shown.back(), false});
  }
  auto rows = rowsOf(series, [&](std::int64_t tokens, Row &row) {
    for (const std::string &stage : shown) {
      const Entry *entry = series.find(tokens, stage);
      row.push_back(medianCell(entry));
      row.push_back(timeCell(entry, "against_us",
                             entry ? entry->againstUs : std::nullopt));
      row.push_back(numberCell(entry, "against_ratio",
                               entry ? entry->againstRatio : std::nullopt, 3));
    }
  });
  if (!shown.empty())
    writeTable(out, "Tuned against untuned", columns, rows);
}

namespace {

/// Figures of "falls" or "slower" in report.json, one row of it.
struct Place {
  std::string path;
  Cell time(const char *field, double us, bool interpolated = false) const {
    return {Figure{us, timeDigits(us), path + field, interpolated}, ""};
  }
  Cell number(const char *field, double value, int digits) const {
    return {Figure{value, digits, path + field}, ""};
  }
};

void writeFalls(Markup &out, const Series &series) {
  std::vector<Row> rows;
  for (const Fall &fall : series.falls) {
    const Place at{fmt::format("/falls/{}/", series.fallsBefore + rows.size())};
    rows.push_back({at.number("from_tokens", fall.from.tokens, 0),
                    at.number("to_tokens", fall.to.tokens, 0),
                    at.time("from_us", fall.from.us),
                    at.time("to_us", fall.to.us),
                    at.number("ratio", fall.to.us / fall.from.us, 3)});
  }
  writeTable(out, fmt::format("Falls by more than {:.0f} %", 100 * (1 - kFall)),
             {{"T", "tokens", "from", false},
              {"T", "tokens", "to", false},
              {"from", "µs", "layer", false},
              {"to", "µs", "layer", false},
              {"to / from", "ratio", "layer", false}},
             rows);
}

void writeSlower(Markup &out, const Series &series) {
  std::vector<Row> rows;
  for (const Slower &slow : series.slower) {
    const Place at{
        fmt::format("/slower/{}/", series.slowerBefore + rows.size())};
    rows.push_back(
        {at.number("tokens", slow.ours.tokens, 0), at.time("us", slow.ours.us),
         at.time("baseline_us", slow.baseline.us, slow.baseline.interpolated),
         at.number("ratio", slow.ours.us / slow.baseline.us, 3)});
  }
  writeTable(out, "Slower than sglang",
             {{"T", "tokens", "", false},
              {"layer", "µs", "", false},
              {"sglang", "µs", "", false},
              {"to sglang", "ratio", "", false}},
             rows);
}

} // namespace

void writeCliffs(Markup &out, const Series &series) {
  const Curve times = series.times("layer");
  out.leaf("h3", {}, "Cliffs");
  auto say = [&](const std::string &text) { out.leaf("p", {}, text); };
  if (times.empty())
    return say("The layer as a whole was not timed.");
  if (series.falls.empty())
    say(fmt::format("At none of {} T does the layer take less than {} of the "
                    "time of the T before.",
                    times.size(), kFall));
  if (series.baseline.empty())
    say("There is no baseline to be slower than.");
  else if (series.slower.empty())
    say("At no T that the baseline reaches is the layer slower than sglang.");
  auto side = out.element("div", {{"class", "side"}});
  if (!series.falls.empty())
    writeFalls(out, series);
  if (!series.slower.empty())
    writeSlower(out, series);
}

} // namespace moert::bench
