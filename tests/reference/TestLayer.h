//===- TestLayer.h - small layers with random tensors -----------*- C++ -*-===//
#ifndef MOE_TESTS_REFERENCE_TESTLAYER_H
#define MOE_TESTS_REFERENCE_TESTLAYER_H

#include "runtime/reference/HostLayer.h"
#include "runtime/reference/Quantise.h"

#include <cmath>
#include <random>

namespace moert::tests {

inline LayerDescription smallLayer(std::int64_t hidden,
                                   std::int64_t intermediate,
                                   std::int64_t offset = 0) {
  LayerDescription layer;
  layer.experts = layer.globalExperts = 3;
  layer.topK = 2;
  layer.hidden = hidden;
  layer.intermediate = intermediate;
  layer.scaleOffset = offset;
  return layer;
}

/// Codes and scales of a layer's weights, and their addresses.
struct HostWeights {
  std::vector<std::uint8_t> w13, w2;
  std::vector<float> w13Scales, w2Scales;

  reference::LayerWeights pointers() const {
    return {w13.data(), w13Scales.data(), w2.data(), w2Scales.data()};
  }
};

/// All codes alike, all scales one.
inline HostWeights plainWeights(const LayerDescription &layer,
                                std::uint8_t code) {
  const std::int64_t experts = layer.totalExperts();
  const std::int64_t size = experts * layer.intermediate * layer.hidden;
  const std::int64_t scales =
      experts * layer.intermediateBlocks() * layer.hiddenBlocks();
  HostWeights weights;
  weights.w13.assign(2 * size, code);
  weights.w2.assign(size, code);
  weights.w13Scales.assign(2 * scales, 1.0f);
  weights.w2Scales.assign(scales, 1.0f);
  return weights;
}

/// Normal codes up to about 200 and scales that make values like 1/sqrt(K).
inline HostWeights randomWeights(const LayerDescription &layer, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0f, 100.0f);
  std::uniform_real_distribution<float> spread(0.5f, 2.0f);
  HostWeights weights = plainWeights(layer, 0);
  for (auto *codes : {&weights.w13, &weights.w2})
    for (std::uint8_t &code : *codes)
      code = reference::encodeE4m3(normal(random));
  auto fill = [&](std::vector<float> &scales, std::int64_t k) {
    for (float &scale : scales)
      scale = spread(random) / (100.0f * std::sqrt(static_cast<float>(k)));
  };
  fill(weights.w13Scales, layer.hidden);
  fill(weights.w2Scales, layer.intermediate);
  return weights;
}

inline std::vector<float> randomValues(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float &value : values)
    value = normal(random);
  return values;
}

} // namespace moert::tests

#endif // MOE_TESTS_REFERENCE_TESTLAYER_H
