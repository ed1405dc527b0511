//===- Results.cpp - what was measured, as files keep it ------------------===//
#include "runtime/bench/report/Results.h"

#include "runtime/bench/Files.h"
#include "runtime/bench/InputError.h"
#include "runtime/bench/JsonRecord.h"
#include "runtime/bench/report/ResultsJson.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace moert::bench {

namespace {

/// Ours to theirs.
OrderedJson ratioTo(const std::optional<double> &theirs, double us) {
  return theirs ? OrderedJson(us / *theirs) : OrderedJson(nullptr);
}

OrderedJson jsonOf(const Record &record) {
  const double us = record.medianUs;
  return {{"layer", record.layer},
          {"tokens", record.tokens},
          {"routing", record.routing},
          {"drop", record.drop},
          {"mode", record.mode},
          {"stage", record.stage},
          {"kernel", orNull(record.kernel)},
          {"median_us", us},
          {"min_us", orNull(record.minUs)},
          {"tflops", orNull(record.tflops)},
          {"gbps", orNull(record.gbps)},
          {"floor_us", orNull(record.floorUs)},
          {"error", orNull(record.error)},
          {"sglang_us", orNull(record.sglangUs)},
          {"sglang_ratio", ratioTo(record.sglangUs, us)},
          {"deepgemm_us", orNull(record.deepgemmUs)},
          {"deepgemm_ratio", ratioTo(record.deepgemmUs, us)}};
}

std::map<std::string, std::string> configurationsOf(const JsonRecord &json) {
  std::map<std::string, std::string> texts;
  const nlohmann::json found = json.value("configurations");
  if (found.is_null())
    return texts;
  if (!found.is_object())
    json.refuse("configurations", "an object of strings");
  for (const auto &[layer, text] : found.items()) {
    if (!text.is_string())
      json.refuse("configurations", "an object of strings");
    texts[layer] = text.get<std::string>();
  }
  return texts;
}

Run runOf(const JsonRecord &json) {
  Run run;
  run.gpu = json.optionalText("gpu").value_or("");
  run.date = json.optionalText("date").value_or("");
  run.driver = json.optionalText("driver").value_or("");
  run.cuda = json.optionalText("cuda").value_or("");
  run.multiprocessors = json.optionalInteger("multiprocessors");
  run.maxSmClockMhz = json.optionalNumber("max_sm_clock_mhz");
  run.memoryClockMhz = json.optionalNumber("memory_clock_mhz");
  run.copyTbps = json.optionalNumber("copy_tbps");
  run.calibrationTflops = json.optionalNumber("calibration_tflops");
  run.repeats = json.optionalInteger("repeats");
  run.pauseMs = json.optionalNumber("pause_ms");
  run.seed = json.optionalInteger("seed");
  run.programmaticLaunch = json.optionalFlag("programmatic_launch");
  run.configurations = configurationsOf(json);
  return run;
}

Record recordOf(const JsonRecord &json) {
  Record record;
  record.layer = json.text("layer");
  record.tokens = json.integer("tokens");
  if (record.tokens < 1)
    json.refuse("tokens", "at least 1");
  record.routing = json.optionalText("routing").value_or(record.routing);
  record.drop = json.optionalNumber("drop").value_or(0.0);
  record.mode = json.optionalText("mode").value_or(record.mode);
  record.stage = json.text("stage");
  if (std::find(kTimed.begin(), kTimed.end(), record.stage) == kTimed.end())
    json.refuse("stage", fmt::format("one of {}, got '{}'",
                                     fmt::join(kTimed, ", "), record.stage));
  record.kernel = json.optionalText("kernel").value_or("");
  auto median = json.optionalTime("median_us");
  if (!median)
    json.refuse("median_us", "a time above 0");
  record.medianUs = *median;
  record.minUs = json.optionalTime("min_us");
  record.tflops = json.optionalNumber("tflops");
  record.gbps = json.optionalNumber("gbps");
  record.floorUs = json.optionalNumber("floor_us");
  record.error = json.optionalNumber("error");
  record.sglangUs = json.optionalTime("sglang_us");
  record.deepgemmUs = json.optionalTime("deepgemm_us");
  return record;
}

} // namespace

OrderedJson jsonOf(const Run &run) {
  return {{"gpu", orNull(run.gpu)},
          {"date", orNull(run.date)},
          {"driver", orNull(run.driver)},
          {"cuda", orNull(run.cuda)},
          {"multiprocessors", orNull(run.multiprocessors)},
          {"max_sm_clock_mhz", orNull(run.maxSmClockMhz)},
          {"memory_clock_mhz", orNull(run.memoryClockMhz)},
          {"copy_tbps", orNull(run.copyTbps)},
          {"calibration_tflops", orNull(run.calibrationTflops)},
          {"repeats", orNull(run.repeats)},
          {"pause_ms", orNull(run.pauseMs)},
          {"seed", orNull(run.seed)},
          {"programmatic_launch", orNull(run.programmaticLaunch)},
          {"configurations", run.configurations.empty()
                                 ? OrderedJson(nullptr)
                                 : OrderedJson(run.configurations)}};
}

std::string resultsText(const Results &results) {
  OrderedJson records = OrderedJson::array();
  for (const Record &record : results.records)
    records.push_back(jsonOf(record));
  return OrderedJson{{"run", jsonOf(results.run)}, {"records", records}}.dump(
             2) +
         "\n";
}

Results readResults(const std::string &text, const std::string &origin) {
  nlohmann::json root = parseJson(text, origin);
  if (root.is_array())
    root = {{"records", std::move(root)}};
  Results results;
  results.origin = origin;
  const bool any =
      forEachRecord(root, "records", origin, [&](const JsonRecord &record) {
        results.records.push_back(recordOf(record));
      });
  if (!any || results.records.empty())
    throw InputError(origin + ": expected an object with records, at least "
                              "one, as --json writes it");
  if (root.contains("run"))
    results.run = runOf(JsonRecord(root["run"], origin + ": run"));
  return results;
}

Results loadResults(const std::filesystem::path &path) {
  return readResults(readWhole(path), path.string());
}

} // namespace moert::bench
