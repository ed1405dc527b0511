//===- SmallSort.cuh - the routing sort of few pairs, by one block -*- C++ -*-//
//
// What Route.cu gives, as a short chain of dependent steps, which is all that
// counts when there is little to do. Ids and weights are loaded once, at the
// same time, and stay in registers; only warps that have pairs have counters;
// each thread looks after one expert; four barriers in all.
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

/// A tile of A rows.
struct SmallTile {
  unsigned short expert;
  unsigned short pairs; ///< Rows that hold one: the first ones.
  int first;            ///< Place of the first pair among the sorted ones.
};

/// The block's shared memory.
struct SmallMemory {
  unsigned short *counts; ///< [runs, pitch] pairs of an expert in a run; then
                          ///< those in earlier runs.
  float *weights;         ///< [P] of the pairs, as rowWeights has them.
  int *first;             ///< [E] pairs of earlier experts.
  SmallTile *tiles;       ///< [R / A].
  unsigned short *sorted; ///< [P] pairs by expert.

  __device__ SmallMemory(uint4 *memory, const SmallRoutePlan &plan,
                         const Sort &sort)
      : counts(reinterpret_cast<unsigned short *>(memory)),
        weights(reinterpret_cast<float *>(counts + plan.runs * plan.pitch)),
        first(reinterpret_cast<int *>(weights + sort.pairs)),
        tiles(reinterpret_cast<SmallTile *>(first + sort.experts)),
        sorted(reinterpret_cast<unsigned short *>(
            tiles + sort.rows / sort.alignment)) {}
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

/// Gives each expert, of the thread of its number, its place and its tiles;
/// returns the tiles of all.
__device__ inline int placeExperts(const Sort &sort, const SmallRoutePlan &plan,
                                   SmallMemory memory) {
  // Pairs and tiles are scanned together: neither sum has more bits.
  constexpr int kPairBits = 16;
  static_assert(kRouteSingleBlockPairs < 1 << (31 - kPairBits));
  const int expert = threadIdx.x, a = sort.alignment;
  int total = 0;
  if (expert < sort.experts)
    total = sumRuns(memory.counts + expert, plan);
  int tiles = total > 0;
  if (total > a) // rare, and a division takes long
    tiles = (total + a - 1) / a;
  const Scanned scanned = scan(tiles << kPairBits | total);
  const int first = scanned.before & ((1 << kPairBits) - 1);
  if (tiles > 0)
    memory.first[expert] = first;
#pragma unroll 1 // mostly one
  for (int i = 0; i < tiles; ++i)
    memory.tiles[(scanned.before >> kPairBits) + i] = {
        static_cast<unsigned short>(expert),
        static_cast<unsigned short>(min(total - i * a, a)), first + i * a};
  return scanned.all >> kPairBits;
}

/// Pairs are sorted in shared memory: to scatter single words to global memory
/// takes an SM longer than all the rest.
template <int kBatches>
__device__ void placeRun(const Sort &sort, const HeldPairs<kBatches> &pairs,
                         const unsigned short *before, SmallMemory memory) {
#pragma unroll
  for (int i = 0; i < kBatches; ++i) {
    const int expert = pairs.expert[i];
    if (expert == kDropped)
      continue;
    const int pair = pairs.first + 32 * i;
    const int place = memory.first[expert] + before[expert] + pairs.rank[i];
    memory.sorted[place] = static_cast<unsigned short>(pair);
    memory.weights[pair] = sort.rowWeight(pairs.weight[i]);
  }
}

/// The rows of a tile, padding too, by a warp.
__device__ inline void writeRows(const Sort &sort, SmallMemory memory,
                                 int tile) {
  const SmallTile held = memory.tiles[tile];
  const int a = sort.alignment;
#pragma unroll 1 // one or two
  for (int i = lane(); i < a; i += 32) {
    const bool real = i < held.pairs;
    const int pair = real ? memory.sorted[held.first + i] : int(sort.pairs);
    sort.sortedTokenIds[tile * a + i] = pair;
    if (real)
      sort.rowWeights[tile * a + i] = memory.weights[pair];
  }
}

/// A warp a tile; then a thread a tile, past the last one too.
__device__ inline void writeTiles(const Sort &sort, SmallMemory memory,
                                  int used) {
  for (int tile = warp(); tile < used; tile += warps())
    writeRows(sort, memory, tile);
  const int a = sort.alignment;
  for (int tile = threadIdx.x; tile * a < int(sort.rows); tile += blockDim.x) {
    sort.expertIds[tile] = tile < used ? memory.tiles[tile].expert : -1;
    sort.blockRows[tile] = tile < used ? memory.tiles[tile].pairs : 0;
  }
  if (threadIdx.x == 0)
    *sort.numTokensPostPadded = used * a;
  if (threadIdx.x == 0 && sort.downRows)
    *sort.downRows = used * a;
  if (threadIdx.x < kTileCounters)
    sort.tileCounters[threadIdx.x] = 0;
  for (unsigned i = threadIdx.x; i < sort.progressNumbers; i += blockDim.x)
    sort.progress[i] = 0;
}

template <int kBatches>
__device__ void sortByOneBlock(const Sort &sort, const SmallRoutePlan &plan) {
  extern __shared__ uint4 memoryOfSort[];
  const SmallMemory memory(memoryOfSort, plan, sort);
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
    placeRun(sort, pairs, count, memory);
  __syncthreads();
  writeTiles(sort, memory, used);
}

} // namespace moert

#endif // MOE_RUNTIME_KERNELS_SMALLSORT_CUH
