//===- ConfigBench.h - one configuration, with TMA and without --*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_CONFIGBENCH_H
#define MOE_RUNTIME_BENCH_CONFIGBENCH_H

#include "runtime/bench/ConfiguredKernels.h"
#include "runtime/bench/Options.h"
#include "runtime/bench/report/Results.h"

#include <string>
#include <vector>

namespace moert::bench {

/// What ends the name of a layer in records whose down copies its rows.
inline constexpr const char *kCopiedRows = "-copied-rows";

/// Numbers of tokens that the same kernels serve.
struct ConfiguredRun {
  ConfiguredKernels kernels;
  Manifest byTma, copied; ///< Whose calls all take them.
  std::vector<std::int64_t> tokens;
};

/// The runs that options.configs and options.tokens ask of a package, in the
/// order of their first tokens. Throws as readConfigs and selectKernels do.
std::vector<ConfiguredRun> configuredRuns(const Options &options,
                                          const Manifest &manifest,
                                          const std::string &directory);

/// A line for each number of tokens: up, and down both ways, side by side.
/// `records` are those of the layer `name` and of `name` + kCopiedRows; what is
/// not among them is left out.
std::string sideBySide(const std::string &name,
                       const std::vector<std::int64_t> &tokens,
                       const std::vector<Record> &records);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_CONFIGBENCH_H
