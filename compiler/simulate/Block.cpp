//===- Block.cpp ----------------------------------------------------------===//

#include "compiler/simulate/Block.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir::moe::sim;
using llvm::formatv;

Accessor Thread::accessor() const {
  return {warp->agent, lane(), &warp->known, warp->synced, nullptr};
}

Accessor Thread::ownAccessor() const {
  return {warp->agent, lane(), &warp->known, warp->synced, &warp->fences};
}

Block::Block(Cluster &cluster, unsigned index, unsigned rank, char *window)
    : launch(cluster.launch), cluster(cluster), index(index), rank(rank),
      memory(window, launch.config.sharedMemory + launch.kernel.staticShared,
             Agent(rank * kMaxWarps)) {
  unsigned count = launch.config.threads;
  warps.resize(count / kWarpSize);
  warpgroups.resize((count + kWarpgroupThreads - 1) / kWarpgroupThreads);
  threads = std::vector<Thread>(count);
  // What ptxas gives at entry when one block fills the register file.
  int registers = std::min(255, 65536 / int(count)) / 8 * 8;
  for (auto [i, warp] : llvm::enumerate(warps)) {
    warp.index = i;
    warp.agent = Agent(rank * kMaxWarps + i);
    warp.registers = registers;
    warp.clock() = 1;
  }
  for (auto [i, group] : llvm::enumerate(warpgroups))
    group.firstThread = i * kWarpgroupThreads;
  for (auto [i, thread] : llvm::enumerate(threads)) {
    thread.id = i;
    thread.block = this;
    thread.warp = &warps[i / kWarpSize];
  }
}

//===----------------------------------------------------------------------===//
// Scheduling
//===----------------------------------------------------------------------===//

void Block::start(const std::function<void()> &body) {
  for (Thread &thread : threads) {
    thread.fiber = std::make_unique<Fiber>(launch.stacks, body);
    cluster.ready.push_back(&thread);
  }
}

bool Block::hasExited() const {
  return llvm::all_of(
      threads, [](const Thread &thread) { return thread.fiber->isDone(); });
}

void Block::later(std::function<void()> event) {
  cluster.events.push_back(std::move(event));
}

void Block::park(Thread &thread, Waiting waiting, std::vector<Thread *> &list) {
  waiting.location = thread.location;
  thread.waiting = waiting;
  list.push_back(&thread);
  uint64_t begin = launch.steps;
  thread.fiber->suspend();
  // One thread of a warpgroup stands for all, the one that speaks to TMA.
  Warpgroup &group = warpgroups[thread.warpgroup()];
  bool speaks = thread.id == group.firstThread + electedLane(*thread.warp);
  if (launch.config.trace && speaks && waiting.what == Waiting::For::barrier)
    launch.config.trace->add(index, roleOf(group),
                             "wait for " + waiting.barrier->name, begin,
                             launch.steps);
}

unsigned Block::electedLane(const Warp &warp, uint32_t mask) const {
  uint64_t skip =
      (launch.config.seed * 7 + warp.index) % unsigned(llvm::popcount(mask));
  for (; skip; --skip)
    mask &= mask - 1;
  return unsigned(llvm::countr_zero(mask));
}

std::string Block::roleOf(const Warpgroup &group) const {
  const Warp &warp = warps[group.firstThread / kWarpSize];
  return warp.role ? warp.role : whoIs(warp);
}

void Block::noteStore(const Thread &thread) {
  Warpgroup &group = warpgroups[thread.warpgroup()];
  if (group.storesBegin == 0)
    group.storesBegin = launch.steps;
  group.storesEnd = launch.steps;
}

void Block::traceStores(Warpgroup &group) {
  if (launch.config.trace && group.storesBegin)
    launch.config.trace->add(index, roleOf(group), "store rows",
                             group.storesBegin, group.storesEnd);
  group.storesBegin = 0;
}

void Block::wake(std::vector<Thread *> &list) {
  cluster.ready.insert(cluster.ready.end(), list.begin(), list.end());
  list.clear();
}

void Block::fail(llvm::StringRef law, const std::string &text) {
  if (!failed())
    launch.finding = Finding{law.str(), text};
}

//===----------------------------------------------------------------------===//
// The end
//===----------------------------------------------------------------------===//

void Block::checkEnd() {
  auto outstanding = [&](llvm::StringRef what) {
    fail("work outstanding", formatv("block {0} exits with {1}", index, what));
  };
  for (const auto &[i, group] : llvm::enumerate(warpgroups)) {
    uint64_t committed =
        group.groups.empty() ? group.droppedSteps : group.groups.back().endStep;
    if (committed != group.droppedSteps + group.steps.size())
      return outstanding(
          formatv("a wgmma of warpgroup {0} that was never committed (at {1})",
                  i, place(group.steps.back().location))
              .str());
    if (!group.groups.empty())
      return outstanding(
          formatv("a wgmma of warpgroup {0} that not all threads waited for "
                  "(at {1})",
                  i, place(group.steps.front().location))
              .str());
  }
  for (const Thread &thread : threads) {
    for (const auto &copy : thread.copies)
      if (!copy->landed)
        return outstanding(formatv("a cp.async of {0} in flight (at {1})",
                                   who(thread), place(copy->location))
                               .str());
  }
  for (const Thread &thread : threads) {
    auto leaves = [&](const Store &store, llvm::StringRef how) {
      outstanding(formatv("{0} in flight that {1} {2} (stored at {3})",
                          store.what, who(thread), how, place(store.location))
                      .str());
    };
    if (!thread.stores.empty())
      return leaves(*thread.stores.front(), "never committed");
    for (const auto &group : thread.storeGroups)
      if (!group.empty())
        return leaves(*group.front(), "did not wait for");
  }
  for (const Warp &warp : warps)
    if (!warp.matrices.empty())
      return outstanding("a stmatrix that not all lanes of " + whoIs(warp) +
                         " took part in");
  checkVisits();
  for (const Barrier &barrier : barriers.list)
    if (barrier.bytes)
      return outstanding(formatv("{0} bytes to come on {1} (phase {2})",
                                 barrier.bytes, barrier.name, barrier.phase)
                             .str());
}

void Block::noteVisit(const Thread &visitor, unsigned location) {
  visits[visitor.warp->agent] = {visitor.warp->clock(), location};
}

void Block::checkVisits() {
  Clock known;
  for (const Warp &warp : warps)
    known.join(warp.known.seen);
  for (auto [agent, visit] : llvm::enumerate(visits))
    if (visit.clock > known.at[agent])
      return fail("cluster",
                  formatv("block {0} may have exited when {1} of another block "
                          "uses its shared memory, at {2}",
                          index, whoIs(Agent(agent)), place(visit.location)));
  for (const Barrier &barrier : barriers.list)
    if (barrier.loadedPhase > known.at[barrier.agent])
      return fail("work outstanding",
                  formatv("block {0} may exit before what is loaded in phase "
                          "{1} of {2} has landed: nobody waits for it",
                          index, barrier.loadedPhase - 1, barrier.name));
}

//===----------------------------------------------------------------------===//
// Barriers
//===----------------------------------------------------------------------===//

void Block::settle(Barrier &barrier, unsigned location) {
  if (barrier.pending < 0)
    return fail("arrival count",
                formatv("{0}: more than the {1} arrivals of phase {2}, at {3}",
                        barrier.name, barrier.count, barrier.phase,
                        place(location)));
  if (barrier.pending > 0 || barrier.bytes > 0)
    return;
  if (barrier.bytes < 0)
    return fail("tx-count",
                formatv("{0}: phase {1} got {2} bytes more than were announced "
                        "(expect_tx), at {3}",
                        barrier.name, barrier.phase, -barrier.bytes,
                        place(location)));
  ++barrier.phase;
  barrier.pending = barrier.count;
  barrier.completed.join(barrier.arriving);
  wake(barrier.waiters);
}

//===----------------------------------------------------------------------===//
// Words
//===----------------------------------------------------------------------===//

std::string Block::whoIs(const Warp &warp) const {
  return warp.role ? formatv("{0} warp {1}", warp.role, warp.index).str()
                   : formatv("warp {0}", warp.index).str();
}

std::string Block::whoIs(Agent agent) const { return cluster.whoIs(agent); }

std::string Block::who(const Thread &thread) const {
  return formatv("block {0}, {1}, thread {2}", index, whoIs(*thread.warp),
                 thread.id);
}

std::string Block::place(unsigned location) const {
  return launch.kernel.locations[location];
}

static const Region *regionOf(const Block &block, uint32_t address) {
  uint32_t start = SharedMemory::kFirst + block.launch.kernel.staticShared;
  for (const Region &region : block.launch.config.regions)
    if (address >= start + region.offset &&
        address < start + region.offset + region.bytes)
      return &region;
  return nullptr;
}

std::string Block::partAt(uint32_t address) const {
  const Region *region = regionOf(*this, address);
  return region ? region->name : formatv("shared address {0:x}", address).str();
}

std::string Block::nameOf(uint32_t address) const {
  const Region *region = regionOf(*this, address);
  std::string number = formatv("shared address {0:x}", address);
  return region ? region->name + " (" + number + ")" : number;
}

int Block::stageOf(uint32_t address) const {
  const Region *region = regionOf(*this, address);
  return region ? region->stage : -1;
}

std::string Block::readerOf(Agent agent, uint32_t address) const {
  for (const Thread &thread : threads) {
    if (thread.warp->agent != agent)
      continue;
    auto holds = [&](const auto &store) {
      return address >= store->from && address < store->from + store->bytes;
    };
    auto groups = thread.storeGroups;
    groups.push_back(thread.stores);
    for (const auto &group : groups)
      for (const auto &store : group)
        if (holds(store))
          return formatv(": {0} stored at {1}", store->what,
                         place(store->location));
  }
  const Warpgroup &group =
      warpgroups[(agent % kMaxWarps) * kWarpSize / kWarpgroupThreads];
  if (agent / kMaxWarps == rank && !group.steps.empty())
    return ": a wgmma issued at " + place(group.steps.back().location);
  return "";
}

bool Block::refuse(const SharedMemory::Result &conflict, const Thread &thread,
                   unsigned location, llvm::StringRef doing) {
  if (!conflict)
    return false;
  std::string where = formatv("{0} {1} {2}, at {3}", who(thread), doing,
                              nameOf(conflict->address), place(location));
  std::string other = whoIs(conflict->other);
  std::string written = " written at " + place(conflict->location);
  using Kind = Conflict::Kind;
  switch (conflict->kind) {
  case Kind::outside:
    fail("out of bounds", formatv("{0}: shared memory has bytes {1:x} to {2:x}",
                                  where, SharedMemory::kFirst, memory.end()));
    break;
  case Kind::neverWritten:
    fail("never written", where + ": nobody has written it");
    break;
  case Kind::inFlight:
    fail("copy in flight", where + ": the copy into it, issued by " + other +
                               " at " + place(conflict->location) +
                               ", has not landed");
    break;
  case Kind::unordered:
    fail("not ordered", where + ": no barrier orders it after what " + other +
                            " put there," + written);
    break;
  case Kind::unfenced:
    fail("proxy fence",
         where +
             ": through the async proxy, and no fence.proxy.async follows "
             "the generic write of " +
             other + "," + written);
    break;
  case Kind::beingRead:
    fail("still being read",
         where + ": nothing says that " + other + " has finished reading it" +
             (conflict->isAsync ? readerOf(conflict->other, conflict->address)
                                : ""));
    break;
  }
  return true;
}

bool Block::refuseAlignment(const Thread &thread, uint32_t address,
                            uint32_t alignment, unsigned location,
                            llvm::StringRef what) {
  if (address % alignment == 0)
    return false;
  fail("misaligned",
       formatv("{0}: {1} wants a multiple of {2}, got {3}, at {4}", who(thread),
               what, alignment, nameOf(address), place(location)));
  return true;
}
