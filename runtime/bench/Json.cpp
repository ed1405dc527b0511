//===- Json.cpp - the file that --json asks for ---------------------------===//
#include "runtime/bench/Json.h"

#include "runtime/bench/InputError.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <unistd.h>

namespace moert::bench {

namespace {

using Json = nlohmann::ordered_json;

Json orNull(const std::optional<double> &value) {
  return value ? Json(*value) : Json(nullptr);
}

/// Ours to theirs.
Json ratioTo(const std::optional<double> &theirs, double us) {
  return theirs ? Json(us / *theirs) : Json(nullptr);
}

Json recordOf(const TimedCall &call, const StageTime &time) {
  const double us = time.afterWrite.medianUs;
  return Json{{"layer", call.layer},
              {"tokens", call.tokens},
              {"routing", call.routing},
              {"mode", call.reduction == Reduction::atomic ? "atomic"
                                                           : "deterministic"},
              {"stage", time.stage},
              {"median_us", us},
              {"min_us", time.afterWrite.minUs},
              {"tflops", time.work.operations / us / 1e6},
              {"gbps", time.work.bytes / us / 1e3},
              {"floor_us", orNull(time.work.floorUs)},
              {"error", orNull(time.error)},
              {"sglang_us", orNull(time.others.sglang)},
              {"sglang_ratio", ratioTo(time.others.sglang, us)},
              {"deepgemm_us", orNull(time.others.deepgemm)},
              {"deepgemm_ratio", ratioTo(time.others.deepgemm, us)}};
}

} // namespace

std::string jsonText(const std::vector<TimedCall> &calls) {
  Json records = Json::array();
  for (const TimedCall &call : calls)
    for (const StageTime &time : call.times)
      records.push_back(recordOf(call, time));
  return records.dump(2) + "\n";
}

void writeWhole(const std::filesystem::path &path, const std::string &text) {
  std::filesystem::path partial = path;
  partial += ".part" + std::to_string(getpid());
  std::ofstream file(partial, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  std::error_code error;
  if (file)
    std::filesystem::rename(partial, path, error);
  if (!file || error) {
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    throw InputError(path.string() + ": cannot be written" +
                     (error ? ": " + error.message() : ""));
  }
}

} // namespace moert::bench
