//===- Resources.h - what a schedule asks of an SM --------------*- C++ -*-===//
#ifndef COMPILER_SCHEDULE_RESOURCES_H
#define COMPILER_SCHEDULE_RESOURCES_H

#include "compiler/schedule/Schedule.h"

namespace mlir::moe {

/// Bytes of dynamic shared memory one block may ask for on sm_90.
inline constexpr int64_t kSharedMemoryLimit = 232448;

/// Bytes: ring slots (A, B, scales of A), the epilogue's staging rows, the
/// barriers, the tile queue, the ledger, the exchange of row maxima and the
/// outbox, at most a few gaps less than what pipe-plan-shared-memory lays out.
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

/// K blocks whose scales are loaded at once: four of them are the 16 bytes of
/// one copy, if rows are gathered and have so many; else one.
int64_t scaleGroup(const GemmShape &gemm);

/// Slots for groups of scales beside the ring's, so that they never are what
/// the ring waits for.
int64_t scaleStages(const Schedule &schedule, const GemmShape &gemm);

/// Slots of the ring of the rows that are added up: what the rest leaves of
/// shared memory; below 2 it leaves too little.
int64_t sumStages(const Schedule &schedule, const GemmShape &gemm);

/// Warps of the producer that send rows for the consumers, one for each
/// consumer warpgroup or, swapped, for all; 0 where the producer needs its
/// warps itself.
int64_t senders(const Schedule &schedule, const GemmShape &gemm);

/// Rows that a sender takes at a time.
int64_t rowsOfSender(const Schedule &schedule);

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
