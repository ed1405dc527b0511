//===- Floor.cpp - work, bytes and the least time of a stage --------------===//
#include "runtime/bench/Floor.h"

#include "runtime/bench/Ceilings.h"

#include <algorithm>

namespace moert::bench {

namespace {

// Operations and bytes a microsecond.
constexpr double kOperations = kPeakTflops * 1e6;
constexpr double kBytes = kPeakTbps * 1e6;
constexpr double kScattered = kScatteredTbps * 1e6;

} // namespace

StageWork workOf(Stage stage, const LayerDescription &layer,
                 std::int64_t tokens, const reference::SortedRouting &routing,
                 std::int64_t sharedRows) {
  const double t = tokens, h = layer.hidden, i = layer.intermediate;
  const double r = routing.rowsInUse, a = routing.activeExperts;
  const double shared = sharedRows, stored = r - shared; // of down
  const double sharedWeights = shared > 0 ? i * h : 0;
  const double pairs = t * layer.slots();
  StageWork work;
  switch (stage) {
  case Stage::route: // ids in, one row number out
    work.bytes = 4 * (pairs + r);
    break;
  case Stage::quantise:
    work.bytes = 3 * t * h;
    if (layer.reduction == Reduction::atomic)
      work.bytes += 2 * t * h; // the zeros that down adds to
    work.floorUs = work.bytes / kBytes;
    break;
  case Stage::up:
    work.operations = 4 * r * i * h;
    work.bytes = 2 * a * i * h + t * h + r * i;
    work.floorUs = std::max(work.operations / kOperations, work.bytes / kBytes);
    break;
  case Stage::down:
    work.operations = 2 * stored * i * h;
    work.bytes = a * i * h - sharedWeights + stored * i + 2 * t * h;
    work.floorUs = std::max({work.operations / kOperations, work.bytes / kBytes,
                             2 * stored * h / kScattered});
    break;
  case Stage::combine: // partials bf16 in, out bf16
    work.operations = 2 * shared * i * h;
    work.bytes = 2 * stored * h + sharedWeights + shared * i + 2 * t * h;
    break;
  }
  return work;
}

StageWork workOfLayer(const LayerDescription &layer, std::int64_t tokens,
                      const reference::SortedRouting &routing) {
  StageWork sum;
  sum.floorUs = 0.0;
  for (Stage stage : {Stage::quantise, Stage::up, Stage::down}) {
    StageWork work = workOf(stage, layer, tokens, routing);
    sum.operations += work.operations;
    sum.bytes += work.bytes;
    *sum.floorUs += *work.floorUs;
  }
  return sum;
}

} // namespace moert::bench
