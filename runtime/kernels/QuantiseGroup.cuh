//===- QuantiseGroup.cuh - one scale group of x by half a warp --*- C++ -*-===//
#ifndef MOE_RUNTIME_KERNELS_QUANTISEGROUP_CUH
#define MOE_RUNTIME_KERNELS_QUANTISEGROUP_CUH

#include "runtime/kernels/Groups.cuh"
#include "runtime/kernels/Kernels.h"

namespace moert {

/// Quantises group `group` of the `groups` of row `row`; nothing past the last
/// row. Every half warp of a warp calls it, with a group of its own.
template <bool kPow2>
__device__ inline void quantiseGroup(const QuantiseArgs &args, std::int64_t row,
                                     unsigned group, unsigned groups) {
  const std::int64_t column = std::int64_t(group) * kGroupColumns +
                              threadIdx.x % kGroupLanes * kLaneColumns;
  const auto *x = static_cast<const unsigned short *>(args.x);
  auto *q = static_cast<unsigned char *>(args.q);
  auto *zeroed = static_cast<unsigned short *>(args.zeroed);

  const bool inside = row < args.rows && column < args.columns;
  const std::int64_t at = row * args.columns + column;
  uint4 packed = make_uint4(0, 0, 0, 0);
  if (inside)
    packed = *reinterpret_cast<const uint4 *>(x + at);
  if (inside && zeroed) // after the load, as it may be x
    *reinterpret_cast<uint4 *>(zeroed + at) = make_uint4(0, 0, 0, 0);
  Columns columns = unpackBf16(packed);
  GroupScale scale = chooseScale<kPow2>(groupMaximum(columns));
  if (inside)
    *reinterpret_cast<uint2 *>(q + at) = packE4m3(columns, scale.factor);
  if (inside && threadIdx.x % kGroupLanes == 0)
    args.scales[row * groups + group] = scale.scale;
}

} // namespace moert

#endif // MOE_RUNTIME_KERNELS_QUANTISEGROUP_CUH
