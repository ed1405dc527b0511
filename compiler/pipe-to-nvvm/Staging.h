//===- Staging.h - accumulators into staging rows ---------------*- C++ -*-===//
#ifndef COMPILER_PIPETONVVM_STAGING_H
#define COMPILER_PIPETONVVM_STAGING_H

#include "compiler/pipe-to-nvvm/ThreadBuilder.h"

namespace mlir::pipe {

/// Rows in shared memory, on their way to global memory.
struct StagingRows {
  Value start;      ///< Of the first row.
  int64_t rowBytes; ///< From one row to the next.
  Type element; ///< bf16 or f8E4M3FN, rounded to nearest even; e4m3 saturates.
};

/// Registers i and i + 1, neighbours in a row, as two bf16 in an i32.
Value bf16Pair(ValueRange acc, size_t i, ThreadBuilder &b);

/// Writes a warp's 16 rows of accumulators, whose columns lie side by side.
void writeUpright(ArrayRef<ValueRange> accs, const StagingRows &to,
                  const Frame &frame, ThreadBuilder &b);

/// The same of turned accumulators: all rows, and of each accumulator the 16
/// columns that this warp has among those of all consumers.
void writeTurned(ArrayRef<ValueRange> accs, const StagingRows &to,
                 const Frame &frame, ThreadBuilder &b);

} // namespace mlir::pipe

#endif // COMPILER_PIPETONVVM_STAGING_H
