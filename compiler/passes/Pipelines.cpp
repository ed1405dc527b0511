//===- Pipelines.cpp - the order of the passes, as a contents page --------===//

#include "compiler/passes/Pipelines.h"
#include "compiler/passes/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/NVVMToLLVM/NVVMToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::moe;

void mlir::moe::addMoePipeline(OpPassManager &manager,
                               ArrayRef<std::string> request, bool combine) {
  // moe.layer -> one moe.grouped_gemm a function
  manager.addPass(createExpandLayer({combine}));
  // + #moe.schedule
  AssignScheduleOptions options;
  options.request.assign(request.begin(), request.end());
  manager.addPass(createAssignSchedule(options));
}

void mlir::moe::addPipePipeline(OpPassManager &manager) {
  // moe.grouped_gemm -> gpu.func with roles and a ring
  manager.addPass(createConvertMoeToPipe());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  // + offsets in shared memory
  manager.nest<gpu::GPUModuleOp>().addNestedPass<gpu::GPUFuncOp>(
      createPlanSharedMemory());
}

void mlir::moe::addNVVMPipeline(OpPassManager &manager) {
  // pipe -> nvvm, llvm, scf, arith
  manager.addPass(createConvertPipeToNVVM());
  // scf -> cf -> llvm, arith -> llvm; indices are 32 bits wide
  manager.addPass(createSCFToControlFlowPass());
  ArithToLLVMConversionPassOptions arith;
  arith.indexBitwidth = 32;
  manager.addPass(createArithToLLVMConversionPass(arith));
  ConvertControlFlowToLLVMPassOptions controlFlow;
  controlFlow.indexBitwidth = 32;
  manager.addPass(createConvertControlFlowToLLVMPass(controlFlow));
  manager.addPass(createReconcileUnrealizedCastsPass());
  // nvvm -> llvm where an op has no intrinsic (wgmma)
  manager.addPass(createConvertNVVMToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}
