//===- ReadKernel.cpp -----------------------------------------------------===//

#include "tests/compiler/simulate/ReadKernel.h"
#include "compiler/emit/Compile.h"
#include "compiler/emit/Ptx.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/NVVMToLLVM/NVVMToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include "llvm/IRReader/IRReader.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

static LogicalResult lower(ModuleOp module) {
  PassManager manager(module.getContext());
  manager.addPass(createSCFToControlFlowPass());
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createConvertNVVMToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
  manager.addPass(LLVM::createDIScopeForLLVMFuncOpPass());
  return manager.run(module);
}

static std::unique_ptr<llvm::Module> readMlir(StringRef file, StringRef text,
                                              llvm::LLVMContext &context) {
  DialectRegistry registry;
  moe::registerAll(registry);
  registry
      .insert<arith::ArithDialect, cf::ControlFlowDialect, scf::SCFDialect>();
  MLIRContext own(registry);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler diagnostics(sources, &own);
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(text, file),
                             llvm::SMLoc());
  auto module = parseSourceFile<ModuleOp>(sources, &own);
  if (!module || failed(lower(*module)))
    return nullptr;
  auto kernels = module->getOps<gpu::GPUModuleOp>();
  if (!llvm::hasSingleElement(kernels)) {
    llvm::errs() << file << ": error: expects one gpu.module\n";
    return nullptr;
  }
  return moe::translateToLLVM(*kernels.begin(), context);
}

std::unique_ptr<llvm::Module> readKernel(llvm::StringRef file,
                                         llvm::StringRef text,
                                         llvm::LLVMContext &context) {
  if (!file.ends_with(".ll"))
    return readMlir(file, text, context);
  llvm::SMDiagnostic diagnostic;
  auto module =
      llvm::parseIR(llvm::MemoryBufferRef(text, file), diagnostic, context);
  if (!module)
    diagnostic.print("moe-sim", llvm::errs());
  return module;
}

llvm::Expected<std::unique_ptr<moe::sim::Jit>>
compileKernel(llvm::StringRef file, llvm::StringRef text) {
  llvm::LLVMContext context;
  auto module = readKernel(file, text, context);
  if (!module)
    return llvm::createStringError("the kernel does not compile");
  return moe::sim::Jit::create(*module);
}

std::optional<std::string> readText(llvm::StringRef file) {
  auto buffer = llvm::MemoryBuffer::getFile(file);
  if (buffer)
    return (*buffer)->getBuffer().str();
  llvm::errs() << file << ": error: " << buffer.getError().message() << '\n';
  return std::nullopt;
}
