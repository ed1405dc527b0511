//===- moe-codegen.cpp - a moe.layer to PTX, cubins and a manifest --------===//

#include "compiler/emit/Compile.h"
#include "compiler/emit/Describe.h"
#include "compiler/emit/Package.h"
#include "compiler/tools/PackOptions.h"
#include "compiler/tools/PlanChoice.h"
#include "compiler/tools/ScheduleOptions.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"

using namespace llvm;
using namespace mlir::moe;

static cl::OptionCategory category("moe-codegen");
static cl::opt<std::string> input(cl::Positional, cl::Required,
                                  cl::desc("FILE.mlir"), cl::cat(category));
static cl::opt<std::string>
    output("o", cl::value_desc("path"), cl::cat(category),
           cl::desc("The directory to write, or with --emit the file"));
static cl::opt<Level> emitLevel(
    "emit", cl::cat(category),
    cl::desc("Print a level instead of writing a directory"),
    cl::values(clEnumValN(Level::moe, "moe", "grouped GEMMs with schedules"),
               clEnumValN(Level::pipe, "pipe", "kernels of roles and rings"),
               clEnumValN(Level::nvvm, "nvvm", "kernels in nvvm and llvm"),
               clEnumValN(Level::llvm, "llvm", "optimised LLVM IR"),
               clEnumValN(Level::ptx, "ptx", "PTX"),
               clEnumValN(Level::cubin, "cubin", "a cubin (one kernel, -o)")));
static cl::opt<std::string>
    kernel("kernel", cl::value_desc("up|down|combine"), cl::cat(category),
           cl::desc("Only this kernel: what is emitted, what is overridden"));
static cl::opt<int64_t> combineFrom(
    "combine-from", cl::value_desc("N"), cl::init(kCombineFromTokens),
    cl::cat(category),
    cl::desc("Tokens from which on a layer with a shared expert ends in one "
             "kernel for that expert and the sum over slots (default: 1024)"));
static cl::opt<std::string> ptxas("ptxas", cl::value_desc("path"),
                                  cl::cat(category), cl::desc("ptxas to run"));
static cl::opt<unsigned> jobs("jobs", cl::value_desc("N"), cl::init(0),
                              cl::cat(category),
                              cl::desc("Threads (default: one a core)"));

/// Exit codes: done, bad input, a tool failed.
enum { kDone = 0, kInput = 1, kTool = 2 };

static int complain(Error error, int code) {
  errs() << "moe-codegen: error: " << toString(std::move(error)) << '\n';
  return code;
}

/// Of more than these only the last is reported where lines stay.
static constexpr size_t kManyKernels = 40;

static CompileOptions compileOptions(bool showProgress) {
  CompileOptions options;
  options.stopAt = emitLevel.getNumOccurrences() ? emitLevel : Level::cubin;
  options.ptxas = ptxas;
  options.kernel = kernel;
  options.combineFrom = combineFrom;
  options.jobs = jobs;
  if (showProgress) {
    bool terminal = errs().is_displayed();
    options.progress = [terminal, done = size_t(0)](const std::string &name,
                                                    size_t of) mutable {
      ++done;
      if (!terminal && of > kManyKernels && done < of)
        return;
      errs() << (terminal ? "\r\033[K" : "") << "[" << done << "/" << of << "] "
             << name << (terminal && done < of ? "" : "\n");
    };
  }
  return options;
}

/// What --emit asked for, as text or bytes.
static std::string emitted(mlir::ModuleOp module, const CompiledLayer &layer) {
  std::string text;
  raw_string_ostream stream(text);
  if (emitLevel <= Level::nvvm)
    stream << module << '\n';
  for (const CompiledKernel &compiled : layer.kernels)
    if (emitLevel > Level::nvvm)
      stream << (emitLevel == Level::llvm  ? compiled.llvm
                 : emitLevel == Level::ptx ? compiled.ptx
                                           : compiled.cubin);
  return text;
}

static int write(mlir::ModuleOp module, const CompiledLayer &layer) {
  if (!emitLevel.getNumOccurrences()) {
    if (Error error = writePackage(layer, output))
      return complain(std::move(error), kTool);
    printTable(layer, outs());
    return kDone;
  }
  std::string text = emitted(module, layer);
  if (output.empty() || output == "-") {
    outs() << text;
    return kDone;
  }
  if (Error error = writeFile(output, text))
    return complain(std::move(error), kTool);
  return kDone;
}

static int checkOptions(const std::vector<PlanRequest> &byHand) {
  bool packs = !emitLevel.getNumOccurrences();
  if (!kernel.empty() && kernel != "up" && kernel != "down" &&
      kernel != "combine")
    return complain(createStringError("expects --kernel=up, --kernel=down or "
                                      "--kernel=combine, got '" +
                                      kernel + "'"),
                    kInput);
  if (combineFrom < 0)
    return complain(createStringError("expects --combine-from of at least 0, "
                                      "got " +
                                      Twine(combineFrom)),
                    kInput);
  if (Error error = checkPlanOptions(byHand, packs))
    return complain(std::move(error), kInput);
  if (packIsAsked()) {
    if (!packs || wantsPlanTable())
      return complain(
          createStringError("expects --candidates with -o "
                            "DIRECTORY, not with --emit or --plans"),
          kInput);
    if (auto packed = tokensOfPack(); !packed)
      return complain(packed.takeError(), kInput);
  }
  if (wantsPlanTable())
    return kDone;
  if (packs && (output.empty() || !kernel.empty()))
    return complain(
        createStringError(
            output.empty()
                ? "expects -o DIRECTORY, or --emit=LEVEL to print one"
                : "a directory holds all kernels: give --kernel only "
                  "with --emit"),
        kInput);
  if (!packs && byHand.size() > 1)
    return complain(createStringError("expects one --plan with --emit, got " +
                                      Twine(byHand.size())),
                    kInput);
  if (!packs && emitLevel == Level::cubin && (kernel.empty() || output.empty()))
    return complain(createStringError("expects --kernel and -o FILE with "
                                      "--emit=cubin"),
                    kInput);
  return kDone;
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(
      {&category, &planCategory, &scheduleCategory, &packCategory});
  cl::ParseCommandLineOptions(argc, argv,
                              "Kernels of a mixture-of-experts layer\n");
  auto byHand = plansByHand(kernel);
  if (!byHand)
    return complain(byHand.takeError(), kInput);
  if (int code = checkOptions(*byHand))
    return code;

  mlir::DialectRegistry registry;
  registerAll(registry);
  mlir::MLIRContext context(registry);
  context.printOpOnDiagnostic(false);
  std::string unreadable;
  auto file = mlir::openInputFile(input, &unreadable);
  if (!file)
    return complain(createStringError(unreadable), kInput);
  SourceMgr sources;
  sources.AddNewSourceBuffer(std::move(file), SMLoc());
  mlir::SourceMgrDiagnosticHandler diagnostics(sources, &context);
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(sources, &context);
  if (!module)
    return kInput;
  bool packs = !emitLevel.getNumOccurrences();
  auto options = compileOptions(/*showProgress=*/packs);
  moert::LayerConfiguration configuration;
  auto layers = module->getOps<LayerOp>();
  if (hasSingleElement(layers)) { // else compile() says so
    LayerProblem problem = problemOf(*layers.begin());
    auto choice = choosePlans(problem, *byHand, /*last=*/!packs);
    if (!choice)
      return complain(choice.takeError(), kInput);
    if (wantsPlanTable()) {
      printPlans(problem, choice->plans, outs());
      return kDone;
    }
    options.plans = choice->requests;
    configuration = choice->configuration;
  }
  std::vector<std::string> toolErrors;
  auto layer = compile(*module, options, toolErrors);
  for (const std::string &error : toolErrors)
    complain(createStringError(error), kTool);
  if (failed(layer))
    return toolErrors.empty() ? kInput : kTool;
  layer->configuration = configuration;
  if (packIsAsked())
    if (Error error =
            addCandidates(*layer, input, compileOptions(true), errs()))
      return complain(std::move(error), kTool);
  return write(*module, *layer);
}
