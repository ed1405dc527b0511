//===- Operations.h - what the simulator knows ------------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_OPERATIONS_H
#define COMPILER_SIMULATE_OPERATIONS_H

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace mlir::moe::sim {

struct Thread;
struct Call;
using Handler = void (*)(Thread &, const Call &);

/// An operation of the kernel: an NVVM intrinsic or an inline asm.
struct Operation {
  std::string name; ///< As PTX calls it.
  Handler handler = nullptr;
  int n = 0;     ///< Registers, columns or dimensions that it speaks of.
  int depth = 0; ///< wgmma groups that a wait leaves in flight; or a variant.

  bool operator==(const Operation &) const = default;
};

/// Nothing if the simulator does not know the intrinsic.
std::optional<Operation> findIntrinsic(llvm::StringRef name);
/// Nothing if the simulator does not know the text; constraints count too.
std::optional<Operation> findInlineAsm(llvm::StringRef text,
                                       llvm::StringRef constraints);

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_OPERATIONS_H
