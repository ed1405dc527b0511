//===- Tuning.h - a layer over all its numbers of tokens --------*- C++ -*-===//
#ifndef TUNER_TUNING_H
#define TUNER_TUNING_H

#include "compiler/schedule/Plans.h"
#include "tuner/Search.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace moert::tune {

/// What a tuning is of, and works with. Everything outlives it.
struct TuningParts {
  const mlir::moe::LayerProblem &problem;
  const mlir::moe::Space &space;
  KernelSource &source;
  Measure &measure;
  Journal &journal;
  Progress &progress;
  Clock clock;
  /// Rows of experts in the calls that are timed.
  std::function<mlir::moe::RowCounts(std::int64_t tokens)> rows;
};

struct TuningOptions {
  std::vector<std::int64_t> tokens = mlir::moe::tunedTokens();
  double seconds = 480; ///< For all of it. Each number of tokens has an equal
                        ///< share of what is left when its turn comes.
  SearchOptions search;
};

struct Tuning {
  std::vector<TokensResult> results; ///< By ascending tokens.
  std::vector<std::int64_t> without; ///< Numbers of tokens no pair was had for.
  std::vector<std::string> faults;   ///< A line for each wrong kernel.
};

/// Tunes a layer; `done` gets each result as it comes.
Tuning tune(const TuningParts &parts, const TuningOptions &options,
            const std::function<void(const TokensResult &)> &done);

} // namespace moert::tune

#endif // TUNER_TUNING_H
