//===- Floor.h - work, bytes and the least time of a stage ------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_FLOOR_H
#define MOE_RUNTIME_BENCH_FLOOR_H

#include "moert/moert.h"
#include "runtime/reference/Routing.h"

#include <optional>

namespace moert::bench {

/// What one stage, or the layer, must do at least on an H200.
struct StageWork {
  double operations = 0.0; ///< Useful ones; padding counts for nothing.
  double bytes = 0.0;      ///< Each input read once, each output written once.
  std::optional<double> floorUs; ///< None where the floor expects the stage
                                 ///< fused into its neighbours.
};

/// T tokens; `routing` gives R, the rows of experts of this rank, and A, the
/// active experts. Of the rows combine multiplies those of one expert,
/// `sharedRows`, if there are any, and down the others.
StageWork workOf(Stage stage, const LayerDescription &layer,
                 std::int64_t tokens, const reference::SortedRouting &routing,
                 std::int64_t sharedRows = 0);

/// quantise + up + down.
StageWork workOfLayer(const LayerDescription &layer, std::int64_t tokens,
                      const reference::SortedRouting &routing);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_FLOOR_H
