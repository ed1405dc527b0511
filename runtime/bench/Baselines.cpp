//===- Baselines.cpp - what other libraries took --------------------------===//
#include "runtime/bench/Baselines.h"

#include "runtime/bench/InputError.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace moert::bench {

namespace {

using Json = nlohmann::json;

/// One record of an array, and what it is called.
struct Record {
  const Json &object;
  std::string name; ///< "f: deepgemm[3]".

  [[noreturn]] void refuse(const char *key, const char *want) const {
    throw InputError(fmt::format("{}.{}: expected {}", name, key, want));
  }
  /// Null if the key is missing.
  Json value(const char *key) const {
    if (!object.is_object())
      throw InputError(name + ": expected an object");
    return object.value(key, Json());
  }
  std::string text(const char *key) const {
    const Json found = value(key);
    if (!found.is_string())
      refuse(key, "a string");
    return found.get<std::string>();
  }
  std::int64_t tokens() const {
    const Json found = value("tokens");
    if (!found.is_number_integer())
      refuse("tokens", "an integer");
    return found.get<std::int64_t>();
  }
  /// Nothing if it is null or missing.
  std::optional<double> microseconds(const char *key) const {
    const Json found = value(key);
    if (found.is_null())
      return std::nullopt;
    if (!found.is_number() || !(found.get<double>() > 0))
      refuse(key, "a time above 0 or null");
    return found.get<double>();
  }
};

/// Calls `visit` for every record of the array; false if there is none.
template <class Visit>
bool forEach(const Json &root, const char *key, const std::string &origin,
             Visit visit) {
  if (!root.is_object() || !root.contains(key))
    return false;
  const Json &records = root[key];
  if (!records.is_array())
    throw InputError(fmt::format("{}: {}: expected an array", origin, key));
  for (std::size_t i = 0; i < records.size(); ++i)
    visit(Record{records[i], fmt::format("{}: {}[{}]", origin, key, i)});
  return true;
}

std::optional<double> lesser(std::optional<double> a, std::optional<double> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

} // namespace

Baselines Baselines::read(const std::string &text, const std::string &origin) {
  const Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded())
    throw InputError(origin + ": expected well-formed JSON");
  Baselines result;
  const bool sglang =
      forEach(root, "sglang_triton", origin, [&](const Record &record) {
        const std::string layer = record.text("layer");
        const std::int64_t tokens = record.tokens();
        auto set = [&](const char *stage, const char *key) {
          result.times[{layer, tokens, stage}].sglang =
              record.microseconds(key);
        };
        set("up", "up");
        set("down", "down");
        set("layer", "layer_us");
      });
  const bool deepgemm =
      forEach(root, "deepgemm", origin, [&](const Record &record) {
        const std::string gemm = record.text("gemm");
        if (gemm != "up" && gemm != "down")
          record.refuse("gemm", "up or down");
        const Json skewed = record.value("skewed");
        if (!skewed.is_null() && !skewed.is_boolean())
          record.refuse("skewed", "true or false");
        if (skewed == true)
          return;
        auto &time =
            result.times[{record.text("layer"), record.tokens(), gemm}];
        time.deepgemm = lesser(record.microseconds("contiguous"),
                               record.microseconds("masked"));
      });
  if (!sglang && !deepgemm)
    throw InputError(origin + ": expected an object with sglang_triton or "
                              "deepgemm");
  return result;
}

Baselines Baselines::load(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)),
                   std::istreambuf_iterator<char>());
  if (!file)
    throw InputError(path.string() + ": cannot be read");
  return read(text, path.string());
}

BaselineTimes Baselines::of(const std::string &layer, std::int64_t tokens,
                            const std::string &stage) const {
  auto found = times.find({layer, tokens, stage});
  return found == times.end() ? BaselineTimes() : found->second;
}

} // namespace moert::bench
