//===- DeviceLayer.cu - the steps around the GEMMs on the GPU -------------===//
#include "runtime/reference/DeviceLayer.h"

#include "runtime/reference/Cuda.h"
#include "runtime/reference/Quantise.h"
#include "runtime/reference/RowGroups.cuh"

namespace moert::reference {

namespace {

__global__ void quantiseKernel(LayerExtents layer, const std::uint16_t *x,
                               std::uint8_t *codes, float *scales) {
  const std::int64_t groups = (layer.hidden + kBlock - 1) / kBlock;
  Group group = groupOfWarp(layer.tokens, layer.hidden, 0, groups);
  if (group.index < 0)
    return;
  const std::int64_t row = group.row * layer.hidden;
  auto value = [&](std::int64_t c) { return decodeBf16(x[row + c]); };
  GroupScale scale = groupScale(largestOf(group, value), layer.powerOfTwo);
  for (auto c = group.first + lane(); c < group.last; c += 32)
    codes[row + c] = quantised(value(c), scale);
  if (lane() == 0)
    scales[group.row * groups + group.index] = scale.scale;
}

__global__ void combineKernel(LayerExtents layer, const std::uint16_t *partials,
                              const std::int32_t *ids, std::uint16_t *out) {
  const std::int64_t token = blockIdx.x;
  const auto factor = static_cast<float>(layer.routedScalingFactor);
  for (auto c = std::int64_t(threadIdx.x); c < layer.hidden; c += blockDim.x) {
    float sum = 0.0f;
    for (std::int64_t s = 0; s < layer.slots; ++s) {
      std::int64_t pair = token * layer.slots + s;
      if (ids[pair] >= 0 && ids[pair] < layer.experts)
        sum = __fadd_rn(sum, decodeBf16(partials[pair * layer.hidden + c]));
    }
    out[token * layer.hidden + c] = encodeBf16(__fmul_rn(factor, sum));
  }
}

__global__ void combineInDoubleKernel(LayerExtents layer, const float *partials,
                                      const std::int32_t *ids, float *out) {
  const std::int64_t token = blockIdx.x;
  for (auto c = std::int64_t(threadIdx.x); c < layer.hidden; c += blockDim.x) {
    double sum = 0.0;
    for (std::int64_t s = 0; s < layer.slots; ++s) {
      std::int64_t pair = token * layer.slots + s;
      if (ids[pair] >= 0 && ids[pair] < layer.experts)
        sum += partials[pair * layer.hidden + c];
    }
    out[token * layer.hidden + c] =
        static_cast<float>(layer.routedScalingFactor * sum);
  }
}

} // namespace

void quantise(const LayerExtents &layer, const std::uint16_t *x,
              std::uint8_t *codes, float *scales, cudaStream_t stream) {
  const std::int64_t groups = (layer.hidden + kBlock - 1) / kBlock;
  quantiseKernel<<<blocksForWarps(layer.tokens * groups), kWarpThreads, 0,
                   stream>>>(layer, x, codes, scales);
  checkLaunch("quantise");
}

void combine(const LayerExtents &layer, const std::uint16_t *partials,
             const std::int32_t *ids, std::uint16_t *out, cudaStream_t stream) {
  combineKernel<<<static_cast<unsigned>(layer.tokens), 256, 0, stream>>>(
      layer, partials, ids, out);
  checkLaunch("combine");
}

void combineInDouble(const LayerExtents &layer, const float *partials,
                     const std::int32_t *ids, float *out, cudaStream_t stream) {
  combineInDoubleKernel<<<static_cast<unsigned>(layer.tokens), 256, 0,
                          stream>>>(layer, partials, ids, out);
  checkLaunch("combineInDouble");
}

} // namespace moert::reference
