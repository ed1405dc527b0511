//===- Resources.h - what a schedule asks of an SM --------------*- C++ -*-===//
#ifndef COMPILER_SCHEDULE_RESOURCES_H
#define COMPILER_SCHEDULE_RESOURCES_H

#include "compiler/schedule/Schedule.h"

namespace mlir::moe {

/// Bytes of dynamic shared memory one block may ask for on sm_90.
inline constexpr int64_t kSharedMemoryLimit = 232448;

/// Bytes: ring slots (A, B, scales of A), the epilogue's staging rows and the
/// barriers, laid out as pipe-plan-shared-memory does.
int64_t sharedMemory(const Schedule &schedule);

/// Bytes of the epilogue's staging rows: 16 rows of 64 bf16 for each consumer
/// warp.
int64_t stagingBytes(const Schedule &schedule);

/// Registers a thread has when a block of `threads` starts alone on an SM:
/// what ptxas assumes under maxntid and minctasm = 1.
int64_t entryRegisters(int64_t threads);

} // namespace mlir::moe

#endif // COMPILER_SCHEDULE_RESOURCES_H
