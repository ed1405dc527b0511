//===- Baselines.cpp - what other libraries took --------------------------===//
#include "runtime/bench/Baselines.h"

#include "runtime/bench/Files.h"
#include "runtime/bench/InputError.h"
#include "runtime/bench/JsonRecord.h"

#include <algorithm>

namespace moert::bench {

namespace {

std::optional<double> lesser(std::optional<double> a, std::optional<double> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

} // namespace

Baselines Baselines::read(const std::string &text, const std::string &origin) {
  const nlohmann::json root = parseJson(text, origin);
  Baselines result;
  const bool sglang = forEachRecord(
      root, "sglang_triton", origin, [&](const JsonRecord &record) {
        const std::string layer = record.text("layer");
        const std::int64_t tokens = record.integer("tokens");
        auto set = [&](const char *stage, const char *key) {
          result.times[{layer, tokens, stage}].sglang =
              record.optionalTime(key);
        };
        set("up", "up");
        set("down", "down");
        set("layer", "layer_us");
      });
  const bool deepgemm =
      forEachRecord(root, "deepgemm", origin, [&](const JsonRecord &record) {
        const std::string gemm = record.text("gemm");
        if (gemm != "up" && gemm != "down")
          record.refuse("gemm", "up or down");
        if (record.optionalFlag("skewed").value_or(false))
          return;
        auto &time =
            result
                .times[{record.text("layer"), record.integer("tokens"), gemm}];
        time.deepgemm = lesser(record.optionalTime("contiguous"),
                               record.optionalTime("masked"));
      });
  if (!sglang && !deepgemm)
    throw InputError(origin + ": expected an object with sglang_triton or "
                              "deepgemm");
  return result;
}

Baselines Baselines::load(const std::filesystem::path &path) {
  return read(readWhole(path), path.string());
}

BaselineTimes Baselines::of(const std::string &layer, std::int64_t tokens,
                            const std::string &stage) const {
  auto found = times.find({layer, tokens, stage});
  return found == times.end() ? BaselineTimes() : found->second;
}

Curve Baselines::sglangCurve(const std::string &layer,
                             const std::string &stage) const {
  Curve curve;
  for (const auto &[key, time] : times)
    if (std::get<0>(key) == layer && std::get<2>(key) == stage && time.sglang)
      curve.push_back({std::get<1>(key), *time.sglang});
  return curve;
}

} // namespace moert::bench
