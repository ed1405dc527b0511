//===- DoubleMath.cuh - the same sums in double precision -------*- C++ -*-===//
#ifndef MOE_RUNTIME_REFERENCE_DOUBLEMATH_CUH
#define MOE_RUNTIME_REFERENCE_DOUBLEMATH_CUH

#include "runtime/reference/Formats.h"
#include "runtime/reference/TileShape.cuh"

namespace moert::reference {

struct DoubleMath {
  using Out = float;

  struct Operand {
    alignas(16) double value[kStep][kTileRows];
  };
  struct Shared {
    Operand a, b;
  };

  static __device__ void put(Operand &operand, int row, int k,
                             const std::uint8_t (&codes)[kCodesPerThread]) {
    for (int i = 0; i < kCodesPerThread; ++i)
      operand.value[k + i][row] = decodeE4m3(codes[i]);
  }

  __device__ void step(const Shared &shared, int row, int column) {
#pragma unroll 4
    for (int k = 0; k < kStep; ++k) {
      double a[kPerThread], b[kPerThread];
      loadFour(shared.a.value[k] + row, a);
      loadFour(shared.b.value[k] + column, b);
      for (int i = 0; i < kPerThread; ++i)
        for (int j = 0; j < kPerThread; ++j)
          t[i][j] = fma(a[i], b[j], t[i][j]);
    }
  }

  static __device__ void loadFour(const double *from,
                                  double (&to)[kPerThread]) {
    double2 low = reinterpret_cast<const double2 *>(from)[0];
    double2 high = reinterpret_cast<const double2 *>(from)[1];
    to[0] = low.x, to[1] = low.y, to[2] = high.x, to[3] = high.y;
  }

  __device__ void promote(const float (&aScale)[kPerThread],
                          const float (&bScale)[kPerThread]) {
    for (int i = 0; i < kPerThread; ++i)
      for (int j = 0; j < kPerThread; ++j) {
        double scale = static_cast<double>(aScale[i]) * bScale[j];
        sum[i][j] = fma(t[i][j], scale, sum[i][j]);
        t[i][j] = 0.0;
      }
  }

  __device__ Out result(int i, int j, bool weighted, float weight) const {
    return static_cast<float>(weighted ? weight * sum[i][j] : sum[i][j]);
  }

private:
  double t[kPerThread][kPerThread] = {};
  double sum[kPerThread][kPerThread] = {};
};

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_DOUBLEMATH_CUH
