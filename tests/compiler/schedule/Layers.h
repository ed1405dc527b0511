//===- Layers.h - layers that predictions are tried with --------*- C++ -*-===//
#ifndef MOE_TESTS_COMPILER_SCHEDULE_LAYERS_H
#define MOE_TESTS_COMPILER_SCHEDULE_LAYERS_H

#include "compiler/schedule/Plans.h"

#include <string>
#include <vector>

namespace mlir::moe {

struct NamedLayer {
  std::string name;
  LayerProblem problem;
};

inline GemmShape upShape(int64_t hidden, int64_t intermediate,
                         int64_t offset = 0) {
  return {.parts = 2,
          .partN = intermediate,
          .k = hidden,
          .nOffset = offset,
          .gathered = true,
          .quantised = true};
}

inline GemmShape downShape(int64_t hidden, int64_t intermediate,
                           int64_t offset = 0) {
  return {.partN = hidden, .k = intermediate, .kOffset = offset};
}

inline LayerProblem layer(Routing routing, int64_t hidden, int64_t intermediate,
                          int64_t offset = 0) {
  return {routing, upShape(hidden, intermediate, offset),
          downShape(hidden, intermediate, offset)};
}

/// Those of configs/models, without the ones that differ in nothing a
/// prediction sees.
inline std::vector<NamedLayer> modelLayers() {
  return {
      {"deepseek-v3-ep8", layer({32, 0, 256, 8}, 7168, 2048)},
      {"deepseek-v3-tp8", layer({256, 1, 256, 8}, 7168, 256)},
      {"glm-4.5-air-tp4", layer({128, 0, 128, 8}, 4096, 352)},
      {"kimi-k2-tp8", layer({384, 0, 384, 8}, 7168, 256)},
      {"mixtral-8x7b-tp4", layer({8, 0, 8, 2}, 4096, 3584)},
      {"qwen3-235b-a22b-tp4", layer({128, 0, 128, 8}, 4096, 384)},
      {"qwen3-235b-a22b-tp8-odd", layer({128, 0, 128, 8}, 4096, 192, 64)},
      {"qwen3-30b-a3b-tp1", layer({128, 0, 128, 8}, 2048, 768)},
      {"qwen3-coder-480b-tp8", layer({160, 0, 160, 8}, 6144, 320)},
      {"qwen3-next-80b-tp8", layer({512, 0, 512, 10}, 2048, 64)},
  };
}

} // namespace mlir::moe

#endif // MOE_TESTS_COMPILER_SCHEDULE_LAYERS_H
