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
  int64_t rows =
      schedule.swapped ? schedule.blockM : schedule.consumers * kSlabRows;
  return rows * (rowBytes + kStagingPadding);
}

int64_t mlir::moe::exchangeParties(const Schedule &schedule) {
  constexpr int64_t warps = 4;
  return warps * schedule.consumers * schedule.cluster;
}

int64_t mlir::moe::exchangeBytes(const Schedule &schedule,
                                 const GemmShape &gemm) {
  constexpr int64_t f32 = 4, barrier = 8, depth = 2;
  if (!schedule.swapped || !gemm.quantised)
    return 0;
  return depth * (exchangeParties(schedule) * schedule.blockM * f32 + barrier);
}

int64_t mlir::moe::sharedMemory(const Schedule &schedule,
                                const GemmShape &gemm) {
  constexpr int64_t f32 = 4, barrier = 8, queue = 2 * (8 + 2 * barrier);
  // TMA writes each slot's scales to a multiple of 128 bytes.
  int64_t scales = (schedule.blockM * f32 + 127) / 128 * 128;
  int64_t slot = (schedule.blockM + schedule.blockN) * schedule.blockK + scales;
  return schedule.stages * (slot + 2 * barrier) + stagingBytes(schedule, gemm) +
         (schedule.cluster == 1 ? queue : 0) + exchangeBytes(schedule, gemm);
}

int64_t mlir::moe::entryRegisters(int64_t threads) {
  constexpr int64_t registerFile = 65536, limit = 255, granule = 8;
  return std::min(registerFile / threads, limit) / granule * granule;
}
