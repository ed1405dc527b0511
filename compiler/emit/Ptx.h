//===- Ptx.h - a lowered kernel to LLVM IR and PTX --------------*- C++ -*-===//
#ifndef COMPILER_EMIT_PTX_H
#define COMPILER_EMIT_PTX_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

#include <memory>
#include <string>

namespace mlir::moe {

/// Makes the dialects translatable that a lowered kernel is made of.
void registerTranslations(DialectRegistry &registry);

/// The LLVM IR of a lowered kernel after its last optimisation: the module that
/// becomes PTX. Null after an error, which is reported at the kernel.
std::unique_ptr<llvm::Module> translateToLLVM(gpu::GPUModuleOp kernel,
                                              llvm::LLVMContext &context);

/// PTX for sm_90a.
std::string printPtx(llvm::Module &module);

} // namespace mlir::moe

#endif // COMPILER_EMIT_PTX_H
