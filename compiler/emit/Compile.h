//===- Compile.h - a description to kernels, as far as asked ----*- C++ -*-===//
#ifndef COMPILER_EMIT_COMPILE_H
#define COMPILER_EMIT_COMPILE_H

#include "moert/Manifest.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <functional>
#include <string>
#include <vector>

namespace mlir::moe {

/// The artefacts on the way, in order.
enum class Level { moe, pipe, nvvm, llvm, ptx, cubin };

struct CompileOptions {
  Level stopAt = Level::cubin;
  std::vector<std::string> request; ///< Of moe-assign-schedule.
  std::string ptxas;                ///< Path; empty looks for it.
  std::string kernel;               ///< Only "up" or "down"; empty is both.
  unsigned jobs = 0;                ///< Threads; 0 is one a core.
  /// Called from any thread when a kernel is done, with the number of kernels.
  std::function<void(const std::string &kernel, size_t of)> progress;
};

/// One kernel as text and bytes, as far as the level went.
struct CompiledKernel {
  moert::KernelRecord record;
  std::string llvm;  ///< Optimised LLVM IR, from Level::llvm on.
  std::string ptx;   ///< From Level::ptx on.
  std::string cubin; ///< At Level::cubin.
};

struct CompiledLayer {
  moert::LayerDescription layer;
  int64_t rowAlignment = 0;
  std::vector<CompiledKernel> kernels; ///< From Level::llvm on.
};

/// The dialects and translations that a compilation needs.
void registerAll(DialectRegistry &registry);

/// Compiles the one moe.layer of `module`, which is left at the last MLIR level
/// reached. What is wrong with the input is reported as a diagnostic; what goes
/// wrong behind MLIR (ptxas) is put in `toolErrors`, a line each.
FailureOr<CompiledLayer> compile(ModuleOp module, const CompileOptions &options,
                                 std::vector<std::string> &toolErrors);

} // namespace mlir::moe

#endif // COMPILER_EMIT_COMPILE_H
