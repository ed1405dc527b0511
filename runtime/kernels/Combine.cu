//===- Combine.cu - the sum over a token's slots, in order ----------------===//
#include "runtime/Routing.h"
#include "runtime/kernels/Groups.cuh"
#include "runtime/kernels/Launch.cuh"

#include <cuda_bf16.h>

namespace moert {

namespace {

constexpr int kThreads = 128;
/// With fewer blocks than that, which leave SMs idle, blocks of one warp: what
/// an SM can load is what binds them.
constexpr std::int64_t kFewBlocks = 128;
constexpr int kBatch = 10; // loads in flight a thread: the slots of most layers

__device__ uint4 packBf16(const Columns &columns, float factor) {
  uint4 packed;
  auto *pairs = reinterpret_cast<__nv_bfloat162 *>(&packed);
#pragma unroll
  for (int i = 0; i < 4; ++i)
    pairs[i] =
        __floats2bfloat162_rn(__fmul_rn(factor, columns.value[2 * i]),
                              __fmul_rn(factor, columns.value[2 * i + 1]));
  return packed;
}

/// Which slots of a batch have an expert here; those past the last have none.
__device__ void findTaken(const CombineArgs &args, const std::int32_t *ids,
                          int first, bool (&taken)[kBatch]) {
#pragma unroll
  for (int i = 0; i < kBatch; ++i) {
    int slot = first + i;
    taken[i] = slot < args.slots && unsigned(ids[slot]) < args.experts;
  }
}

/// A thread sums 8 columns of token blockIdx.x: loads overlap within a batch,
/// the additions keep the order of the slots. The ids are the caller's, so they
/// are read while down still runs: partials are then the only load to wait for.
__global__ void __launch_bounds__(kThreads)
    combineKernel(const __grid_constant__ CombineArgs args) {
  letNextStart();
  const std::int64_t token = blockIdx.x;
  const std::int64_t column =
      (std::int64_t(blockIdx.y) * blockDim.x + threadIdx.x) * kLaneColumns;
  const std::int32_t *ids = args.topkIds + token * args.slots;
  const auto *partials = static_cast<const unsigned short *>(args.partials) +
                         token * args.slots * args.hidden + column;
  bool taken[kBatch];
  findTaken(args, ids, 0, taken);
  waitForEarlier();
  if (column >= args.hidden)
    return;

  Columns sum{};
  for (int first = 0; first < args.slots; first += kBatch) {
    if (first > 0)
      findTaken(args, ids, first, taken);
    uint4 packed[kBatch];
#pragma unroll
    for (int i = 0; i < kBatch; ++i) {
      if (taken[i]) // read once, so it need not stay in L2
        packed[i] = __ldcs(reinterpret_cast<const uint4 *>(partials));
      partials += args.hidden;
    }
#pragma unroll
    for (int i = 0; i < kBatch; ++i) {
      if (!taken[i])
        continue;
      Columns part = unpackBf16(packed[i]);
#pragma unroll
      for (int j = 0; j < kLaneColumns; ++j)
        sum.value[j] += part.value[j];
    }
  }
  auto *out = static_cast<unsigned short *>(args.out);
  *reinterpret_cast<uint4 *>(out + token * args.hidden + column) =
      packBf16(sum, args.factor);
}

} // namespace

void launchCombine(const CombineArgs &args, cudaStream_t stream, Start start) {
  auto stripsOf = [&](std::int64_t threads) {
    return ceilDiv(args.hidden, threads * kLaneColumns);
  };
  const int threads =
      args.tokens * stripsOf(kThreads) < kFewBlocks ? 32 : kThreads;
  launch("combine", combineKernel,
         dim3(unsigned(args.tokens), unsigned(stripsOf(threads))),
         dim3(threads), 0, stream, start, args);
}

void loadCombineKernels() { loadKernel("combine", combineKernel); }

} // namespace moert
