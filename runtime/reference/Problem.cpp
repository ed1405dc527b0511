//===- Problem.cpp - both GEMMs of a layer as one problem -----------------===//
#include "runtime/reference/Problem.h"

#include "moert/Manifest.h"

namespace moert::reference {

GroupedGemm upGemm(const LayerDescription &layer, const LayerWeights &weights,
                   const std::uint8_t *x, const float *xScales,
                   const std::int32_t *sortedTokenIds) {
  GroupedGemm gemm;
  gemm.a = x;
  gemm.aScales = xScales;
  gemm.aScaleRowStride = layer.hiddenBlocks();
  gemm.aScaleBlockStride = 1;
  gemm.gathered = true;
  gemm.b = weights.w13;
  gemm.bScales = weights.w13Scales;
  gemm.n = 2 * layer.intermediate;
  gemm.k = layer.hidden;
  gemm.blocks = layer.hiddenBlocks();
  gemm.half = layer.intermediate;
  gemm.nOffset = layer.scaleOffset;
  gemm.halfScaleRows = layer.intermediateBlocks();
  gemm.sortedTokenIds = sortedTokenIds;
  gemm.slots = layer.slots();
  return gemm;
}

GroupedGemm downGemm(const LayerDescription &layer, const LayerWeights &weights,
                     const std::uint8_t *h, const float *hScales,
                     std::int64_t scaleStride, const float *topkWeights,
                     const std::int32_t *sortedTokenIds) {
  GroupedGemm gemm;
  gemm.a = h;
  gemm.aScales = hScales;
  gemm.aScaleRowStride = 1;
  gemm.aScaleBlockStride = scaleStride;
  gemm.b = weights.w2;
  gemm.bScales = weights.w2Scales;
  gemm.n = layer.hidden;
  gemm.k = layer.intermediate;
  gemm.kOffset = layer.scaleOffset;
  gemm.blocks = layer.intermediateBlocks();
  gemm.half = layer.hidden;
  gemm.halfScaleRows = layer.hiddenBlocks();
  gemm.scattered = true;
  gemm.weights = topkWeights;
  gemm.sortedTokenIds = sortedTokenIds;
  gemm.slots = layer.slots();
  return gemm;
}

} // namespace moert::reference
