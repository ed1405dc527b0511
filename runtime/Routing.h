//===- Routing.h - sizes of the routing sort --------------------*- C++ -*-===//
//
// Plain arithmetic, shared by the sort's launcher and the workspace layout, so
// that the scratch which one asks for is the scratch that the other uses.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_ROUTING_H
#define MOE_RUNTIME_ROUTING_H

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace moert {

/// Up to this many pairs one block sorts alone, in one launch.
inline constexpr std::int64_t kRouteSingleBlockPairs = 4096;
/// More blocks would only lengthen the table that each of them sums.
inline constexpr std::int64_t kRouteMaxBlocks = 128;
/// Pairs a block walks at once: one a thread.
inline constexpr std::int64_t kRouteThreads = 1024;

constexpr std::int64_t ceilDiv(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}
constexpr std::int64_t roundUp(std::int64_t a, std::int64_t b) {
  return ceilDiv(a, b) * b;
}

/// R: the most sorted rows that `pairs` (token, slot) pairs can take. Each
/// expert that is hit pads its rows by at most rowAlignment - 1, and no more
/// experts are hit than there are pairs.
constexpr std::int64_t rowCapacity(std::int64_t pairs, std::int64_t experts,
                                   std::int64_t rowAlignment) {
  return roundUp(pairs + std::min(pairs, experts) * (rowAlignment - 1),
                 rowAlignment);
}

/// Numbers of Tensor::hProgress.
constexpr std::int64_t progressNumbers(std::int64_t rows,
                                       std::int64_t rowAlignment) {
  return 1 + rows / rowAlignment;
}

/// How the sort is spread: block b walks pairs [b * chunk, (b + 1) * chunk).
struct RoutePlan {
  std::int64_t blocks = 1;
  std::int64_t chunk = 0;
};
constexpr RoutePlan planRoute(std::int64_t pairs) {
  if (pairs <= kRouteSingleBlockPairs)
    return {1, roundUp(pairs, kRouteThreads)};
  std::int64_t chunk = roundUp(ceilDiv(pairs, kRouteMaxBlocks), kRouteThreads);
  return {ceilDiv(pairs, chunk), chunk};
}

/// How one block sorts few pairs while it holds them in registers: warp w those
/// of run w, 32 at a time (kernels/SmallSort.cuh).
struct SmallRoutePlan {
  int threads = 0; ///< Of the block, at least one an expert; 0: it cannot.
  int batches = 0; ///< Pairs a thread, 1 or kSmallRouteBatches.
  int runs = 0;    ///< Warps that have pairs.
  int pitch = 0;   ///< Counters of a run, 16 bits each.
  int sharedBytes = 0;
};
inline constexpr std::int64_t kSmallRouteBatches =
    kRouteSingleBlockPairs / kRouteThreads;
/// Dynamic shared memory that the block may have: half of an SM's, as blocks
/// beside it, which quantise, are launched with as much.
inline constexpr std::int64_t kSmallRouteSharedBytes = 112 * 1024;

constexpr SmallRoutePlan planSmallRoute(std::int64_t pairs,
                                        std::int64_t experts, std::int64_t rows,
                                        std::int64_t rowAlignment) {
  if (pairs > kRouteSingleBlockPairs || experts > kRouteThreads)
    return {};
  // Half the warps, where they do, meet sooner at a barrier.
  const std::int64_t most = std::max(pairs, experts);
  const std::int64_t threads =
      most <= kRouteThreads / 2 ? kRouteThreads / 2 : kRouteThreads;
  const std::int64_t batches = pairs <= threads ? 1 : kSmallRouteBatches;
  const std::int64_t runs = ceilDiv(pairs, 32 * batches);
  const std::int64_t pitch = roundUp(experts, 8);      // 16 bytes
  const std::int64_t bytes = runs * pitch * 2          // counts
                             + pairs * 4 + experts * 4 // weights, first
                             + rows / rowAlignment * 8 // tiles
                             + pairs * 2;              // sorted
  if (bytes > kSmallRouteSharedBytes)
    return {};
  return {int(threads), int(batches), int(runs), int(pitch), int(bytes)};
}

/// Bytes of scratch of the sort: pairs of every expert in every block, and a
/// number more of each block. One block alone keeps them in shared memory.
/// Counts the most blocks that so many or fewer pairs take, as chunks grow in
/// steps: fewer pairs never need more.
constexpr std::size_t routeScratchBytes(std::int64_t pairs,
                                        std::int64_t experts) {
  if (pairs <= kRouteSingleBlockPairs)
    return 0;
  std::int64_t blocks =
      std::min(ceilDiv(pairs, kRouteThreads), kRouteMaxBlocks);
  return blocks * (experts + 1) * sizeof(std::int32_t);
}

} // namespace moert

#endif // MOE_RUNTIME_ROUTING_H
