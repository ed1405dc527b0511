//===- Jit.h - the final module as host code --------------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_JIT_H
#define COMPILER_SIMULATE_JIT_H

#include "compiler/simulate/Operations.h"

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

namespace llvm::orc {
class LLJIT;
}

namespace mlir::moe::sim {

/// A kernel compiled for the host, its operations calls of the simulator.
class Jit {
public:
  /// `module` is the final module of one kernel; it is copied. An operation
  /// that the simulator does not know is an error that names it.
  static llvm::Expected<std::unique_ptr<Jit>>
  create(const llvm::Module &module);
  ~Jit();

  /// Runs the code of one thread; arguments as 64-bit slots.
  void (*entry)(const uint64_t *arguments) = nullptr;

  std::vector<Operation> operations;
  std::vector<std::string> locations; ///< "up.pipe:12", by number.
  unsigned clusterSize = 1;           ///< Blocks.
  unsigned mostThreads = 0;           ///< Of a block (maxntid); 0 is any.
  uint32_t staticShared = 0;          ///< Bytes before the dynamic memory.

private:
  Jit();
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_JIT_H
