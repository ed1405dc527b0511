//===- SmallSort.cuh - the routing sort of few pairs, by one block -*- C++ -*-//
//
// What Route.cu gives, as a short chain of dependent steps, which is all that
// counts when there is little to do. Ids and weights are loaded once, at the
// same time, and stay in registers; only warps that have pairs have counters;
// each thread looks after one expert; three barriers in all.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_KERNELS_SMALLSORT_CUH
#define MOE_RUNTIME_KERNELS_SMALLSORT_CUH

#include "runtime/Routing.h"
#include "runtime/kernels/Sort.cuh"

namespace moert {

/// Bits in which experts differ from each other and from kDropped.
constexpr int kExpertBits = 11;
static_assert(kRouteThreads < 1 << kExpertBits);

/// The block's shared memory.
struct SmallMemory {
  unsigned short *counts; ///< [runs, pitch] pairs of an expert in a run; then
                          ///< those in earlier runs.
  int *first;             ///< [E] first row of an expert.
  unsigned *tiles;        ///< [R / A] expert * 65536 + rows that hold a pair.

  __device__ SmallMemory(uint4 *memory, const SmallRoutePlan &plan, int experts)
      : counts(reinterpret_cast<unsigned short *>(memory)),
        first(reinterpret_cast<int *>(counts + plan.runs * plan.pitch)),
        tiles(reinterpret_cast<unsigned *>(first + experts)) {}
};

/// The pairs of a lane, one in each 32 of its warp's run. Nothing is made of
/// what was loaded until it is needed, so that nothing waits for it.
template <int kBatches> struct HeldPairs {
  unsigned first;         ///< The others follow, 32 apart.
  int expert[kBatches];   ///< The caller's id until countRun.
  float weight[kBatches]; ///< The caller's.
  int rank[kBatches];     ///< Among the pairs of its expert in the run.

  __device__ explicit HeldPairs(const Sort &sort)
      : first(warp() * 32 * kBatches + lane()) {
#pragma unroll
    for (int i = 0; i < kBatches; ++i) {
      unsigned pair = first + 32 * i;
      expert[i] = sort.idOf(pair, sort.pairs);
      weight[i] = pair < sort.pairs ? sort.topkWeights[pair] : 0.0f;
    }
  }
};

/// The lanes with the same expert, by ballots: those of all bits overlap.
__device__ inline unsigned peersOf(int expert) {
  unsigned peers = ~0u;
#pragma unroll
  for (int bit = 0; bit < kExpertBits; ++bit) {
    const bool set = expert >> bit & 1;
    const unsigned same = __ballot_sync(~0u, set);
    peers &= set ? same : ~same;
  }
  return peers;
}

/// The warp clears its own counters, so that no other has to wait; the loads
/// of the pairs are on their way meanwhile.
__device__ inline void clearRun(unsigned short *count, int pitch) {
  auto *words = reinterpret_cast<uint4 *>(count);
#pragma unroll 1
  for (int i = lane(); i < pitch / 8; i += 32)
    words[i] = make_uint4(0, 0, 0, 0);
  __syncwarp();
}

/// Counts the run of a warp, and ranks its pairs.
template <int kBatches>
__device__ void countRun(const Sort &sort, HeldPairs<kBatches> &pairs,
                         unsigned short *count) {
#pragma unroll
  for (int i = 0; i < kBatches; ++i) {
    const int expert = pairs.expert[i] = sort.expertOf(pairs.expert[i]);
    const bool taken = expert != kDropped;
    const unsigned peers = peersOf(expert);
    const int before = __popc(peers & ((1u << lane()) - 1));
    const int earlier = i > 0 && taken ? count[expert] : 0;
    pairs.rank[i] = earlier + before;
    if (i > 0)
      __syncwarp(); // all have read before one writes
    if (taken && before == 0)
      count[expert] = earlier + __popc(peers);
    if (i + 1 < kBatches)
      __syncwarp();
  }
}

/// The pairs of an expert; its counts become those of earlier runs.
__device__ inline int sumRuns(unsigned short *count,
                              const SmallRoutePlan &plan) {
  constexpr int kBatch = 8; // loads in flight
  const int last = plan.runs - 1;
  int total = 0;
#pragma unroll 1
  for (int run = 0; run <= last; run += kBatch) {
    int pairs[kBatch];
#pragma unroll
    for (int i = 0; i < kBatch; ++i) // past the last for nothing: no branches
      pairs[i] = count[min(run + i, last) * plan.pitch];
#pragma unroll
    for (int i = 0; i < kBatch; ++i) {
      if (run + i > last)
        continue;
      count[(run + i) * plan.pitch] = static_cast<unsigned short>(total);
      total += pairs[i];
    }
  }
  return total;
}

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

/// Gives each expert, of the thread of its number, its rows and tiles; returns
/// the tiles of all.
__device__ inline int placeExperts(const Sort &sort, const SmallRoutePlan &plan,
                                   SmallMemory memory) {
  const int expert = threadIdx.x, a = sort.alignment;
  int total = 0;
  if (expert < sort.experts)
    total = sumRuns(memory.counts + expert, plan);
  int tiles = total > 0;
  if (total > a) // rare, and a division takes long
    tiles = (total + a - 1) / a;
  const Scanned scanned = scan(tiles);
  if (tiles > 0)
    memory.first[expert] = scanned.before * a;
#pragma unroll 1 // mostly one
  for (int i = 0; i < tiles; ++i)
    memory.tiles[scanned.before + i] = expert << 16 | min(total - i * a, a);
  return scanned.all;
}

template <int kBatches>
__device__ void placeRun(const Sort &sort, const HeldPairs<kBatches> &pairs,
                         const unsigned short *before, const int *first) {
#pragma unroll
  for (int i = 0; i < kBatches; ++i) {
    const int expert = pairs.expert[i];
    if (expert == kDropped)
      continue;
    const int row = first[expert] + before[expert] + pairs.rank[i];
    sort.sortedTokenIds[row] = pairs.first + 32 * i;
    sort.rowWeights[row] = sort.rowWeight(pairs.weight[i]);
  }
}

/// A thread a tile, past the last one too; then a warp a tile for the padding.
__device__ inline void finishTiles(const Sort &sort, const unsigned *tiles,
                                   int used) {
  const int a = sort.alignment;
  for (int tile = threadIdx.x; tile * a < int(sort.rows); tile += blockDim.x) {
    const unsigned held = tile < used ? tiles[tile] : 0;
    sort.expertIds[tile] = tile < used ? int(held >> 16) : -1;
    sort.blockRows[tile] = held & 0xffff;
  }
  for (int tile = warp(); tile < used; tile += warps())
#pragma unroll 1 // one or two, each expert having a row
    for (int row = (tiles[tile] & 0xffff) + lane(); row < a; row += 32)
      sort.sortedTokenIds[tile * a + row] = sort.pairs;
  if (threadIdx.x == 0)
    *sort.numTokensPostPadded = used * a;
  if (threadIdx.x < kTileCounters)
    sort.tileCounters[threadIdx.x] = 0;
}

template <int kBatches>
__device__ void sortByOneBlock(const Sort &sort, const SmallRoutePlan &plan) {
  extern __shared__ uint4 memoryOfSort[];
  const SmallMemory memory(memoryOfSort, plan, sort.experts);
  unsigned short *count = memory.counts + warp() * plan.pitch;
  const bool hasRun = warp() < plan.runs;

  HeldPairs<kBatches> pairs(sort);
  // In one branch with the counting, it would wait for the ids.
  clearRun(count, hasRun ? plan.pitch : 0);
  if (hasRun)
    countRun(sort, pairs, count);
  __syncthreads();
  const int used = placeExperts(sort, plan, memory);
  __syncthreads();
  if (hasRun)
    placeRun(sort, pairs, count, memory.first);
  finishTiles(sort, memory.tiles, used);
}

} // namespace moert

#endif // MOE_RUNTIME_KERNELS_SMALLSORT_CUH
