//===- ResultsJson.h - a run as JSON ----------------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPORT_RESULTSJSON_H
#define MOE_RUNTIME_BENCH_REPORT_RESULTSJSON_H

#include "runtime/bench/report/Results.h"

#include <nlohmann/json.hpp>

namespace moert::bench {

using OrderedJson = nlohmann::ordered_json;

/// Null for nothing and for "".
template <class T> OrderedJson orNull(const std::optional<T> &value) {
  return value ? OrderedJson(*value) : OrderedJson(nullptr);
}
inline OrderedJson orNull(const std::string &text) {
  return text.empty() ? OrderedJson(nullptr) : OrderedJson(text);
}

/// The object "run" of a results file.
OrderedJson jsonOf(const Run &run);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_RESULTSJSON_H
