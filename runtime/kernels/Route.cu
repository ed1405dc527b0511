//===- Route.cu - the stable sort of (token, slot) pairs by expert --------===//
//
// A counting sort. Every warp owns a contiguous run of pairs and has its own
// counter for every expert, so that the order of pairs never depends on which
// warp is faster: counters become cursors by a scan over experts, blocks and
// warps, then each warp walks its run again and places its pairs. Up to 4096
// pairs one block does all of it, by SmallSort.cuh if it can; more pairs are
// counted by block first, and every block of the second kernel sums that table
// for itself, which is cheaper than a third launch.
//
//===----------------------------------------------------------------------===//
#include "runtime/Routing.h"
#include "runtime/kernels/Launch.cuh"
#include "runtime/kernels/Sort.cuh"

namespace moert {

namespace {

constexpr int kBatch = 4;  // loads of ids in flight a thread
constexpr int kCounts = 8; // the same of counts

/// The block's shared memory.
struct Counters {
  int *total;  ///< [E] pairs of an expert, in all blocks.
  int *before; ///< [E] pairs of an expert in earlier blocks.
  int *first;  ///< [E + 1] first row of an expert; then the rows in use.
  int *cursor; ///< [warps, E] counts, then next rows, of a warp's run.

  __device__ Counters(int *memory, int experts)
      : total(memory), before(total + experts), first(before + experts),
        cursor(first + experts + 1) {}
  static std::size_t bytes(std::int64_t experts, int warps) {
    return ((3 + warps) * experts + 1) * sizeof(int);
  }
};

__device__ void clear(int *counters, int count) {
  for (int i = threadIdx.x; i < count; i += blockDim.x)
    counters[i] = 0;
}

/// Pairs [begin, end) of this warp; the runs of a chunk follow each other.
struct Run {
  unsigned begin, end;
  __device__ explicit Run(const Sort &sort) {
    unsigned length = sort.chunk / warps();
    begin = min(sort.chunkBegin() + warp() * length, sort.pairs);
    end = min(begin + length, sort.chunkEnd());
  }
};

__device__ void countRun(const Sort &sort, Run run, int *count) {
  for (unsigned start = run.begin + lane(); start < run.end;
       start += 32 * kBatch) {
    int expert[kBatch];
#pragma unroll
    for (int i = 0; i < kBatch; ++i)
      expert[i] = sort.expertOf(sort.idOf(start + 32 * i, run.end));
#pragma unroll
    for (int i = 0; i < kBatch; ++i)
      if (expert[i] != kDropped)
        atomicAdd(&count[expert[i]], 1);
  }
}

/// Whether a pair of the warp's run is amiss, for all threads of the block.
__device__ bool isRunAmiss(const Sort &sort, Run run) {
  bool amiss = false;
  for (unsigned pair = run.begin + lane(); pair < run.end; pair += 32)
    amiss |= sort.isAmiss(pair, sort.expertOf(sort.topkIds[pair]));
  return __syncthreads_or(amiss);
}

/// Rows that down multiplies: all, unless those of the last expert are somebody
/// else's. A warp comes here.
__device__ int rowsOfDown(const Sort &sort, Counters counters) {
  const int all = counters.first[sort.experts];
  bool amiss = sort.table == nullptr;
  if (!amiss)
    for (int block = lane(); block < gridDim.x; block += 32)
      amiss |= sort.table[gridDim.x * sort.experts + block] != 0;
  return __any_sync(~0u, amiss) ? all : counters.first[sort.experts - 1];
}

/// total and before, of the one block there is.
__device__ void sumRuns(const Sort &sort, Counters counters) {
  for (int e = threadIdx.x; e < sort.experts; e += blockDim.x) {
    int sum = 0;
    for (int w = 0; w < warps(); ++w)
      sum += counters.cursor[w * sort.experts + e];
    counters.total[e] = sum;
    counters.before[e] = 0;
  }
}

/// total and before, from the counts of all blocks: the threads of an expert
/// share the blocks. Integer sums: their order does not show.
__device__ void sumTable(const Sort &sort, Counters counters) {
  clear(counters.total, 2 * sort.experts); // before too
  __syncthreads();
  const int blocks = gridDim.x, ours = blockIdx.x;
  const int shares = max(int(blockDim.x) / sort.experts, 1);
  for (int i = threadIdx.x; i < shares * sort.experts; i += blockDim.x) {
    const int expert = i % sort.experts;
    int total = 0, before = 0;
    for (int first = i / sort.experts; first < blocks;
         first += shares * kCounts) {
      int count[kCounts];
#pragma unroll
      for (int j = 0; j < kCounts; ++j) {
        const int block = first + j * shares;
        count[j] =
            block < blocks ? sort.table[block * sort.experts + expert] : 0;
      }
#pragma unroll
      for (int j = 0; j < kCounts; ++j) {
        total += count[j];
        before += first + j * shares < ours ? count[j] : 0;
      }
    }
    if (total > 0)
      atomicAdd(&counters.total[expert], total);
    if (before > 0)
      atomicAdd(&counters.before[expert], before);
  }
}

/// first: the exclusive scan of the padded totals.
__device__ void placeExperts(const Sort &sort, Counters counters) {
  int a = sort.alignment;
  int start = 0; // of this round of blockDim.x experts
  for (int round = 0; round < sort.experts; round += blockDim.x) {
    int e = round + threadIdx.x;
    int tiles = e < sort.experts ? (counters.total[e] + a - 1) / a : 0;
    const Scanned scanned = scan(tiles * a);
    if (e < sort.experts)
      counters.first[e] = start + scanned.before;
    start += scanned.all;
    __syncthreads(); // the next round scans in the same memory
  }
  if (threadIdx.x == 0)
    counters.first[sort.experts] = start;
}

/// Turns the counts of the runs into the row of each run's next pair.
__device__ void startCursors(const Sort &sort, Counters counters) {
  for (int e = threadIdx.x; e < sort.experts; e += blockDim.x) {
    int row = counters.first[e] + counters.before[e];
    for (int first = 0; first < warps(); first += kCounts) {
      int count[kCounts];
#pragma unroll
      for (int i = 0; i < kCounts; ++i)
        count[i] = first + i < warps()
                       ? counters.cursor[(first + i) * sort.experts + e]
                       : 0;
#pragma unroll
      for (int i = 0; i < kCounts; ++i) {
        if (first + i < warps())
          counters.cursor[(first + i) * sort.experts + e] = row;
        row += count[i];
      }
    }
  }
}

/// 32 pairs at a time: those of one expert take consecutive rows.
__device__ void placeRun(const Sort &sort, Run run, int *cursor) {
  for (unsigned start = run.begin; start < run.end; start += 32) {
    unsigned pair = start + lane();
    int expert = sort.expertOf(sort.idOf(pair, run.end));
    unsigned peers = __match_any_sync(~0u, expert);
    int rank = __popc(peers & ((1u << lane()) - 1));
    int row = expert != kDropped ? cursor[expert] : 0;
    __syncwarp(); // all have read before one moves the cursor
    if (expert != kDropped) {
      sort.sortedTokenIds[row + rank] = pair;
      sort.rowWeights[row + rank] = sort.rowWeight(sort.topkWeights[pair]);
      if (rank == 0)
        cursor[expert] = row + __popc(peers);
    }
    __syncwarp();
  }
}

/// Padding rows and tiles of each expert, a warp an expert across all blocks;
/// tiles past the last one belong to nobody and hold nothing.
__device__ void finishExperts(const Sort &sort, Counters counters) {
  int a = sort.alignment;
  for (int e = blockIdx.x * warps() + warp(); e < sort.experts;
       e += gridDim.x * warps()) {
    int begin = counters.first[e], end = counters.first[e + 1];
    int used = begin + counters.total[e];
    for (int row = used + lane(); row < end; row += 32)
      sort.sortedTokenIds[row] = sort.pairs;
    for (int tile = begin / a + lane(); tile < end / a; tile += 32) {
      sort.expertIds[tile] = e;
      sort.blockRows[tile] = min(used - tile * a, a);
    }
  }
  unsigned used = counters.first[sort.experts];
  for (unsigned tile = used / a + blockIdx.x * blockDim.x + threadIdx.x;
       tile < sort.rows / a; tile += gridDim.x * blockDim.x) {
    sort.expertIds[tile] = -1;
    sort.blockRows[tile] = 0;
  }
  if (blockIdx.x == 0 && threadIdx.x == 0)
    *sort.numTokensPostPadded = used;
  if (blockIdx.x == 0 && warp() == 0 && sort.downRows) {
    const int rows = rowsOfDown(sort, counters);
    if (lane() == 0)
      *sort.downRows = rows;
  }
  if (blockIdx.x == 0 && threadIdx.x < kTileCounters)
    sort.tileCounters[threadIdx.x] = 0;
  for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
       i < sort.progressNumbers; i += gridDim.x * blockDim.x)
    sort.progress[i] = 0;
}

__global__ void __launch_bounds__(kRouteThreads)
    countKernel(const __grid_constant__ Sort sort) {
  letNextStart();
  waitForEarlier(); // the first kernel of a call, so there is nothing to win
  extern __shared__ int count[];
  clear(count, sort.experts);
  __syncthreads();
  countRun(sort, Run(sort), count);
  __syncthreads();
  for (int e = threadIdx.x; e < sort.experts; e += blockDim.x)
    sort.table[blockIdx.x * sort.experts + e] = count[e];
  if (!sort.downRows)
    return;
  const bool amiss = isRunAmiss(sort, Run(sort));
  if (threadIdx.x == 0)
    sort.table[gridDim.x * sort.experts + blockIdx.x] = amiss;
}

__global__ void __launch_bounds__(kRouteThreads)
    sortKernel(const __grid_constant__ Sort sort) {
  letNextStart();
  extern __shared__ int memory[];
  Counters counters(memory, sort.experts);
  int *cursor = counters.cursor + warp() * sort.experts;
  Run run(sort);

  clear(counters.cursor, warps() * sort.experts);
  __syncthreads();
  countRun(sort, run, cursor);
  waitForEarlier(); // for the table
  __syncthreads();
  if (sort.table)
    sumTable(sort, counters);
  else
    sumRuns(sort, counters);
  __syncthreads();
  placeExperts(sort, counters);
  __syncthreads();
  startCursors(sort, counters);
  __syncthreads();
  placeRun(sort, run, cursor);
  finishExperts(sort, counters);
}

/// The lowest bad pair, by one block.
__global__ void __launch_bounds__(kRouteThreads)
    checkIdsKernel(const std::int32_t *topkIds, unsigned pairs, int experts,
                   std::int32_t *firstBad) {
  __shared__ unsigned lowest;
  if (threadIdx.x == 0)
    lowest = pairs;
  __syncthreads();
  for (unsigned pair = threadIdx.x; pair < pairs; pair += blockDim.x)
    if (topkIds[pair] < -1 || topkIds[pair] >= experts) {
      atomicMin(&lowest, pair);
      break; // later ones of this thread are higher
    }
  __syncthreads();
  if (threadIdx.x == 0)
    *firstBad = lowest;
}

/// As many warps as have room for their counters, a power of two so that they
/// divide a chunk evenly.
int warpsFor(std::int64_t experts) {
  constexpr std::size_t kRoom = 225 * 1024; // 227 KB less the static part
  int warps = kRouteThreads / 32;
  while (warps > 1 && Counters::bytes(experts, warps) > kRoom)
    warps /= 2;
  return warps;
}

} // namespace

void launchRoute(const RouteArgs &args, cudaStream_t stream, Start start) {
  if (launchSmallSort(args, QuantiseArgs{}, stream))
    return;
  RoutePlan plan = planRoute(args.tokens * args.slots);
  Sort sort = sortOf(args);
  sort.chunk = unsigned(plan.chunk);
  if (plan.blocks > 1)
    sort.table = static_cast<std::int32_t *>(args.scratch);
  dim3 grid(unsigned(plan.blocks));
  if (sort.table)
    launch("route: count", countKernel, grid, dim3(kRouteThreads),
           args.experts * sizeof(int), stream, Start::afterAll, sort);

  int warps = warpsFor(args.experts);
  std::size_t bytes = Counters::bytes(args.experts, warps);
  launch("route: sort", sortKernel, grid, dim3(32 * warps), bytes, stream,
         sort.table ? start : Start::afterAll, sort);
}

void launchCheckIds(const std::int32_t *topkIds, std::int64_t pairs,
                    std::int64_t experts, std::int32_t *firstBad,
                    cudaStream_t stream) {
  launch("check ids", checkIdsKernel, dim3(1), dim3(kRouteThreads), 0, stream,
         Start::afterAll, topkIds, unsigned(pairs), int(experts), firstBad);
}

void loadRouteKernels() {
  loadKernel("route: count", countKernel);
  loadKernel("route: sort", sortKernel);
  loadKernel("check ids", checkIdsKernel);
}

} // namespace moert
