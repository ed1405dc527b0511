//===- Data.cpp - the report's figures as JSON and CSV --------------------===//
#include "runtime/bench/report/Data.h"

#include "runtime/bench/Ceilings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace moert::bench {

namespace {

using Json = OrderedJson;

Json jsonOf(const Source &source) {
  Json json{{"file", orNull(source.file)},
            {"set", source.against ? "untuned" : "measured"}};
  json.update(jsonOf(source.run));
  return json;
}

Json jsonOf(const Entry &entry) {
  const Record &record = entry.record;
  const auto &baseline = entry.baseline;
  return {{"source", entry.source},
          {"layer", record.layer},
          {"routing", record.routing},
          {"drop", record.drop},
          {"mode", record.mode},
          {"tokens", record.tokens},
          {"stage", record.stage},
          {"kernel", orNull(record.kernel)},
          {"median_us", record.medianUs},
          {"min_us", orNull(record.minUs)},
          {"tflops", orNull(record.tflops)},
          {"tbps", orNull(entry.tbps)},
          {"intensity", orNull(entry.intensity)},
          {"floor_us", orNull(record.floorUs)},
          {"floor_ratio", orNull(entry.floorRatio)},
          {"baseline_us", baseline ? Json(baseline->us) : Json()},
          {"baseline_interpolated",
           baseline ? Json(baseline->interpolated) : Json()},
          {"baseline_ratio", orNull(entry.baselineRatio)},
          {"deepgemm_us", orNull(record.deepgemmUs)},
          {"against_us", orNull(entry.againstUs)},
          {"against_ratio", orNull(entry.againstRatio)},
          {"error", orNull(record.error)}};
}

/// What a fall and a slow T have in common.
Json placeOf(const Series &series) {
  return {{"layer", series.layer},
          {"routing", series.routing},
          {"drop", series.drop},
          {"mode", series.mode}};
}

Json jsonOf(const Series &series, const Fall &fall) {
  Json json = placeOf(series);
  json.update({{"from_tokens", fall.from.tokens},
               {"to_tokens", fall.to.tokens},
               {"from_us", fall.from.us},
               {"to_us", fall.to.us},
               {"ratio", fall.to.us / fall.from.us}});
  return json;
}

Json jsonOf(const Series &series, const Slower &slower) {
  Json json = placeOf(series);
  json.update({{"tokens", slower.ours.tokens},
               {"us", slower.ours.us},
               {"baseline_us", slower.baseline.us},
               {"baseline_interpolated", slower.baseline.interpolated},
               {"ratio", slower.ours.us / slower.baseline.us}});
  return json;
}

std::string csvField(const Json &value) {
  if (value.is_null())
    return "";
  if (!value.is_string())
    return value.dump();
  const std::string text = value.get<std::string>();
  if (text.find_first_of(",\"\r\n") == std::string::npos)
    return text;
  std::string quoted = "\"";
  for (char c : text)
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

} // namespace

OrderedJson reportJson(const Model &model) {
  Json sources = Json::array(), records = Json::array(), falls = Json::array(),
       slower = Json::array();
  for (const Source &source : model.sources)
    sources.push_back(jsonOf(source));
  for (const Series &series : model.series) {
    for (const Entry &entry : series.entries)
      records.push_back(jsonOf(entry));
    for (const Fall &fall : series.falls)
      falls.push_back(jsonOf(series, fall));
    for (const Slower &slow : series.slower)
      slower.push_back(jsonOf(series, slow));
  }
  return {{"sources", sources},
          {"baseline", orNull(model.baselineFile)},
          {"ceilings", {{"tflops", kPeakTflops}, {"tbps", kPeakTbps}}},
          {"records", records},
          {"falls", falls},
          {"slower", slower}};
}

std::string reportCsv(const OrderedJson &report) {
  std::string csv;
  for (const Json &record : report.at("records")) {
    std::vector<std::string> names, fields;
    for (const auto &[name, value] : record.items()) {
      names.push_back(name);
      fields.push_back(csvField(value));
    }
    if (csv.empty())
      csv = fmt::format("{}\r\n", fmt::join(names, ","));
    csv += fmt::format("{}\r\n", fmt::join(fields, ","));
  }
  return csv;
}

} // namespace moert::bench
