//===- Regions.h - which stage may write where ------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REGIONS_H
#define MOE_RUNTIME_BENCH_REGIONS_H

#include "runtime/bench/Inputs.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace moert::bench {

/// Bytes [begin, end) of the workspace that one stage writes.
struct Region {
  std::size_t begin, end;
  Stage writer;
};

/// The tensors of the workspace, ascending.
std::vector<Region> regionsOf(const Manifest &manifest,
                              const WorkspaceLayout &layout,
                              std::int64_t tokens);

/// A checksum of all that `stage` must leave alone: the workspace but its own
/// tensors, and the output unless it is combine's turn (quantise's and down's
/// if the reduction is atomic).
std::uint64_t hashForeign(Stage stage, const Execution &run,
                          cudaStream_t stream);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REGIONS_H
