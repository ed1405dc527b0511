//===- Stand.cpp - calls that stand ready to be timed ---------------------===//
#include "tuner/Stand.h"

#include "runtime/bench/InputKernels.h"

namespace moert::tune {

using namespace reference;

Stand::Stand(const LayerDescription &layer, const bench::Weights &weights,
             const Batches &batches, std::uint64_t seed, cudaStream_t stream)
    : layer(layer), weights(weights.pointers()), batches(batches), seed(seed),
      stream(stream) {}

void Stand::makeInputs(std::int64_t count) {
  if (count == tokens)
    return;
  tokens = count;
  rowAlignment = 0;
  routed = batches.of(tokens);
  memory.resize(std::max(memory.size(), routed.size()));
  const std::size_t bytes = tokens * layer.hidden * sizeof(std::uint16_t);
  x.grow(bytes);
  out.grow(bytes);
  bench::makeActivations(x.as<std::uint16_t>(), tokens, layer.hidden, seed,
                         stream);
  for (std::size_t i = 0; i < routed.size(); ++i) {
    upload(memory[i].ids, routed[i].ids);
    upload(memory[i].weights, routed[i].weights);
  }
}

void Stand::prepare(const FusedMoe &moe, std::int64_t count) {
  const WorkspaceLayout layout = moe.workspaceLayout(count);
  if (count == tokens && layout.rowAlignment == rowAlignment)
    return;
  makeInputs(count);
  rowAlignment = layout.rowAlignment;
  for (int i = 0; i < calls(); ++i) {
    memory[i].workspace.grow(layout.bytes);
    for (Stage stage : {Stage::route, Stage::quantise, Stage::up})
      moe.runStage(stage, args(i), stream);
  }
  check(cudaStreamSynchronize(stream), "preparing the calls");
}

LayerArgs Stand::args(int call) const {
  const Call &own = memory[call];
  LayerArgs args;
  args.tokens = tokens;
  args.x = x.data();
  args.topkIds = own.ids.as<std::int32_t>();
  args.topkWeights = own.weights.as<float>();
  args.w13 = weights.w13;
  args.w13Scales = weights.w13Scales;
  args.w2 = weights.w2;
  args.w2Scales = weights.w2Scales;
  args.out = out.data();
  args.workspace = own.workspace.data();
  args.workspaceBytes = own.workspace.size();
  return args;
}

} // namespace moert::tune
