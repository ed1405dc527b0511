//===- Quantise.cu - bf16 rows to e4m3 with a scale every 128 columns -----===//
#include "runtime/kernels/Launch.cuh"
#include "runtime/kernels/QuantiseGroup.cuh"

#include <algorithm>

namespace moert {

namespace {

/// Block (g, y) takes column group g of 16 rows at a time. It reads what the
/// caller gave and writes what only later kernels read, so all of its work may
/// be done while the sort runs: it waits at its end. The output too: the sort
/// does not touch it, and started after the call before was done.
template <bool kPow2>
__global__ void __launch_bounds__(kGroupThreads)
    quantiseKernel(const __grid_constant__ QuantiseArgs args) {
  letNextStart();
  // The bound is the block's, so that whole warps reach the shuffles.
  for (std::int64_t first = std::int64_t(blockIdx.y) * kGroupsPerBlock;
       first < args.rows; first += std::int64_t(gridDim.y) * kGroupsPerBlock)
    quantiseGroup<kPow2>(args, first + threadIdx.x / kGroupLanes, blockIdx.x,
                         gridDim.x);
  waitForEarlier();
}

} // namespace

void launchQuantise(const QuantiseArgs &args, cudaStream_t stream,
                    Start start) {
  if (args.rows == 0)
    return;
  std::int64_t groups = (args.columns + kGroupColumns - 1) / kGroupColumns;
  std::int64_t blocks = (args.rows + kGroupsPerBlock - 1) / kGroupsPerBlock;
  dim3 grid(unsigned(groups), unsigned(std::min<std::int64_t>(blocks, 65535)));
  launch("quantise", args.pow2 ? quantiseKernel<true> : quantiseKernel<false>,
         grid, dim3(kGroupThreads), 0, stream, start, args);
}

void loadQuantiseKernels() {
  loadKernel("quantise", quantiseKernel<false>);
  loadKernel("quantise", quantiseKernel<true>);
}

} // namespace moert
