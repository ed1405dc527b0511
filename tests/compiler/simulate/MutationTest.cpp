//===- MutationTest.cpp - the simulator can fail --------------------------===//
//
// Every fault of Mutations.h is planted in the final module of a small layer
// and must be found, under every seed, with the right words. Without a fault
// nothing is found.
//
//===----------------------------------------------------------------------===//

#include "compiler/emit/Compile.h"
#include "compiler/simulate/Layer.h"
#include "tests/compiler/simulate/Mutations.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/IntrinsicsNVPTX.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;
using namespace mlir::moe;
using namespace mlir::moe::sim;

static constexpr unsigned kSeeds = 4;

static bool matchesOne(StringRef alternatives, StringRef text, bool whole) {
  SmallVector<StringRef> list;
  alternatives.split(list, '|');
  return any_of(list, [&](StringRef one) {
    return whole ? text == one : text.contains(one);
  });
}

/// Whether the text names block, role, warp and thread, and a line.
static bool placesFault(const Mutation &mutation, StringRef text) {
  std::string who = std::string("block [0-9]+, (") + mutation.role +
                    ")( [0-9]+)? warp [0-9]+(, thread [0-9]+| waits)";
  std::string where = std::string("at pipe:[0-9]+ \\((%[0-9:]+ = )?(") +
                      mutation.operation + ") ";
  return (!*mutation.role || Regex(who).match(text)) &&
         (!*mutation.operation || Regex(where).match(text));
}

/// Without those who wait for the same: a deadlock names everybody.
static StringRef firstLines(StringRef text) {
  size_t second = text.find('\n');
  return text.take_front(
      second == StringRef::npos ? second : text.find('\n', second + 1));
}

/// What is wrong with how the simulator took the fault; empty if nothing.
static std::string check(const Mutation *mutation, const FinalLayer &layer,
                         const FinalKernel &kernel, Tensors &tensors) {
  FinalKernel faulty{kernel.record, CloneModule(*kernel.module),
                     kernel.regions};
  if (mutation && !mutation->apply(*faulty.module))
    return "found nothing to rewrite";
  auto code = prepare(layer, faulty);
  if (!code)
    return toString(code.takeError());
  std::string shown;
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    auto finding = runKernel(faulty, **code, tensors, {/*blocks=*/2, seed});
    if (!mutation) {
      if (finding)
        return finding->str();
      continue;
    }
    if (!finding)
      return ("seed " + Twine(seed) + ": not found").str();
    if (!matchesOne(mutation->law, finding->law, /*whole=*/true) ||
        !matchesOne(mutation->says, finding->text, /*whole=*/false) ||
        !placesFault(*mutation, finding->text))
      return ("seed " + Twine(seed) + ": expected " + mutation->law + " (" +
              mutation->says + ") of " + mutation->role + " at " +
              mutation->operation + ", got " + finding->str())
          .str();
    shown = finding->str();
  }
  if (mutation)
    outs() << "  " << firstLines(shown) << '\n';
  return "";
}

/// An operation that the simulator does not know is never passed over.
static std::string checkUnknown(const FinalKernel &kernel) {
  auto module = CloneModule(*kernel.module);
  BasicBlock &block = [&]() -> BasicBlock & {
    for (Function &function : *module)
      if (!function.isDeclaration())
        return function.getEntryBlock();
    llvm_unreachable("a kernel has a body");
  }();
  IRBuilder<> b(block.getTerminator());
  b.CreateIntrinsic(Intrinsic::nvvm_nanosleep, {}, {b.getInt32(1)});
  auto code = Jit::create(*module);
  if (code)
    return "compiled";
  std::string text = toString(code.takeError());
  return StringRef(text).contains("does not know 'llvm.nvvm.nanosleep'") ? ""
                                                                         : text;
}

namespace {
/// Counts what goes wrong.
struct Report {
  int ran = 0, failures = 0;

  void add(StringRef name, const std::string &wrong) {
    ++ran;
    failures += !wrong.empty();
    outs() << (wrong.empty() ? "found   " : "FAILED  ") << name
           << (wrong.empty() ? "" : ": ") << wrong << '\n';
    outs().flush();
  }
};
} // namespace

/// Plants the faults called `only` (all if empty) in the kernels of `layer`, or
/// of the same layer with many slots.
static void run(const FinalLayer &layer, const FinalLayer &manySlots,
                ArrayRef<Mutation> mutations, StringRef only, Report &report) {
  Tensors tensors(layer.layer, layer.rowAlignment, layer.upCounts,
                  /*tokens=*/37, RoutingKind::uniform, /*seed=*/1);
  Tensors wideTensors(layer.layer, manySlots.rowAlignment, manySlots.upCounts,
                      /*tokens=*/37, RoutingKind::uniform, /*seed=*/1);
  for (const auto &[kernel, wide] :
       zip_equal(layer.kernels, manySlots.kernels)) {
    StringRef role = roleName(kernel.record.role);
    if (only.empty())
      report.add(("no fault, " + role).str(),
                 check(nullptr, layer, kernel, tensors));
    for (const Mutation &mutation : mutations)
      if (role == mutation.kernel && (only.empty() || only == mutation.name))
        report.add(mutation.name,
                   mutation.manySlots
                       ? check(&mutation, manySlots, wide, wideTensors)
                       : check(&mutation, layer, kernel, tensors));
  }
}

/// MutationTest FILE.mlir FOUR_K_BLOCKS.mlir SHARED_EXPERT.mlir [NAME]
int main(int argc, char **argv) {
  if (argc < 4) {
    errs() << "expects the files of three layers\n";
    return 1;
  }
  StringRef only = argc > 4 ? argv[4] : "";
  mlir::DialectRegistry registry;
  registerAll(registry);
  mlir::MLIRContext context(registry);
  auto compile =
      [&](const char *file, std::vector<std::string> wishes,
          bool combine = false) -> mlir::FailureOr<FinalLayer> {
    auto module = mlir::parseSourceFile<mlir::ModuleOp>(file, &context);
    if (!module)
      return mlir::failure();
    return compileForSimulation(*module, wishes, combine);
  };
  auto layer = compile(argv[1], {"stages=2"});
  auto manySlots =
      compile(argv[1], {"up:stages=4", "down:tile=64x64", "down:stages=12"});
  auto fourBlocks = compile(argv[2], {"stages=2"});
  auto twoAtOnce = compile(argv[1], {"swapped=1", "stages=6"});
  auto halves = compile(argv[2], {"swapped=1", "stages=3"});
  auto ends = compile(argv[3], {}, /*combine=*/true);
  if (failed(ends) || failed(layer) || failed(manySlots) || failed(fourBlocks) ||
      failed(twoAtOnce) || failed(halves))
    return 1;
  Report report;
  if (only.empty())
    report.add("an unknown operation", checkUnknown(layer->kernels.front()));
  SmallVector<Mutation> mutations;
  for (ArrayRef<Mutation> some :
       {kernelMutations(), queueMutations(), lateMutations(),
        progressMutations(), outboxMutations()})
    append_range(mutations, some);
  run(*layer, *manySlots, mutations, only, report);
  run(*fourBlocks, *fourBlocks, scaleMutations(), only, report);
  run(*twoAtOnce, *twoAtOnce, drainMutations(), only, report);
  run(*halves, *halves, exchangeMutations(), only, report);
  run(*ends, *ends, combineMutations(), only, report);
  outs() << report.ran << " runs, " << report.failures << " failures\n";
  return report.failures || !report.ran;
}
