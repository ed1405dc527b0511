//===- Kernels.h - a description to modules that can run --------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_KERNELS_H
#define COMPILER_SIMULATE_KERNELS_H

#include "compiler/simulate/SharedMemory.h"
#include "moert/Manifest.h"

#include "mlir/IR/BuiltinOps.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

#include <memory>
#include <string>
#include <vector>

namespace mlir::moe::sim {

/// One kernel: the module that becomes PTX, and what findings call its parts.
struct FinalKernel {
  moert::KernelRecord record;
  std::unique_ptr<llvm::Module> module; ///< Its locations are lines of `pipe`.
  std::vector<Region> regions;
};

struct FinalLayer {
  moert::LayerDescription layer;
  int64_t rowAlignment = 0;
  bool upCounts = false; ///< Up says what of h it has stored.
  std::string pipe;      ///< The kernels in the pipe dialect.
  std::unique_ptr<llvm::LLVMContext> context =
      std::make_unique<llvm::LLVMContext>();
  std::vector<FinalKernel> kernels;

  /// "pipe:12" as "pipe:12 (pipe.drain %ring)".
  std::string explain(const std::string &location) const;
};

/// Compiles the one moe.layer of `module` as moe-codegen does, with schedules
/// that answer `request`: the two products of the layer or, with `combine`, the
/// kernel that may end it. Errors are reported as diagnostics.
FailureOr<FinalLayer> compileForSimulation(ModuleOp module,
                                           ArrayRef<std::string> request,
                                           bool combine = false);

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_KERNELS_H
