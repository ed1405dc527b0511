//===- Quantise.cu - bf16 rows to e4m3 with a scale every 128 columns -----===//
#include "runtime/Routing.h"
#include "runtime/kernels/Launch.cuh"
#include "runtime/kernels/QuantiseGroup.cuh"

namespace moert {

namespace {

constexpr int kBatch = 4; // groups of each 16 threads

/// A block's groups follow each other, 16 kB of x. It reads what the caller
/// gave and writes what only later kernels read, so all of its work may be done
/// while the sort runs: it waits at its end. The output too: the sort does not
/// touch it, and started after the call before was done.
template <bool kPow2>
__global__ void __launch_bounds__(kGroupThreads)
    quantiseKernel(const __grid_constant__ QuantiseArgs args) {
  letNextStart();
  const unsigned first = blockIdx.x * kBatch * kGroupsPerBlock;
  quantiseGroups<kPow2, kBatch>(args, first + threadIdx.x / kGroupLanes,
                                kGroupsPerBlock);
  waitForEarlier();
}

} // namespace

void launchQuantise(const QuantiseArgs &args, cudaStream_t stream,
                    Start start) {
  if (args.rows == 0)
    return;
  const std::int64_t groups = args.rows * ceilDiv(args.columns, kGroupColumns);
  const std::int64_t blocks = ceilDiv(groups, kBatch * kGroupsPerBlock);
  launch("quantise", args.pow2 ? quantiseKernel<true> : quantiseKernel<false>,
         dim3(unsigned(blocks)), dim3(kGroupThreads), 0, stream, start, args);
}

void loadQuantiseKernels() {
  loadKernel("quantise", quantiseKernel<false>);
  loadKernel("quantise", quantiseKernel<true>);
}

} // namespace moert
