//===- BarrierOps.cpp - mbarriers and fences ------------------------------===//

#include "compiler/simulate/Handlers.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir::moe::sim;
using llvm::formatv;

namespace mlir::moe::sim {

static uint32_t sharedAddress(uint64_t pointer) { return uint32_t(pointer); }

Barrier *barrierAt(Thread &thread, uint64_t pointer, const Call &call) {
  Block &block = *thread.block;
  uint32_t address = sharedAddress(pointer);
  // The barrier may be another block's.
  Block *owner = block.cluster.blockAt(pointer);
  Barrier *barrier = owner ? owner->barriers.find(address) : nullptr;
  if (!barrier)
    block.fail("barrier",
               formatv("{0} uses {1} as an mbarrier, which nobody has "
                       "initialised, at {2}",
                       block.who(thread), block.nameOf(address),
                       block.place(call.location)));
  else if (owner != &block && owner->hasExited())
    block.fail("cluster", formatv("{0} uses {1} of block {2}, which has "
                                  "exited, at {3}",
                                  block.who(thread), barrier->name,
                                  owner->index, block.place(call.location)));
  else if (block.refuse(owner->memory.knows(thread.accessor(), address, 8),
                        thread, call.location, "uses the mbarrier"))
    return nullptr;
  return block.failed() ? nullptr : barrier;
}

void initBarrier(Thread &thread, const Call &call) {
  Block &block = *thread.block;
  uint32_t address = sharedAddress(call.in[0]);
  if (block.refuseAlignment(thread, address, 8, call.location, "mbarrier"))
    return;
  if (block.refuse(
          block.memory.write(thread.accessor(), address, 8, call.location),
          thread, call.location, "initialises"))
    return;
  if (block.barriers.find(address))
    return block.fail("barrier",
                      formatv("{0} initialises {1} again, at {2}",
                              block.who(thread), block.nameOf(address),
                              block.place(call.location)));
  if (block.cluster.agents == kMaxAgents)
    return block.fail("unsupported", "more mbarriers than are supported");
  Barrier *barrier =
      &block.barriers.add(address, Agent(block.cluster.agents++));
  barrier->name = block.partAt(address);
  barrier->stage = block.stageOf(address);
  barrier->count = barrier->pending = int64_t(uint32_t(call.in[1]));
  // Nobody may arrive before it has heard of the initialisation.
  barrier->completed = thread.warp->known;
}

/// A block must not end before another's last arrival; of what is loaded into
/// it it hears by itself.
static void noteVisit(Thread &thread, const Call &call) {
  Block *owner = thread.block->cluster.blockAt(call.in[0]);
  if (owner && owner != thread.block)
    owner->noteVisit(thread, call.location);
}

static void arriveAt(Thread &thread, Barrier &barrier, uint32_t times,
                     const Call &call) {
  noteVisit(thread, call);
  thread.warp->release(barrier.arriving);
  barrier.pending -= times;
  thread.block->settle(barrier, call.location);
}

/// The state that an arrival returns is not used: waits name a parity.
void arrive(Thread &thread, const Call &call) {
  call.out[0] = 0;
  if (Barrier *barrier = barrierAt(thread, call.in[0], call))
    arriveAt(thread, *barrier, uint32_t(call.in[1]), call);
}

void arriveIf(Thread &thread, const Call &call) {
  if (!(call.in[1] & 1))
    return;
  if (Barrier *barrier = barrierAt(thread, call.in[0], call))
    arriveAt(thread, *barrier, 1, call);
}

/// mbarrier.expect_tx alone: bytes, but no arrival.
void expectBytes(Thread &thread, const Call &call) {
  if (Barrier *barrier = barrierAt(thread, call.in[0], call)) {
    noteVisit(thread, call);
    barrier->bytes += int64_t(uint32_t(call.in[1]));
  }
}

void arriveExpectingBytes(Thread &thread, const Call &call) {
  if (Barrier *barrier = barrierAt(thread, call.in[0], call)) {
    barrier->bytes += int64_t(uint32_t(call.in[1]));
    call.out[0] = 0;
    arriveAt(thread, *barrier, 1, call);
  }
}

void tryWait(Thread &thread, const Call &call) {
  Barrier *barrier = barrierAt(thread, call.in[0], call);
  if (!barrier)
    return;
  auto parity = unsigned(call.in[1]);
  if (!barrier->isOver(parity))
    thread.block->park(thread, {Waiting::For::barrier, barrier, parity},
                       barrier->waiters);
  // It may be a phase further on: then the kernel waits once more.
  bool over = barrier->isOver(parity);
  call.out[0] = over;
  if (!over)
    return;
  Warp &warp = *thread.warp;
  warp.acquire(barrier->completed);
  uint32_t &seen = warp.known.seen.at[barrier->agent];
  seen = std::max(seen, barrier->phase);
}

void fenceBarrierInit(Thread &thread, const Call &) {
  for (Barrier &barrier : thread.block->barriers.list)
    barrier.fenced = true;
}

/// What the warp knows of is ordered before its use of the async proxy.
void fenceProxy(Thread &thread, const Call &) {
  Warp &warp = *thread.warp;
  warp.known.fenced = warp.known.seen;
  warp.fences.fence(thread.lane(), warp.clock(), warp.synced);
  ++warp.clock();
  thread.mayRead = thread.asked;
}

} // namespace mlir::moe::sim
