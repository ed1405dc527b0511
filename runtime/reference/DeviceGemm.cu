//===- DeviceGemm.cu - both reference GEMMs on the GPU --------------------===//
//
// One kernel walks the problem as the order law says; what a step of 32
// products computes, and how a sum is stored, comes from a template argument
// (ModelInBf16, ModelInF32, DoubleMath). A block takes 64 sorted rows times 64
// columns, a thread 4 x 4 of them.
//
//===----------------------------------------------------------------------===//
#include "runtime/reference/DeviceGemm.h"

#include "runtime/reference/Cuda.h"
#include "runtime/reference/DoubleMath.cuh"
#include "runtime/reference/ModelMath.cuh"

namespace moert::reference {

namespace {

/// Where the rows and columns of a block of threads lie in memory.
struct Places {
  std::int64_t a[kTileRows];      ///< First code of a row of A; -1: no row.
  std::int64_t b[kTileColumns];   ///< First code of a row of B; -1: none.
  std::int64_t aScale[kTileRows]; ///< Scale of the row's first block.
  std::int64_t bScale[kTileColumns];
};

__device__ void findPlaces(const GroupedGemm &gemm, RowTile tile,
                           std::int64_t firstColumn, Places &places) {
  int i = threadIdx.x;
  if (i < kTileRows) {
    bool used = i < tile.rows;
    std::int64_t row = used ? gemm.aRow(tile.firstRow + i) : 0;
    places.a[i] = used ? row * gemm.k : -1;
    places.aScale[i] = row * gemm.aScaleRowStride;
  } else if (i < kTileRows + kTileColumns) {
    i -= kTileRows;
    std::int64_t column = firstColumn + i;
    bool used = column < gemm.n;
    if (!used)
      column = 0;
    places.b[i] = used ? (tile.expert * gemm.n + column) * gemm.k : -1;
    places.bScale[i] = gemm.bScaleStart(tile.expert, column);
  }
}

/// Codes k ... k + 7 of a row; zero outside [0, end), as TMA fills.
__device__ void loadCodes(const std::uint8_t *codes, std::int64_t row,
                          std::int64_t k, std::int64_t end,
                          std::uint8_t (&loaded)[kCodesPerThread]) {
  if (row >= 0 && k >= 0 && k + kCodesPerThread <= end &&
      (row + k) % kCodesPerThread == 0) {
    uint2 both = *reinterpret_cast<const uint2 *>(codes + row + k);
    for (int i = 0; i < 4; ++i) {
      loaded[i] = both.x >> 8 * i;
      loaded[i + 4] = both.y >> 8 * i;
    }
    return;
  }
  for (int i = 0; i < kCodesPerThread; ++i)
    loaded[i] = row >= 0 && k + i >= 0 && k + i < end ? codes[row + k + i] : 0;
}

/// Thread t takes row t % 64 of both operands and 8 of the 32 codes, so that
/// the threads of a warp write neighbouring words of shared memory.
template <class Math>
__device__ void fillStep(const GroupedGemm &gemm, const Places &places,
                         std::int64_t k, typename Math::Shared &shared) {
  int row = threadIdx.x % kTileRows;
  int first = threadIdx.x / kTileRows * kCodesPerThread;
  std::uint8_t loaded[kCodesPerThread];
  loadCodes(gemm.a, places.a[row], k + first, gemm.k, loaded);
  Math::put(shared.a, row, first, loaded);
  loadCodes(gemm.b, places.b[row], k + first, gemm.k, loaded);
  Math::put(shared.b, row, first, loaded);
}

template <class Math>
__device__ void promoteBlock(const GroupedGemm &gemm, const Places &places,
                             std::int64_t block, int row, int column,
                             Math &math) {
  float aScale[kPerThread], bScale[kPerThread];
  for (int i = 0; i < kPerThread; ++i) {
    aScale[i] =
        gemm.aScales[places.aScale[row + i] + block * gemm.aScaleBlockStride];
    bScale[i] = gemm.bScales[places.bScale[column + i] + block];
  }
  math.promote(aScale, bScale);
}

template <class Math>
__device__ void storeTile(const GroupedGemm &gemm, RowTile tile, int row,
                          std::int64_t column, const Math &math,
                          typename Math::Out *out) {
  for (int i = 0; i < kPerThread && row + i < tile.rows; ++i) {
    std::int64_t sorted = tile.firstRow + row + i;
    bool weighted = gemm.weights != nullptr;
    float weight = weighted ? gemm.weights[gemm.sortedTokenIds[sorted]] : 1.0f;
    for (int j = 0; j < kPerThread && column + j < gemm.n; ++j)
      out[gemm.cRow(sorted) * gemm.n + column + j] =
          math.result(i, j, weighted, weight);
  }
}

template <class Math>
__global__ void __launch_bounds__(kThreads, 2)
    gemmKernel(GroupedGemm gemm, const RowTile *tiles,
               typename Math::Out *out) {
  __shared__ typename Math::Shared shared;
  __shared__ Places places;
  const RowTile tile = tiles[blockIdx.x];
  const std::int64_t firstColumn =
      static_cast<std::int64_t>(blockIdx.y) * kTileColumns;
  const int row = threadIdx.x / 16 * kPerThread;
  const int column = threadIdx.x % 16 * kPerThread;
  findPlaces(gemm, tile, firstColumn, places);
  __syncthreads();

  Math math;
  for (std::int64_t block = 0; block < gemm.blocks; ++block) {
    for (int step = 0; step < kBlock; step += kStep) {
      fillStep<Math>(gemm, places, gemm.blockStart(block) + step, shared);
      __syncthreads();
      math.step(shared, row, column);
      __syncthreads(); // before the next step overwrites what others read
    }
    promoteBlock(gemm, places, block, row, column, math);
  }
  storeTile(gemm, tile, row, firstColumn + column, math, out);
}

template <class Math>
void launch(const char *name, const GroupedGemm &gemm, const RowTile *tiles,
            std::int64_t tileCount, typename Math::Out *out,
            cudaStream_t stream) {
  if (tileCount == 0)
    return;
  dim3 grid(static_cast<unsigned>(tileCount),
            static_cast<unsigned>((gemm.n + kTileColumns - 1) / kTileColumns));
  gemmKernel<Math><<<grid, kThreads, 0, stream>>>(gemm, tiles, out);
  checkLaunch(name);
}

} // namespace

void modelGemm(const GroupedGemm &gemm, const RowTile *tiles,
               std::int64_t tileCount, std::uint16_t *out,
               cudaStream_t stream) {
  launch<ModelInBf16>("modelGemm", gemm, tiles, tileCount, out, stream);
}

void modelGemm(const GroupedGemm &gemm, const RowTile *tiles,
               std::int64_t tileCount, float *out, cudaStream_t stream) {
  launch<ModelInF32>("modelGemm in f32", gemm, tiles, tileCount, out, stream);
}

void doubleGemm(const GroupedGemm &gemm, const RowTile *tiles,
                std::int64_t tileCount, float *out, cudaStream_t stream) {
  launch<DoubleMath>("doubleGemm", gemm, tiles, tileCount, out, stream);
}

} // namespace moert::reference
