//===- Compile.cpp --------------------------------------------------------===//

#include "compiler/emit/Compile.h"
#include "compiler/emit/Cubin.h"
#include "compiler/emit/Describe.h"
#include "compiler/emit/Ptx.h"
#include "compiler/passes/Pipelines.h"
#include "dialect/moe/MoeDialect.h"
#include "dialect/pipe/PipeDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"

#include "llvm/Support/ThreadPool.h"

#include <mutex>

using namespace mlir;
using namespace mlir::moe;

void mlir::moe::registerAll(DialectRegistry &registry) {
  registry.insert<MoeDialect, pipe::PipeDialect, func::FuncDialect,
                  gpu::GPUDialect>();
  registerTranslations(registry);
}

namespace {

/// The steps of one compilation over one module.
class Compilation {
public:
  Compilation(ModuleOp module, const CompileOptions &options,
              std::vector<std::string> &toolErrors)
      : module(module), options(options), toolErrors(toolErrors) {}

  LogicalResult run(CompiledLayer &result) {
    auto layers = llvm::to_vector(module.getOps<LayerOp>());
    if (layers.size() != 1)
      return emitError(module.getLoc(), "expects one moe.layer, got ")
             << layers.size();
    result.layer = describe(layers.front());
    if (failed(lower([&](OpPassManager &manager) {
          addMoePipeline(manager, options.request);
        })))
      return failure();
    keepAskedKernel();
    if (options.stopAt == Level::moe)
      return success();
    if (failed(lower(addPipePipeline)) || failed(describeKernels(result)))
      return failure();
    if (options.stopAt == Level::pipe)
      return success();
    if (failed(lower(addNVVMPipeline)))
      return failure();
    if (options.stopAt == Level::nvvm)
      return success();
    return emitKernels(result);
  }

private:
  LogicalResult lower(function_ref<void(OpPassManager &)> addPasses) {
    PassManager manager(module.getContext());
    addPasses(manager);
    return manager.run(module);
  }

  void keepAskedKernel() {
    for (auto function : llvm::to_vector(module.getOps<func::FuncOp>())) {
      auto name = function->getAttrOfType<StringAttr>("moe.kernel");
      if (!options.kernel.empty() && name && name != options.kernel)
        function.erase();
    }
  }

  LogicalResult describeKernels(CompiledLayer &result) {
    for (auto kernelModule : module.getOps<gpu::GPUModuleOp>()) {
      auto kernel = *kernelModule.getOps<gpu::GPUFuncOp>().begin();
      FailureOr<moert::KernelRecord> record = describe(kernel);
      if (failed(record))
        return failure();
      result.kernels.push_back({*record, "", "", ""});
      result.rowAlignment =
          kernel->getAttrOfType<IntegerAttr>("moe.row_alignment").getInt();
    }
    return success();
  }

  /// Every kernel in a thread of its own: they share nothing but the module,
  /// which is only read.
  LogicalResult emitKernels(CompiledLayer &result) {
    std::string ptxas;
    if (options.stopAt == Level::cubin) {
      auto found = findPtxas(options.ptxas);
      if (!found) {
        toolErrors.push_back(toString(found.takeError()));
        return failure();
      }
      ptxas = *found;
    }
    auto modules = llvm::to_vector(module.getOps<gpu::GPUModuleOp>());
    std::vector<std::string> errors(modules.size());
    std::mutex reporting;
    llvm::DefaultThreadPool pool(llvm::hardware_concurrency(options.jobs));
    for (size_t i = 0; i < modules.size(); ++i)
      pool.async([&, i] {
        errors[i] = emitKernel(modules[i], ptxas, result.kernels[i]);
        if (options.progress && errors[i].empty()) {
          std::lock_guard lock(reporting);
          options.progress(result.kernels[i].record.symbol, modules.size());
        }
      });
    pool.wait();
    for (const std::string &error : errors)
      if (!error.empty())
        toolErrors.push_back(error);
    return success(toolErrors.empty());
  }

  /// Returns what went wrong, nothing if all went well.
  std::string emitKernel(gpu::GPUModuleOp kernel, StringRef ptxas,
                         CompiledKernel &result) {
    llvm::LLVMContext context;
    std::unique_ptr<llvm::Module> code = translateToLLVM(kernel, context);
    if (!code)
      return "kernel '" + result.record.symbol +
             "' could not be translated to LLVM IR";
    llvm::raw_string_ostream(result.llvm) << *code;
    if (options.stopAt == Level::llvm)
      return "";
    result.ptx = printPtx(*code);
    if (options.stopAt == Level::ptx)
      return "";
    auto cubin = assemble(ptxas, result.ptx, result.record.symbol);
    if (!cubin)
      return toString(cubin.takeError());
    result.cubin = std::move(cubin->bytes);
    result.record.registers = cubin->registers;
    result.record.spillBytes = cubin->spillBytes;
    result.record.cubinBytes = result.cubin.size();
    result.record.cubinChecksum =
        moert::checksum(result.cubin.data(), result.cubin.size());
    return "";
  }

  ModuleOp module;
  const CompileOptions &options;
  std::vector<std::string> &toolErrors;
};

} // namespace

FailureOr<CompiledLayer>
mlir::moe::compile(ModuleOp module, const CompileOptions &options,
                   std::vector<std::string> &toolErrors) {
  CompiledLayer result;
  if (failed(Compilation(module, options, toolErrors).run(result)))
    return failure();
  return result;
}
