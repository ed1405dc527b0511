//===- InputKernels.cu - inputs made on the GPU ---------------------------===//
#include "runtime/bench/InputKernels.h"

#include "runtime/reference/Cuda.h"
#include "runtime/reference/Quantise.h"

namespace moert::bench {

using namespace reference;

namespace {

constexpr int kBlockThreads = 256;
constexpr int kManyBlocks = 132 * 16;

/// Box-Muller, of the 64 bits at one index.
__device__ float normal(const RandomStream &random, std::uint64_t index) {
  std::uint64_t bits = random.bits(index);
  float radius = (static_cast<float>(bits >> 40) + 0.5f) * 0x1p-24f;
  float angle = static_cast<float>((bits >> 8) & 0xffffff) * 0x1p-24f;
  return sqrtf(-2.0f * logf(radius)) * cospif(2.0f * angle);
}

/// Between 1/4 and 4, its logarithm uniform.
__device__ float spreadOf(const RandomStream &random, std::uint64_t index) {
  return exp2f(4.0f * static_cast<float>(random.uniform(index)) - 2.0f);
}

__global__ void activationsKernel(std::uint16_t *x, std::int64_t tokens,
                                  std::int64_t hidden, std::uint64_t seed) {
  const RandomStream values(seed, RandomUse::activations);
  const RandomStream spreads(seed, RandomUse::activationSpread);
  const std::int64_t blocks = (hidden + kBlock - 1) / kBlock;
  const std::int64_t token = blockIdx.x;
  for (std::int64_t c = threadIdx.x; c < hidden; c += blockDim.x) {
    float spread = spreadOf(spreads, token * blocks + c / kBlock);
    x[token * hidden + c] =
        encodeBf16(spread * normal(values, token * hidden + c));
  }
}

/// Which rows and columns of one expert's weights a scale covers.
struct WeightBlock {
  std::int64_t firstRow, lastRow, firstK, lastK;
};

__device__ WeightBlock blockOf(const GroupedGemm &gemm, std::int64_t scaleRow,
                               std::int64_t kBlockIndex) {
  std::int64_t start = scaleRow / gemm.halfScaleRows * gemm.half;
  std::int64_t row = scaleRow % gemm.halfScaleRows * kBlock - gemm.nOffset;
  std::int64_t k = gemm.blockStart(kBlockIndex);
  return {start + max(row, std::int64_t(0)),
          start + min(row + kBlock, gemm.half), max(k, std::int64_t(0)),
          min(k + kBlock, gemm.k)};
}

/// The largest value of all threads of the block, in every thread.
__device__ float blockMax(float value) {
  __shared__ unsigned largest;
  if (threadIdx.x == 0)
    largest = 0;
  __syncthreads();
  atomicMax(&largest, bitsOf(value)); // not negative: bits compare as values
  __syncthreads();
  return floatOf(largest);
}

/// One block of threads a weight block; values are made twice, not kept.
__global__ void weightsKernel(GroupedGemm gemm, bool powerOfTwo,
                              std::uint64_t seed, RandomUse valueUse,
                              RandomUse spreadUse, std::uint8_t *codes,
                              float *scales) {
  const RandomStream values(seed, valueUse), spreads(seed, spreadUse);
  const std::int64_t index = blockIdx.x;
  const std::int64_t expert = index / (gemm.scaleRows() * gemm.blocks);
  const WeightBlock block = blockOf(
      gemm, index / gemm.blocks % gemm.scaleRows(), index % gemm.blocks);
  const float deviation =
      spreadOf(spreads, index) * rsqrtf(static_cast<float>(gemm.k));
  const int width = static_cast<int>(block.lastK - block.firstK);
  const int count = width * static_cast<int>(block.lastRow - block.firstRow);
  const std::int64_t first =
      (expert * gemm.n + block.firstRow) * gemm.k + block.firstK;
  auto place = [&](int i) { return first + i / width * gemm.k + i % width; };
  auto value = [&](int i) { return deviation * normal(values, place(i)); };

  float largest = 0.0f;
  for (int i = threadIdx.x; i < count; i += blockDim.x)
    largest = fmaxf(largest, fabsf(value(i)));
  const GroupScale scale = groupScale(blockMax(largest), powerOfTwo);
  for (int i = threadIdx.x; i < count; i += blockDim.x)
    codes[place(i)] = quantised(value(i), scale);
  if (threadIdx.x == 0)
    scales[index] = scale.scale;
}

/// Runs of 64 codes take turns: any bits, like magnitudes, mostly zeros,
/// subnormals and the smallest normals.
__device__ std::uint8_t testCode(std::uint64_t bits, std::int64_t index) {
  auto code = static_cast<std::uint8_t>(bits);
  switch (index / 64 % 4) {
  case 1:
    code = (code & 0x87) | (6 + (bits >> 8 & 1)) << 3;
    break;
  case 2:
    code = bits >> 8 & 3 ? 0 : code;
    break;
  case 3:
    code &= 0x8f;
    break;
  }
  return isNaNE4m3(code) ? 0 : code;
}

__global__ void testCodesKernel(std::uint8_t *codes, std::int64_t count,
                                std::uint64_t seed) {
  const RandomStream random(seed, RandomUse::testCodes);
  const std::int64_t threads = std::int64_t(gridDim.x) * blockDim.x;
  for (auto i = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += threads)
    codes[i] = testCode(random.bits(i), i);
}

__global__ void readKernel(const uint4 *data, std::int64_t count,
                           unsigned *sink) {
  unsigned any = 0;
  const std::int64_t threads = std::int64_t(gridDim.x) * blockDim.x;
  for (auto i = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += threads) {
    uint4 four = data[i];
    any |= four.x | four.y | four.z | four.w;
  }
  if (any == 0)
    *sink = 0;
}

__global__ void copyKernel(uint4 *to, const uint4 *from, std::int64_t count) {
  const std::int64_t threads = std::int64_t(gridDim.x) * blockDim.x;
  for (auto i = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += threads)
    to[i] = from[i];
}

} // namespace

void makeActivations(std::uint16_t *x, std::int64_t tokens, std::int64_t hidden,
                     std::uint64_t seed, cudaStream_t stream) {
  if (tokens == 0)
    return;
  activationsKernel<<<static_cast<unsigned>(tokens), kBlockThreads, 0,
                      stream>>>(x, tokens, hidden, seed);
  checkLaunch("makeActivations");
}

void makeWeights(const GroupedGemm &gemm, std::int64_t experts, bool powerOfTwo,
                 std::uint64_t seed, RandomUse values, RandomUse spread,
                 std::uint8_t *codes, float *scales, cudaStream_t stream) {
  const std::int64_t blocks = experts * gemm.scaleRows() * gemm.blocks;
  weightsKernel<<<static_cast<unsigned>(blocks), kBlockThreads, 0, stream>>>(
      gemm, powerOfTwo, seed, values, spread, codes, scales);
  checkLaunch("makeWeights");
}

void makeTestCodes(std::uint8_t *codes, std::int64_t count, std::uint64_t seed,
                   cudaStream_t stream) {
  testCodesKernel<<<kManyBlocks, kBlockThreads, 0, stream>>>(codes, count,
                                                             seed);
  checkLaunch("makeTestCodes");
}

void readMemory(const void *data, std::size_t bytes, unsigned *sink,
                cudaStream_t stream) {
  readKernel<<<kManyBlocks, kBlockThreads, 0, stream>>>(
      static_cast<const uint4 *>(data),
      static_cast<std::int64_t>(bytes / sizeof(uint4)), sink);
  checkLaunch("readMemory");
}

void copyMemory(void *to, const void *from, std::size_t bytes,
                cudaStream_t stream) {
  const auto count = static_cast<std::int64_t>(bytes / sizeof(uint4));
  const auto blocks =
      static_cast<unsigned>((count + kBlockThreads - 1) / kBlockThreads);
  copyKernel<<<blocks, kBlockThreads, 0, stream>>>(
      static_cast<uint4 *>(to), static_cast<const uint4 *>(from), count);
  checkLaunch("copyMemory");
}

} // namespace moert::bench
