//===- Block.h - one block of threads while it runs -------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_BLOCK_H
#define COMPILER_SIMULATE_BLOCK_H

#include "compiler/simulate/Barriers.h"
#include "compiler/simulate/Fibers.h"
#include "compiler/simulate/Launch.h"
#include "compiler/simulate/SharedMemory.h"
#include "compiler/simulate/Warpgroup.h"

#include "llvm/ADT/StringRef.h"

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>

namespace mlir::moe::sim {

struct Block;
struct Cluster;
struct Warp;

/// One operation of a thread as its handler sees it: 64 bits a scalar.
struct Call {
  const uint64_t *in;
  uint64_t *out;
  unsigned location;
  int n, depth; ///< Of the operation.
};

/// A cp.async that has not landed.
struct Copy {
  uint32_t to;
  const uint8_t *from; ///< Null: zeros.
  uint32_t bytes, valid;
  unsigned location;
  Thread *thread;
  bool landed = false;
};

/// What a thread lets the async proxy carry out of shared memory: a box, or
/// bytes; stored or added. The seed says when it is read and when it arrives.
struct Store {
  std::string what; ///< "a box of 'd'".
  uint32_t from, bytes;
  unsigned location;
  std::function<void()> read, write;
  bool wasRead = false, wasWritten = false;

  void readNow() {
    if (!wasRead)
      read();
    wasRead = true;
  }
  void writeNow() {
    readNow();
    if (!wasWritten)
      write();
    wasWritten = true;
  }
};

/// What a thread waits for, for the report of a deadlock.
struct Waiting {
  enum class For {
    nothing,
    barrier,
    block,
    cluster,
    warp,
    wgmma,
    registers,
    copies,
    earlierKernel
  };
  For what = For::nothing;
  Barrier *barrier = nullptr;
  unsigned parity = 0, location = 0;
};

struct Thread {
  unsigned id = 0;
  Block *block = nullptr;
  Warp *warp = nullptr;
  std::unique_ptr<Fiber> fiber;
  Waiting waiting;
  unsigned location = 0; ///< Of the operation it executes or waits in.

  /// Copies since the last commit, and committed groups of them.
  std::vector<std::shared_ptr<Copy>> copies;
  std::deque<std::vector<std::shared_ptr<Copy>>> copyGroups;

  /// Bulk stores, likewise.
  std::vector<std::shared_ptr<Store>> stores;
  std::deque<std::vector<std::shared_ptr<Store>>> storeGroups;

  uint64_t steps = 0, groups = 0; ///< wgmmas issued, groups committed.
  uint64_t waitedGroups = 0;
  bool fenced = false;       ///< wgmma.fence since registers were last read.
  uint64_t matrices = 0;     ///< stmatrix so far.
  uint64_t clusterPhase = 0; ///< Of barrier.cluster when it arrived.
  bool atCluster = false;    ///< It has arrived and not waited.
  bool knowsEarlier = false; ///< griddepcontrol.wait is behind it.
  bool asked = false;        ///< It has read what an earlier kernel counted,
  bool mayRead = false;      ///< and a proxy fence stands behind that.

  unsigned lane() const { return id % kWarpSize; }
  unsigned warpgroup() const { return id / kWarpgroupThreads; }
  /// As part of its warp, and by itself.
  Accessor accessor() const;
  Accessor ownAccessor() const;
};

/// Lanes on their way to an operation that all of them take part in.
struct Meeting {
  unsigned location = 0;
  uint32_t arrived = 0;
  std::array<uint64_t, kWarpSize> value{};
  /// Of the last that was complete: what came, and what lanes got for it.
  std::array<uint64_t, kWarpSize> brought{};
  std::array<std::array<uint32_t, 4>, kWarpSize> given{};
  std::vector<Thread *> waiters;
};

/// stmatrix, complete when the last lane has brought its address.
struct MatrixStore {
  uint32_t arrived = 0;
  std::array<uint32_t, kWarpSize> address{};
  std::array<uint32_t, kWarpSize> clock{}; ///< When the lane came by.
  std::array<std::array<uint32_t, 4>, kWarpSize> registers{};
};

struct Warp {
  unsigned index = 0;
  Agent agent = 0;
  unsigned speed = 0; ///< Its place where the seed has favourites.
  Knowledge known;
  uint32_t synced = 1;
  LaneFences fences;
  bool waited = false;        ///< A lane has, at griddepcontrol.wait.
  const char *role = nullptr; ///< Null until setmaxnreg tells.
  int registers = 0;
  std::map<uint32_t, Meeting> meetings; ///< By mask.
  std::deque<MatrixStore> matrices;
  uint64_t doneMatrices = 0;

  uint32_t &clock() { return known.seen.at[agent]; }
  /// What other agents may hear of from now on is later than now.
  void release(Knowledge &to) {
    to.join(known);
    to.earlierIsOver |= waited;
    ++clock();
  }
  void acquire(const Knowledge &from) {
    known.join(from);
    uint32_t met = from.seen.at[agent] + 1;
    if (met <= synced)
      return;
    synced = met;
    fences.meet(synced);
  }
  /// The lanes have met: each knows what the others did.
  void sync() {
    synced = ++clock();
    fences.meet(synced);
  }
};

/// bar.sync: threads of the block, counted.
struct NamedBarrier {
  unsigned arrived = 0;
  Knowledge arriving, completed;
  std::vector<Thread *> waiters;
};

struct Block {
  Block(Cluster &cluster, unsigned index, unsigned rank, char *window);

  /// Makes the threads, each of which will run `body`.
  void start(const std::function<void()> &body);
  /// Whether all threads have ended; then its shared memory is gone.
  bool hasExited() const;
  /// Looks for what should not be left when all threads have ended.
  void checkEnd();
  /// Whether the block, as far as it knows, outlives every visit and every
  /// load into it.
  void checkVisits();

  /// Ends the launch. The caller returns; its thread is not resumed.
  void fail(llvm::StringRef law, const std::string &text);
  bool failed() const { return launch.finding.has_value(); }

  /// From a handler: suspends the thread until it is woken.
  void park(Thread &thread, Waiting waiting, std::vector<Thread *> &list);
  void wake(std::vector<Thread *> &list);
  /// Something that happens later, when the seed says so.
  void later(std::function<void()> event);

  /// "consumer 1, warp 9 (thread 301)".
  std::string who(const Thread &thread) const;
  std::string whoIs(const Warp &warp) const;
  std::string whoIs(Agent agent) const;
  std::string place(unsigned location) const;
  /// The store or wgmma of a warp that reads an address, in words; or nothing.
  std::string readerOf(Agent agent, uint32_t address) const;
  /// "stage 2, tile A", or the address alone.
  std::string partAt(uint32_t address) const;
  /// "stage 2, tile A (shared address 0x8400)".
  std::string nameOf(uint32_t address) const;
  int stageOf(uint32_t address) const;
  /// Fails with the conflict, if there is one. True if there was.
  bool refuse(const SharedMemory::Result &conflict, const Thread &thread,
              unsigned location, llvm::StringRef doing);
  /// True, and a finding, if shared memory does not lie there.
  bool refuseAlignment(const Thread &thread, uint32_t address,
                       uint32_t alignment, unsigned location,
                       llvm::StringRef what);

  /// Any one lane may be elected, the same whenever the same lanes ask: the
  /// seed says which.
  unsigned electedLane(const Warp &warp, uint32_t mask = ~0u) const;

  /// A thread of another block touches this one, which must not end before.
  void noteVisit(const Thread &visitor, unsigned location);

  /// Notes when a warpgroup stores to global memory, for the trace.
  void noteStore(const Thread &thread);
  void traceStores(Warpgroup &group);
  /// The role of a warpgroup: a line of the trace.
  std::string roleOf(const Warpgroup &group) const;

  /// Arrivals and bytes on a barrier; it may complete.
  void settle(Barrier &barrier, unsigned location);

  Launch &launch;
  Cluster &cluster;
  unsigned index, rank; ///< In the grid, in the cluster.
  SharedMemory memory;
  Barriers barriers;
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  std::vector<Warpgroup> warpgroups;
  std::map<unsigned, NamedBarrier> namedBarriers;
  struct Visit {
    uint32_t clock = 0;
    unsigned location = 0;
  };
  std::array<Visit, kMaxAgents> visits{}; ///< The last of each warp.
  // setmaxnreg
  int64_t freeRegisters = 0;
  std::vector<Thread *> registerWaiters;
};

/// Blocks that run together: of one cluster, or one alone.
struct Cluster {
  Cluster(Launch &launch, unsigned firstBlock, unsigned size,
          llvm::ArrayRef<char *> windows);

  /// Runs every thread to its end, or to the first finding.
  void run(const std::function<void()> &body);
  /// The block whose shared memory holds a 64-bit address, or null.
  Block *blockAt(uint64_t pointer);
  std::string whoIs(Agent agent) const;
  /// barrier.cluster waits for the threads that have not exited.
  void settleBarrier();

  Launch &launch;
  std::vector<std::unique_ptr<Block>> blocks;
  std::vector<Thread *> ready;
  std::vector<std::function<void()>> events;
  unsigned agents;      ///< In use so far.
  NamedBarrier barrier; ///< barrier.cluster.
  uint64_t barrierPhase = 0;
  uint64_t runningThreads = 0;
  bool earlierIsOver = true; ///< The kernel before a programmatic launch.
  std::vector<Thread *> earlierWaiters;
  bool spins = false; ///< A thread looks for what others do, as soon as it can.

private:
  Thread *takeReady();
  void schedule();
  void noteExit(Thread &thread);
  void reportDeadlock();
  void stepEarlier();

  std::optional<EarlierKernels::Steps> earlierSteps; ///< None: it has ended.
  unsigned favour = 1; ///< Threads that a turn chooses among.
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_BLOCK_H
