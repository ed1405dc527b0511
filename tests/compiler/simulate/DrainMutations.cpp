//===- DrainMutations.cpp - faults of drains of several slots -------------===//

#include "tests/compiler/simulate/Barriers.h"
#include "tests/compiler/simulate/Mutations.h"

using namespace llvm;
using namespace rewrites;

/// The consumer's wait for the `slot`th slot of a drain.
static Calls slotWait(Module &module, size_t slot) {
  return nth(waits(module, /*producer=*/false, Of::ring), slot);
}

/// What hands that slot back.
static Calls slotRelease(Module &module, size_t slot) {
  return nth(arrives(module, kArrive, Of::ring), slot);
}

/// Both slots go back to the first one's barrier.
static bool releaseFirstTwice(Module &module) {
  Calls one = slotRelease(module, 0), other = slotRelease(module, 1);
  if (one.empty() || other.empty())
    return false;
  other[0]->setArgOperand(0, one[0]->getArgOperand(0));
  return true;
}

static const Mutation kDrains[] = {
    {"first-of-two-slots-not-awaited", "down",
     [](Module &m) { return takeOut(slotWait(m, 0), yes(m)); },
     "copy in flight|never written|not ordered", "stage", "consumer",
     "pipe.mma|pipe.read_row_scales|pipe.read_block_scale"},
    {"second-of-two-slots-not-awaited", "down",
     [](Module &m) { return takeOut(slotWait(m, 1), yes(m)); },
     "copy in flight|never written|not ordered", "stage", "consumer",
     "pipe.mma|pipe.read_row_scales|pipe.read_block_scale"},
    {"first-of-two-slots-kept", "down",
     [](Module &m) { return takeOut(slotRelease(m, 0)); }, "deadlock",
     "barrier empty", "producer", "pipe.fill"},
    {"second-of-two-slots-kept", "down",
     [](Module &m) { return takeOut(slotRelease(m, 1)); }, "deadlock",
     "barrier empty", "producer", "pipe.fill"},
    {"one-slot-handed-back-twice", "down", releaseFirstTwice,
     "arrival count|deadlock|still being read", "stage", "producer",
     "pipe.fill"},
};

ArrayRef<Mutation> drainMutations() { return kDrains; }
