//===- Cubin.h - PTX to cubin, by ptxas -------------------------*- C++ -*-===//
#ifndef COMPILER_EMIT_CUBIN_H
#define COMPILER_EMIT_CUBIN_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace mlir::moe {

/// A cubin and what ptxas said of the kernel in it.
struct Cubin {
  std::string bytes;
  int64_t registers = 0;  ///< A thread at entry.
  int64_t spillBytes = 0; ///< Stored and loaded.
};

/// The path of ptxas: `asked` if given, else from PATH, else from
/// $CUDA_HOME/bin or /usr/local/cuda/bin. An error if there is none.
llvm::Expected<std::string> findPtxas(llvm::StringRef asked);

/// Assembles the PTX of `kernel` for sm_90a. An error if ptxas fails, if it
/// remarks C75xx (it serialised wgmma or ignored setmaxnreg: the kernel would
/// be right, and slow), or if it spilled; each names the kernel.
llvm::Expected<Cubin> assemble(llvm::StringRef ptxas, llvm::StringRef ptx,
                               llvm::StringRef kernel);

} // namespace mlir::moe

#endif // COMPILER_EMIT_CUBIN_H
