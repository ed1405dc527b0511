//===- moe-sim.cpp - a description's kernels, run on the CPU --------------===//

#include "compiler/emit/Compile.h"
#include "compiler/emit/Describe.h"
#include "compiler/simulate/Layer.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include "llvm/IR/DebugInfo.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"

#include <chrono>

using namespace llvm;
using namespace mlir::moe;
using namespace mlir::moe::sim;

static cl::OptionCategory category("moe-sim");
static cl::opt<std::string> input(cl::Positional, cl::Required,
                                  cl::desc("FILE.mlir"), cl::cat(category));
static cl::opt<unsigned> tokens("tokens", cl::init(37), cl::cat(category),
                                cl::desc("Tokens (default: 37)"));
static cl::opt<unsigned> seeds("seeds", cl::init(1), cl::cat(category),
                               cl::desc("Interleavings to try (default: 1)"));
static cl::opt<unsigned> firstSeed("first-seed", cl::init(0), cl::cat(category),
                                   cl::desc("The first of them (default: 0)"));
static cl::opt<unsigned> blocks("blocks", cl::init(3), cl::cat(category),
                                cl::desc("Blocks of a grid (default: 3)"));
static cl::opt<std::string> kernelName("kernel",
                                       cl::value_desc("up|down|combine"),
                                       cl::cat(category),
                                       cl::desc("Only this kernel"));
static cl::opt<RoutingKind> routing(
    "routing", cl::init(RoutingKind::uniform), cl::cat(category),
    cl::desc("Which experts tokens visit"),
    cl::values(clEnumValN(RoutingKind::uniform, "uniform", "any"),
               clEnumValN(RoutingKind::one, "one", "all the same"),
               clEnumValN(RoutingKind::unshared, "unshared",
                          "some without shared experts"),
               clEnumValN(RoutingKind::none, "none", "none of this rank")));
static cl::list<std::string>
    request("schedule", cl::value_desc("[up:|down:]KEY=VALUE"),
            cl::cat(category),
            cl::desc("A wish of moe-assign-schedule, tile=64x64 for example"));
static cl::list<std::string> tile("tile", cl::value_desc("[up:|down:]MxN"),
                                  cl::cat(category),
                                  cl::desc("Rows and columns of a tile"));
static cl::opt<std::string> traceFile("trace", cl::value_desc("FILE.json"),
                                      cl::cat(category),
                                      cl::desc("Writes the pipeline of the "
                                               "last launch for Perfetto"));
static cl::opt<bool> printPipe("print-pipe", cl::cat(category),
                               cl::desc("Print the lines that findings name"));

static cl::opt<bool> printModule("print-module", cl::cat(category),
                                 cl::desc("Print the modules that become PTX, "
                                          "without locations"));

/// Exit codes: right, bad input, a finding.
enum { kRight = 0, kInput = 1, kFinding = 2 };

static int complain(const Twine &text, int code) {
  errs() << "moe-sim: error: " << text << '\n';
  return code;
}

static std::vector<std::string> requests() {
  std::vector<std::string> list(request.begin(), request.end());
  for (StringRef value : tile) {
    auto [which, size] = value.contains(':')
                             ? value.split(':')
                             : std::pair<StringRef, StringRef>("", value);
    list.push_back(
        ((which.empty() ? "" : which + ":") + Twine("tile=") + size).str());
  }
  return list;
}

static int simulate(const FinalLayer &layer, const FinalKernel &kernel,
                    Tensors &tensors, Trace *trace) {
  const moert::KernelRecord &record = kernel.record;
  auto code = prepare(layer, kernel);
  if (!code)
    return complain(toString(code.takeError()), kInput);
  auto begin = std::chrono::steady_clock::now();
  for (unsigned seed = firstSeed; seed < firstSeed + seeds; ++seed)
    if (auto finding =
            runKernel(kernel, **code, tensors, {blocks, seed, trace}))
      return complain(record.symbol + " (seed " + Twine(seed) +
                          "): " + finding->str(),
                      kFinding);
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  outs() << formatv(
      "{0}: tile {1}x{2}, {3} stages, {4} consumers: {5} values "
      "right, {6}; {7} seeds, {8:f2} s\n",
      record.symbol, record.schedule.blockM, record.schedule.blockN,
      record.schedule.stages, record.schedule.consumers,
      tensors.comparedElements(record.role),
      tensors.isExact(record.role) ? "every bit"
                                   : "as any order of adding them",
      seeds, time.count());
  return kRight;
}

static int simulate(const FinalLayer &layer, Trace &trace) {
  Tensors tensors(layer.layer, layer.rowAlignment, layer.upCounts, tokens,
                  routing, 1);
  for (const FinalKernel &kernel : layer.kernels) {
    if (!kernelName.empty() && kernelName != roleName(kernel.record.role))
      continue;
    if (int code = simulate(layer, kernel, tensors,
                            traceFile.empty() ? nullptr : &trace))
      return code;
  }
  return kRight;
}

static int writeTrace(const Trace &trace) {
  std::error_code error;
  raw_fd_ostream stream(traceFile, error);
  if (error)
    return complain(traceFile + ": " + error.message(), kInput);
  trace.write(stream);
  return kRight;
}

/// Compiles kernels of the layer, and prints or runs them.
static int run(mlir::ModuleOp module, bool combine, Trace &trace) {
  auto layer = compileForSimulation(
      module, combine ? std::vector<std::string>() : requests(), combine);
  if (failed(layer))
    return kInput;
  if (printPipe)
    outs() << layer->pipe;
  if (!printModule)
    return simulate(*layer, trace);
  for (FinalKernel &kernel : layer->kernels) {
    StripDebugInfo(*kernel.module);
    outs() << *kernel.module;
  }
  return kRight;
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv,
                              "Runs the kernels of a layer on the CPU\n");
  mlir::DialectRegistry registry;
  registerAll(registry);
  mlir::MLIRContext context(registry);
  SourceMgr sources;
  mlir::SourceMgrDiagnosticHandler diagnostics(sources, &context);
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(input, sources, &context);
  if (!module)
    return kInput;
  // The two products, then the kernel that may end the layer.
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> modules;
  modules.push_back(module->clone());
  auto layers = module->getOps<LayerOp>();
  if (hasSingleElement(layers) && (*layers.begin()).endsInCombine())
    modules.push_back(std::move(module));
  Trace trace;
  for (size_t i = 0; i < modules.size(); ++i)
    if (int code = run(*modules[i], /*combine=*/i == 1, trace))
      return code;
  return traceFile.empty() ? kRight : writeTrace(trace);
}
