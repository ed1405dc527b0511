//===- ProducerMutations.cpp - faults of those who fill slots -------------===//

#include "tests/compiler/simulate/Barriers.h"
#include "tests/compiler/simulate/Mutations.h"

using namespace llvm;
using namespace rewrites;

static constexpr unsigned kShared = 3;
static constexpr const char *kEarlier = "griddepcontrol.wait";
static constexpr const char *kLater = "griddepcontrol.launch_dependents";
static constexpr const char *kCopiesArrive = "cp.async.mbarrier.arrive";
static constexpr const char *kAnnounce = "mbarrier.arrive.expect";

static constexpr unsigned kGlobal = 1;

/// What down asks of up's progress: how much of a run is stored, and first
/// whether all is.
static SmallVector<LoadInst *> questions(Module &module) {
  return allOf<LoadInst>(module, [](LoadInst *load) {
    return load->isAtomic() && load->getPointerAddressSpace() == kGlobal;
  });
}

/// Not all is stored, but every run is.
static bool askNobody(Module &module) {
  auto all = questions(module);
  for (LoadInst *question : all) {
    constexpr int many = 1 << 29;
    int answer = question == all.front() ? 0 : many;
    question->replaceAllUsesWith(ConstantInt::get(question->getType(), answer));
    question->eraseFromParent();
  }
  return !all.empty();
}

static bool launchFirst(Module &module) {
  Calls waits = callsOf(module, kEarlier), launches = callsOf(module, kLater);
  for (auto [wait, launch] : zip_equal(waits, launches))
    launch->moveBefore(wait->getIterator());
  return !waits.empty();
}

/// In down the late producer's instructions come before the producer's.
static const Mutation kLate[] = {
    {"late-producer-asks-nobody", "down", askNobody, "programmatic launch",
     "of 'h', which|of 'h_scales', which", "producer",
     "pipe.load_box|pipe.fill"},
    {"no-proxy-fence-behind-answer", "down",
     [](Module &m) {
       Calls shared = callsOf(m, "fence.proxy.async.shared");
       return takeOut(
           keep(callsOf(m, "fence.proxy.async"),
                [&](CallBase *call) { return !is_contained(shared, call); }));
     },
     "programmatic launch", "of 'h', which|of 'h_scales', which", "producer",
     "pipe.load_box|pipe.fill"},
    {"block-never-waits-for-up", "down",
     [](Module &m) {
       bool changed = takeOut(callsOf(m, kEarlier));
       return takeOut(callsOf(m, kLater)) && changed;
     },
     "programmatic launch", "none has passed griddepcontrol.wait"},
    {"next-kernel-starts-early", "down", launchFirst, "programmatic launch",
     "lets the next kernel start before griddepcontrol.wait"},
    {"kernel-after-up-starts-early", "up", launchFirst, "programmatic launch",
     "lets the next kernel start before griddepcontrol.wait"},
    {"late-producer-fills-early", "down",
     [](Module &m) {
       return takeOut(first(waits(m, /*producer=*/true, Of::ring)), yes(m));
     },
     "copy in flight|still being read|not ordered|arrival count|tx-count",
     "stage", "", "pipe.fill"},
    {"late-boxes-unannounced", "down",
     [](Module &m) { return takeOut(first(callsOf(m, kAnnounce))); },
     "deadlock|tx-count", "stage", "", "pipe.fill|pipe.drain"},
    {"one-announcer-counted", "down",
     [](Module &m) { return addTo(inits(m, Of::ring, kFull), 1, -1); },
     "arrival count|copy in flight|tx-count|never written|not ordered", "stage",
     "", "pipe.fill|pipe.drain|pipe.mma|pipe.read_row_scales"},
    {"late-producer-keeps-number", "down",
     [](Module &m) {
       return takeOut(first(arrives(m, kOwnArrive, Of::queue)));
     },
     "deadlock", "tile queue slot 0, barrier empty", "producer", "pipe.tiles"},
};

ArrayRef<Mutation> lateMutations() { return kLate; }

//===----------------------------------------------------------------------===//
// What up says of h
//===----------------------------------------------------------------------===//

/// The atomics whose answer nobody waits for, but for those of the queue: a
/// tile that is counted, those that are left, and the block.
static SmallVector<AtomicRMWInst *> countings(Module &module) {
  return allOf<AtomicRMWInst>(module, [](AtomicRMWInst *atomic) {
    return atomic->getOperation() == AtomicRMWInst::Add && atomic->use_empty();
  });
}

static bool countMore(Module &module, size_t which) {
  auto all = countings(module);
  if (which >= all.size())
    return false;
  IRBuilder<> b(all[which]);
  all[which]->setOperand(
      1, b.CreateAdd(all[which]->getValOperand(), b.getInt32(1)));
  return true;
}

static bool dropBlock(Module &module) {
  auto all = countings(module);
  if (all.empty())
    return false;
  all.back()->eraseFromParent();
  return true;
}

static const Mutation kCounted[] = {
    {"note-dropped", "up",
     [](Module &m) {
       return takeOut(first(arrives(m, kOwnArrive, Of::ledger)));
     },
     "deadlock", "ledger", "producer", "pipe.post_rows"},
    {"last-note-dropped", "up",
     [](Module &m) {
       return takeOut(last(arrives(m, kOwnArrive, Of::ledger)));
     },
     "deadlock", "ledger", "producer", "pipe.role"},
    {"ledger-count-plus-one", "up",
     [](Module &m) { return addTo(inits(m, Of::ledger, kFull), 1, 1); },
     "deadlock", "ledger", "producer", "pipe.post_rows|pipe.role"},
    {"ledger-parity-inverted", "up",
     [](Module &m) {
       return flip(first(waits(m, /*producer=*/true, Of::ledger)), 1);
     },
     "deadlock", "ledger", "producer", "pipe.post_rows|pipe.role"},
    {"tile-counted-more", "up", [](Module &m) { return countMore(m, 0); },
     "wrong bits", "h_progress["},
    {"last-tile-counted-more", "up", [](Module &m) { return countMore(m, 1); },
     "wrong bits", "h_progress["},
    {"block-not-counted", "up", dropBlock, "wrong bits", "h_progress[0]"},
};

ArrayRef<Mutation> progressMutations() { return kCounted; }

//===----------------------------------------------------------------------===//
// Scales of four K blocks, of rows that are gathered
//===----------------------------------------------------------------------===//

/// The tiles of a slot of scales, by the loads of the consumer: two rows of a
/// thread, then a scale for each piece.
static LoadInst *scaleLoad(Module &module, bool ofWeights) {
  auto loads = accesses<LoadInst>(module, kShared,
                                  [](Type *type) { return type->isFloatTy(); });
  if (loads.size() != 4)
    return nullptr;
  return ofWeights ? loads.back() : loads.front();
}

static bool shiftColumn(Module &module, bool ofWeights, int64_t columns) {
  LoadInst *load = scaleLoad(module, ofWeights);
  return load && shift(load, 4 * columns);
}

/// A scale slot is held while the slots of its blocks come and go: the order of
/// waits is the scales', then the blocks'; that of releases the reverse.
static Calls scaleWait(Module &module) {
  return first(waits(module, /*producer=*/false, Of::ring));
}
static Calls scaleRelease(Module &module) {
  return nth(arrives(module, kArrive, Of::ring), 1);
}

/// The copies of the scales, by the order of the producer: of rows, and of both
/// pieces of weights.
static Calls scaleCopies(Module &module, bool ofWeights) {
  Calls copies = callsOf(module, "cp.async.cg");
  return copies.size() < 3 ? Calls() : nth(copies, ofWeights ? 1 : 0);
}

// That a slot of scales goes back early is nothing to be found: the ring never
// lets the producer be a slot of scales ahead of where they are read.
static const Mutation kScales[] = {
    {"scale-of-next-block", "up",
     [](Module &m) { return shiftColumn(m, false, 1); },
     "wrong bits|never written|not ordered|copy in flight",
     "h[|pipe.read_row_scales"},
    {"scale-of-block-before", "up",
     [](Module &m) { return shiftColumn(m, false, -1); },
     "wrong bits|never written|not ordered|copy in flight",
     "h[|pipe.read_row_scales"},
    {"weight-scale-of-next-column", "up",
     [](Module &m) { return shiftColumn(m, true, 1); },
     "wrong bits|never written|not ordered|copy in flight",
     "h[|pipe.read_block_scale"},
    {"scales-not-waited-for", "up",
     [](Module &m) { return takeOut(scaleWait(m), yes(m)); },
     "copy in flight|never written|not ordered", "stage", "consumer",
     "pipe.read_row_scales|pipe.read_block_scale"},
    {"scales-never-arrive", "up",
     [](Module &m) { return takeOut(first(callsOf(m, kCopiesArrive))); },
     "deadlock", "barrier full", "consumer", "pipe.drain"},
    {"scales-never-handed-back", "up",
     [](Module &m) { return takeOut(scaleRelease(m)); }, "deadlock",
     "barrier empty", "producer", "pipe.fill"},
    {"scales-of-next-group-copied", "up",
     [](Module &m) { return addTo(scaleCopies(m, false), 1, 16); },
     "wrong bits|out of bounds", "h[|'x_scales'"},
    {"weight-scales-of-next-line", "up",
     [](Module &m) { return addTo(scaleCopies(m, true), 1, 16); },
     "wrong bits|out of bounds", "h[|'w13_scales'"},
    {"scales-copied-misaligned", "up",
     [](Module &m) { return addTo(scaleCopies(m, true), 1, 4); }, "misaligned",
     "cp.async|w13_scales", "producer", "pipe.fill|pipe.load_block_scales"},
};

ArrayRef<Mutation> scaleMutations() { return kScales; }
