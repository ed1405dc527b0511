//===- Layer.h - both kernels of a layer, run and compared ------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_LAYER_H
#define COMPILER_SIMULATE_LAYER_H

#include "compiler/simulate/Finding.h"
#include "compiler/simulate/Jit.h"
#include "compiler/simulate/Kernels.h"
#include "compiler/simulate/Tensors.h"
#include "compiler/simulate/Trace.h"

namespace mlir::moe::sim {

/// How a kernel is launched.
struct RunOptions {
  unsigned blocks = 3; ///< At most; a GPU's multiprocessors.
  uint64_t seed = 0;
  Trace *trace = nullptr;
};

/// Compiles a final kernel for the host.
llvm::Expected<std::unique_ptr<Jit>> prepare(const FinalLayer &layer,
                                             const FinalKernel &kernel);

/// Launches `kernel` on `tensors` as the runtime would, to its end or to the
/// first finding; then every bit of its output is compared with the model.
std::optional<Finding> runKernel(const FinalKernel &kernel, const Jit &code,
                                 Tensors &tensors, const RunOptions &options);

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_LAYER_H
