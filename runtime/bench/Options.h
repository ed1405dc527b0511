//===- Options.h - the command line of moe-bench ----------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_OPTIONS_H
#define MOE_RUNTIME_BENCH_OPTIONS_H

#include "runtime/bench/RoutingSource.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace moert::bench {

struct Options {
  /// Each written by moe-codegen, no two of the same name; empty with from or
  /// with selfCheck alone.
  std::vector<std::string> directories;
  std::vector<std::int64_t> tokens{1, 16, 64, 256, 1024, 4096};
  RoutingChoice routing;
  std::uint64_t seed = 1;
  bool check = false;
  bool timing = true;
  bool sanitize = false;  ///< Each stage once, nothing checked or timed.
  bool selfCheck = false; ///< The reference alone; no layer is needed.
  int repeats = 20;
  double pauseMs = 0;       ///< Before each timed replay.
  int replays = 0;          ///< Of one graph, outputs compared; 0 for none.
  bool alone = false;       ///< Tokens of the batch each in a call of its own.
  bool programmatic = true; ///< LoadOptions::programmaticLaunch.
  /// One configuration to time instead of the plans, as ConfigRequest.h reads
  /// it; empty for none.
  std::vector<std::string> configs;
  std::string json;     ///< "" for none.
  std::string baseline; ///< Times of other libraries; "" for none.

  std::vector<std::string> from; ///< Results instead of layers: needs no GPU.
  std::string against;           ///< Results to compare with; "" for none.
  std::string plot;              ///< SVG file; "" for none.
  std::string report;            ///< Directory; "" for none.
  bool cliffs = false;           ///< Print where the layer's time falls.
  std::optional<double> calibration; ///< TFLOP/s of this card, from elsewhere.

  bool wantsReport() const {
    return !plot.empty() || !report.empty() || cliffs;
  }
};

/// Nothing if help was asked for (and printed). Throws InputError.
std::optional<Options> parseOptions(int argc, char **argv);

/// What a layer is called: the last part of its directory's name.
std::string layerName(const std::string &directory);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_OPTIONS_H
