//===- Warp.cuh - one warp a piece of work ----------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_REFERENCE_WARP_CUH
#define MOE_RUNTIME_REFERENCE_WARP_CUH

#include <cstdint>

namespace moert::reference {

constexpr int kWarpThreads = 256; ///< A block: 8 warps.

/// Blocks that hold at least `warps` warps; at least one, as a grid must.
inline unsigned blocksForWarps(std::int64_t warps) {
  constexpr int perBlock = kWarpThreads / 32;
  return static_cast<unsigned>(warps > 0 ? (warps + perBlock - 1) / perBlock
                                         : 1);
}

__device__ inline int lane() { return threadIdx.x % 32; }

__device__ inline std::int64_t globalWarp() {
  return (std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
}

template <class T> __device__ T warpMax(T value) {
  for (int step = 16; step > 0; step /= 2) {
    T other = __shfl_xor_sync(~0u, value, step);
    value = other > value ? other : value;
  }
  return value;
}

template <class T> __device__ T warpSum(T value) {
  for (int step = 16; step > 0; step /= 2)
    value += __shfl_xor_sync(~0u, value, step);
  return value;
}

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_WARP_CUH
