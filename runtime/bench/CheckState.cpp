//===- CheckState.cpp - what the checks of one call share -----------------===//
#include "runtime/bench/CheckState.h"

namespace moert::bench {

using namespace reference;

CheckState::CheckState(Execution &run, Scratch &scratch,
                       const RoutedTokens &routed, cudaStream_t stream)
    : run(run), scratch(scratch), stream(stream),
      routing(sortByExpert(routed.ids, run.layer().totalExperts(),
                           run.layout().rowAlignment)),
      pairWeights(routed.weights), sharedRowsBegin(run.downRows(routing)) {
  const LayerDescription &layer = run.layer();
  extents = {run.tokens(),
             layer.slots(),
             layer.totalExperts(),
             layer.hidden,
             layer.intermediate,
             layer.scaleOffset,
             run.layout().rows,
             layer.activationScale == ActivationScale::pow2,
             layer.routedScalingFactor};

  std::vector<std::int32_t> sorted = routing.sortedTokenIds;
  sorted.resize(std::max<std::size_t>(sorted.size(), extents.rows),
                static_cast<std::int32_t>(run.pairs()));
  upload(scratch.sortedTokenIds, sorted);
  upload(scratch.tiles, routing.tiles);

  const std::size_t tokens = extents.tokens, hidden = extents.hidden;
  const std::size_t rows = extents.rows, pairs = run.pairs();
  const std::size_t sums = rows * 2 * extents.intermediate;
  scratch.x.grow(tokens * hidden);
  scratch.xScales.grow(tokens * layer.hiddenBlocks() * sizeof(float));
  scratch.bits.grow(pairs * hidden * sizeof(std::uint16_t));
  scratch.values.grow(std::max(sums, pairs * hidden) * sizeof(float));
  scratch.h.grow(rows * extents.intermediate);
  scratch.hScales.grow(rows * extents.groups() * sizeof(float));
  scratch.combined.grow(tokens * hidden * sizeof(std::uint16_t));
  scratch.out.grow(tokens * hidden * sizeof(std::uint16_t));
  scratch.outValues.grow(tokens * hidden * sizeof(float));
  if (!atomic())
    return;
  const auto factor = static_cast<float>(layer.routedScalingFactor);
  for (float &weight : pairWeights)
    weight *= factor;
  upload(scratch.rowWeights, pairWeights);
  scratch.about.grow(tokens * hidden * sizeof(float));
  scratch.allowed.grow(tokens * hidden * sizeof(float));
}

GroupedGemm CheckState::up() const {
  return upGemm(run.layer(), run.weights(), scratch.x.as<std::uint8_t>(),
                scratch.xScales.as<float>(), sortedTokenIds());
}

GroupedGemm CheckState::down(QuantisedH h) const {
  return downGemm(run.layer(), run.weights(), h.codes, h.scales, extents.rows,
                  run.topkWeights(), sortedTokenIds());
}

GroupedGemm CheckState::addedRows() const {
  GroupedGemm gemm = down(hOfLayer());
  gemm.weights = scratch.rowWeights.as<float>();
  return gemm;
}

} // namespace moert::bench
