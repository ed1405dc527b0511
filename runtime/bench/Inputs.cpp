//===- Inputs.cpp - the tensors of a call, made on the GPU ----------------===//
#include "runtime/bench/Inputs.h"

#include "runtime/Routing.h"
#include "runtime/bench/InputKernels.h"
#include "runtime/reference/Compare.h"

namespace moert::bench {

using namespace reference;

Weights::Weights(const LayerDescription &layer, std::uint64_t seed,
                 cudaStream_t stream) {
  const std::int64_t experts = layer.totalExperts();
  const bool powerOfTwo = layer.activationScale == ActivationScale::pow2;
  auto make = [&](const GroupedGemm &gemm, RandomUse values, RandomUse spread,
                  DeviceMemory &codes, DeviceMemory &scales) {
    codes.grow(experts * gemm.n * gemm.k);
    scales.grow(experts * gemm.scaleRows() * gemm.blocks * sizeof(float));
    makeWeights(gemm, experts, powerOfTwo, seed, values, spread,
                codes.as<std::uint8_t>(), scales.as<float>(), stream);
  };
  // Only the extents of these problems count here.
  make(upGemm(layer, {}, nullptr, nullptr, nullptr), RandomUse::upWeights,
       RandomUse::upSpread, w13, w13Scales);
  make(downGemm(layer, {}, nullptr, nullptr, 0, nullptr, nullptr),
       RandomUse::downWeights, RandomUse::downSpread, w2, w2Scales);
  check(cudaStreamSynchronize(stream), "making the weights");
}

LayerWeights Weights::pointers() const {
  return {w13.as<std::uint8_t>(), w13Scales.as<float>(), w2.as<std::uint8_t>(),
          w2Scales.as<float>()};
}

std::uint64_t Weights::hash(cudaStream_t stream) const {
  std::uint64_t hash = 0;
  for (const DeviceMemory *memory : {&w13, &w13Scales, &w2, &w2Scales})
    hash = 31 * hash + hashMemory(memory->data(), memory->size(), stream);
  return hash;
}

Execution::Execution(const FusedMoe &moe, const Weights &weights,
                     std::int64_t tokens, std::uint64_t seed,
                     cudaStream_t stream)
    : moe(moe), layerWeights(weights.pointers()), tokenCount(tokens),
      stream(stream), workspaceLayout(moe.workspaceLayout(tokens)),
      workspace(workspaceLayout.bytes),
      outGuarded(tokens * layer().hidden * sizeof(std::uint16_t)),
      xMemory(tokens * layer().hidden * sizeof(std::uint16_t)),
      idMemory(pairs() * sizeof(std::int32_t)),
      weightMemory(pairs() * sizeof(float)) {
  makeActivations(xMemory.as<std::uint16_t>(), tokens, layer().hidden, seed,
                  stream);
}

void Execution::setRouting(const RoutedTokens &routed) {
  wait();
  upload(idMemory, routed.ids);
  upload(weightMemory, routed.weights);
}

std::int64_t Execution::downRows(const SortedRouting &routing) const {
  if (!combines() || pairs() <= kRouteSingleBlockPairs)
    return routing.paddedRows();
  return sharedRowsBegin(routing, tokenCount, layer().slots(),
                         layer().totalExperts(), workspaceLayout.rowAlignment);
}

void Execution::copyToken(const Execution &from, std::int64_t token) {
  auto copy = [&](const DeviceMemory &to, const DeviceMemory &all) {
    const auto *source = all.as<std::uint8_t>() + token * to.size();
    check(cudaMemcpyAsync(to.data(), source, to.size(),
                          cudaMemcpyDeviceToDevice, stream),
          "copying a token");
  };
  copy(xMemory, from.xMemory);
  copy(idMemory, from.idMemory);
  copy(weightMemory, from.weightMemory);
}

void Execution::poison() {
  workspace.poison(stream);
  outGuarded.poison(stream);
}

LayerArgs Execution::args() const {
  LayerArgs args;
  args.tokens = tokenCount;
  args.x = x();
  args.topkIds = ids();
  args.topkWeights = topkWeights();
  args.w13 = layerWeights.w13;
  args.w13Scales = layerWeights.w13Scales;
  args.w2 = layerWeights.w2;
  args.w2Scales = layerWeights.w2Scales;
  args.out = outGuarded.at();
  args.workspace = workspace.at();
  args.workspaceBytes = workspace.size();
  return args;
}

void Execution::runQuantised(const std::uint8_t *x, const float *scales) {
  LayerArgs quantised = args();
  quantised.x = nullptr;
  quantised.xQuantised = x;
  quantised.xScales = scales;
  moe.run(quantised, stream);
}

void Execution::wait() const {
  check(cudaStreamSynchronize(stream), "waiting for the layer");
}

std::uint64_t Execution::hashInputs() const {
  std::uint64_t hash = 0;
  for (const DeviceMemory *memory : {&xMemory, &idMemory, &weightMemory})
    hash = 31 * hash + hashMemory(memory->data(), memory->size(), stream);
  return hash;
}

} // namespace moert::bench
