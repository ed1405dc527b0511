//===- Sort.cuh - what both sorts of (token, slot) pairs need ---*- C++ -*-===//
#ifndef MOE_RUNTIME_KERNELS_SORT_CUH
#define MOE_RUNTIME_KERNELS_SORT_CUH

#include "runtime/Routing.h"
#include "runtime/kernels/Kernels.h"

#include <cuda_runtime.h>

namespace moert {

constexpr int kDropped = -1; // the expert of a pair that is not ours
constexpr int kTileCounters = 4;

__device__ inline int lane() { return threadIdx.x % 32; }
__device__ inline int warp() { return threadIdx.x / 32; }
__device__ inline int warps() { return blockDim.x / 32; }

/// RouteArgs in 32 bits: P and R fit 31.
struct Sort {
  const std::int32_t *topkIds;
  const float *topkWeights;
  float *rowWeights;
  float weightFactor;
  std::int32_t *tileCounters;
  std::int32_t *progress;
  unsigned progressNumbers; ///< That become zero; perhaps none.
  std::int32_t *sortedTokenIds, *expertIds, *blockRows, *numTokensPostPadded;
  std::int32_t *downRows; ///< Perhaps null.
  unsigned pairs, rows, slots;
  int experts, alignment;
  /// Of the sort by chunks only: [blocks, E] pairs of each expert, then
  /// [blocks] whether one is amiss (isAmiss), null if one block; and the pairs
  /// of a block.
  std::int32_t *table;
  unsigned chunk;

  /// The id as the caller wrote it; kDropped if `pair` is not below `end`.
  __device__ int idOf(unsigned pair, unsigned end) const {
    return pair < end ? topkIds[pair] : kDropped;
  }
  /// kDropped if the id is not one of ours.
  __device__ int expertOf(int id) const {
    return unsigned(id) < unsigned(experts) ? id : kDropped;
  }
  /// Not multiplied by one, which would turn a NaN into another.
  __device__ float rowWeight(float weight) const {
    return weightFactor == 1.0f ? weight : __fmul_rn(weightFactor, weight);
  }
  /// True unless the pair is one of the last expert just where it is the last
  /// one of its token: then the rows of that expert are the tokens, in order.
  __device__ bool isAmiss(unsigned pair, int expert) const {
    return (pair % slots == slots - 1) != (expert == experts - 1);
  }
  __device__ unsigned chunkBegin() const { return blockIdx.x * chunk; }
  __device__ unsigned chunkEnd() const {
    return min(chunkBegin() + chunk, pairs);
  }
};

struct Scanned {
  int before, all;
};

/// The sum over earlier threads, and over all of them.
__device__ inline Scanned scan(int value) {
  __shared__ int sumOfWarp[32];
  int scanned = value; // inclusive, within the warp
#pragma unroll
  for (int step = 1; step < 32; step *= 2) {
    int left = __shfl_up_sync(~0u, scanned, step);
    scanned += lane() >= step ? left : 0;
  }
  if (lane() == 31)
    sumOfWarp[warp()] = scanned;
  __syncthreads();
  const int sum = lane() < warps() ? sumOfWarp[lane()] : 0;
  const int earlier = __reduce_add_sync(~0u, lane() < warp() ? sum : 0);
  return {earlier + scanned - value, __reduce_add_sync(~0u, sum)};
}

/// Without what only the sort by chunks needs.
inline Sort sortOf(const RouteArgs &args) {
  return {args.topkIds,
          args.topkWeights,
          args.rowWeights,
          args.weightFactor,
          args.tileCounters,
          args.progress,
          args.progress
              ? unsigned(progressNumbers(args.rows, args.rowAlignment))
              : 0,
          args.sortedTokenIds,
          args.expertIds,
          args.blockRows,
          args.numTokensPostPadded,
          args.downRows,
          unsigned(args.tokens * args.slots),
          unsigned(args.rows),
          unsigned(args.slots),
          int(args.experts),
          int(args.rowAlignment),
          nullptr,
          0};
}

} // namespace moert

#endif // MOE_RUNTIME_KERNELS_SORT_CUH
