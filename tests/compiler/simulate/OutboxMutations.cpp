//===- OutboxMutations.cpp - faults between consumers and senders ---------===//

#include "tests/compiler/simulate/Barriers.h"
#include "tests/compiler/simulate/Mutations.h"

using namespace llvm;
using namespace rewrites;

static constexpr unsigned kShared = 3;

static Calls posts(Module &module) {
  return arrives(module, kArrive, Of::outbox);
}
static Calls answers(Module &module) {
  return arrives(module, kOwnArrive, Of::outbox);
}
static Calls senderWaits(Module &module) {
  return waits(module, /*producer=*/true, Of::outbox);
}
/// Before a post, and before the last one.
static Calls openings(Module &module) {
  return waits(module, /*producer=*/false, Of::outbox);
}

/// The only words of this width that a kernel without gathered rows writes to
/// shared memory: how many rows a warp has, and where one goes.
static StoreInst *slipStore(Module &module, unsigned bits) {
  auto stores = accesses<StoreInst>(
      module, kShared, [&](Type *type) { return type->isIntegerTy(bits); });
  return stores.size() == 1 ? stores[0] : nullptr;
}

static bool addToSlip(Module &module, unsigned bits, int64_t amount) {
  StoreInst *store = slipStore(module, bits);
  if (!store)
    return false;
  IRBuilder<> b(store);
  Value *old = store->getValueOperand();
  auto *by = ConstantInt::getSigned(old->getType(), amount);
  store->setOperand(0, b.CreateAdd(old, by));
  return true;
}

/// The words of the header are written one behind the other, at every post.
static bool addToHeader(Module &module, size_t word, int64_t amount) {
  auto stores = accesses<StoreInst>(
      module, kShared, [](Type *type) { return type->isIntegerTy(32); });
  Calls votes = callsOf(module, "vote.ballot");
  erase_if(stores, [&](StoreInst *store) {
    return votes.empty() || lineOf(store) != lineOf(votes[0]);
  });
  if (word >= stores.size())
    return false;
  IRBuilder<> b(stores[word]);
  stores[word]->setOperand(
      0, b.CreateAdd(stores[word]->getValueOperand(), b.getInt32(amount)));
  return true;
}

/// What a call is given is known all along a role.
static bool moveBefore(const Calls &calls, Instruction *place) {
  if (calls.empty() || !place)
    return false;
  calls[0]->moveBefore(place->getIterator());
  return true;
}

/// The sender answers when it has seen the post, and only then reads it.
static bool answerFirst(Module &module) {
  Calls sees = senderWaits(module);
  if (sees.empty())
    return false;
  // It leaves the loop of its wait for what follows in program order.
  auto *branch = dyn_cast<BranchInst>(sees[0]->getParent()->getTerminator());
  if (!branch || !branch->isConditional())
    return false;
  BasicBlock *next = branch->getSuccessor(0);
  if (next == sees[0]->getParent())
    next = branch->getSuccessor(1);
  return moveBefore(answers(module), &*next->getFirstInsertionPt());
}

/// The post is there before the rows are.
static bool postFirst(Module &module) {
  Calls writes = callsOf(module, "stmatrix");
  return !writes.empty() && moveBefore(first(posts(module)), writes[0]);
}

/// The slot is handed back before the scale of the weights is read: the load
/// whose place in the slot is the tile's own.
static bool readScaleLate(Module &module) {
  auto loads = accesses<LoadInst>(module, kShared,
                                  [](Type *type) { return type->isFloatTy(); });
  Calls releases = arrives(module, kArrive, Of::ring);
  if (loads.empty() || releases.empty() ||
      loads.back()->getParent() != releases[0]->getParent())
    return false;
  loads.back()->moveAfter(releases[0]);
  return true;
}

/// The slot is full when the boxes are there.
static bool forgetScale(Module &module) {
  bool changed = takeOut(callsOf(module, "cp.async.mbarrier.arrive"));
  return addTo(inits(module, Of::ring, kFull), 1, -1) && changed;
}

// All of them in down, whose producer gathers nothing.
static const Mutation kMutations[] = {
    // The consumers' side.
    {"posted-before-writing", "down", postFirst,
     "not ordered|never written|still being read|proxy fence",
     "outbox of sender|staging buffer", "producer|consumer",
     "pipe.role|pipe.store_rows"},
    {"post-dropped", "down", [](Module &m) { return takeOut(first(posts(m))); },
     "deadlock",
     "outbox of sender 0, barrier empty|outbox of sender 1, barrier empty"},
    {"closing-post-dropped", "down",
     [](Module &m) { return takeOut(last(posts(m))); }, "deadlock",
     "outbox of sender 0, barrier full|outbox of sender 1, barrier full",
     "producer", "pipe.role"},
    {"all-lanes-post", "down", [](Module &m) { return set(posts(m), 1, 1); },
     "arrival count|not ordered|never written|written twice|deadlock",
     "outbox of sender|partials"},
    {"warp-sync-before-posting-dropped", "down",
     [](Module &m) { return takeOut(inStore(m, "bar.warp.sync")); },
     "not ordered|never written|proxy fence|still being read",
     "staging buffer|outbox of sender", "producer|consumer",
     "pipe.role|pipe.store_rows"},
    {"staging-written-before-answer", "down",
     [](Module &m) { return takeOut(first(openings(m)), yes(m)); },
     "still being read|not ordered|arrival count",
     "staging buffer|outbox of sender", "producer|consumer",
     "pipe.role|pipe.store_rows"},
    {"closed-before-answer", "down",
     [](Module &m) { return takeOut(last(openings(m)), yes(m)); },
     "still being read|not ordered|arrival count|wrong bits|written twice",
     "outbox of sender|partials"},
    {"post-count-plus-one", "down",
     [](Module &m) { return addTo(inits(m, Of::outbox, kFull), 1, 1); },
     "deadlock", "outbox of sender"},
    {"post-count-minus-one", "down",
     [](Module &m) { return addTo(inits(m, Of::outbox, kFull), 1, -1); },
     "not ordered|never written|arrival count|still being read",
     "outbox of sender|staging buffer"},
    // What the slip says.
    {"one-row-too-few", "down", [](Module &m) { return addToSlip(m, 8, -1); },
     "wrong bits", "partials"},
    {"one-row-too-many", "down", [](Module &m) { return addToSlip(m, 8, 1); },
     "out of bounds|never written|written twice",
     "bulk stores|outbox of sender|partials", "producer", "pipe.role"},
    {"row-goes-elsewhere", "down",
     [](Module &m) { return addToSlip(m, 64, 192); },
     "wrong bits|written twice|out of bounds", "partials"},
    {"row-goes-out-of-bounds", "down",
     [](Module &m) { return addToSlip(m, 64, 1 << 24); }, "out of bounds",
     "partials", "producer", "pipe.role"},
    {"slip-skips-too-much", "down",
     [](Module &m) { return addToHeader(m, 0, 8); }, "misaligned",
     "staging buffer", "producer", "pipe.role"},
    {"slip-sends-too-much", "down",
     [](Module &m) { return addToHeader(m, 1, 16); },
     "never written|written twice|out of bounds", "staging buffer|partials",
     "producer", "pipe.role"},
    // The senders' side.
    {"slip-read-before-post", "down",
     [](Module &m) { return takeOut(senderWaits(m), yes(m)); },
     "never written|not ordered", "outbox of sender", "producer", "pipe.role"},
    {"answer-dropped", "down", [](Module &m) { return takeOut(answers(m)); },
     "deadlock", "outbox of sender 0, barrier empty"},
    {"answered-before-reading", "down", answerFirst,
     "still being read|not ordered", "outbox of sender|staging buffer",
     "producer|consumer", "pipe.role|pipe.store_rows"},
    // Scales of weights, which one thread copies.
    {"scale-read-after-release", "down", readScaleLate,
     "still being read|not ordered|copy in flight", "scales of B",
     "producer|consumer", "pipe.fill|pipe.read_block_scale"},
    {"scale-not-waited-for", "down", forgetScale,
     "copy in flight|never written|not ordered", "scales of B", "consumer",
     "pipe.read_block_scale"},
    {"scale-never-arrives", "down",
     [](Module &m) { return takeOut(callsOf(m, "cp.async.mbarrier.arrive")); },
     "deadlock", "barrier full", "consumer", "pipe.drain"},
};

ArrayRef<Mutation> outboxMutations() { return kMutations; }
