//===- Access.h - what threads do to memory ---------------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_ACCESS_H
#define COMPILER_SIMULATE_ACCESS_H

#include "compiler/simulate/Block.h"

namespace mlir::moe::sim {

/// An atomic operation or a reduction updates.
enum class Doing { load, store, update };

/// An access of a thread, at once or by a copy that it starts.
struct GlobalAccess {
  Doing doing;
  const char *verb; ///< "loads", "stores a box to".
  unsigned location;
};

/// Whether a tensor holds the bytes, may be written if they are, and is not
/// still in use by an earlier kernel; if not, a finding.
bool mayAccess(Thread &thread, const void *place, uint64_t bytes,
               const GlobalAccess &access);

/// A finding unless `place` is a multiple of `alignment`.
bool isAlignedAt(Thread &thread, const void *place, uint64_t alignment,
                 uint64_t bytes, unsigned location);

/// Notes who wrote, and finds that somebody else had; updates do not disturb
/// each other.
void noteGlobalWrite(Thread &thread, const void *place, uint64_t bytes,
                     const GlobalAccess &access);

/// Checks a load or store of the kernel's code that is about to happen; the
/// flags are AccessFlags.
void checkAccess(Thread &thread, uint64_t address, uint32_t bytes,
                 uint32_t flags, unsigned location);

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_ACCESS_H
