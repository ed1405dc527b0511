//===- RoutingSource.h - which experts a token visits -----------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_ROUTINGSOURCE_H
#define MOE_RUNTIME_BENCH_ROUTINGSOURCE_H

#include "moert/Manifest.h"
#include "runtime/bench/Npy.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace moert::bench {

/// What --routing and --drop ask for.
struct RoutingChoice {
  enum class Kind { uniform, unshared, powerLaw, one, file };
  Kind kind = Kind::uniform;
  double exponent = 0.0;        ///< S of power_law:S.
  double drop = 0.0;            ///< Fraction of routed ids that become -1.
  std::string text = "uniform"; ///< As it was typed.
};

/// Reads "uniform", "unshared", "power_law:S", "one" or the name of an .npy
/// file. Throws InputError.
RoutingChoice parseRouting(const std::string &text);

/// Ids and weights of T tokens, [T, S] row major, as a caller would pass them.
struct RoutedTokens {
  std::vector<std::int32_t> ids;
  std::vector<float> weights;
};

/// One drawing: the routing of T tokens is its first T rows, for every T,
/// unless others are asked for.
///
/// - uniform: top_k distinct experts of global_experts, all alike.
/// - unshared: as uniform, but every third token does without shared experts.
/// - power_law:S: expert i of a seeded permutation has the weight (i+1)^-S;
///   top_k distinct ones are drawn one after the other without replacement.
/// - one: the first slot is the same expert for every token, the others are -1.
/// - FILE.npy: [T', top_k] ids of global experts, or [T', S] ids as they are.
///
/// Global experts 0 ... experts-1 are this rank's; other ids become -1. Shared
/// experts follow in the last slots. Routed weights are positive and add up to
/// 1 over a token's top_k slots, whether or not this rank holds the expert;
/// a shared expert's weight is 1 / routed_scaling_factor, as engines pass it.
class RoutingSource {
public:
  RoutingSource(const RoutingChoice &choice, const LayerDescription &layer,
                std::uint64_t seed);

  /// T tokens from the one numbered `first` on. Throws InputError if a file has
  /// no such rows.
  RoutedTokens draw(std::int64_t tokens, std::int64_t first = 0) const;

  /// Rows of the file; nothing if it is drawn, which has no end.
  std::optional<std::int64_t> rows() const;

private:
  void drawExperts(std::int64_t token, std::int32_t *ids) const;
  void readExperts(std::int64_t token, std::int32_t *ids) const;
  void dropSome(std::int64_t token, std::int32_t *ids) const;
  void drawWeights(std::int64_t token, float *weights) const;
  void checkFile() const;

  RoutingChoice choice;
  LayerDescription layer;
  std::uint64_t seed;
  std::vector<double> popularity; ///< By global expert; adds up to 1.
  IdMatrix file;
};

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_ROUTINGSOURCE_H
