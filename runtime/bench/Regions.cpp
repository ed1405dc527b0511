//===- Regions.cpp - which stage may write where --------------------------===//
#include "runtime/bench/Regions.h"

#include "runtime/Routing.h"
#include "runtime/reference/Compare.h"

#include <algorithm>

namespace moert::bench {

using namespace reference;

namespace {

bool writesOutput(Stage stage, const LayerDescription &layer) {
  return layer.reduction == Reduction::ordered
             ? stage == Stage::combine
             : stage == Stage::quantise || stage == Stage::down;
}

} // namespace

std::vector<Region> regionsOf(const Manifest &manifest,
                              const WorkspaceLayout &layout,
                              std::int64_t tokens) {
  const LayerDescription &layer = manifest.layer;
  const std::size_t rows = layout.rows, hidden = layer.hidden;
  const std::size_t intermediate = layer.intermediate;
  std::vector<Region> regions;
  auto add = [&](Stage writer, std::size_t begin, std::size_t bytes) {
    regions.push_back({begin, begin + bytes, writer});
  };
  add(Stage::route, layout.sortedTokenIds, rows * 4);
  add(Stage::route, layout.rowWeights, rows * 4);
  add(Stage::route, layout.expertIds, rows / layout.rowAlignment * 4);
  add(Stage::route, layout.blockRows, rows / layout.rowAlignment * 4);
  add(Stage::route, layout.numTokensPostPadded, 4);
  if (!manifest.plan(tokens).combine.empty())
    add(Stage::route, layout.downRows, 4);
  add(Stage::route, layout.tileCounters, 16);
  for (Stage writer : {Stage::route, Stage::up})
    add(writer, layout.hProgress,
        progressNumbers(rows, layout.rowAlignment) * 4);
  add(Stage::quantise, layout.x, tokens * hidden);
  add(Stage::quantise, layout.xScales, tokens * layer.hiddenBlocks() * 4);
  add(Stage::up, layout.h, rows * intermediate);
  add(Stage::up, layout.hScales, layer.intermediateBlocks() * rows * 4);
  if (layer.reduction == Reduction::ordered)
    add(Stage::down, layout.partials, tokens * layer.slots() * hidden * 2);
  // The sort's scratch is as large as the runtime likes: up to what is next.
  std::size_t next = layout.bytes;
  for (const Region &region : regions)
    if (region.begin >= layout.routing)
      next = std::min(next, region.begin);
  add(Stage::route, layout.routing, next - layout.routing);
  std::sort(regions.begin(), regions.end(),
            [](const Region &a, const Region &b) { return a.begin < b.begin; });
  return regions;
}

std::uint64_t hashForeign(Stage stage, const Execution &run,
                          cudaStream_t stream) {
  std::uint64_t hash = 0;
  std::size_t from = 0;
  auto hashUpTo = [&](std::size_t end) {
    if (end > from)
      hash = 31 * hash + hashMemory(run.tensor<void>(from), end - from, stream);
  };
  for (const Region &region :
       regionsOf(run.manifest(), run.layout(), run.tokens()))
    if (region.writer == stage) {
      hashUpTo(region.begin);
      from = std::max(from, region.end);
    }
  hashUpTo(run.workspaceMemory().size());
  if (!writesOutput(stage, run.layer()))
    hash = 31 * hash + hashMemory(run.out(), run.outMemory().size(), stream);
  return hash;
}

} // namespace moert::bench
