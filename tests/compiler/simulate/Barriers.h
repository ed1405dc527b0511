//===- Barriers.h - which instructions belong to which barriers -*- C++ -*-===//
//
// A kernel has pairs of barriers, full and empty, of three kinds. What waits
// for them or arrives at them is told apart by the line of the pipe dialect
// that it comes from.
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
enum class Of { ring, outbox, queue };

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

/// Those of the tile queue are at the lines of pipe.tiles, where threads arrive
/// for themselves.
inline Calls belongingTo(const Calls &calls, Of kind, llvm::Module &module) {
  llvm::DenseSet<unsigned> outbox = outboxLines(module), tiles;
  for (llvm::CallBase *arrive : callsOf(module, kOwnArrive))
    if (!outbox.contains(lineOf(arrive)))
      tiles.insert(lineOf(arrive));
  return keep(calls, [&](llvm::CallBase *call) {
    if (outbox.contains(lineOf(call)))
      return kind == Of::outbox;
    return kind == (tiles.contains(lineOf(call)) ? Of::queue : Of::ring);
  });
}

/// They are set up in turn: the ring's, the outbox's (or those of a ring of
/// scales), the tile queue's.
inline Calls inits(llvm::Module &module, Of kind, Which which) {
  Calls all = callsOf(module, "mbarrier.init"), calls;
  auto kindOf = [&](llvm::CallBase *call) {
    if (lineOf(call) == lineOf(all.front()))
      return Of::ring;
    return lineOf(call) == lineOf(all.back()) ? Of::queue : Of::outbox;
  };
  for (auto [i, call] : llvm::enumerate(all))
    if (i % 2 == which && kindOf(call) == kind)
      calls.push_back(call);
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
