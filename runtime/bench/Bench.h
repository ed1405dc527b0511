//===- Bench.h - what moe-bench does ----------------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_BENCH_H
#define MOE_RUNTIME_BENCH_BENCH_H

#include "runtime/bench/Options.h"

#include <functional>

namespace moert::bench {

/// Does what the options ask for, printing as it goes. False if a check
/// failed; neither the JSON file nor a report is then written. Throws
/// InputError, moert::Error or CudaError.
bool runBench(const Options &options);

/// Runs `body`, which returns whether all is well, and turns what it throws
/// into a line on stderr. Returns the exit code: 0 done, 1 bad input or a
/// check failed, 2 a CUDA call failed, kNoDevice if there is no driver or no
/// Hopper GPU.
inline constexpr int kNoDevice = 77;
int exitCodeOf(const char *program, const std::function<bool()> &body);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_BENCH_H
