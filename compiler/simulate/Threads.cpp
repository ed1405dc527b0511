//===- Threads.cpp - who a thread is, what blocks do together -------------===//

#include "compiler/simulate/Handlers.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir::moe::sim;
using llvm::formatv;

namespace mlir::moe::sim {

void readThreadIndex(Thread &thread, const Call &call) {
  call.out[0] = thread.id;
}
void readBlockIndex(Thread &thread, const Call &call) {
  call.out[0] = thread.block->index;
}
void readGridSize(Thread &thread, const Call &call) {
  call.out[0] = thread.block->launch.config.grid;
}
void readBlockSize(Thread &thread, const Call &call) {
  call.out[0] = thread.block->launch.config.threads;
}
void readLane(Thread &thread, const Call &call) { call.out[0] = thread.lane(); }
void readClusterIndex(Thread &thread, const Call &call) {
  call.out[0] = thread.block->index / thread.block->cluster.blocks.size();
}
void readClusters(Thread &thread, const Call &call) {
  call.out[0] =
      thread.block->launch.config.grid / thread.block->cluster.blocks.size();
}
void readClusterSize(Thread &thread, const Call &call) {
  call.out[0] = thread.block->cluster.blocks.size();
}
void readClusterRank(Thread &thread, const Call &call) {
  call.out[0] = thread.block->rank;
}
void readZero(Thread &, const Call &call) { call.out[0] = 0; }
void readOne(Thread &, const Call &call) { call.out[0] = 1; }
void nothing(Thread &, const Call &) {}

/// Caches have no size here, so a policy is any number.
void anyPolicy(Thread &, const Call &call) { call.out[0] = 0; }

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

static void syncThreads(Thread &thread, unsigned id, unsigned count) {
  Block &block = *thread.block;
  NamedBarrier &barrier = block.namedBarriers[id];
  thread.warp->release(barrier.arriving);
  if (++barrier.arrived == count) {
    barrier.arrived = 0;
    barrier.completed = barrier.arriving;
    block.wake(barrier.waiters);
  } else {
    block.park(thread, {Waiting::For::block}, barrier.waiters);
  }
  thread.warp->acquire(barrier.completed);
}

void syncBlock(Thread &thread, const Call &call) {
  syncThreads(thread, unsigned(call.in[0]), thread.block->threads.size());
}

void syncSomeThreads(Thread &thread, const Call &call) {
  syncThreads(thread, unsigned(call.in[0]), unsigned(call.in[1]));
}

//===----------------------------------------------------------------------===//
// Clusters
//===----------------------------------------------------------------------===//

/// An address of a rank that is not there is no finding before it is used.
void mapToRank(Thread &thread, const Call &call) {
  const auto &blocks = thread.block->cluster.blocks;
  uint64_t rank = call.in[1], window = 0;
  if (rank < blocks.size())
    window = reinterpret_cast<uint64_t>(blocks[rank]->memory.window());
  call.out[0] = window + uint32_t(call.in[0]);
}

/// barrier.cluster.arrive; .relaxed (n = 1) publishes nothing.
void arriveAtCluster(Thread &thread, const Call &call) {
  Cluster &cluster = thread.block->cluster;
  if (thread.atCluster)
    return thread.block->fail(
        "cluster",
        formatv("{0} arrives at the cluster barrier again without "
                "having waited, at {1}",
                thread.block->who(thread), thread.block->place(call.location)));
  if (!call.n)
    thread.warp->release(cluster.barrier.arriving);
  thread.atCluster = true;
  thread.clusterPhase = cluster.barrierPhase;
  ++cluster.barrier.arrived;
  cluster.settleBarrier();
}

void waitForCluster(Thread &thread, const Call &call) {
  Cluster &cluster = thread.block->cluster;
  if (!thread.atCluster)
    return thread.block->fail(
        "cluster",
        formatv("{0} waits at the cluster barrier without having "
                "arrived, at {1}",
                thread.block->who(thread), thread.block->place(call.location)));
  if (cluster.barrierPhase == thread.clusterPhase)
    thread.block->park(thread, {Waiting::For::cluster},
                       cluster.barrier.waiters);
  thread.atCluster = false;
  thread.warp->acquire(cluster.barrier.completed);
}

/// griddepcontrol.wait: the earlier kernels end when the seed says so.
void waitForEarlierKernels(Thread &thread, const Call &) {
  Cluster &cluster = thread.block->cluster;
  if (!cluster.earlierIsOver)
    thread.block->park(thread, {Waiting::For::earlierKernel},
                       cluster.earlierWaiters);
  thread.knowsEarlier = thread.warp->waited = true;
}

/// griddepcontrol.launch_dependents: from here on the next kernel may rely on
/// those before this one.
void startLaterKernels(Thread &thread, const Call &call) {
  Block &block = *thread.block;
  if (block.launch.config.earlier && !thread.knowsEarlier)
    block.fail("programmatic launch",
               formatv("{0} lets the next kernel start before "
                       "griddepcontrol.wait, at {1}",
                       block.who(thread), block.place(call.location)));
}

//===----------------------------------------------------------------------===//
// Registers
//===----------------------------------------------------------------------===//

/// setmaxnreg is executed by all warps of a warpgroup; registers are counted by
/// warp, at its first lane.
static void setRegisters(Thread &thread, const Call &call, const char *role) {
  thread.warp->role = role;
  if (thread.lane() != 0)
    return;
  Block &block = *thread.block;
  int wanted = int(call.in[0]), &held = thread.warp->registers;
  while (block.freeRegisters < (wanted - held) * int(kWarpSize))
    block.park(thread, {Waiting::For::registers}, block.registerWaiters);
  block.freeRegisters += (held - wanted) * int(kWarpSize);
  held = wanted;
  block.wake(block.registerWaiters);
}

void decreaseRegisters(Thread &thread, const Call &call) {
  setRegisters(thread, call, "producer");
}

void increaseRegisters(Thread &thread, const Call &call) {
  static constexpr const char *kConsumers[] = {"consumer 0", "consumer 1",
                                               "consumer 2", "consumer 3"};
  setRegisters(thread, call, kConsumers[(thread.warpgroup() + 3) % 4]);
}

} // namespace mlir::moe::sim
