//===- Json.h - the file that --json asks for -------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_JSON_H
#define MOE_RUNTIME_BENCH_JSON_H

#include "runtime/bench/Timing.h"

#include <filesystem>
#include <string>
#include <vector>

namespace moert::bench {

/// What was timed: one routing of one T.
struct TimedCall {
  std::string layer; ///< File name under configs/models, without its end.
  std::int64_t tokens = 0;
  std::string routing; ///< As typed.
  std::vector<StageTime> times;
  Reduction reduction = Reduction::ordered; ///< "mode": "deterministic" or
                                            ///< "atomic".
};

/// An array of records {"layer", "tokens", "routing", "mode", "stage",
/// "median_us", "min_us", "tflops", "gbps", "floor_us", "error", "sglang_us",
/// "sglang_ratio", "deepgemm_us", "deepgemm_ratio"}; times are those after a
/// write. A ratio is our median to theirs: below 1 we are faster; both are null
/// where --baseline has no such time. floor_us is null where the floor expects
/// a stage fused into its neighbours, error where nothing was compared with
/// double precision.
std::string jsonText(const std::vector<TimedCall> &calls);

/// Writes a file whole or not at all: beside it first, then renamed. Throws
/// InputError that names it.
void writeWhole(const std::filesystem::path &path, const std::string &text);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_JSON_H
