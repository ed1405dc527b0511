//===- Stand.h - calls that stand ready to be timed -------------*- C++ -*-===//
#ifndef TUNER_STAND_H
#define TUNER_STAND_H

#include "runtime/bench/Inputs.h"
#include "tuner/Batches.h"

#include <cstdint>
#include <vector>

namespace moert::tune {

/// A call for each batch of routing: its tensors, with everything in the
/// workspace that up and down read. Memory is kept from one number of tokens to
/// the next, the weights are whose they are.
class Stand {
public:
  Stand(const LayerDescription &layer, const bench::Weights &weights,
        const Batches &batches, std::uint64_t seed, cudaStream_t stream);

  /// Makes the calls ready for `tokens` tokens and the padding of `moe`, which
  /// has the kernels that fill the workspaces; nothing if they are.
  void prepare(const FusedMoe &moe, std::int64_t tokens);

  int calls() const { return static_cast<int>(routed.size()); }
  LayerArgs args(int call) const;

private:
  struct Call {
    reference::DeviceMemory ids, weights, workspace;
  };
  void makeInputs(std::int64_t tokens);

  const LayerDescription layer;
  const reference::LayerWeights weights;
  const Batches &batches;
  const std::uint64_t seed;
  cudaStream_t stream;
  std::int64_t tokens = 0, rowAlignment = 0; ///< Of what is prepared.
  std::vector<bench::RoutedTokens> routed;
  std::vector<Call> memory; ///< At least one a call.
  reference::DeviceMemory x, out;
};

} // namespace moert::tune

#endif // TUNER_STAND_H
