//===- Clock.h - who knows of which write -----------------------*- C++ -*-===//
//
// Vector clocks, as race detectors have them. An agent is a warp, which counts
// its own releases, or an mbarrier, which counts its completed phases: what
// TMA and cp.async write belongs to the phase that announces it. A warp may
// touch what another agent wrote at time t if it has heard of that agent's
// time t, through whatever chain of barriers.
//
//===----------------------------------------------------------------------===//
#ifndef COMPILER_SIMULATE_CLOCK_H
#define COMPILER_SIMULATE_CLOCK_H

#include <algorithm>
#include <array>
#include <cstdint>

namespace mlir::moe::sim {

inline constexpr unsigned kWarpSize = 32, kMaxWarps = 16, kMaxAgents = 128;

/// The warps of each block of a cluster, kMaxWarps a block; then its mbarriers.
using Agent = uint8_t;

struct Clock {
  std::array<uint32_t, kMaxAgents> at{};

  void join(const Clock &other) {
    for (unsigned i = 0; i < kMaxAgents; ++i)
      at[i] = std::max(at[i], other.at[i]);
  }
};

/// What a warp has heard of, and what of that is also ordered before its use of
/// the async proxy (TMA stores and wgmma) by a proxy fence.
struct Knowledge {
  Clock seen, fenced;
  bool earlierIsOver = false; ///< The kernel before a programmatic launch.

  void join(const Knowledge &other) {
    earlierIsOver |= other.earlierIsOver;
    seen.join(other.seen);
    fenced.join(other.fenced);
  }
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_CLOCK_H
