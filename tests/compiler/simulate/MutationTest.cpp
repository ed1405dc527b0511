//===- MutationTest.cpp - the simulator can fail --------------------------===//
//
// Every fault of Mutations.cpp is planted in the final module of a small layer
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

static int run(const FinalLayer &layer, const FinalLayer &manySlots,
               StringRef only) {
  Tensors tensors(layer.layer, layer.rowAlignment, /*tokens=*/37,
                  RoutingKind::uniform, /*seed=*/1);
  int failures = 0, ran = 0;
  auto report = [&](StringRef name, const std::string &wrong) {
    ++ran;
    failures += !wrong.empty();
    outs() << (wrong.empty() ? "found   " : "FAILED  ") << name
           << (wrong.empty() ? "" : ": ") << wrong << '\n';
    outs().flush();
  };
  if (only.empty())
    report("an unknown operation", checkUnknown(layer.kernels.front()));
  for (const auto &[kernel, wide] :
       zip_equal(layer.kernels, manySlots.kernels)) {
    StringRef role = roleName(kernel.record.role);
    if (only.empty())
      report(("no fault, " + role).str(),
             check(nullptr, layer, kernel, tensors));
    for (const Mutation &mutation : allMutations())
      if (role == mutation.kernel && (only.empty() || only == mutation.name))
        report(mutation.name, mutation.manySlots
                                  ? check(&mutation, manySlots, wide, tensors)
                                  : check(&mutation, layer, kernel, tensors));
  }
  outs() << ran << " runs, " << failures << " failures\n";
  return failures || !ran;
}

/// MutationTest FILE.mlir [NAME]
int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registerAll(registry);
  mlir::MLIRContext context(registry);
  auto compile = [&](std::string slots) -> mlir::FailureOr<FinalLayer> {
    auto module = mlir::parseSourceFile<mlir::ModuleOp>(argv[1], &context);
    if (!module)
      return mlir::failure();
    return compileForSimulation(*module, {slots});
  };
  auto layer = compile("stages=2"), manySlots = compile("stages=4");
  if (failed(layer) || failed(manySlots))
    return 1;
  return run(*layer, *manySlots, argc > 2 ? argv[2] : "");
}
