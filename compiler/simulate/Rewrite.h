//===- Rewrite.h - a GPU module made to run on the host ---------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_REWRITE_H
#define COMPILER_SIMULATE_REWRITE_H

#include "compiler/simulate/Operations.h"

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace mlir::moe::sim {

/// Names of what rewritten code calls; Jit.cpp defines them.
inline constexpr llvm::StringLiteral kEntryName = "moe_sim_entry",
                                     kOperationName = "moe_sim_operation",
                                     kAccessName = "moe_sim_access",
                                     kSharedName = "moe_sim_shared",
                                     kInFlightName = "moe_sim_in_flight";

/// What the check of a load or store in the code is told: bits of one number.
enum AccessFlags : uint32_t {
  kIsStore = 1,
  kIsShared = 2, ///< Of the thread's own block.
  kIsAtomic = 4,
  kIsCluster = 8,  ///< Shared memory of any block of the cluster.
  kIsGeneric = 16, ///< Any of them, or the stack.
};

/// What the rewritten code refers to by number.
struct RewriteTables {
  std::vector<Operation> operations;
  std::vector<std::string> locations; ///< Number 0 is "an unknown place".
  uint32_t staticShared = 0;
  unsigned clusterSize = 1, mostThreads = 0;
};

/// Rewrites the one kernel of `module` in place, for `triple` and `layout` of
/// the host:
/// - every NVVM intrinsic and inline asm becomes a call that passes its
///   operands through memory, 64 bits a scalar;
/// - every load and store of global and shared memory is checked first;
/// - arithmetic on what a wgmma returned is checked first;
/// - shared memory is found by a call at entry;
/// - a function kEntryName(slots) reads the arguments and calls the kernel.
/// What is not known is an error that names it.
llvm::Error rewriteForHost(llvm::Module &module, const llvm::Triple &triple,
                           const llvm::DataLayout &layout,
                           RewriteTables &tables);

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_REWRITE_H
