//===- Inputs.h - the tensors of a call, made on the GPU --------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_INPUTS_H
#define MOE_RUNTIME_BENCH_INPUTS_H

#include "moert/moert.h"
#include "runtime/bench/CudaObjects.h"
#include "runtime/bench/RoutingSource.h"
#include "runtime/reference/Problem.h"
#include "runtime/reference/Routing.h"

#include <cstdint>

namespace moert::bench {

/// A layer's weights, made once and used for every T.
class Weights {
public:
  Weights(const LayerDescription &layer, std::uint64_t seed,
          cudaStream_t stream);

  reference::LayerWeights pointers() const;
  /// Changes when anybody writes to the weights.
  std::uint64_t hash(cudaStream_t stream) const;

private:
  reference::DeviceMemory w13, w13Scales, w2, w2Scales;
};

/// One call: x, routing, a workspace and an output between guards.
class Execution {
public:
  Execution(const FusedMoe &moe, const Weights &weights, std::int64_t tokens,
            std::uint64_t seed, cudaStream_t stream);

  /// Makes the routing the call's, in place.
  void setRouting(const RoutedTokens &routed);
  /// Makes this call's one token the other call's `token`: x, ids, weights.
  void copyToken(const Execution &from, std::int64_t token);
  /// Fills workspace, output and their guards with poison.
  void poison();
  void run() { moe.run(args(), stream); }
  void runStage(Stage stage) { moe.runStage(stage, args(), stream); }
  /// The whole layer on an x that is quantised already.
  void runQuantised(const std::uint8_t *x, const float *scales);
  void wait() const;

  const LayerDescription &layer() const { return moe.manifest().layer; }
  const Manifest &manifest() const { return moe.manifest(); }
  std::int64_t tokens() const { return tokenCount; }
  std::int64_t pairs() const { return tokenCount * layer().slots(); }
  const WorkspaceLayout &layout() const { return workspaceLayout; }
  /// The plan of this call names a kernel that ends the layer.
  bool combines() const { return !manifest().plan(tokenCount).combine.empty(); }
  /// What route must leave in Tensor::downRows, given the host's sort: rows
  /// from here on are combine's. All of `routing` are down's where there is no
  /// such kernel, or where one block sorts, which does not look for them.
  std::int64_t downRows(const reference::SortedRouting &routing) const;
  template <class T> T *tensor(std::size_t offset) const {
    return workspace.at<T>(offset);
  }
  const GuardedMemory &workspaceMemory() const { return workspace; }
  const GuardedMemory &outMemory() const { return outGuarded; }
  std::uint16_t *out() const { return outGuarded.at<std::uint16_t>(); }
  const std::uint16_t *x() const { return xMemory.as<std::uint16_t>(); }
  const std::int32_t *ids() const { return idMemory.as<std::int32_t>(); }
  const float *topkWeights() const { return weightMemory.as<float>(); }
  reference::LayerWeights weights() const { return layerWeights; }
  std::uint64_t hashInputs() const;

  /// What the call is given: another FusedMoe of the layer that pads alike can
  /// be given the same.
  LayerArgs args() const;

private:
  const FusedMoe &moe;
  reference::LayerWeights layerWeights;
  std::int64_t tokenCount;
  cudaStream_t stream;
  WorkspaceLayout workspaceLayout;
  GuardedMemory workspace, outGuarded;
  reference::DeviceMemory xMemory, idMemory, weightMemory;
};

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_INPUTS_H
