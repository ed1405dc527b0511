//===- Tma.h - operands of TMA and of bulk copies ---------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_TMA_H
#define COMPILER_SIMULATE_TMA_H

#include "compiler/simulate/Access.h"

namespace mlir::moe::sim {

/// The tensor map parameter at an address, of as many dimensions as the
/// operation names; null and a finding if there is none.
const TensorMap *mapAt(Thread &thread, uint64_t pointer, const Call &call);

/// Coordinates from operand `first` on.
std::vector<int64_t> coordinatesAt(const Call &call, unsigned first);

/// A finding unless a box may lie at the shared address.
bool isAligned(Thread &thread, const TensorMap &map, uint32_t address,
               unsigned location);

/// A finding unless size and both addresses are multiples of 16.
bool isWholeChunks(Thread &thread, const void *global, uint32_t shared,
                   uint32_t bytes, unsigned location);

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_TMA_H
