//===- Mutations.cpp - the faults -----------------------------------------===//

#include "tests/compiler/simulate/Mutations.h"
#include "tests/compiler/simulate/Barriers.h"

#include "llvm/Analysis/ValueTracking.h"

using namespace llvm;
using namespace rewrites;

static constexpr unsigned kGlobal = 1, kShared = 3;
static constexpr const char *kWgmma = "wgmma.mma_async";
static constexpr const char *kTiedWait = "wgmma.wait_group";
static constexpr const char *kBox = "cp.async.bulk.tensor";
static constexpr const char *kScales = "cp.async.bulk.tensor.g2s.cta.tile.2d";

static Calls ringInits(Module &module, Which which) {
  return inits(module, Of::ring, which);
}
static Calls ringWaits(Module &module, bool producer) {
  return waits(module, producer, Of::ring);
}
static Calls releases(Module &module) {
  return arrives(module, kArrive, Of::ring);
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
  Calls arrives = releases(module), waits = callsOf(module, kTiedWait);
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
  Calls stores = callsOf(module, kBulkStore);
  for (CallBase *store : stores) {
    IRBuilder<> b(store);
    Value *place = store->getArgOperand(0);
    Value *base = const_cast<Value *>(getUnderlyingObject(place));
    Value *offset = b.CreateSub(b.CreatePtrToInt(place, b.getInt64Ty()),
                                b.CreatePtrToInt(base, b.getInt64Ty()));
    store->setArgOperand(
        0, b.CreateGEP(b.getInt8Ty(), base, b.CreateAnd(offset, 0x7fff)));
  }
  return !stores.empty();
}

/// The copy of a weight scale: the last of those that always copy 4 bytes.
static bool shiftWeightScale(Module &module, int64_t bytes) {
  return addTo(last(callsOf(module, "cp.async.ca")), 1, bytes);
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

static bool swapConversion(Module &module, StringRef name) {
  Calls calls = callsOf(module, name);
  if (calls.empty())
    return false;
  Value *high = calls[0]->getArgOperand(0);
  calls[0]->setArgOperand(0, calls[0]->getArgOperand(1));
  calls[0]->setArgOperand(1, high);
  return true;
}

/// The two rows of a thread get each other's scale.
static bool swapScaleStores(Module &module) {
  auto stores = accesses<StoreInst>(
      module, kGlobal, [](Type *type) { return type->isFloatTy(); });
  if (stores.size() != 2)
    return false;
  Value *first = stores[0]->getValueOperand();
  stores[0]->setOperand(0, stores[1]->getValueOperand());
  stores[1]->setOperand(0, first);
  return true;
}

/// Codes of the first rows are made with the factor of the second.
static bool swapFactors(Module &module) {
  auto factors = allOf<BinaryOperator>(module, [](BinaryOperator *operation) {
    return operation->getOpcode() == Instruction::FDiv &&
           isa<ConstantFP>(operation->getOperand(0)) &&
           cast<ConstantFP>(operation->getOperand(0))->isExactlyValue(448.0f);
  });
  if (factors.size() != 2)
    return false;
  factors[0]->setOperand(1, factors[1]->getOperand(1));
  factors[0]->moveAfter(factors[1]);
  return true;
}

/// The maximum of a row is taken over this many lanes' columns too few.
static bool dropShuffles(Module &module, uint64_t distance) {
  Calls shuffles = callsOf(module, "shfl.sync.bfly");
  erase_if(shuffles, [&](CallBase *call) {
    return cast<ConstantInt>(call->getArgOperand(2))->getZExtValue() !=
           distance;
  });
  for (CallBase *shuffle : shuffles) {
    shuffle->replaceAllUsesWith(shuffle->getArgOperand(1));
    shuffle->eraseFromParent();
  }
  return !shuffles.empty();
}

/// The largest code becomes 240, that of another format.
static bool shrinkCodes(Module &module) {
  bool changed = false;
  for (BinaryOperator *division :
       allOf<BinaryOperator>(module, [](BinaryOperator *operation) {
         return operation->getOpcode() == Instruction::FDiv;
       }))
    for (Use &use : division->operands())
      if (auto *number = dyn_cast<ConstantFP>(use.get());
          number && number->isExactlyValue(448.0f)) {
        use.set(ConstantFP::get(number->getType(), 240.0));
        changed = true;
      }
  return changed;
}

/// What a consumer whose rows are all empty does with a slot: the last of its
/// waits and releases.
static bool skipEmptyDrain(Module &module, bool wait, bool release) {
  bool changed = false;
  if (wait)
    changed |= takeOut(last(ringWaits(module, /*producer=*/false)),
                       ConstantInt::getTrue(module.getContext()));
  if (release)
    changed |= takeOut(last(releases(module)));
  return changed;
}

// Not among them, as nothing that a functional simulator sees depends on it:
// the wait for copies at a producer's end (the consumers wait for the same
// copies on the barrier), memory orders and cache hints of instructions, and
// what only ptxas does (serialising wgmma, spills).
static const Mutation kMutations[] = {
    // Fences.
    {"proxy-fence-dropped", "up",
     [](Module &m) { return takeOut(first(callsOf(m, "fence.proxy.async"))); },
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
     "pipe.fill|pipe.drain|pipe.tiles"},
    {"full-parity-inverted", "down",
     [](Module &m) { return flip(ringWaits(m, false), 1); },
     "copy in flight|never written|not ordered|deadlock", "consumer",
     "consumer", "pipe.read_row_scales|pipe.mma|pipe.drain"},
    {"empty-parity-inverted", "up",
     [](Module &m) { return flip(ringWaits(m, true), 1); }, "deadlock",
     "barrier empty", "producer", "pipe.fill"},
    {"full-wait-dropped", "down",
     [](Module &m) { return takeOut(ringWaits(m, false), yes(m)); },
     "copy in flight|never written|not ordered", "consumer", "consumer",
     "pipe.read_row_scales|pipe.mma"},
    {"empty-wait-dropped", "up",
     [](Module &m) { return takeOut(ringWaits(m, true), yes(m)); },
     "copy in flight|still being read|not ordered", "producer", "producer",
     "pipe.fill"},
    {"full-count-plus-one", "up",
     [](Module &m) { return addTo(ringInits(m, kFull), 1, 1); }, "deadlock",
     "barrier full", "consumer", "pipe.drain"},
    {"full-count-minus-one", "up",
     [](Module &m) { return addTo(ringInits(m, kFull), 1, -1); },
     "arrival count|copy in flight|tx-count|never written|not ordered", "stage",
     "producer|consumer", "pipe.fill|pipe.drain|pipe.mma|pipe.read_row_scales"},
    {"empty-count-plus-one", "down",
     [](Module &m) { return addTo(ringInits(m, kEmpty), 1, 1); }, "deadlock",
     "barrier empty", "producer", "pipe.fill"},
    {"empty-count-minus-one", "down",
     [](Module &m) { return addTo(ringInits(m, kEmpty), 1, -1); },
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
     [](Module &m) { return set(releases(m), 1, 1); },
     "arrival count|still being read|deadlock", "stage", "producer",
     "pipe.fill"},
    {"every-lane-elected", "up", electAll,
     "arrival count|copy in flight|tx-count|not ordered|still being read",
     "stage", "producer|consumer",
     "pipe.fill|pipe.drain|pipe.mma|pipe.read_row_scales"},
    {"slot-released-early", "down", releaseEarly, "still being read",
     "producer", "producer", "pipe.fill"},
    {"release-dropped", "up", [](Module &m) { return takeOut(releases(m)); },
     "deadlock", "barrier empty", "producer", "pipe.fill"},
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
     "wrong bits", "h["},
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
    {"first-tile-off-by-one", "down",
     [](Module &m) {
       return addToResult(callsOf(m, "read.ptx.sreg.ctaid.x"), 1);
     },
     "wrong bits|written twice", "partials"},
    {"producer-tile-off-by-one", "down",
     [](Module &m) {
       return addToResult(inRole(m, "read.ptx.sreg.ctaid.x", true), 1);
     },
     "wrong bits|deadlock|work outstanding", "partials|barrier|block"},
    {"weight-scale-of-next-block", "up",
     [](Module &m) { return shiftWeightScale(m, 4); },
     "wrong bits|out of bounds", "h[|'w13_scales'"},
    {"weight-scale-of-block-before", "down",
     [](Module &m) { return shiftWeightScale(m, -4); },
     "wrong bits|out of bounds", "partials|'w2_scales'"},
    {"row-scale-of-next-row", "up",
     [](Module &m) { return shiftRowScale(m, 4); },
     "wrong bits|never written|copy in flight|not ordered", "h[|scales of A"},
    {"sum-forgotten", "down", forgetSum, "wrong bits", "partials"},
    {"empty-drain-without-wait", "up",
     [](Module &m) { return skipEmptyDrain(m, true, false); },
     "arrival count|still being read|not ordered|copy in flight",
     "stage 0|stage 1", "producer", "pipe.fill"},
    {"empty-drain-without-release", "up",
     [](Module &m) { return skipEmptyDrain(m, false, true); }, "deadlock",
     "stage 0, barrier empty|stage 1, barrier empty", "producer", "pipe.fill"},
    {"empty-drain-skipped", "down",
     [](Module &m) { return skipEmptyDrain(m, true, true); }, "deadlock",
     "stage 0, barrier empty|stage 1, barrier empty", "producer", "pipe.fill"},
    // Other kernels.
    {"earlier-kernel-not-waited-for", "up",
     [](Module &m) { return takeOut(callsOf(m, "griddepcontrol")); },
     "programmatic launch", "griddepcontrol.wait", "producer|consumer",
     "pipe.tiles|pipe.fill|pipe.store_rows|pipe.read_rows"},
    // Quantisation.
    {"scale-of-other-row", "up", swapScaleStores, "wrong bits", "h_scales["},
    {"factor-of-other-row", "up", swapFactors, "wrong bits", "h["},
    {"neighbour-left-out-of-maximum", "up",
     [](Module &m) { return dropShuffles(m, 1); }, "wrong bits", "h["},
    {"second-shuffle-dropped", "up",
     [](Module &m) { return dropShuffles(m, 2); }, "wrong bits", "h["},
    {"wrong-largest-code", "up", shrinkCodes, "wrong bits", "h["},
    {"code-conversion-swapped", "up",
     [](Module &m) { return swapConversion(m, "ff.to.e4m3x2"); }, "wrong bits",
     "h["},
    {"scale-out-of-bounds", "up",
     [](Module &m) { return shiftStores(m, 1 << 24); }, "out of bounds",
     "h_scales", "consumer", "pipe.store_row_scales"},
    // Epilogue.
    {"store-proxy-fence-dropped", "down",
     [](Module &m) { return takeOut(inStore(m, "fence.proxy.async")); },
     "proxy fence", "no fence.proxy.async follows", "producer", "pipe.role"},
    {"code-store-proxy-fence-dropped", "up",
     [](Module &m) { return takeOut(inStore(m, "fence.proxy.async")); },
     "proxy fence", "no fence.proxy.async follows", "consumer",
     "pipe.store_rows"},
    {"staging-overwritten-early", "down",
     [](Module &m) { return takeOut(first(callsOf(m, kStoreWait))); },
     "still being read", "staging buffer", "consumer", "pipe.store_rows"},
    {"exit-before-rows-are-read", "up",
     [](Module &m) { return takeOut(last(noteWaits(m))); }, "work outstanding",
     "did not wait for", "consumer", "pipe.store_rows"},
    {"store-commit-dropped", "up",
     [](Module &m) {
       return takeOut(callsOf(m, "cp.async.bulk.commit.group"));
     },
     "still being read|work outstanding", "staging buffer|never committed",
     "consumer", "pipe.store_rows"},
    {"warp-sync-before-writing-dropped", "up",
     [](Module &m) {
       // A note stands before it and has one, too.
       Calls notes = keep(callsOf(m, "bar.warp.sync"), [&](CallBase *call) {
         return lineOf(call) == lineOf(noteWaits(m)[0]);
       });
       return takeOut(notes) && takeOut(first(inStore(m, "bar.warp.sync")));
     },
     "still being read|not ordered", "staging buffer", "consumer",
     "pipe.store_rows"},
    {"warp-sync-before-sending-dropped", "up",
     [](Module &m) { return takeOut(last(inStore(m, "bar.warp.sync"))); },
     "not ordered|never written|proxy fence", "staging buffer", "consumer",
     "pipe.store_rows"},
    {"conversion-swapped", "down",
     [](Module &m) { return swapConversion(m, "ff2bf16x2"); }, "wrong bits",
     "partials"},
    {"matrix-store-misaligned", "down",
     [](Module &m) { return addTo(first(callsOf(m, "stmatrix")), 0, 8); },
     "misaligned", "stmatrix", "consumer", "pipe.store_rows"},
    {"row-store-misaligned", "up",
     [](Module &m) { return addTo(first(callsOf(m, kBulkStore)), 1, 8); },
     "misaligned", "staging buffer", "consumer", "pipe.store_rows"},
    {"row-address-off", "up",
     [](Module &m) { return addTo(first(callsOf(m, kBulkStore)), 0, 192); },
     "written twice|wrong bits", "'h'|h[", ""},
    {"row-of-other-lane", "up",
     [](Module &m) { return set(last(callsOf(m, "shfl.sync.idx")), 2, 1); },
     "written twice|wrong bits", "'h'|h["},
    {"row-store-too-long", "up",
     [](Module &m) { return addTo(callsOf(m, kBulkStore), 2, 16); },
     "never written|written twice", "staging buffer|'h'", "consumer",
     "pipe.store_rows"},
    {"store-out-of-bounds", "up",
     [](Module &m) { return addTo(callsOf(m, kBulkStore), 0, 1 << 24); },
     "out of bounds", "'h'", "consumer", "pipe.store_rows"},
    {"store-offset-overflows", "up", wrapStores, "written twice", "'h'",
     "consumer", "pipe.store_rows"},
    // Registers.
    {"registers-over-budget", "down",
     [](Module &m) { return set(callsOf(m, "setmaxnreg.inc"), 0, 256); },
     "deadlock", "registers", "consumer", ""},
};

ArrayRef<Mutation> kernelMutations() { return kMutations; }
