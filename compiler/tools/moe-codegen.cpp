//===- moe-codegen.cpp - a moe.layer to PTX, cubins and a manifest --------===//

#include "compiler/emit/Compile.h"
#include "compiler/emit/Package.h"

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
    kernel("kernel", cl::value_desc("up|down"), cl::cat(category),
           cl::desc("Only this kernel: what is emitted, what is overridden"));
static cl::list<std::string>
    tile("tile", cl::value_desc("[up:|down:]MxN"), cl::cat(category),
         cl::desc("Rows and columns of a tile: 64, 128 or 256 each; swapped "
                  "8, 16, ... 64 rows"));
static cl::list<std::string> stages("stages", cl::value_desc("[up:|down:]N"),
                                    cl::cat(category),
                                    cl::desc("Slots of the ring"));
static cl::list<std::string> consumers("consumers",
                                       cl::value_desc("[up:|down:]N"),
                                       cl::cat(category),
                                       cl::desc("Consumer warpgroups: 1 or 2"));
static cl::list<std::string>
    groupM("group-m", cl::value_desc("[up:|down:]N"), cl::cat(category),
           cl::desc("Row tiles walked before the column tile changes"));
static cl::list<std::string>
    cluster("cluster", cl::value_desc("[up:|down:]N"), cl::cat(category),
            cl::desc("Blocks that share tiles of weights: 1 or 2"));
static cl::list<std::string>
    swapped("swapped", cl::value_desc("[up:|down:]0|1"), cl::cat(category),
            cl::desc("Weights as the rows of wgmma: for few rows an expert"));
static cl::list<std::string>
    registers("registers", cl::value_desc("[up:|down:]PxC"), cl::cat(category),
              cl::desc("Registers a thread of producer and consumers"));
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

/// `up:128x256` of option `key` as `up:key=128x256`.
static void addRequests(StringRef key, const cl::list<std::string> &values,
                        std::vector<std::string> &requests) {
  for (StringRef value : values) {
    StringRef which = kernel, rest = value;
    if (value.contains(':'))
      std::tie(which, rest) = value.split(':');
    std::string prefix = which.empty() ? "" : (which + ":").str();
    requests.push_back(prefix + key.str() + "=" + rest.str());
  }
}

static CompileOptions compileOptions(bool showProgress) {
  CompileOptions options;
  options.stopAt = emitLevel.getNumOccurrences() ? emitLevel : Level::cubin;
  options.ptxas = ptxas;
  options.kernel = kernel;
  options.jobs = jobs;
  addRequests("tile", tile, options.request);
  addRequests("stages", stages, options.request);
  addRequests("consumers", consumers, options.request);
  addRequests("group_m", groupM, options.request);
  addRequests("cluster", cluster, options.request);
  addRequests("swapped", swapped, options.request);
  addRequests("registers", registers, options.request);
  if (showProgress) {
    bool terminal = errs().is_displayed();
    options.progress = [terminal, done = size_t(0)](const std::string &name,
                                                    size_t of) mutable {
      ++done;
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

static int checkOptions() {
  bool packs = !emitLevel.getNumOccurrences();
  if (!kernel.empty() && kernel != "up" && kernel != "down")
    return complain(createStringError("expects --kernel=up or --kernel=down, "
                                      "got '" +
                                      kernel + "'"),
                    kInput);
  if (packs && (output.empty() || !kernel.empty()))
    return complain(
        createStringError(
            output.empty()
                ? "expects -o DIRECTORY, or --emit=LEVEL to print one"
                : "a directory holds both kernels: give --kernel only "
                  "with --emit"),
        kInput);
  if (!packs && emitLevel == Level::cubin && (kernel.empty() || output.empty()))
    return complain(createStringError("expects --kernel and -o FILE with "
                                      "--emit=cubin"),
                    kInput);
  return kDone;
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv,
                              "Kernels of a mixture-of-experts layer\n");
  if (int code = checkOptions())
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
  std::vector<std::string> toolErrors;
  auto layer =
      compile(*module, compileOptions(/*showProgress=*/packs), toolErrors);
  for (const std::string &error : toolErrors)
    complain(createStringError(error), kTool);
  if (failed(layer))
    return toolErrors.empty() ? kInput : kTool;
  return write(*module, *layer);
}
