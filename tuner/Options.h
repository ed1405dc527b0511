//===- Options.h - the command line of moe-tune -----------------*- C++ -*-===//
#ifndef TUNER_OPTIONS_H
#define TUNER_OPTIONS_H

#include "runtime/bench/RoutingSource.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace moert::tune {

struct Options {
  std::string description;          ///< FILE.mlir; "" with a pack.
  std::string pack;                 ///< Directory; "" with a description.
  std::vector<std::int64_t> tokens; ///< The field's 18 by default.
  std::vector<bench::RoutingChoice> routing;
  int batches = 4;
  std::filesystem::path out = "configs/tuned";
  std::filesystem::path journal; ///< By default in `out`, named as the layer.
  std::string json;              ///< "" for none.
  double budgetMinutes = 8;
  unsigned jobs = 0; ///< Threads that compile; 0: all cores but two.
  std::string ptxas; ///< "" looks for it.
  std::uint64_t seed = 1;
};

/// Nothing if help was asked for (and printed). Throws bench::InputError.
std::optional<Options> parseOptions(int argc, char **argv);

} // namespace moert::tune

#endif // TUNER_OPTIONS_H
