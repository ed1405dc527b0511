//===- QuantiseGroup.cuh - scale groups of x, by half warps -----*- C++ -*-===//
#ifndef MOE_RUNTIME_KERNELS_QUANTISEGROUP_CUH
#define MOE_RUNTIME_KERNELS_QUANTISEGROUP_CUH

#include "runtime/kernels/Groups.cuh"
#include "runtime/kernels/Kernels.h"

namespace moert {

/// This thread's 8 columns of a group; groups are numbered row by row, as their
/// scales lie (32 bits: 2^32 groups would be a terabyte).
struct GroupShare {
  unsigned group;
  std::int64_t at;     ///< The first column, in x.
  bool inside = false; ///< The columns are there.
  uint4 packed{};      ///< bf16, zeros where they are not.

  __device__ void load(const QuantiseArgs &args, unsigned number,
                       unsigned groups) {
    const unsigned row = number / groups;
    const unsigned column = (number - row * groups) * kGroupColumns +
                            threadIdx.x % kGroupLanes * kLaneColumns;
    group = number;
    at = std::int64_t(row) * args.columns + column;
    inside = row < args.rows && column < args.columns;
    if (inside) // read once, so it need not stay in L2
      packed = __ldcs(reinterpret_cast<const uint4 *>(
          static_cast<const unsigned short *>(args.x) + at));
  }

  template <bool kPow2>
  __device__ void quantise(const QuantiseArgs &args) const {
    auto *q = static_cast<unsigned char *>(args.q);
    auto *zeroed = static_cast<unsigned short *>(args.zeroed);
    if (inside && zeroed) // after the load, as it may be x
      *reinterpret_cast<uint4 *>(zeroed + at) = make_uint4(0, 0, 0, 0);
    const Columns columns = unpackBf16(packed);
    const GroupScale scale = chooseScale<kPow2>(groupMaximum(columns));
    if (inside)
      *reinterpret_cast<uint2 *>(q + at) = packE4m3(columns, scale.factor);
    if (inside && threadIdx.x % kGroupLanes == 0)
      args.scales[group] = scale.scale;
  }
};

/// Quantises kBatch groups, `stride` apart, from number `first` on, none past
/// the last row: what is loaded for all of them is on its way together. Every
/// half warp of a warp calls it, with groups of its own.
template <bool kPow2, int kBatch>
__device__ inline void quantiseGroups(const QuantiseArgs &args, unsigned first,
                                      unsigned stride) {
  const unsigned groups = (args.columns + kGroupColumns - 1) / kGroupColumns;
  GroupShare shares[kBatch];
#pragma unroll
  for (int i = 0; i < kBatch; ++i)
    shares[i].load(args, first + i * stride, groups);
#pragma unroll
  for (int i = 0; i < kBatch; ++i)
    shares[i].template quantise<kPow2>(args);
}

} // namespace moert

#endif // MOE_RUNTIME_KERNELS_QUANTISEGROUP_CUH
