//===- Quantise.cu - bf16 rows to e4m3 with a scale every 128 columns -----===//
#include "runtime/kernels/Groups.cuh"
#include "runtime/kernels/Launch.cuh"

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
  const std::int64_t column = std::int64_t(blockIdx.x) * kGroupColumns +
                              threadIdx.x % kGroupLanes * kLaneColumns;
  const int groupOfBlock = threadIdx.x / kGroupLanes;
  const auto *x = static_cast<const unsigned short *>(args.x);
  auto *q = static_cast<unsigned char *>(args.q);
  auto *zeroed = static_cast<unsigned short *>(args.zeroed);

  // The bound is the block's, so that whole warps reach the shuffles.
  for (std::int64_t first = std::int64_t(blockIdx.y) * kGroupsPerBlock;
       first < args.rows; first += std::int64_t(gridDim.y) * kGroupsPerBlock) {
    std::int64_t row = first + groupOfBlock;
    bool inside = row < args.rows && column < args.columns;
    std::int64_t at = row * args.columns + column;
    uint4 packed = make_uint4(0, 0, 0, 0);
    if (inside)
      packed = *reinterpret_cast<const uint4 *>(x + at);
    if (inside && zeroed) // after the load, as it may be x
      *reinterpret_cast<uint4 *>(zeroed + at) = make_uint4(0, 0, 0, 0);
    Columns columns = unpackBf16(packed);
    GroupScale group = chooseScale<kPow2>(groupMaximum(columns));
    if (inside)
      *reinterpret_cast<uint2 *>(q + at) = packE4m3(columns, group.factor);
    if (inside && threadIdx.x % kGroupLanes == 0)
      args.scales[row * gridDim.x + blockIdx.x] = group.scale;
  }
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
