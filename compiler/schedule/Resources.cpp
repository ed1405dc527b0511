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

int64_t mlir::moe::senders(const Schedule &schedule, const GemmShape &gemm) {
  if (copiesRows(gemm, schedule))
    return 0;
  return schedule.swapped ? 1 : schedule.consumers;
}

int64_t mlir::moe::rowsOfSender(const Schedule &schedule) {
  return schedule.swapped ? schedule.blockM : kSlabRows;
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

int64_t mlir::moe::scaleGroup(const GemmShape &gemm) {
  constexpr int64_t scalesOfCopy = 4;
  return gemm.gathered && kBlocks(gemm) % scalesOfCopy == 0 ? scalesOfCopy : 1;
}

int64_t mlir::moe::scaleStages(const Schedule &schedule,
                               const GemmShape &gemm) {
  int64_t group = scaleGroup(gemm);
  return (schedule.stages + group - 1) / group + 1;
}

/// Bytes of the scales of A and B in a slot, each at a multiple of 128 bytes.
static int64_t scaleBytes(const Schedule &schedule, const GemmShape &gemm) {
  auto tile = [&](int64_t rows) {
    return (rows * scaleGroup(gemm) * 4 + 127) / 128 * 128;
  };
  return tile(schedule.blockM) + tile(ColumnTiling(gemm, schedule).pieces);
}

/// Without the ring of the rows that are added up.
static int64_t memoryBesideSums(const Schedule &schedule,
                                const GemmShape &gemm) {
  constexpr int64_t barrier = 8, queue = 4 * (8 + 2 * barrier);
  constexpr int64_t slipHeader = 16;
  constexpr int64_t ledger = 3 * barrier + 8 + 3 * 8;
  int64_t slot = (schedule.blockM + schedule.blockN) * schedule.blockK;
  int64_t bytes = schedule.stages * (slot + 2 * barrier) +
                  stagingBytes(schedule, gemm) + exchangeBytes(schedule, gemm);
  if (scaleGroup(gemm) == 1)
    bytes += schedule.stages * scaleBytes(schedule, gemm);
  else
    bytes += scaleStages(schedule, gemm) *
             (scaleBytes(schedule, gemm) + 2 * barrier);
  if (schedule.cluster == 1 && !gemm.combined)
    bytes += queue;
  if (mayCountRows(gemm, schedule))
    bytes += ledger;
  return bytes + senders(schedule, gemm) *
                     (slipHeader + 2 * barrier + 8 * rowsOfSender(schedule));
}

/// Of a slot of that ring: bf16 and a pair of barriers.
static int64_t bytesOfSum(const Schedule &schedule) {
  constexpr int64_t bf16 = 2, barriers = 2 * 8;
  return schedule.blockM * schedule.blockN * bf16 + barriers;
}

int64_t mlir::moe::sumStages(const Schedule &schedule, const GemmShape &gemm) {
  constexpr int64_t most = 12; // hide the latency many times over
  if (!gemm.combined)
    return 0;
  int64_t left = kSharedMemoryLimit - memoryBesideSums(schedule, gemm);
  return std::clamp<int64_t>(left / bytesOfSum(schedule), 0, most);
}

int64_t mlir::moe::sharedMemory(const Schedule &schedule,
                                const GemmShape &gemm) {
  return memoryBesideSums(schedule, gemm) +
         sumStages(schedule, gemm) * bytesOfSum(schedule);
}

int64_t mlir::moe::entryRegisters(int64_t threads) {
  constexpr int64_t registerFile = 65536, limit = 255, granule = 8;
  return std::min(registerFile / threads, limit) / granule * granule;
}
