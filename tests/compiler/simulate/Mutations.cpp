//===- Mutations.cpp - the faults -----------------------------------------===//

#include "tests/compiler/simulate/Mutations.h"
#include "tests/compiler/simulate/Rewrites.h"

#include "llvm/Analysis/ValueTracking.h"

using namespace llvm;
using namespace rewrites;

static constexpr unsigned kGlobal = 1, kShared = 3;
static constexpr const char *kTryWait = "mbarrier.try.wait";
static constexpr const char *kWgmma = "wgmma.mma_async";
static constexpr const char *kTiedWait = "wgmma.wait_group";
static constexpr const char *kArrive = "mbarrier.arrive.shared::cta";
static constexpr const char *kBox = "cp.async.bulk.tensor";
static constexpr const char *kScales = "cp.async.bulk.tensor.g2s.cta.tile.2d";

/// mbarrier.init comes in pairs: full, empty.
static Calls inits(Module &module, unsigned which) {
  Calls calls;
  for (auto [i, call] : enumerate(callsOf(module, "mbarrier.init")))
    if (i % 2 == which)
      calls.push_back(call);
  return calls;
}

static Calls first(Calls calls) {
  calls.resize(std::min<size_t>(calls.size(), 1));
  return calls;
}
static Calls last(Calls calls) {
  return calls.empty() ? calls : Calls{calls.back()};
}

/// The __syncwarp that stand just before (or just behind) stmatrix.
static Calls warpSyncs(Module &module, bool beforeWriting) {
  Calls stores = callsOf(module, "stmatrix"), syncs;
  for (CallBase *sync : callsOf(module, "bar.warp.sync")) {
    auto next = [&](Instruction *at) {
      return beforeWriting ? at->getNextNode() : at->getPrevNode();
    };
    Instruction *at = next(sync);
    while (at && !(isa<CallBase>(at) && cast<CallBase>(at)->isConvergent()))
      at = next(at);
    if (is_contained(stores, at))
      syncs.push_back(sync);
  }
  return syncs;
}

/// The tied waits hand on what they are given.
static bool dropTiedWaits(Module &module) {
  Calls waits = callsOf(module, kTiedWait);
  for (CallBase *wait : waits) {
    IRBuilder<> b(wait);
    Value *all = PoisonValue::get(wait->getType());
    for (unsigned i = 0; i < wait->arg_size(); ++i)
      all = b.CreateInsertValue(all, wait->getArgOperand(i), i);
    wait->replaceAllUsesWith(all);
    wait->eraseFromParent();
  }
  return !waits.empty();
}

static bool deepenWaits(Module &module) {
  Calls waits = callsOf(module, kTiedWait);
  for (CallBase *wait : waits) {
    auto *text = cast<InlineAsm>(wait->getCalledOperand());
    wait->setCalledOperand(InlineAsm::get(
        text->getFunctionType(), "wgmma.wait_group.sync.aligned 1;",
        text->getConstraintString(), /*hasSideEffects=*/true));
  }
  return !waits.empty();
}

/// The slot goes back before its last wgmma is over.
static bool releaseEarly(Module &module) {
  Calls arrives = callsOf(module, kArrive), waits = callsOf(module, kTiedWait);
  if (arrives.empty() || waits.empty())
    return false;
  CallBase *copy = cast<CallBase>(arrives[0]->clone());
  // Everything the arrive needs is computed before the loop's first wait but
  // its address; stage 0's will do.
  Instruction *address = cast<Instruction>(arrives[0]->getArgOperand(0));
  SmallVector<Instruction *> chain;
  for (Instruction *at = address;
       at && at->getParent() == waits[0]->getParent();
       at = dyn_cast<Instruction>(at->getOperand(at->getNumOperands() - 1)))
    chain.push_back(at);
  for (Instruction *instruction : reverse(chain))
    if (!isa<PHINode>(instruction))
      instruction->moveBefore(waits[0]->getIterator());
  copy->insertBefore(waits[0]->getIterator());
  arrives[0]->eraseFromParent();
  return true;
}

/// The descriptors are i64 sums of a constant with the swizzle in bit 62.
static bool editDescriptors(Module &module, uint64_t clear, uint64_t put) {
  bool changed = false;
  for (Function &function : module)
    for (Instruction &instruction : instructions(function))
      for (Use &use : instruction.operands()) {
        auto *number = dyn_cast<ConstantInt>(use.get());
        if (!number || number->getBitWidth() != 64 ||
            !(number->getZExtValue() >> 62 & 1) || number->getZExtValue() >> 63)
          continue;
        use.set(ConstantInt::get(number->getType(),
                                 (number->getZExtValue() & ~clear) | put));
        changed = true;
      }
  return changed;
}

/// The second step of K reads `units` of 16 bytes on from where it should.
static bool shiftSecondStep(Module &module, int64_t units) {
  Calls steps = callsOf(module, kWgmma);
  if (steps.size() < 2)
    return false;
  unsigned tied = steps[1]->getFunctionType()->getNumParams() - 5;
  return addTo({steps[1]}, tied, units);
}

static bool shiftStores(Module &module, int64_t bytes) {
  auto stores =
      accesses<StoreInst>(module, kGlobal, [](Type *type) { return true; });
  return !stores.empty() && shift(stores.front(), bytes);
}

/// Offsets into the output wrap at 15 bits, as they would at 32 in a large one.
static bool wrapStores(Module &module) {
  auto stores =
      accesses<StoreInst>(module, kGlobal, [](Type *) { return true; });
  for (StoreInst *store : stores) {
    IRBuilder<> b(store);
    Value *place = store->getPointerOperand();
    Value *base = const_cast<Value *>(getUnderlyingObject(place));
    Value *offset = b.CreateSub(b.CreatePtrToInt(place, b.getInt64Ty()),
                                b.CreatePtrToInt(base, b.getInt64Ty()));
    store->setOperand(
        1, b.CreateGEP(b.getInt8Ty(), base, b.CreateAnd(offset, 0x7fff)));
  }
  return !stores.empty();
}

/// The load of a weight scale: an invariant f32 inside the consumer's K loop.
static bool shiftWeightScale(Module &module, int64_t bytes) {
  auto loads = accesses<LoadInst>(module, kGlobal,
                                  [](Type *type) { return type->isFloatTy(); });
  return !loads.empty() && shift(loads.back(), bytes);
}

static bool shiftRowScale(Module &module, int64_t bytes) {
  auto loads = accesses<LoadInst>(module, kShared,
                                  [](Type *type) { return type->isFloatTy(); });
  return !loads.empty() && shift(loads.front(), bytes);
}

static bool forgetSum(Module &module) {
  for (Function &function : module)
    for (Instruction &instruction : instructions(function)) {
      auto *call = dyn_cast<CallBase>(&instruction);
      if (call && call->getCalledFunction() &&
          call->getCalledFunction()->getName() == "llvm.fma.f32") {
        call->setArgOperand(2, ConstantFP::get(call->getType(), 0.0));
        return true;
      }
    }
  return false;
}

static bool electAll(Module &module) {
  for (CallBase *call : callsOf(module, "elect.sync"))
    for (User *user : make_early_inc_range(call->users()))
      if (auto *extract = dyn_cast<ExtractValueInst>(user))
        extract->replaceAllUsesWith(ConstantInt::getTrue(module.getContext()));
  return true;
}

/// The swizzle of gathered rows: the one xor that cp.async's address is made
/// of.
static bool dropGatherSwizzle(Module &module) {
  Calls copies = callsOf(module, "cp.async.cg");
  if (copies.empty())
    return false;
  SmallVector<Value *> work{copies[0]->getArgOperand(0)};
  SmallPtrSet<Value *, 16> seen;
  while (!work.empty()) {
    auto *at = dyn_cast<Instruction>(work.pop_back_val());
    if (!at || !seen.insert(at).second)
      continue;
    if (at->getOpcode() == Instruction::Xor &&
        !isa<Constant>(at->getOperand(1))) {
      at->replaceAllUsesWith(at->getOperand(0));
      return true;
    }
    append_range(work, at->operands());
  }
  return false;
}

static bool swapConversion(Module &module) {
  Calls calls = callsOf(module, "ff2bf16x2");
  if (calls.empty())
    return false;
  Value *high = calls[0]->getArgOperand(0);
  calls[0]->setArgOperand(0, calls[0]->getArgOperand(1));
  calls[0]->setArgOperand(1, high);
  return true;
}

static Value *yes(Module &module) {
  return ConstantInt::getTrue(module.getContext());
}

// Not among them, as nothing that a functional simulator sees depends on it:
// the wait for copies at a producer's end (the consumers wait for the same
// copies on the barrier), memory orders and cache hints of instructions, and
// what only ptxas does (serialising wgmma, spills).
static const Mutation kMutations[] = {
    // Fences.
    {"proxy-fence-dropped", "up",
     [](Module &m) { return takeOut(callsOf(m, "fence.proxy.async")); },
     "proxy fence", "no fence.proxy.async follows", "consumer", "pipe.mma"},
    {"barrier-init-fence-dropped", "down",
     [](Module &m) { return takeOut(callsOf(m, "fence.mbarrier_init")); },
     "barrier", "fence.mbarrier_init", "producer", "pipe.fill"},
    {"wgmma-fence-dropped", "down",
     [](Module &m) { return takeOut(callsOf(m, "wgmma.fence")); },
     "wgmma fence", "without wgmma.fence", "consumer", "pipe.mma"},
    // Barriers.
    {"block-sync-dropped", "down",
     [](Module &m) { return takeOut(callsOf(m, "barrier.cta.sync")); },
     "barrier|not ordered", "mbarrier", "producer|consumer",
     "pipe.fill|pipe.drain"},
    {"full-parity-inverted", "down",
     [](Module &m) { return flip(inRole(m, kTryWait, false), 1); },
     "copy in flight|never written|not ordered", "consumer", "consumer",
     "pipe.read_row_scales|pipe.mma"},
    {"empty-parity-inverted", "up",
     [](Module &m) { return flip(inRole(m, kTryWait, true), 1); }, "deadlock",
     "barrier empty", "producer", "pipe.fill"},
    {"full-wait-dropped", "down",
     [](Module &m) { return takeOut(inRole(m, kTryWait, false), yes(m)); },
     "copy in flight|never written|not ordered", "consumer", "consumer",
     "pipe.read_row_scales|pipe.mma"},
    {"empty-wait-dropped", "up",
     [](Module &m) { return takeOut(inRole(m, kTryWait, true), yes(m)); },
     "copy in flight|still being read|not ordered", "producer", "producer",
     "pipe.fill"},
    {"full-count-plus-one", "up",
     [](Module &m) { return addTo(inits(m, 0), 1, 1); }, "deadlock",
     "barrier full", "consumer", "pipe.drain"},
    {"full-count-minus-one", "up",
     [](Module &m) { return addTo(inits(m, 0), 1, -1); },
     "arrival count|copy in flight|tx-count|never written|not ordered", "stage",
     "producer|consumer", "pipe.fill|pipe.drain|pipe.mma|pipe.read_row_scales"},
    {"empty-count-plus-one", "down",
     [](Module &m) { return addTo(inits(m, 1), 1, 1); }, "deadlock",
     "barrier empty", "producer", "pipe.fill"},
    {"empty-count-minus-one", "down",
     [](Module &m) { return addTo(inits(m, 1), 1, -1); },
     "still being read|arrival count|not ordered", "stage", "producer",
     "pipe.fill"},
    {"expected-bytes-plus-sixteen", "down",
     [](Module &m) {
       return addTo(callsOf(m, "mbarrier.arrive.expect"), 1, 16);
     },
     "deadlock|tx-count", "bytes", "", "pipe.fill|pipe.drain"},
    {"expected-bytes-minus-sixteen", "down",
     [](Module &m) {
       return addTo(callsOf(m, "mbarrier.arrive.expect"), 1, -16);
     },
     "tx-count", "announced", "", "pipe.fill"},
    {"all-lanes-release", "down",
     [](Module &m) { return set(callsOf(m, kArrive), 1, 1); },
     "arrival count|still being read", "stage", "producer", "pipe.fill"},
    {"every-lane-elected", "up", electAll,
     "arrival count|copy in flight|tx-count|not ordered|still being read",
     "stage", "producer|consumer",
     "pipe.fill|pipe.drain|pipe.mma|pipe.read_row_scales"},
    {"slot-released-early", "down", releaseEarly, "still being read",
     "producer", "producer", "pipe.fill"},
    {"release-dropped", "up",
     [](Module &m) { return takeOut(callsOf(m, kArrive)); }, "deadlock",
     "barrier empty", "producer", "pipe.fill"},
    {"copies-never-arrive", "up",
     [](Module &m) { return takeOut(callsOf(m, "cp.async.mbarrier.arrive")); },
     "deadlock", "barrier full", "consumer", "pipe.drain"},
    // wgmma.
    {"wait-dropped", "down", dropTiedWaits,
     "accumulator in flight|still being read",
     "without a wait|finished reading", "producer|consumer",
     "pipe.store_rows|pipe.fill|pipe.scale_add"},
    {"wait-too-deep", "up", deepenWaits, "accumulator in flight",
     "without a wait", "consumer", "pipe.scale_add|pipe.store_rows"},
    {"commit-dropped", "down",
     [](Module &m) { return takeOut(callsOf(m, "wgmma.commit")); },
     "accumulator in flight|still being read", "wgmma|finished reading",
     "producer|consumer", "pipe.store_rows|pipe.fill|pipe.scale_add"},
    {"descriptor-swizzle-64", "down",
     [](Module &m) { return editDescriptors(m, 1ull << 62, 1ull << 63); },
     "matrix descriptor", "128-byte swizzle", "consumer", "pipe.mma"},
    {"descriptor-stride-doubled", "up",
     [](Module &m) {
       return editDescriptors(m, 0x3fffull << 32, 128ull << 32);
     },
     "matrix descriptor", "1024 bytes", "consumer", "pipe.mma"},
    {"k-step-not-advanced", "down",
     [](Module &m) { return shiftSecondStep(m, -2); }, "wrong bits",
     "partials"},
    {"k-step-half-advanced", "up",
     [](Module &m) { return shiftSecondStep(m, -1); }, "matrix descriptor",
     "32 bytes", "consumer", "pipe.mma"},
    {"first-step-adds", "up",
     [](Module &m) {
       return takeOut(callsOf(m, "read.ptx.sreg.ctaid.z"),
                      ConstantInt::get(Type::getInt32Ty(m.getContext()), 1));
     },
     "wrong bits", "gate_up"},
    // Loads.
    {"box-one-row-off", "down",
     [](Module &m) { return addTo(last(callsOf(m, kBox)), 4, 1); },
     "wrong bits", "partials"},
    {"box-one-column-off", "down",
     [](Module &m) { return addTo(first(callsOf(m, kBox)), 3, 1); },
     "wrong bits", "partials"},
    {"box-into-next-slot", "down",
     [](Module &m) { return addTo(last(callsOf(m, kBox)), 0, 16384); },
     "copy in flight|never written|out of bounds|still being read|not ordered",
     "tile B", "producer|consumer", "pipe.fill|pipe.mma"},
    {"box-misaligned", "down",
     [](Module &m) { return addTo(last(callsOf(m, kBox)), 0, 128); },
     "misaligned", "multiple of 1024", "producer", "pipe.fill"},
    {"box-on-wrong-barrier", "down",
     [](Module &m) { return addTo(first(callsOf(m, kScales)), 1, 8); },
     "tx-count|deadlock|copy in flight|not ordered", "stage", "",
     "pipe.fill|pipe.drain|pipe.mma|pipe.read_row_scales"},
    {"gather-swizzle-dropped", "up", dropGatherSwizzle,
     "copy in flight|wrong bits|not ordered", "tile A", "producer",
     "pipe.fill"},
    {"gather-past-the-end", "up",
     [](Module &m) { return addTo(callsOf(m, "cp.async.cg"), 1, 1 << 20); },
     "out of bounds", "(cp.async)", "producer", "pipe.fill"},
    {"gather-misaligned", "up",
     [](Module &m) { return addTo(callsOf(m, "cp.async.cg"), 1, 4); },
     "misaligned", "'x'", "producer", "pipe.fill"},
    // Tiles and scales.
    {"tile-stride-one", "up",
     [](Module &m) {
       return takeOut(callsOf(m, "read.ptx.sreg.nctaid.x"),
                      ConstantInt::get(Type::getInt32Ty(m.getContext()), 1));
     },
     "written twice", "has stored to", "consumer", "pipe.store_rows"},
    {"first-tile-off-by-one", "down",
     [](Module &m) {
       return addToResult(callsOf(m, "read.ptx.sreg.ctaid.x"), 1);
     },
     "wrong bits", "partials"},
    {"producer-tile-off-by-one", "down",
     [](Module &m) {
       return addToResult(inRole(m, "read.ptx.sreg.ctaid.x", true), 1);
     },
     "wrong bits|deadlock|work outstanding", "partials|barrier|block"},
    {"weight-scale-of-next-block", "up",
     [](Module &m) { return shiftWeightScale(m, 4); },
     "wrong bits|out of bounds", "gate_up|'w13_scales'"},
    {"row-scale-of-next-row", "up",
     [](Module &m) { return shiftRowScale(m, 4); },
     "wrong bits|never written|copy in flight|not ordered",
     "gate_up|scales of A"},
    {"sum-forgotten", "down", forgetSum, "wrong bits", "partials"},
    // Epilogue.
    {"warp-sync-before-writing-dropped", "up",
     [](Module &m) { return takeOut(last(warpSyncs(m, true))); },
     "still being read|not ordered", "staging buffer", "consumer",
     "pipe.store_rows"},
    {"warp-sync-before-reading-dropped", "up",
     [](Module &m) { return takeOut(first(warpSyncs(m, false))); },
     "not ordered|still being read|never written", "staging buffer", "consumer",
     "pipe.store_rows"},
    {"conversion-swapped", "down", swapConversion, "wrong bits", "partials"},
    {"matrix-store-misaligned", "up",
     [](Module &m) { return addTo(first(callsOf(m, "stmatrix")), 0, 8); },
     "misaligned", "stmatrix", "consumer", "pipe.store_rows"},
    {"store-out-of-bounds", "up",
     [](Module &m) { return shiftStores(m, 1 << 24); }, "out of bounds",
     "gate_up", "consumer", "pipe.store_rows"},
    {"store-offset-overflows", "down", wrapStores, "written twice", "partials",
     "consumer", "pipe.store_rows"},
    // Registers.
    {"registers-over-budget", "down",
     [](Module &m) { return set(callsOf(m, "setmaxnreg.inc"), 0, 256); },
     "deadlock", "registers", "consumer", ""},
};

ArrayRef<Mutation> allMutations() { return kMutations; }
