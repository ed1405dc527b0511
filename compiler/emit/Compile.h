//===- Compile.h - a description to kernels, as far as asked ----*- C++ -*-===//
#ifndef COMPILER_EMIT_COMPILE_H
#define COMPILER_EMIT_COMPILE_H

#include "compiler/emit/PlanRequests.h"
#include "moert/Manifest.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <functional>
#include <string>
#include <vector>

namespace mlir::moe {

/// The artefacts on the way, in order.
enum class Level { moe, pipe, nvvm, llvm, ptx, cubin };

/// From so many tokens on a layer that may end in one kernel for the last
/// shared expert and the sum over slots does: measured, docs/performance.md.
inline constexpr int64_t kCombineFromTokens = 1024;

struct CompileOptions {
  Level stopAt = Level::cubin;
  /// By ascending fromTokens, the first from 0, and variants of them at the
  /// end; by default one, by rule.
  std::vector<PlanRequest> plans = {{}};
  std::string ptxas;  ///< Path; empty looks for it.
  std::string kernel; ///< Only "up", "down" or "combine"; empty is all.
  /// Plans of calls of at least so many tokens name a kernel that ends the
  /// layer, if it may have one.
  int64_t combineFrom = kCombineFromTokens;
  unsigned jobs = 0; ///< Threads; 0 is one a core.
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
  moert::LayerConfiguration configuration; ///< For the caller to set.
  std::vector<moert::Plan> plans; ///< One for each that was asked for but
                                  ///< variants.
  /// From Level::llvm on; one that several plans need is there once.
  std::vector<CompiledKernel> kernels;
};

/// The dialects and translations that a compilation needs.
void registerAll(DialectRegistry &registry);

/// Compiles the one moe.layer of `module`. The module is left at the last MLIR
/// level reached, with the products of the first plan or the kernel asked for.
/// What is wrong with the input is reported as a diagnostic; what goes wrong
/// behind MLIR (ptxas) is put in `toolErrors`, a line each.
FailureOr<CompiledLayer> compile(ModuleOp module, const CompileOptions &options,
                                 std::vector<std::string> &toolErrors);

} // namespace mlir::moe

#endif // COMPILER_EMIT_COMPILE_H
