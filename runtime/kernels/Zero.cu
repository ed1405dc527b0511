//===- Zero.cu - an output that down can add to ---------------------------===//
#include "runtime/kernels/Launch.cuh"

#include <algorithm>

namespace moert {

namespace {

constexpr int kThreads = 256;
constexpr std::int64_t kMaxBlocks = 1024; // several for each SM of any Hopper

/// Earlier kernels of the call do not touch the output, so it waits at its end,
/// as quantise does.
__global__ void __launch_bounds__(kThreads)
    zeroKernel(uint4 *data, std::int64_t count) {
  letNextStart();
  const std::int64_t threads = std::int64_t(gridDim.x) * kThreads;
  for (auto i = std::int64_t(blockIdx.x) * kThreads + threadIdx.x; i < count;
       i += threads)
    data[i] = make_uint4(0, 0, 0, 0);
  waitForEarlier();
}

} // namespace

void launchZero(void *data, std::int64_t bytes, cudaStream_t stream,
                Start start) {
  const std::int64_t count = bytes / std::int64_t(sizeof(uint4));
  if (count == 0)
    return;
  const std::int64_t blocks = (count + kThreads - 1) / kThreads;
  launch("zero", zeroKernel, dim3(unsigned(std::min(blocks, kMaxBlocks))),
         dim3(kThreads), 0, stream, start, static_cast<uint4 *>(data), count);
}

void loadZeroKernels() { loadKernel("zero", zeroKernel); }

} // namespace moert
