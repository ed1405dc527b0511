//===- Table.h - what moe-bench prints --------------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_TABLE_H
#define MOE_RUNTIME_BENCH_TABLE_H

#include "runtime/bench/CheckLine.h"
#include "runtime/bench/Timing.h"

#include <string>
#include <vector>

namespace moert::bench {

/// One line a check: "ok" or "FAIL", its name, what was seen.
std::string checkText(const CheckReport &report);

/// "down_t64 64x128x128 in clusters of 2": a kernel and its tile.
std::string kernelText(const KernelRecord &kernel);

/// "  up 64x256x128, down_t64 64x128x128 in clusters of 2, rows padded to 64":
/// the kernels and tiles of the plan that serves T tokens.
std::string planText(const Manifest &manifest, std::int64_t tokens);

/// "up: installed, E=257,….json; down: cost model": who chose the schedules of
/// a package; "" if it does not say.
std::string configurationText(const Manifest &manifest);

/// One line a stage: times after a write, after a write and a read, useful
/// TFLOP/s, GB/s, the floor and the ratio of the median to it; then, if any
/// stage has times of other libraries, the ratios to those.
std::string timingText(const std::vector<StageTime> &times);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_TABLE_H
