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

/// One compilation: the plans one after the other as far as MLIR goes, each in
/// a module of its own, then all kernels at once.
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
    // The first plan takes the module itself, once the others have copies.
    for (size_t i = 1; i < options.plans.size(); ++i)
      copies.push_back(module.clone());
    OwningOpRef<ModuleOp> ofCombine; // null where no plan may name one
    if (layers.front().endsInCombine() && options.kernel.empty())
      ofCombine = module.clone();
    for (size_t i = 0; i < options.plans.size(); ++i)
      if (failed(lower(i == 0 ? module : *copies[i - 1], options.plans[i],
                       result)))
        return failure();
    if (ofCombine && nameCombine(result.plans)) {
      copies.push_back(std::move(ofCombine));
      if (failed(lower(*copies.back(), PlanRequest(), result,
                       /*combine=*/true)))
        return failure();
    }
    if (options.stopAt <= Level::nvvm)
      return success();
    return emitKernels(result);
  }

private:
  /// The plans of many tokens get the kernel that ends the layer, if they pad
  /// experts to whole tiles of it. True if one does.
  bool nameCombine(std::vector<moert::Plan> &plans) const {
    auto fits = [](const moert::Plan &plan) {
      return plan.rowAlignment % kCombineRows == 0;
    };
    auto above = llvm::find_if(plans, [&](const moert::Plan &plan) {
      return plan.fromTokens >= options.combineFrom;
    });
    // The plan that the first of these calls falls into is split.
    bool between =
        above == plans.end() || above->fromTokens > options.combineFrom;
    if (between && above != plans.begin() && fits(*std::prev(above))) {
      moert::Plan upper = *std::prev(above);
      upper.fromTokens = options.combineFrom;
      above = plans.insert(above, upper);
    }
    bool any = false;
    for (moert::Plan &plan : llvm::make_range(above, plans.end()))
      if (fits(plan)) {
        plan.combine = combineName;
        any = true;
      }
    return any;
  }

  /// Takes the module of one plan down to the last MLIR level asked for; with
  /// `combine`, in which no plan has a say, the kernel that ends the layer.
  LogicalResult lower(ModuleOp of, const PlanRequest &plan,
                      CompiledLayer &result, bool combine = false) {
    combine |= options.kernel == combineName;
    auto request = combine ? ArrayRef<std::string>() : ArrayRef(plan.request);
    if (failed(lower(of, [&](OpPassManager &manager) {
          addMoePipeline(manager, request, combine);
        })))
      return failure();
    if (!combine)
      nameKernels(of, plan, result);
    if (options.stopAt == Level::moe)
      return success();
    if (failed(lower(of, addPipePipeline)) ||
        failed(describeKernels(of, plan, result)))
      return failure();
    if (options.stopAt == Level::pipe)
      return success();
    return lower(of, addNVVMPipeline);
  }

  static LogicalResult lower(ModuleOp of,
                             function_ref<void(OpPassManager &)> addPasses) {
    PassManager manager(of.getContext());
    addPasses(manager);
    return manager.run(of);
  }

  /// Gives the kernels of a plan their names. Those that nobody asked for go,
  /// and those that an earlier plan has already.
  void nameKernels(ModuleOp of, const PlanRequest &plan,
                   CompiledLayer &result) {
    moert::Plan named;
    named.fromTokens = plan.fromTokens;
    for (auto function : llvm::to_vector(of.getOps<func::FuncOp>())) {
      auto role = function->getAttrOfType<StringAttr>("moe.kernel");
      auto gemms = function.getOps<GroupedGemmOp>();
      if (!role || gemms.empty())
        continue;
      GroupedGemmOp gemm = *gemms.begin();
      named.rowAlignment = *gemm.getRowAlignment();
      if (!options.kernel.empty() && role != options.kernel) {
        function.erase();
        continue;
      }
      auto [name, isNew] = nameOf(gemm, role, plan);
      (role == "up" ? named.up : named.down) = name;
      if (isNew)
        function.setName((function.getName() + plan.ending()).str());
      else
        function.erase();
    }
    if (plan.variant.empty())
      result.plans.push_back(named);
  }

  /// The name of a kernel, and whether it is the first of its kind. A kernel is
  /// known by its role, its schedule and what its rows are padded to.
  std::pair<std::string, bool> nameOf(GroupedGemmOp gemm, StringAttr role,
                                      const PlanRequest &plan) {
    Known kernel{role, *gemm.getSchedule(), *gemm.getRowAlignment(),
                 (role.getValue() + plan.ending()).str()};
    for (const Known &other : known)
      if (other.role == kernel.role && other.schedule == kernel.schedule &&
          other.rowAlignment == kernel.rowAlignment)
        return {other.name, false};
    known.push_back(kernel);
    return {kernel.name, true};
  }

  LogicalResult describeKernels(ModuleOp of, const PlanRequest &plan,
                                CompiledLayer &result) {
    for (auto kernelModule : of.getOps<gpu::GPUModuleOp>()) {
      auto kernel = *kernelModule.getOps<gpu::GPUFuncOp>().begin();
      FailureOr<moert::KernelRecord> record = describe(kernel, plan.ending());
      if (failed(record))
        return failure();
      result.kernels.push_back({*record, "", "", ""});
    }
    return success();
  }

  /// Every kernel in a thread of its own: they share nothing but modules, which
  /// are only read.
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
    for (OwningOpRef<ModuleOp> &copy : copies)
      llvm::append_range(modules, copy->getOps<gpu::GPUModuleOp>());
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

  const std::string combineName = moert::roleName(moert::KernelRole::combine);
  /// Of a tile of combine, by rule (chooseSchedule): no plan asks for another.
  static constexpr int64_t kCombineRows = 128;

  /// A kernel that some plan needs.
  struct Known {
    StringAttr role;
    ScheduleAttr schedule;
    int64_t rowAlignment;
    std::string name;
  };

  ModuleOp module;
  const CompileOptions &options;
  std::vector<std::string> &toolErrors;
  std::vector<OwningOpRef<ModuleOp>> copies; ///< All but `module` itself.
  std::vector<Known> known;
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
