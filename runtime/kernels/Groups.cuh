//===- Groups.cuh - eight columns a lane, sixteen lanes a group -*- C++ -*-===//
//
// A scale group has at most 128 columns. Half a warp holds one: every lane
// loads 8 bf16 (16 bytes) and stores 8 e4m3 (8 bytes), so that both are
// coalesced.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_KERNELS_GROUPS_CUH
#define MOE_RUNTIME_KERNELS_GROUPS_CUH

#include <cuda_fp8.h>
#include <cuda_runtime.h>

namespace moert {

constexpr int kGroupColumns = 128;
constexpr int kLaneColumns = 8;
constexpr int kGroupLanes = kGroupColumns / kLaneColumns;
constexpr int kGroupThreads = 256;
constexpr int kGroupsPerBlock = kGroupThreads / kGroupLanes;

struct Columns {
  float value[kLaneColumns];
};

/// A bf16 is the upper half of an f32.
__device__ inline Columns unpackBf16(uint4 packed) {
  const unsigned words[] = {packed.x, packed.y, packed.z, packed.w};
  Columns columns;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    columns.value[2 * i] = __uint_as_float(words[i] << 16);
    columns.value[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000u);
  }
  return columns;
}

/// max|x| of the group, in all of its lanes; fmaxf passes over a NaN. Every
/// lane of the warp must call it.
__device__ inline float groupMaximum(const Columns &columns) {
  float maximum = 0.0f;
#pragma unroll
  for (float value : columns.value)
    maximum = fmaxf(maximum, fabsf(value));
#pragma unroll
  for (int step = kGroupLanes / 2; step > 0; step /= 2)
    maximum = fmaxf(maximum, __shfl_xor_sync(~0u, maximum, step));
  return maximum;
}

struct GroupScale {
  float scale;  ///< What the quantised values are to be multiplied by.
  float factor; ///< What the values are multiplied by before rounding.
};

template <bool kPow2> __device__ inline GroupScale chooseScale(float maximum) {
  constexpr float kLargest = 448.0f; // of e4m3
  float a = fmaxf(maximum, 1e-10f);
  float scale = __fdiv_rn(a, kLargest);
  if (!kPow2)
    return {scale, __fdiv_rn(kLargest, a)};
  // Any fraction bit carries into the exponent; infinity stays itself.
  unsigned bits = (__float_as_uint(scale) + 0x007fffffu) & 0xff800000u;
  scale = __uint_as_float(bits);
  return {scale, __fdiv_rn(1.0f, scale)}; // exact
}

/// Eight e4m3, round to nearest even, saturating; NaN becomes 0x7f.
__device__ inline uint2 packE4m3(const Columns &columns, float factor) {
  unsigned pairs[4];
#pragma unroll
  for (int i = 0; i < 4; ++i)
    pairs[i] = __nv_cvt_float2_to_fp8x2(
        make_float2(__fmul_rn(columns.value[2 * i], factor),
                    __fmul_rn(columns.value[2 * i + 1], factor)),
        __NV_SATFINITE, __NV_E4M3);
  return make_uint2(pairs[0] | pairs[1] << 16, pairs[2] | pairs[3] << 16);
}

} // namespace moert

#endif // MOE_RUNTIME_KERNELS_GROUPS_CUH
