//===- Resources.cpp ------------------------------------------------------===//

#include "compiler/schedule/Resources.h"

#include <algorithm>

using namespace mlir::moe;

int64_t mlir::moe::storedColumns(const Schedule &schedule,
                                 const GemmShape &gemm) {
  ColumnTiling columns(gemm, schedule);
  return gemm.parts == 1 ? schedule.blockN : columns.pieceN;
}

int64_t mlir::moe::stagingBytes(const Schedule &schedule,
                                const GemmShape &gemm) {
  int64_t elementBytes = gemm.quantised ? 1 : 2;
  int64_t rowBytes = storedColumns(schedule, gemm) * elementBytes;
  return schedule.consumers * kSlabRows * (rowBytes + kStagingPadding);
}

int64_t mlir::moe::sharedMemory(const Schedule &schedule,
                                const GemmShape &gemm) {
  constexpr int64_t f32 = 4, barrier = 8, queue = 2 * (8 + 2 * barrier);
  int64_t slot = (schedule.blockM + schedule.blockN) * schedule.blockK +
                 schedule.blockM * f32;
  return schedule.stages * (slot + 2 * barrier) + stagingBytes(schedule, gemm) +
         (schedule.cluster == 1 ? queue : 0);
}

int64_t mlir::moe::entryRegisters(int64_t threads) {
  constexpr int64_t registerFile = 65536, limit = 255, granule = 8;
  return std::min(registerFile / threads, limit) / granule * granule;
}
