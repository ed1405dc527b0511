//===- QueueMutations.cpp - faults of the tile queue ----------------------===//

#include "tests/compiler/simulate/Barriers.h"
#include "tests/compiler/simulate/Mutations.h"

using namespace llvm;
using namespace rewrites;

static constexpr unsigned kShared = 3;

static Calls queueInits(Module &module, Which which) {
  return inits(module, Of::queue, which);
}
static Calls queueWaits(Module &module, bool producer) {
  return waits(module, producer, Of::queue);
}
static Calls queueArrives(Module &module) {
  return arrives(module, kOwnArrive, Of::queue);
}

/// The atomics on the queue's counters, in program order: the first tile taken,
/// the others, the block that is done, and both made zero.
static SmallVector<AtomicRMWInst *> atomics(Module &module,
                                            AtomicRMWInst::BinOp op) {
  return allOf<AtomicRMWInst>(module, [&](AtomicRMWInst *atomic) {
    return atomic->getOperation() == op;
  });
}

/// The counter stands still the first time a tile is taken.
static bool takeTwice(Module &module) {
  auto adds = atomics(module, AtomicRMWInst::Add);
  if (adds.empty())
    return false;
  Value *value = adds[0]->getValOperand();
  adds[0]->setOperand(1, ConstantInt::get(value->getType(), 0));
  return true;
}

static bool dropReset(Module &module) {
  auto resets = atomics(module, AtomicRMWInst::Xchg);
  for (AtomicRMWInst *reset : resets)
    reset->eraseFromParent();
  return !resets.empty();
}

/// Consumers read the number of the next tile and add to it.
static bool shiftNumber(Module &module) {
  auto loads = accesses<LoadInst>(
      module, kShared, [](Type *type) { return type->isIntegerTy(32); });
  if (loads.size() < 2)
    return false;
  IRBuilder<> b(loads.back()->getNextNode());
  auto *sum = cast<Instruction>(b.CreateAdd(loads.back(), b.getInt32(1)));
  loads.back()->replaceUsesWithIf(
      sum, [&](Use &use) { return use.getUser() != sum; });
  return true;
}

// In down the late producer waits for numbers and hands them back before the
// producer does, in program order.
static const Mutation kMutations[] = {
    {"queue-sync-dropped", "down",
     [](Module &m) { return takeOut(last(callsOf(m, "barrier.cta.sync"))); },
     "barrier|not ordered", "tile queue slot", "producer|consumer",
     "pipe.tiles"},
    {"queue-full-parity-inverted", "down",
     [](Module &m) { return flip(queueWaits(m, false), 1); },
     "never written|not ordered", "tile queue slot 0, number", "consumer",
     "pipe.tiles"},
    {"queue-empty-parity-inverted", "up",
     [](Module &m) { return flip(first(queueWaits(m, true)), 1); }, "deadlock",
     "tile queue slot 0, barrier empty", "producer", "pipe.tiles"},
    {"number-read-before-full", "down",
     [](Module &m) { return takeOut(queueWaits(m, false), yes(m)); },
     "never written|not ordered", "number", "consumer", "pipe.tiles"},
    {"producer-reads-number-early", "up",
     [](Module &m) { return takeOut(last(queueWaits(m, true)), yes(m)); },
     "never written|not ordered", "number", "producer", "pipe.tiles"},
    {"number-written-before-empty", "down",
     [](Module &m) { return takeOut(nth(queueWaits(m, true), 1), yes(m)); },
     "still being read|arrival count|not ordered|deadlock", "tile queue slot",
     "", "pipe.tiles", /*manySlots=*/true},
    {"number-never-full", "down",
     [](Module &m) { return takeOut(nth(queueArrives(m), 1)); }, "deadlock",
     "tile queue slot 0, barrier full", "consumer", "pipe.tiles"},
    {"number-not-handed-back", "up",
     [](Module &m) { return takeOut(last(queueArrives(m))); }, "deadlock",
     "tile queue slot 0, barrier empty", "producer", "pipe.tiles"},
    {"hand-back-count-plus-one", "up",
     [](Module &m) { return addTo(queueInits(m, kEmpty), 1, 1); }, "deadlock",
     "tile queue slot 0, barrier empty", "producer", "pipe.tiles"},
    {"hand-back-count-minus-one", "down",
     [](Module &m) { return addTo(queueInits(m, kEmpty), 1, -1); },
     "still being read|arrival count|not ordered|deadlock", "tile queue slot",
     "", "pipe.tiles", /*manySlots=*/true},
    {"queue-full-count-plus-one", "down",
     [](Module &m) { return addTo(queueInits(m, kFull), 1, 1); }, "deadlock",
     "tile queue slot 0, barrier full", "consumer", "pipe.tiles"},
    {"tile-taken-twice", "up", takeTwice, "written twice", "has stored to",
     "consumer", "pipe.store_rows|pipe.store_row_scales"},
    {"taken-behind-one-block", "down",
     [](Module &m) {
       return takeOut(callsOf(m, "read.ptx.sreg.nctaid.x"),
                      ConstantInt::get(Type::getInt32Ty(m.getContext()), 1));
     },
     "written twice", "has stored to", "producer", "pipe.role"},
    {"next-tile-off-by-one", "down", shiftNumber,
     "wrong bits|written twice|deadlock|work outstanding",
     "partials|barrier|block"},
    {"counters-not-reset", "up", dropReset, "wrong bits",
     "up_tiles expected zero"},
};

ArrayRef<Mutation> queueMutations() { return kMutations; }
