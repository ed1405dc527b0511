//===- Pipelines.h - the order of the passes --------------------*- C++ -*-===//
#ifndef COMPILER_PASSES_PIPELINES_H
#define COMPILER_PASSES_PIPELINES_H

#include "mlir/Pass/PassManager.h"

namespace mlir::moe {

/// moe.layer -> moe.grouped_gemm with schedules that answer `request` (see
/// moe-assign-schedule): the two products of the layer or, with `combine`, the
/// kernel that ends it (see moe-expand-layer).
void addMoePipeline(OpPassManager &manager, ArrayRef<std::string> request,
                    bool combine = false);

/// … -> kernels in pipe, their shared memory planned.
void addPipePipeline(OpPassManager &manager);

/// … -> nvvm and llvm, ready for translation to LLVM IR.
void addNVVMPipeline(OpPassManager &manager);

} // namespace mlir::moe

#endif // COMPILER_PASSES_PIPELINES_H
