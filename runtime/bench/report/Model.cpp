//===- Model.cpp - measured times beside what they are held against -------===//
#include "runtime/bench/report/Model.h"

#include "runtime/bench/InputError.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace moert::bench {

namespace {

std::ptrdiff_t rankOf(std::string_view stage) {
  return std::find(kTimed.begin(), kTimed.end(), stage) - kTimed.begin();
}

bool sameSeries(const Series &series, const Record &record) {
  return series.layer == record.layer && series.routing == record.routing &&
         series.mode == record.mode && series.drop == record.drop;
}

bool before(const Entry &a, const Entry &b) {
  return a.record.tokens != b.record.tokens
             ? a.record.tokens < b.record.tokens
             : rankOf(a.record.stage) < rankOf(b.record.stage);
}

std::string called(const std::string &file) {
  return file.empty() ? "what was measured" : file;
}

/// Groups the records of one set and puts them in order.
class Grouping {
public:
  explicit Grouping(std::vector<Source> &sources) : sources(sources) {}

  void add(const Results &results, bool against) {
    sources.push_back({results.origin, against, results.run});
    for (const Record &record : results.records) {
      Entry entry;
      entry.record = record;
      entry.source = sources.size() - 1;
      seriesOf(record).entries.push_back(std::move(entry));
    }
  }

  std::vector<Series> finish() {
    for (Series &group : series) {
      std::sort(group.entries.begin(), group.entries.end(), before);
      for (std::size_t i = 0; i < group.entries.size(); ++i) {
        if (i > 0 && !before(group.entries[i - 1], group.entries[i]))
          refuseTwo(group, group.entries[i - 1], group.entries[i]);
        const std::int64_t tokens = group.entries[i].record.tokens;
        if (group.tokens.empty() || group.tokens.back() != tokens)
          group.tokens.push_back(tokens);
      }
    }
    return std::move(series);
  }

private:
  Series &seriesOf(const Record &record) {
    for (Series &group : series)
      if (sameSeries(group, record))
        return group;
    Series group;
    group.layer = record.layer;
    group.routing = record.routing;
    group.mode = record.mode;
    group.drop = record.drop;
    return series.emplace_back(std::move(group));
  }

  [[noreturn]] void refuseTwo(const Series &group, const Entry &a,
                              const Entry &b) const {
    throw InputError(fmt::format(
        "{}: expected one time of {}, T = {}, {}, got {} us and {} us ({})",
        called(sources[b.source].file), group.name(), a.record.tokens,
        a.record.stage, a.record.medianUs, b.record.medianUs,
        called(sources[a.source].file)));
  }

  std::vector<Source> &sources;
  std::vector<Series> series;
};

std::optional<double> ratio(double us, std::optional<double> to) {
  if (!to || !(*to > 0.0))
    return std::nullopt;
  return us / *to;
}

/// sglang's times of a stage: the file's, or what the records know of them.
Curve baselineOf(const Series &series, std::string_view stage,
                 const std::optional<Baselines> &baselines) {
  if (series.entries.empty() || !series.entries.front().record.isUniform())
    return {};
  if (baselines)
    return baselines->sglangCurve(series.layer, std::string(stage));
  Curve curve;
  for (const Entry &entry : series.entries)
    if (entry.record.stage == stage && entry.record.sglangUs)
      curve.push_back({entry.record.tokens, *entry.record.sglangUs});
  return curve;
}

void derive(Entry &entry, const Curve &baseline) {
  const Record &record = entry.record;
  entry.floorRatio = ratio(record.medianUs, record.floorUs);
  if (record.gbps)
    entry.tbps = *record.gbps / 1e3;
  if (record.tflops.value_or(0.0) > 0.0)
    entry.intensity = ratio(*record.tflops, entry.tbps);
  entry.baseline = readCurve(baseline, record.tokens);
  if (entry.baseline)
    entry.baselineRatio = ratio(record.medianUs, entry.baseline->us);
}

/// Everything of a series but its comparison with the other set.
void derive(Series &series, const std::optional<Baselines> &baselines) {
  std::map<std::string, Curve> curves;
  for (Entry &entry : series.entries) {
    const std::string &stage = entry.record.stage;
    auto [curve, isNew] = curves.try_emplace(stage);
    if (isNew)
      curve->second = baselineOf(series, stage, baselines);
    derive(entry, curve->second);
  }
  series.baseline = curves["layer"];
  const Curve times = series.times("layer");
  series.falls = fallsOf(times);
  series.slower = slowerThan(series.baseline, times);
}

/// Returns how many entries have a partner in the other set.
std::size_t compare(Series &series, const std::vector<Series> &others) {
  std::size_t pairs = 0;
  for (const Series &other : others) {
    if (!sameSeries(other, series.entries.front().record))
      continue;
    for (Entry &entry : series.entries)
      if (const Entry *partner =
              other.find(entry.record.tokens, entry.record.stage)) {
        entry.againstUs = partner->record.medianUs;
        entry.againstRatio = ratio(entry.record.medianUs, entry.againstUs);
        ++pairs;
      }
  }
  return pairs;
}

/// Places in report.json, where the series lie one behind the other.
void number(std::vector<Series> &all) {
  std::size_t records = 0, falls = 0, slower = 0;
  for (Series &series : all) {
    for (Entry &entry : series.entries)
      entry.index = records++;
    series.fallsBefore = falls;
    series.slowerBefore = slower;
    falls += series.falls.size();
    slower += series.slower.size();
  }
}

} // namespace

std::string Series::name() const {
  std::string name = layer;
  if (mode != "deterministic")
    name += ", " + mode;
  if (routing != "uniform")
    name += ", " + routing + " routing";
  if (drop > 0.0)
    name += fmt::format(", {} of ids dropped", drop);
  return name;
}

const Entry *Series::find(std::int64_t tokens, std::string_view stage) const {
  Entry key;
  key.record.tokens = tokens;
  key.record.stage = stage;
  auto found = std::lower_bound(entries.begin(), entries.end(), key, before);
  return found != entries.end() && !before(key, *found) ? &*found : nullptr;
}

Curve Series::times(std::string_view stage) const {
  Curve curve;
  for (const Entry &entry : entries)
    if (entry.record.stage == stage)
      curve.push_back({entry.record.tokens, entry.record.medianUs});
  return curve;
}

Model makeModel(const ModelInputs &inputs) {
  Model model;
  model.baselineFile = inputs.baselineFile;
  Grouping measured(model.sources);
  for (const Results &results : inputs.results)
    measured.add(results, /*against=*/false);
  model.series = measured.finish();
  for (Series &series : model.series)
    derive(series, inputs.baselines);
  number(model.series);
  if (!inputs.against)
    return model;
  Grouping against(model.sources);
  against.add(*inputs.against, /*against=*/true);
  const std::vector<Series> others = against.finish();
  std::size_t pairs = 0;
  for (Series &series : model.series)
    pairs += compare(series, others);
  if (pairs == 0)
    throw InputError(fmt::format(
        "{}: expected a layer, routing, mode, T and stage that was measured "
        "too, got none",
        inputs.against->origin));
  return model;
}

} // namespace moert::bench
