//===- Matrix.h - what every layer is run with ------------------*- C++ -*-===//
#ifndef MOE_TESTS_GPU_MATRIX_H
#define MOE_TESTS_GPU_MATRIX_H

#include "moert/Manifest.h"
#include "runtime/bench/RoutingSource.h"

#include <cstdint>
#include <string>
#include <vector>

namespace moert::tests {

/// One call of one layer.
struct Case {
  std::int64_t tokens = 0;
  bench::RoutingChoice routing;

  /// "uniform", "power_law:1.2, 10% -1": how the table names it.
  std::string routingText() const;
};

/// T of the matrix unless other ones are asked for: one token, no multiples of
/// anything, and enough for full tiles.
inline const std::vector<std::int64_t> kTokens{1, 7, 64, 300, 1024, 4096};

/// kTokens, and the least and the most tokens of every plan.
std::vector<std::int64_t> tokensOf(const Manifest &manifest);

/// Every T, uniform and with skewed routing of which a tenth goes to experts
/// that this rank does not have; then all tokens on one expert, and none.
std::vector<Case> casesOf(const std::vector<std::int64_t> &tokens);

/// Fewest tokens, and 17 more, for which T * S * H passes 2^31.
std::int64_t tokensPast31Bits(const LayerDescription &layer);

/// The layer whose run past 31 bits costs least: the arithmetic grows with I,
/// and among equals the number of tokens with 1 / H.
std::string cheapestPast31Bits(const std::vector<Manifest> &manifests,
                               const std::vector<std::string> &names);

} // namespace moert::tests

#endif // MOE_TESTS_GPU_MATRIX_H
