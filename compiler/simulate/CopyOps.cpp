//===- CopyOps.cpp - cp.async: copies of one thread that land later -------===//

#include "compiler/simulate/Access.h"
#include "compiler/simulate/Handlers.h"

#include "llvm/Support/FormatVariadic.h"

#include <cstring>

using namespace mlir::moe::sim;
using llvm::formatv;

namespace mlir::moe::sim {

void copyAsync(Thread &thread, const Call &call) {
  Block &block = *thread.block;
  auto to = uint32_t(call.in[0]), bytes = uint32_t(call.n);
  auto *from = reinterpret_cast<const uint8_t *>(call.in[1]);
  auto valid = std::min(uint32_t(call.in[2]), bytes);
  if (block.refuseAlignment(thread, to, bytes, call.location, "cp.async"))
    return;
  if (!isAlignedAt(thread, from, bytes, bytes, call.location))
    return;
  if (valid && !mayAccess(thread, from, valid,
                          {Doing::load, "copies (cp.async)", call.location}))
    return;
  if (block.refuse(
          block.memory.startCopy(thread.accessor(), to, bytes, call.location),
          thread, call.location, "copies to"))
    return;
  thread.copies.push_back(std::make_shared<Copy>(
      Copy{to, from, bytes, valid, call.location, &thread}));
}

/// Moves the bytes; who may see them follows from `agent` and `clock`.
static void land(Block &block, Copy &copy, Agent agent, uint32_t clock) {
  if (copy.landed)
    return;
  uint8_t *to = block.memory.at(copy.to);
  std::memset(to, 0, copy.bytes);
  std::memcpy(to, copy.from, copy.valid);
  block.memory.land(copy.to, copy.bytes, agent, clock, /*generic=*/true);
  copy.landed = true;
}

/// cp.async.mbarrier.arrive.noinc: arrives when this thread's copies so far
/// have landed.
void arriveOnCopies(Thread &thread, const Call &call) {
  Block &block = *thread.block;
  Barrier *barrier = barrierAt(thread, call.in[0], call);
  if (!barrier)
    return;
  auto copies = std::move(thread.copies);
  thread.copies.clear();
  unsigned location = call.location;
  uint64_t begin = block.launch.steps;
  block.later([&block, &thread, barrier, copies, location, begin] {
    for (const auto &copy : copies)
      land(block, *copy, barrier->agent, barrier->phase + 1);
    // One thread stands for its warpgroup in the picture.
    if (block.launch.config.trace && thread.id == 0 && !copies.empty())
      block.launch.config.trace->add(
          block.index, block.partAt(copies.front()->to), "fill with rows",
          begin, block.launch.steps);
    --barrier->pending;
    block.settle(*barrier, location);
  });
}

void commitCopies(Thread &thread, const Call &) {
  thread.copyGroups.push_back(std::move(thread.copies));
  thread.copies.clear();
}

/// The thread waits, so its copies land; other lanes hear of it at the next
/// __syncwarp, other warps through a barrier.
static void landGroups(Thread &thread, size_t left) {
  while (thread.copyGroups.size() > left) {
    for (const auto &copy : thread.copyGroups.front())
      land(*thread.block, *copy, thread.warp->agent, thread.warp->clock());
    thread.copyGroups.pop_front();
  }
}

void waitForCopyGroups(Thread &thread, const Call &call) {
  landGroups(thread, call.in[0]);
}

void waitForAllCopies(Thread &thread, const Call &call) {
  commitCopies(thread, call);
  landGroups(thread, 0);
}

} // namespace mlir::moe::sim
