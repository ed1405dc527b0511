//===- Resources.cpp ------------------------------------------------------===//

#include "compiler/schedule/Resources.h"

#include <algorithm>

using namespace mlir::moe;

int64_t mlir::moe::stagingBytes(const Schedule &schedule) {
  constexpr int64_t rows = 16, columns = 64, bf16 = 2, warps = 4;
  return schedule.consumers * warps * rows * columns * bf16;
}

int64_t mlir::moe::sharedMemory(const Schedule &schedule) {
  constexpr int64_t f32 = 4, barrier = 8;
  int64_t slot = (schedule.blockM + schedule.blockN) * schedule.blockK +
                 schedule.blockM * f32;
  return schedule.stages * (slot + 2 * barrier) + stagingBytes(schedule);
}

int64_t mlir::moe::entryRegisters(int64_t threads) {
  constexpr int64_t registerFile = 65536, limit = 255, granule = 8;
  return std::min(registerFile / threads, limit) / granule * granule;
}
