//===- KernelTest.cpp - small kernels, each for a few operations ----------===//
//
// KernelTest FILE [--seeds=N] [--faults | --ptx]: launches the kernel of a file
// as its comments say (LaunchLines.h) and prints what it wrote, which must be
// the same under every seed; or what the simulator found, under how many seeds.
// --faults plants each of the file's faults (Faults.h), which must be found
// under every seed in the right words. --ptx prints what ptxas is to accept.
//
//===----------------------------------------------------------------------===//

#include "compiler/emit/Ptx.h"
#include "tests/compiler/simulate/Faults.h"
#include "tests/compiler/simulate/LaunchLines.h"
#include "tests/compiler/simulate/ReadKernel.h"

#include "llvm/Support/CommandLine.h"

#include <map>

using namespace llvm;
using namespace mlir::moe::sim;

static cl::opt<std::string> file(cl::Positional, cl::Required);
static cl::opt<unsigned> seeds("seeds", cl::init(8));
static cl::opt<bool> faults("faults"), ptx("ptx");

static int complain(const Twine &text) {
  errs() << "moe-sim-kernel: error: " << text << '\n';
  return 1;
}

static std::optional<Finding> runOnce(const Jit &code, TestLaunch &launch,
                                      unsigned seed) {
  launch.config.seed = seed;
  GlobalMemory global = launch.prepare();
  return Launch(code, launch.config, global).run();
}

static int run(const Jit &code, TestLaunch &launch) {
  std::map<std::string, unsigned> answers;
  bool found = false;
  for (unsigned seed = 0; seed < seeds; ++seed) {
    auto finding = runOnce(code, launch, seed);
    found |= finding.has_value();
    ++answers[finding ? finding->str() + "\n" : launch.outputs()];
  }
  for (const auto &[answer, count] : answers)
    outs() << count << " of " << seeds << " seeds:\n" << answer;
  return found || answers.size() > 1 ? 2 : 0;
}

int main(int argc, char **argv) {
  cl::ParseCommandLineOptions(argc, argv);
  auto text = readText(file);
  if (!text)
    return 1;
  if (ptx) {
    LLVMContext context;
    auto module = readKernel(file, *text, context);
    if (module)
      outs() << mlir::moe::printPtx(*module);
    return !module;
  }
  auto launch = TestLaunch::read(*text);
  if (!launch)
    return complain(file + ": " + toString(launch.takeError()));
  if (faults)
    return runFaults(file, *text, seeds, [&](const Jit &code, unsigned seed) {
      return runOnce(code, **launch, seed);
    });
  auto code = compileKernel(file, *text);
  if (!code)
    return complain(toString(code.takeError()));
  return run(**code, **launch);
}
