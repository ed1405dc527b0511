//===- TmaOps.cpp - what is carried into shared memory and counted there --===//

#include "compiler/simulate/Handlers.h"
#include "compiler/simulate/Tma.h"

#include "llvm/Support/FormatVariadic.h"

#include <array>
#include <cstring>

using namespace mlir::moe::sim;
using llvm::formatv;

namespace mlir::moe::sim {

const TensorMap *mapAt(Thread &thread, uint64_t pointer, const Call &call) {
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

std::vector<int64_t> coordinatesAt(const Call &call, unsigned first) {
  std::vector<int64_t> coordinates;
  for (int i = 0; i < call.n; ++i)
    coordinates.push_back(int32_t(call.in[first + i]));
  return coordinates;
}

bool isAligned(Thread &thread, const TensorMap &map, uint32_t address,
               unsigned location) {
  bool swizzled = map.swizzle == 128;
  return !thread.block->refuseAlignment(
      thread, address, swizzled ? 1024 : 128, location,
      swizzled ? "a box in the 128-byte swizzle" : "a box of TMA");
}

bool isWholeChunks(Thread &thread, const void *global, uint32_t shared,
                   uint32_t bytes, unsigned location) {
  Block &block = *thread.block;
  if (bytes % 16 || bytes == 0) {
    block.fail("misaligned",
               formatv("{0}: a bulk copy of {1} bytes, which is "
                       "no multiple of 16, at {2}",
                       block.who(thread), bytes, block.place(location)));
    return false;
  }
  return !block.refuseAlignment(thread, shared, 16, location, "a bulk copy") &&
         isAlignedAt(thread, global, 16, bytes, location);
}

//===----------------------------------------------------------------------===//
// Loads
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
  barrier.loadedPhase = barrier.phase + 1;
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
  if (!map || !isAligned(thread, *map, to, call.location) ||
      !mayAccess(thread, map->base, map->tensorBytes(),
                 {Doing::load, "loads a box of", call.location}))
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
  if (!mayAccess(thread, from, bytes,
                 {Doing::load, "bulk copies", call.location}) ||
      !isWholeChunks(thread, from, to, bytes, call.location))
    return;
  uint64_t window = reinterpret_cast<uint64_t>(block.memory.window());
  Barrier *barrier = barrierAt(thread, window + uint32_t(call.in[1]), call);
  if (!barrier)
    return;
  auto fill = [&block, to, from, bytes] {
    std::memcpy(block.memory.at(to), from, bytes);
  };
  issue(thread, block,
        {"bytes of '" + block.launch.global.find(from, bytes)->name + "'", to,
         bytes, barrier, call.location, fill});
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

/// st.async of n f32: address, values, barrier. Whoever waits for the bytes
/// knows what the warp did before it sent them. PTX orders the bytes alone; but
/// loads whose values the warp has used are over.
void storeAsync(Thread &thread, const Call &call) {
  std::array<uint32_t, 4> values{};
  for (int i = 0; i < call.n; ++i) {
    values[i] = uint32_t(call.in[i + 1]);
    if (isInFlight(thread, values[i], call))
      return;
  }
  auto to = uint32_t(call.in[0]), bytes = uint32_t(call.n * 4);
  Block &block = *thread.block;
  Block *owner = block.cluster.blockAt(call.in[0]);
  uint64_t pointer = call.in[call.n + 1];
  Block *counter = block.cluster.blockAt(pointer);
  if (!owner || owner != counter) {
    auto name = [](Block *of) {
      return of ? "block " + std::to_string(of->index) : "no block";
    };
    return block.fail(
        "cluster",
        formatv("{0}: st.async wants its address and its mbarrier in "
                "one block, got {1} and {2}, at {3}",
                block.who(thread), name(owner), name(counter),
                block.place(call.location)));
  }
  Barrier *barrier = barrierAt(thread, pointer, call);
  if (!barrier || owner->refuseAlignment(thread, to, bytes, call.location,
                                         "what st.async stores"))
    return;
  thread.warp->release(barrier->arriving);
  auto fill = [owner, to, bytes, values] {
    std::memcpy(owner->memory.at(to), values.data(), bytes);
  };
  issue(thread, *owner,
        {"what another warp says", to, bytes, barrier, call.location, fill});
}

} // namespace mlir::moe::sim
