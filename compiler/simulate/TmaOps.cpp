//===- TmaOps.cpp - what TMA carries --------------------------------------===//

#include "compiler/simulate/Handlers.h"

#include "llvm/Support/FormatVariadic.h"

#include <cstring>

using namespace mlir::moe::sim;
using llvm::formatv;

namespace mlir::moe::sim {

static const TensorMap *mapAt(Thread &thread, uint64_t pointer,
                              const Call &call) {
  Block &block = *thread.block;
  for (const Argument &argument : block.launch.config.arguments)
    if (reinterpret_cast<uint64_t>(argument.map) == pointer) {
      if (int(argument.map->box.size()) == call.n)
        return argument.map;
      block.fail("tensor map",
                 formatv("{0}: '{1}' has {2} dimensions, TMA names {3}, at {4}",
                         block.who(thread), argument.map->name,
                         argument.map->box.size(), call.n,
                         block.place(call.location)));
      return nullptr;
    }
  block.fail(
      "tensor map",
      formatv("{0}: TMA is given what is no tensor map parameter, at {1}",
              block.who(thread), block.place(call.location)));
  return nullptr;
}

static std::vector<int64_t> coordinatesAt(const Call &call, unsigned first) {
  std::vector<int64_t> coordinates;
  for (int i = 0; i < call.n; ++i)
    coordinates.push_back(int32_t(call.in[first + i]));
  return coordinates;
}

static bool isAligned(Thread &thread, const TensorMap &map, uint32_t address,
                      unsigned location) {
  bool swizzled = map.swizzle == 128;
  return !thread.block->refuseAlignment(
      thread, address, swizzled ? 1024 : 128, location,
      swizzled ? "a box in the 128-byte swizzle" : "a box of TMA");
}

//===----------------------------------------------------------------------===//
// Into shared memory
//===----------------------------------------------------------------------===//

namespace {

/// Bytes on their way, and the barrier that they will be counted on.
struct Load {
  std::string what; ///< "the box of 'w13'".
  uint32_t to, bytes;
  Barrier *barrier;
  unsigned location;
  std::function<void()> fill;
  uint32_t phase = 0; ///< Of the barrier when the load was issued.
  uint64_t begin = 0;
};

} // namespace

static void land(Block &block, const Load &load) {
  Barrier &barrier = *load.barrier;
  if (barrier.phase != load.phase)
    return block.fail(
        "tx-count",
        formatv(
            "{0}: phase {1} ended before the {2} bytes of {3} issued at {4} "
            "had landed: fewer were announced (expect_tx) than are loaded",
            barrier.name, load.phase, load.bytes, load.what,
            block.place(load.location)));
  load.fill();
  block.memory.land(load.to, load.bytes, barrier.agent, barrier.phase + 1,
                    /*generic=*/false);
  if (Trace *trace = block.launch.config.trace)
    trace->add(block.index, block.partAt(load.to), "fill with " + load.what,
               load.begin, block.launch.steps);
  barrier.bytes -= load.bytes;
  block.settle(barrier, load.location);
}

/// Starts a load into `block`, which may be another than the thread's own.
static void issue(Thread &thread, Block &block, Load load) {
  if (!load.barrier->fenced)
    return block.fail(
        "barrier",
        formatv("{0}: TMA is to arrive on {1}, whose initialisation no "
                "fence.mbarrier_init made known to it, at {2}",
                block.who(thread), load.barrier->name,
                block.place(load.location)));
  if (block.refuse(block.memory.startCopy(thread.accessor(), load.to,
                                          load.bytes, load.location),
                   thread, load.location, "loads into"))
    return;
  load.phase = load.barrier->phase;
  load.begin = block.launch.steps;
  block.later([&block, load = std::move(load)] { land(block, load); });
}

/// A box into the memory of one block: destination, barrier, map, coordinates.
static void loadBoxInto(Thread &thread, Block &block, const Call &call) {
  const TensorMap *map = mapAt(thread, call.in[2], call);
  auto to = uint32_t(call.in[0]);
  if (!map || !isAligned(thread, *map, to, call.location))
    return;
  uint64_t window = reinterpret_cast<uint64_t>(block.memory.window());
  Barrier *barrier = barrierAt(thread, window + uint32_t(call.in[1]), call);
  if (!barrier)
    return;
  auto fill = [&block, map, to, coordinates = coordinatesAt(call, 3)] {
    map->eachPiece(coordinates,
                   [&](uint32_t offset, const uint8_t *from, size_t bytes) {
                     uint8_t *place = block.memory.at(map->place(to, offset));
                     if (from)
                       std::memcpy(place, from, bytes);
                     else
                       std::memset(place, 0, bytes);
                   });
  };
  issue(thread, block,
        {std::string("the box of '") + map->name + "'", to,
         uint32_t(map->boxBytes()), barrier, call.location, fill});
}

/// Bytes into the memory of one block: destination, barrier, source, size.
static void loadBytesInto(Thread &thread, Block &block, const Call &call) {
  auto to = uint32_t(call.in[0]), bytes = uint32_t(call.in[3]);
  auto *from = reinterpret_cast<const uint8_t *>(call.in[2]);
  const Buffer *buffer = block.launch.global.find(from, bytes);
  if (!buffer)
    return block.fail("out of bounds",
                      formatv("{0}: a bulk copy reads {1} bytes at {2}, at {3}",
                              block.who(thread), bytes,
                              block.launch.global.describe(from),
                              block.place(call.location)));
  if (block.refuseAlignment(thread, to, 16, call.location, "a bulk copy"))
    return;
  uint64_t window = reinterpret_cast<uint64_t>(block.memory.window());
  Barrier *barrier = barrierAt(thread, window + uint32_t(call.in[1]), call);
  if (!barrier)
    return;
  auto fill = [&block, to, from, bytes] {
    std::memcpy(block.memory.at(to), from, bytes);
  };
  issue(thread, block,
        {"bytes of '" + buffer->name + "'", to, bytes, barrier, call.location,
         fill});
}

/// Calls `load` for the block that a destination lies in, or with a multicast
/// mask for every block of it, at the same offset.
template <typename Load>
static void toBlocks(Thread &thread, const Call &call, bool multicast,
                     uint64_t mask, Load load) {
  Cluster &cluster = thread.block->cluster;
  if (!multicast) {
    Block *block = cluster.blockAt(call.in[0]);
    return load(thread, block ? *block : *thread.block, call);
  }
  for (auto &block : cluster.blocks)
    if (mask >> block->rank & 1)
      load(thread, *block, call);
}

/// cp.async.bulk.tensor global -> shared::cta.
void loadBox(Thread &thread, const Call &call) {
  loadBoxInto(thread, *thread.block, call);
}

/// … -> shared::cluster: behind the coordinates a mask, a hint and whether the
/// mask counts.
void loadBoxes(Thread &thread, const Call &call) {
  toBlocks(thread, call, call.in[5 + call.n] & 1, call.in[3 + call.n],
           loadBoxInto);
}

/// cp.async.bulk global -> shared::cta.
void loadBytes(Thread &thread, const Call &call) {
  loadBytesInto(thread, *thread.block, call);
}

void loadBytesToCluster(Thread &thread, const Call &call) {
  toBlocks(thread, call, call.in[6] & 1, call.in[4], loadBytesInto);
}

//===----------------------------------------------------------------------===//
// Out of shared memory
//===----------------------------------------------------------------------===//

/// Reads the box and writes what of it lies in the tensor.
static void carry(Thread &thread, const Store &store) {
  Block &block = *thread.block;
  store.map->eachPiece(store.coordinates, [&](uint32_t offset, uint8_t *to,
                                              size_t bytes) {
    if (!to || block.failed())
      return;
    std::memcpy(to, block.memory.at(store.map->place(store.from, offset)),
                bytes);
    GlobalMemory::Writer writer{uint16_t(block.index + 1), uint16_t(thread.id),
                                store.location};
    if (auto before = block.launch.global.noteWrite(to, bytes, writer))
      block.fail("written twice",
                 formatv("{0} stores a box to {1}, which block {2}, thread "
                         "{3} has stored to, at {4}",
                         block.who(thread), block.launch.global.describe(to),
                         before->block - 1, before->thread,
                         block.place(store.location)));
  });
}

/// cp.async.bulk.tensor shared -> global: source, map, coordinates, hints. The
/// box is read when the seed says so, at the latest when it is waited for.
void storeBox(Thread &thread, const Call &call) {
  Block &block = *thread.block;
  const TensorMap *map = mapAt(thread, call.in[1], call);
  auto from = uint32_t(call.in[0]);
  if (!map || !isAligned(thread, *map, from, call.location))
    return;
  auto bytes = uint32_t(map->boxBytes());
  if (block.refuse(block.memory.startAsyncRead(thread.accessor(), from, bytes,
                                               call.location),
                   thread, call.location, "stores a box from"))
    return;
  auto store = std::make_shared<Store>(
      Store{map, coordinatesAt(call, 2), from, call.location});
  thread.stores.push_back(store);
  block.later([&thread, store] {
    if (!store->carried)
      carry(thread, *store);
    store->carried = true;
  });
}

void commitStores(Thread &thread, const Call &) {
  thread.storeGroups.push_back(std::move(thread.stores));
  thread.stores.clear();
}

void waitForStores(Thread &thread, const Call &call) {
  while (thread.storeGroups.size() > call.in[0]) {
    for (const auto &store : thread.storeGroups.front()) {
      if (!store->carried)
        carry(thread, *store);
      store->carried = true;
      thread.block->memory.endAsyncRead(thread.accessor(), store->from,
                                        uint32_t(store->map->boxBytes()));
    }
    thread.storeGroups.pop_front();
  }
}

} // namespace mlir::moe::sim
