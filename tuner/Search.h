//===- Search.h - the fastest kernels for a number of tokens ----*- C++ -*-===//
//
// First each kernel alone: what the model of the GPU holds worth trying, then
// other depths and orders of the fastest tiles. Then the fastest of both GEMMs
// together, as a layer: only kernels that pad alike can be a pair.
//
//===----------------------------------------------------------------------===//
#ifndef TUNER_SEARCH_H
#define TUNER_SEARCH_H

#include "tuner/Journal.h"
#include "tuner/Measure.h"
#include "tuner/Progress.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace moert::tune {

struct SearchOptions {
  Effort quick{1, 3};        ///< After this a kernel may be dropped.
  Effort full{4, 11};        ///< A kernel that is compared.
  Effort whole{4, 9};        ///< A layer; twice, the pairs in turn.
  double dropAt = 1.3;       ///< Times the fastest kernel of its GEMM.
  std::size_t finalists = 4; ///< Pairs that are timed as a layer.
  std::size_t refinedTiles = 2, refinedPaddings = 2;
  std::size_t timedAgain = 3; ///< Of a GEMM, of those that a journal has.
  double loyalty = 0.01; ///< How much slower than the fastest pair the model's
                         ///< own choice may be, and the pair of the number of
                         ///< tokens before, to be taken instead: a package
                         ///< then has fewer kernels.
};

/// µs.
struct PairTimes {
  double up = 0, down = 0, layer = 0;
  bool operator==(const PairTimes &) const = default;
};

/// What came of one number of tokens.
struct TokensResult {
  std::int64_t tokens = 0;
  Pair tuned, untuned;
  PairTimes tunedUs;
  std::optional<PairTimes> untunedUs; ///< Nothing if it could not be had.
  bool complete = true;               ///< False if time ran out.
};

/// Whether the time for what is being done is over.
using Expired = std::function<bool()>;

class Search {
public:
  /// All arguments outlive the search.
  Search(const mlir::moe::Space &space, KernelSource &source, Measure &measure,
         Journal &journal, Progress &progress, const SearchOptions &options);

  /// The kernels for `tokens` tokens, of those in `groups`. `untuned` is what
  /// serves them without tuning, `neighbour` what was chosen for the number of
  /// tokens before. However early time is over, a kernel of each GEMM and a
  /// pair are timed. Nothing if no pair can be had.
  std::optional<TokensResult> run(std::int64_t tokens,
                                  std::vector<mlir::moe::SpaceGroup> groups,
                                  const Pair &untuned,
                                  const std::optional<Pair> &neighbour,
                                  const Expired &expired);

  /// A line for each kernel that computed something wrong.
  const std::vector<std::string> &faults() const { return faultLines; }

private:
  friend class TokensSearch;

  /// The kernel, if it can be had and is right: checked when first asked for.
  const Kernel *usable(const Variant &variant,
                       const std::vector<Variant> &partners);

  const mlir::moe::Space &space;
  KernelSource &source;
  Measure &measure;
  Journal &journal;
  Progress &progress;
  const SearchOptions options;
  std::map<std::string, bool> right; ///< By name: what was checked.
  std::vector<std::string> faultLines;
};

} // namespace moert::tune

#endif // TUNER_SEARCH_H
