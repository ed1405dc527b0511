//===- Resources.h - what a schedule asks of an SM --------------*- C++ -*-===//
#ifndef COMPILER_SCHEDULE_RESOURCES_H
#define COMPILER_SCHEDULE_RESOURCES_H

#include "compiler/schedule/Schedule.h"

namespace mlir::moe {

/// Bytes of dynamic shared memory one block may ask for on sm_90.
inline constexpr int64_t kSharedMemoryLimit = 232448;

/// Bytes: ring slots (A, B, scales of A), the epilogue's staging rows, the
/// barriers, the tile queue and the exchange of row maxima, at most a few gaps
/// less than what pipe-plan-shared-memory lays out.
int64_t sharedMemory(const Schedule &schedule, const GemmShape &gemm);

/// Columns of the result that leave together: a piece of e4m3, or all pieces of
/// a tile where they follow each other.
int64_t storedColumns(const Schedule &schedule, const GemmShape &gemm);

/// Bytes that each staging row is longer than what it holds, so that neighbours
/// lie in other banks.
inline constexpr int64_t kStagingPadding = 16;

/// Bytes of the epilogue's staging rows: one slab for each consumer warpgroup,
/// or the rows of a swapped tile.
int64_t stagingBytes(const Schedule &schedule, const GemmShape &gemm);

/// Warps that hold columns of the same row and scale group, where the tile is
/// swapped: those of all consumers of a cluster.
int64_t exchangeParties(const Schedule &schedule);

/// Bytes through which they tell each other the largest element of a row; 0
/// where nothing is told.
int64_t exchangeBytes(const Schedule &schedule, const GemmShape &gemm);

/// Registers a thread has when a block of `threads` starts alone on an SM:
/// what ptxas assumes under maxntid and minctasm = 1.
int64_t entryRegisters(int64_t threads);

} // namespace mlir::moe

#endif // COMPILER_SCHEDULE_RESOURCES_H
