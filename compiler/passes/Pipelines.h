//===- Pipelines.h - the order of the passes --------------------*- C++ -*-===//
#ifndef COMPILER_PASSES_PIPELINES_H
#define COMPILER_PASSES_PIPELINES_H

#include "mlir/Pass/PassManager.h"

namespace mlir::moe {

/// moe.layer -> moe.grouped_gemm with schedules that answer `request` (see
/// moe-assign-schedule).
void addMoePipeline(OpPassManager &manager, ArrayRef<std::string> request);

/// … -> kernels in pipe, their shared memory planned.
void addPipePipeline(OpPassManager &manager);

/// … -> nvvm and llvm, ready for translation to LLVM IR.
void addNVVMPipeline(OpPassManager &manager);

} // namespace mlir::moe

#endif // COMPILER_PASSES_PIPELINES_H
