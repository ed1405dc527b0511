//===- Cluster.cpp - the scheduler ----------------------------------------===//

#include "compiler/simulate/Block.h"

#include "llvm/Support/FormatVariadic.h"

#include <utility>

using namespace mlir::moe::sim;
using llvm::formatv;

namespace mlir::moe::sim {
/// The thread whose code runs: what an operation belongs to.
thread_local Thread *running = nullptr;
} // namespace mlir::moe::sim

Cluster::Cluster(Launch &launch, unsigned firstBlock, unsigned size,
                 llvm::ArrayRef<char *> windows)
    : launch(launch), agents(size * kMaxWarps) {
  for (unsigned rank = 0; rank < size; ++rank)
    blocks.push_back(
        std::make_unique<Block>(*this, firstBlock + rank, rank, windows[rank]));
}

void Cluster::run(const std::function<void()> &body) {
  for (auto &block : blocks) {
    block->start(body);
    runningThreads += block->threads.size();
  }
  if (launch.config.earlier) {
    earlierIsOver = false;
    if (auto &begin = launch.config.earlier->begin)
      earlierSteps = begin();
    events.push_back([this] { stepEarlier(); });
  }
  schedule();
  for (auto &block : blocks)
    for (Warpgroup &group : block->warpgroups)
      block->traceStores(group);
  bool ended =
      llvm::all_of(blocks, [](auto &block) { return block->hasExited(); });
  if (!launch.finding && !ended)
    return reportDeadlock();
  for (auto &block : blocks)
    if (!launch.finding)
      block->checkEnd();
}

/// What the earlier kernel stores, bit by bit; then that this is all; then its
/// end.
void Cluster::stepEarlier() {
  if (!earlierSteps) {
    earlierIsOver = true;
    return blocks[0]->wake(earlierWaiters);
  }
  if (earlierSteps->empty()) {
    launch.config.earlier->end();
    earlierSteps.reset();
  } else {
    std::swap((*earlierSteps)[launch.random(earlierSteps->size())],
              earlierSteps->back());
    earlierSteps->back()();
    earlierSteps->pop_back();
  }
  events.push_back([this] { stepEarlier(); });
}

/// The fastest of a few threads that could go on.
Thread *Cluster::takeReady() {
  size_t best = launch.random(ready.size());
  for (unsigned i = 1; i < favour; ++i) {
    size_t other = launch.random(ready.size());
    if (ready[other]->warp->speed > ready[best]->warp->speed)
      best = other;
  }
  std::swap(ready[best], ready.back());
  Thread *thread = ready.back();
  ready.pop_back();
  return thread;
}

void Cluster::schedule() {
  // Some seeds let copies and wgmmas finish at once, some as late as they can.
  static constexpr uint64_t kPatience[] = {2, 8, 64, ~0ull};
  static constexpr uint64_t kMostSteps = uint64_t(1) << 27;
  // Some seeds treat all threads alike, others let fast warps run far ahead.
  static constexpr unsigned kFavour[] = {1, 1, 8, 64};
  uint64_t patience = kPatience[launch.random(4)];
  favour = kFavour[launch.random(4)];
  for (auto &block : blocks) {
    auto base = unsigned(launch.random(2)) * 1000;
    for (Warp &warp : block->warps)
      warp.speed = base + unsigned(launch.random(1000));
  }
  while (!launch.finding && !(ready.empty() && events.empty())) {
    if (++launch.steps == kMostSteps)
      return blocks[0]->fail("no end", "the launch goes on and on");
    // Who spins is always ready, so that something else must happen at times.
    bool mustHappen = std::exchange(spins, false) && launch.random(4) == 0;
    bool eventNow = !events.empty() && (ready.empty() || mustHappen ||
                                        launch.random(patience) == 0);
    if (eventNow) {
      std::swap(events[launch.random(events.size())], events.back());
      auto event = std::move(events.back());
      events.pop_back();
      event();
      continue;
    }
    running = takeReady();
    running->waiting = {};
    running->fiber->resume();
    if (running->fiber->isDone())
      noteExit(*running);
  }
}

void Cluster::noteExit(Thread &thread) {
  --runningThreads;
  Block &block = *thread.block;
  auto waited = [](const Warp &warp) { return warp.waited; };
  if (launch.config.earlier && block.hasExited() &&
      llvm::none_of(block.warps, waited))
    block.fail("programmatic launch",
               block.who(thread) +
                   " is the last of its block, and none has passed "
                   "griddepcontrol.wait: the next kernel may start while an "
                   "earlier one still runs");
  settleBarrier();
}

void Cluster::settleBarrier() {
  if (barrier.arrived == 0 || barrier.arrived < runningThreads)
    return;
  barrier.arrived = 0;
  barrier.completed = barrier.arriving;
  ++barrierPhase;
  blocks[0]->wake(barrier.waiters);
}

Block *Cluster::blockAt(uint64_t pointer) {
  for (auto &block : blocks)
    if (reinterpret_cast<uint64_t>(block->memory.window()) >> 32 ==
        pointer >> 32)
      return block.get();
  return nullptr;
}

std::string Cluster::whoIs(Agent agent) const {
  if (agent < blocks.size() * kMaxWarps) {
    const Block &block = *blocks[agent / kMaxWarps];
    return block.whoIs(block.warps[agent % kMaxWarps]);
  }
  for (const auto &block : blocks)
    for (const Barrier &barrier : block->barriers.list)
      if (barrier.agent == agent)
        return "a copy of " + barrier.name;
  return "nobody";
}

static std::string describe(const Block &block, const Waiting &waiting) {
  using For = Waiting::For;
  switch (waiting.what) {
  case For::barrier: {
    const Barrier &barrier = *waiting.barrier;
    return formatv("for {0} to end a phase of parity {1}; it is in phase {2}, "
                   "{3} of {4} arrivals and {5} bytes to come",
                   barrier.name, waiting.parity, barrier.phase, barrier.pending,
                   barrier.count, barrier.bytes);
  }
  case For::block:
    return "for the other threads of its bar.sync";
  case For::cluster:
    return "for the other threads of its cluster";
  case For::warp:
    return "for the other lanes of its warp";
  case For::wgmma:
    return "for a wgmma that the warpgroup has not issued and committed";
  case For::registers:
    return formatv("for registers; {0} are free in the block",
                   block.freeRegisters);
  case For::copies:
    return "for its copies";
  case For::earlierKernel:
    return "for the earlier kernel";
  case For::nothing:
    break;
  }
  return "for nothing";
}

/// Threads of a warp that wait for the same thing are one line.
static std::string describeWaiting(const Block &block) {
  std::string text, lastLine;
  unsigned same = 0;
  auto flush = [&] {
    if (same)
      text += formatv("\n  {0}{1}", lastLine,
                      same > 1 ? formatv(" ({0} threads)", same).str() : "");
    same = 0;
  };
  for (const Thread &thread : block.threads) {
    if (thread.fiber->isDone())
      continue;
    std::string line =
        formatv("block {0}, {1} waits {2}, at {3}", block.index,
                block.whoIs(*thread.warp), describe(block, thread.waiting),
                block.place(thread.waiting.location));
    if (line != lastLine)
      flush();
    lastLine = line;
    ++same;
  }
  flush();
  return text;
}

void Cluster::reportDeadlock() {
  std::string text = "nobody can go on";
  for (auto &block : blocks)
    text += describeWaiting(*block);
  blocks[0]->fail("deadlock", text);
}
