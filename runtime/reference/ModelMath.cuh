//===- ModelMath.cuh - the bit-exact step, fast enough for all --*- C++ -*-===//
//
// Cutting an addend towards zero to a multiple of u = 2^(top - 13) and adding
// it exactly is one FMA that rounds towards zero: if S is a multiple of u in
// [2^23 u, 2^24 u) and p >= 0, then fma_rz(a, b, S) = S + floor(p / u) u, as
// the last bit of S is u. So magnitudes are added, positive products in one
// sum and negative ones in another, both from 2^23 u on. 32 products below
// 4 * 2^top and the accumulator below 2 * 2^top are at most 2^21 u together:
// neither sum leaves its binade, and the difference of their bit patterns is
// the difference in units of u. No other rounding takes place.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_REFERENCE_MODELMATH_CUH
#define MOE_RUNTIME_REFERENCE_MODELMATH_CUH

#include "runtime/reference/Formats.h"
#include "runtime/reference/TileShape.cuh"

namespace moert::reference {

struct ModelMath {
  /// One operand's codes of a step, decoded once for all who read them.
  struct Operand {
    alignas(16) float positive[kStep][kTileRows]; ///< max(value, 0).
    alignas(16) float negative[kStep][kTileRows]; ///< max(-value, 0).
    /// Exponents of two neighbouring k, 16 bits each.
    alignas(16) std::uint32_t exponents[kStep / 2][kTileRows];
  };
  struct Shared {
    Operand a, b;
  };

  /// Exponent of a zero: so low that no sum with it can be the largest.
  static constexpr int kZeroExponent = -100;
  /// Every exponent of non-zero products (-12 ... 16) lies above this.
  static constexpr int kLowest = -40;

  static __device__ std::uint32_t exponentOf(std::uint8_t code) {
    Fp8Parts parts = partsOf(code);
    int exponent = parts.significand ? parts.exponent : kZeroExponent;
    return static_cast<std::uint32_t>(exponent) & 0xffffu;
  }

  static __device__ void put(Operand &operand, int row, int k,
                             const std::uint8_t (&codes)[kCodesPerThread]) {
    for (int i = 0; i < kCodesPerThread; ++i) {
      float value = decodeE4m3(codes[i]);
      // Written so that a NaN stays one in the positive part.
      operand.positive[k + i][row] = value < 0.0f ? 0.0f : value;
      operand.negative[k + i][row] = value < 0.0f ? -value : 0.0f;
    }
    for (int i = 0; i < kCodesPerThread; i += 2)
      operand.exponents[(k + i) / 2][row] =
          exponentOf(codes[i]) | exponentOf(codes[i + 1]) << 16;
  }

  /// The largest exponent among products and accumulator, or kLowest.
  __device__ void findTops(const Shared &shared, int row, int column,
                           int (&tops)[kPerThread][kPerThread]) const {
    std::uint32_t largest[kPerThread][kPerThread];
    for (auto &line : largest)
      for (auto &pair : line)
        pair = (static_cast<std::uint32_t>(kLowest) & 0xffffu) * 0x10001u;
    for (int k = 0; k < kStep / 2; ++k) {
      uint4 a = *reinterpret_cast<const uint4 *>(&shared.a.exponents[k][row]);
      uint4 b =
          *reinterpret_cast<const uint4 *>(&shared.b.exponents[k][column]);
      std::uint32_t as[] = {a.x, a.y, a.z, a.w}, bs[] = {b.x, b.y, b.z, b.w};
      for (int i = 0; i < kPerThread; ++i)
        for (int j = 0; j < kPerThread; ++j)
          largest[i][j] = __viaddmax_s16x2(as[i], bs[j], largest[i][j]);
    }
    for (int i = 0; i < kPerThread; ++i)
      for (int j = 0; j < kPerThread; ++j) {
        int low = static_cast<std::int16_t>(largest[i][j] & 0xffffu);
        int high = static_cast<std::int16_t>(largest[i][j] >> 16);
        int top = low > high ? low : high;
        int own = static_cast<int>(bitsOf(t[i][j]) >> 23 & 0xffu) - 127;
        tops[i][j] = t[i][j] != 0.0f && own > top ? own : top;
      }
  }

  /// The difference of both sums, cut towards zero to 14 leading bits.
  static __device__ float finish(float positive, float negative) {
    if (positive != positive)
      return positive;
    int units = static_cast<int>(bitsOf(positive) - bitsOf(negative));
    float exact = static_cast<float>(units); // below 2^22: no rounding
    float cut = floatOf(bitsOf(exact) & 0xfffffc00u);
    float binade = floatOf(bitsOf(positive) & 0x7f800000u);
    return units == 0 ? 0.0f : cut * (binade * 0x1p-23f);
  }

  __device__ void step(const Shared &shared, int row, int column) {
    int tops[kPerThread][kPerThread];
    findTops(shared, row, column, tops);
    float positive[kPerThread][kPerThread], negative[kPerThread][kPerThread];
    for (int i = 0; i < kPerThread; ++i)
      for (int j = 0; j < kPerThread; ++j) {
        float base =
            floatOf(static_cast<std::uint32_t>(tops[i][j] + 10 + 127) << 23);
        float own = t[i][j];
        positive[i][j] = __fadd_rz(base, own < 0.0f ? 0.0f : own);
        negative[i][j] = __fadd_rz(base, own < 0.0f ? -own : 0.0f);
      }
#pragma unroll 4
    for (int k = 0; k < kStep; ++k)
      addProducts(shared, k, row, column, positive, negative);
    for (int i = 0; i < kPerThread; ++i)
      for (int j = 0; j < kPerThread; ++j)
        t[i][j] = finish(positive[i][j], negative[i][j]);
  }

  static __device__ void
  addProducts(const Shared &shared, int k, int row, int column,
              float (&positive)[kPerThread][kPerThread],
              float (&negative)[kPerThread][kPerThread]) {
    float ap[kPerThread], an[kPerThread], bp[kPerThread], bn[kPerThread];
    loadFour(shared.a.positive[k] + row, ap);
    loadFour(shared.a.negative[k] + row, an);
    loadFour(shared.b.positive[k] + column, bp);
    loadFour(shared.b.negative[k] + column, bn);
    for (int i = 0; i < kPerThread; ++i)
      for (int j = 0; j < kPerThread; ++j) {
        positive[i][j] = __fmaf_rz(ap[i], bp[j], positive[i][j]);
        positive[i][j] = __fmaf_rz(an[i], bn[j], positive[i][j]);
        negative[i][j] = __fmaf_rz(ap[i], bn[j], negative[i][j]);
        negative[i][j] = __fmaf_rz(an[i], bp[j], negative[i][j]);
      }
  }

  static __device__ void loadFour(const float *from, float (&to)[kPerThread]) {
    float4 four = *reinterpret_cast<const float4 *>(from);
    to[0] = four.x, to[1] = four.y, to[2] = four.z, to[3] = four.w;
  }

  __device__ void promote(const float (&aScale)[kPerThread],
                          const float (&bScale)[kPerThread]) {
    for (int i = 0; i < kPerThread; ++i)
      for (int j = 0; j < kPerThread; ++j) {
        float scale = __fmul_rn(aScale[i], bScale[j]);
        sum[i][j] = __fmaf_rn(t[i][j], scale, sum[i][j]);
        t[i][j] = 0.0f;
      }
  }

  /// The sum, weighted if that is asked for, before it is rounded to bf16.
  __device__ float value(int i, int j, bool weighted, float weight) const {
    return weighted ? __fmul_rn(weight, sum[i][j]) : sum[i][j];
  }

private:
  float t[kPerThread][kPerThread] = {};   ///< Of the block: 14 bits.
  float sum[kPerThread][kPerThread] = {}; ///< Of all blocks, scaled.
};

/// Sums as down stores them.
struct ModelInBf16 : ModelMath {
  using Out = std::uint16_t;
  __device__ Out result(int i, int j, bool weighted, float weight) const {
    return encodeBf16(value(i, j, weighted, weight));
  }
};

/// Sums as up's activation takes them.
struct ModelInF32 : ModelMath {
  using Out = float;
  __device__ Out result(int i, int j, bool weighted, float weight) const {
    return value(i, j, weighted, weight);
  }
};

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_MODELMATH_CUH
