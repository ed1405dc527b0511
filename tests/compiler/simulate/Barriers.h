//===- Barriers.h - which instructions belong to which barriers -*- C++ -*-===//
//
// A kernel has pairs of barriers, full and empty, of three kinds, and those of
// a ledger. What waits for them or arrives at them is told apart by the line of
// the pipe dialect that it comes from.
//
//===----------------------------------------------------------------------===//
#ifndef TESTS_COMPILER_SIMULATE_BARRIERS_H
#define TESTS_COMPILER_SIMULATE_BARRIERS_H

#include "tests/compiler/simulate/Rewrites.h"

#include "llvm/ADT/DenseSet.h"

namespace rewrites {

inline constexpr const char *kTryWait = "mbarrier.try.wait";
/// What one lane does for its warp, and what a thread does for itself.
inline constexpr const char *kArrive = "mbarrier.arrive.shared::cta";
inline constexpr const char *kOwnArrive = "mbarrier.arrive.scope";
inline constexpr const char *kBulkStore = "cp.async.bulk.shared.cta.to.global";
enum Which : unsigned { kFull, kEmpty };
inline constexpr const char *kStoreWait = "cp.async.bulk.wait.group.read";
enum class Of { ring, outbox, queue, ledger };

/// What a wait answers that never waits.
inline llvm::Value *yes(llvm::Module &module) {
  return llvm::ConstantInt::getTrue(module.getContext());
}

inline unsigned lineOf(const llvm::Instruction *instruction) {
  return instruction->getDebugLoc() ? instruction->getDebugLoc().getLine() : 0;
}

inline Calls keep(Calls calls,
                  llvm::function_ref<bool(llvm::CallBase *)> wanted) {
  llvm::erase_if(calls, [&](llvm::CallBase *call) { return !wanted(call); });
  return calls;
}

inline Calls first(Calls calls) {
  calls.resize(std::min<size_t>(calls.size(), 1));
  return calls;
}

inline Calls nth(const Calls &calls, size_t n) {
  return n < calls.size() ? Calls{calls[n]} : Calls();
}

inline Calls last(Calls calls) {
  return calls.empty() ? calls : Calls{calls.back()};
}

/// The lines of what posts to an outbox (where warps vote on their rows) and
/// of its senders (where rows are sent), which is that of the closing post.
inline llvm::DenseSet<unsigned> outboxLines(llvm::Module &module) {
  llvm::DenseSet<unsigned> lines;
  Calls votes = callsOf(module, "vote.ballot");
  for (const Calls &calls : {votes, callsOf(module, kBulkStore)})
    for (llvm::CallBase *call : calls)
      if (!votes.empty())
        lines.insert(lineOf(call));
  return lines;
}

/// The waits for what was stored, not only read: of notes in a ledger.
inline Calls noteWaits(llvm::Module &module) {
  Calls reads = callsOf(module, kStoreWait);
  return keep(
      callsOf(module, "cp.async.bulk.wait.group"),
      [&](llvm::CallBase *call) { return !llvm::is_contained(reads, call); });
}

/// Those of the tile queue are at the lines of pipe.tiles, where threads arrive
/// for themselves; those of a ledger at the lines of notes, and of what stands
/// behind a fence elsewhere.
inline Calls belongingTo(const Calls &calls, Of kind, llvm::Module &module) {
  llvm::DenseSet<unsigned> outbox = outboxLines(module), tiles, ledger;
  for (llvm::CallBase *wait : noteWaits(module))
    ledger.insert(lineOf(wait));
  for (llvm::CallBase *arrive : callsOf(module, kOwnArrive))
    if (!outbox.contains(lineOf(arrive)) && !ledger.contains(lineOf(arrive)))
      tiles.insert(lineOf(arrive));
  for (llvm::FenceInst *fence :
       allOf<llvm::FenceInst>(module, [](llvm::FenceInst *) { return true; }))
    if (!tiles.contains(lineOf(fence)))
      ledger.insert(lineOf(fence));
  return keep(calls, [&](llvm::CallBase *call) {
    if (outbox.contains(lineOf(call)))
      return kind == Of::outbox;
    if (ledger.contains(lineOf(call)))
      return kind == Of::ledger;
    return kind == (tiles.contains(lineOf(call)) ? Of::queue : Of::ring);
  });
}

/// They are set up in turn: the ring's, the outbox's (or those of a ring of
/// scales), a ledger's three, the tile queue's.
inline Calls inits(llvm::Module &module, Of kind, Which which) {
  Calls all = callsOf(module, "mbarrier.init"), calls;
  auto atLine = [&](llvm::CallBase *call) {
    return keep(all, [&](llvm::CallBase *other) {
      return lineOf(other) == lineOf(call);
    });
  };
  auto kindOf = [&](llvm::CallBase *call) {
    if (lineOf(call) == lineOf(all.front()))
      return Of::ring;
    if (lineOf(call) == lineOf(all.back()))
      return Of::queue;
    return atLine(call).size() == 3 ? Of::ledger : Of::outbox;
  };
  for (llvm::CallBase *call : all) {
    Calls group = atLine(call);
    if ((llvm::find(group, call) - group.begin()) % 2 == which &&
        kindOf(call) == kind)
      calls.push_back(call);
  }
  return calls;
}

inline Calls waits(llvm::Module &module, bool producer, Of kind) {
  return belongingTo(inRole(module, kTryWait, producer), kind, module);
}

inline Calls arrives(llvm::Module &module, llvm::StringRef name, Of kind) {
  return belongingTo(callsOf(module, name), kind, module);
}

/// What belongs to pipe.store_rows: the calls at the line of the votes, or at
/// that of the bulk stores where nobody votes.
inline Calls inStore(llvm::Module &module, llvm::StringRef name) {
  Calls stores = callsOf(module, "vote.ballot");
  if (stores.empty())
    stores = callsOf(module, kBulkStore);
  return keep(callsOf(module, name), [&](llvm::CallBase *call) {
    return !stores.empty() && lineOf(call) == lineOf(stores[0]);
  });
}

} // namespace rewrites

#endif // TESTS_COMPILER_SIMULATE_BARRIERS_H
