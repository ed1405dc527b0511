//===- CombineMutations.cpp - faults of the kernel that ends a layer ------===//

#include "tests/compiler/simulate/Barriers.h"
#include "tests/compiler/simulate/Mutations.h"

using namespace llvm;
using namespace rewrites;

static constexpr unsigned kShared = 3;
static constexpr const char *kEarlier = "griddepcontrol.wait";
static constexpr const char *kLater = "griddepcontrol.launch_dependents";
static constexpr const char *kAnnounce = "mbarrier.arrive.expect";

/// The pairs of bf16 that are added.
static SmallVector<LoadInst *> pairLoads(Module &module) {
  return accesses<LoadInst>(module, kShared, [](Type *type) {
    return type->isIntegerTy(32);
  });
}

static bool shiftPairs(Module &module, int64_t bytes) {
  auto loads = pairLoads(module);
  for (LoadInst *load : loads)
    shift(load, bytes);
  return !loads.empty();
}

/// The tests of ids against the number of experts become true.
static bool takeAllSlots(Module &module, uint64_t experts) {
  auto tests = allOf<ICmpInst>(module, [&](ICmpInst *test) {
    auto *bound = dyn_cast<ConstantInt>(test->getOperand(1));
    auto *id = dyn_cast<LoadInst>(test->getOperand(0));
    return test->getPredicate() == ICmpInst::ICMP_ULT && id && bound &&
           bound->getZExtValue() == experts;
  });
  for (ICmpInst *test : tests)
    test->replaceAllUsesWith(ConstantInt::getTrue(module.getContext()));
  return !tests.empty();
}

/// What is done for its ring comes behind what is done for the product's; the
/// late producer's instructions before the producer's.
static Calls slotWait(Module &module, bool producer) {
  return nth(waits(module, producer, Of::ring), 1);
}

/// Rows that nobody stored are NaN, as unfinished accumulators are.
static constexpr const char *kNotTheSum = "out[|pipe.add_tiles|pipe.store_rows";

static const Mutation kFaults[] = {
    {"slots-loaded-before-down-ends", "combine",
     [](Module &m) {
       bool changed = takeOut(first(callsOf(m, kEarlier)));
       return takeOut(first(callsOf(m, kLater))) && changed;
     },
     "programmatic launch", "of 'partials', which", "producer",
     "pipe.load_box|pipe.fill"},
    {"combine-never-waits-for-down", "combine",
     [](Module &m) {
       bool changed = takeOut(callsOf(m, kEarlier));
       return takeOut(callsOf(m, kLater)) && changed;
     },
     "programmatic launch",
     "of 'partials', which|none has passed griddepcontrol.wait"},
    {"slots-unannounced", "combine",
     [](Module &m) { return takeOut(nth(callsOf(m, kAnnounce), 1)); },
     "deadlock|tx-count", "stage", "", "pipe.fill|pipe.drain"},
    {"slots-not-waited-for", "combine",
     [](Module &m) { return takeOut(slotWait(m, false), yes(m)); },
     "copy in flight|never written|not ordered|arrival count", "stage", "",
     "pipe.add_tiles|pipe.drain|pipe.fill"},
    {"slots-refilled-early", "combine",
     [](Module &m) { return takeOut(slotWait(m, true), yes(m)); },
     "copy in flight|still being read|not ordered|arrival count|tx-count",
     "stage", "", "pipe.fill|pipe.load_box|pipe.drain|pipe.add_tiles"},
    {"slot-without-expert-added", "combine",
     [](Module &m) { return takeAllSlots(m, /*experts=*/6); },
     "wrong bits|accumulator in flight", kNotTheSum},
    {"next-token-added", "combine",
     [](Module &m) { return shiftPairs(m, 128); },
     "wrong bits|accumulator in flight|not ordered|never written|copy in flight",
     kNotTheSum},
    {"next-chunk-added", "combine",
     [](Module &m) { return shiftPairs(m, 16); },
     "wrong bits|accumulator in flight|not ordered|never written|copy in flight",
     kNotTheSum},
};

ArrayRef<Mutation> combineMutations() { return kFaults; }
