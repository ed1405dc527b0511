//===- Model.h - measured times beside what they are held against -*- C++ -*-=//
#ifndef MOE_RUNTIME_BENCH_REPORT_MODEL_H
#define MOE_RUNTIME_BENCH_REPORT_MODEL_H

#include "runtime/bench/Baselines.h"
#include "runtime/bench/report/Results.h"

#include <optional>
#include <string>
#include <vector>

namespace moert::bench {

/// A record and what follows from it.
struct Entry {
  Record record;
  std::size_t source = 0; ///< Into Model::sources.
  /// Into "records" of report.json; nothing where there is no such file.
  std::optional<std::size_t> index;
  std::optional<double> tbps;      ///< TB/s.
  std::optional<double> intensity; ///< Useful operations a byte.
  std::optional<double> floorRatio;
  std::optional<Reading> baseline; ///< sglang's time.
  std::optional<double> baselineRatio;
  std::optional<double> againstUs; ///< The same of the other set.
  std::optional<double> againstRatio;

  /// JSON pointer into report.json of a field of its record, or "".
  std::string at(const std::string &field) const {
    return index ? "/records/" + std::to_string(*index) + "/" + field : "";
  }
};

/// One layer under one routing and mode, over T.
struct Series {
  std::string layer, routing, mode;
  double drop = 0.0;
  std::vector<Entry> entries; ///< By T, then as kTimed.
  std::vector<std::int64_t> tokens;
  Curve baseline;              ///< sglang's layer times, all that are known.
  std::vector<Fall> falls;     ///< Of the layer.
  std::vector<Slower> slower;  ///< Of the layer.
  std::size_t fallsBefore = 0; ///< Of earlier series, in report.json.
  std::size_t slowerBefore = 0;

  /// "tiny, atomic, power_law:1.2 routing": what differs from the usual is
  /// said.
  std::string name() const;
  /// Null where T or stage were not measured.
  const Entry *find(std::int64_t tokens, std::string_view stage) const;
  Curve times(std::string_view stage) const;
};

/// A file of results, or what was measured just now.
struct Source {
  std::string file; ///< "" if just now.
  bool against = false;
  Run run;
};

struct Model {
  std::vector<Source> sources;
  std::vector<Series> series; ///< In the order of the records.
  std::string baselineFile;   ///< "" if none was given.
};

/// What a report is made of.
struct ModelInputs {
  std::vector<Results> results;
  std::optional<Results> against; ///< The set to hold them against.
  /// Times of other libraries; without, the records' own are used.
  std::optional<Baselines> baselines;
  std::string baselineFile;
};

/// Throws InputError if two records have the same layer, routing, mode, T and
/// stage, or if `against` has no record in common with the results.
Model makeModel(const ModelInputs &inputs);

/// The cliffs of every series, as lines: where the layer's time falls as T
/// grows, and where it is above the baseline.
std::string cliffsText(const Model &model);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_MODEL_H
