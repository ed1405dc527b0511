//===- Inspect.h - what GPU code may do -------------------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_INSPECT_H
#define COMPILER_SIMULATE_INSPECT_H

#include "llvm/IR/InstrTypes.h"

#include <cstdint>
#include <optional>

namespace mlir::moe::sim {

/// What a check of memory is told of its address (AccessFlags); none where
/// there is nothing to check: parameters, constants and the stack.
std::optional<uint32_t> spaceFlags(const llvm::Value *address);

/// LLVM's own intrinsics mean the same on every target; but what they do to
/// memory would go unchecked.
bool isHarmless(const llvm::CallBase &call);

/// Whether a value may be what a wgmma returned, and no wait has passed on.
bool mayBeInFlight(llvm::Value *value);

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_INSPECT_H
