//===- Activation.cu - silu(gate) * up, quantised for down ----------------===//
#include "runtime/kernels/Groups.cuh"
#include "runtime/kernels/Launch.cuh"

#include <algorithm>

namespace moert {

namespace {

/// Divided, not multiplied by a reciprocal: the reference does the same.
__device__ float silu(float gate) {
  return __fdiv_rn(gate, 1.0f + expf(-gate));
}

/// Block (g, y) takes scale group g of 16 rows at a time. Group g starts at
/// column 128 g - o, so the first group may start before column 0.
template <bool kPow2>
__global__ void __launch_bounds__(kGroupThreads)
    activationKernel(const __grid_constant__ ActivationArgs args) {
  const std::int64_t rowsInUse = *args.numTokensPostPadded;
  const std::int64_t column = std::int64_t(blockIdx.x) * kGroupColumns -
                              args.scaleOffset +
                              threadIdx.x % kGroupLanes * kLaneColumns;
  const int groupOfBlock = threadIdx.x / kGroupLanes;
  const auto *gateUp = static_cast<const unsigned short *>(args.gateUp);
  auto *h = static_cast<unsigned char *>(args.h);

  for (std::int64_t first = std::int64_t(blockIdx.y) * kGroupsPerBlock;
       first < rowsInUse; first += std::int64_t(gridDim.y) * kGroupsPerBlock) {
    std::int64_t row = first + groupOfBlock;
    bool inside = row < rowsInUse && column >= 0 && column < args.intermediate;
    Columns columns{};
    if (inside) {
      const auto *at = gateUp + row * 2 * args.intermediate + column;
      columns = unpackBf16(*reinterpret_cast<const uint4 *>(at));
      Columns up =
          unpackBf16(*reinterpret_cast<const uint4 *>(at + args.intermediate));
#pragma unroll
      for (int i = 0; i < kLaneColumns; ++i)
        columns.value[i] = silu(columns.value[i]) * up.value[i];
    }
    GroupScale group = chooseScale<kPow2>(groupMaximum(columns));
    if (inside)
      *reinterpret_cast<uint2 *>(h + row * args.intermediate + column) =
          packE4m3(columns, group.factor);
    // Lane 0 may lie before column 0, but every group holds some column.
    if (row < rowsInUse && threadIdx.x % kGroupLanes == 0)
      args.hScales[blockIdx.x * args.rows + row] = group.scale;
  }
}

} // namespace

void launchActivation(const ActivationArgs &args, cudaStream_t stream) {
  if (args.rows == 0)
    return;
  std::int64_t groups =
      (args.scaleOffset + args.intermediate + kGroupColumns - 1) /
      kGroupColumns;
  // Sized for the capacity; blocks past num_tokens_post_padded leave at once.
  std::int64_t blocks = (args.rows + kGroupsPerBlock - 1) / kGroupsPerBlock;
  dim3 grid(unsigned(groups), unsigned(std::min<std::int64_t>(blocks, 65535)));
  launch("activation",
         args.pow2 ? activationKernel<true> : activationKernel<false>, grid,
         dim3(kGroupThreads), 0, stream, args);
}

void loadActivationKernels() {
  loadKernel("activation", activationKernel<false>);
  loadKernel("activation", activationKernel<true>);
}

} // namespace moert
