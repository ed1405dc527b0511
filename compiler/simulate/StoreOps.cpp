//===- StoreOps.cpp - what TMA carries out of shared memory ---------------===//
//
// Boxes and bytes, stored or added, in bulk groups of the thread that issues
// them. A store reads shared memory at a time that the seed chooses, at the
// latest when a wait says so, and arrives in global memory some time later.
//
//===----------------------------------------------------------------------===//

#include "compiler/simulate/Handlers.h"
#include "compiler/simulate/Reduction.h"
#include "compiler/simulate/Tma.h"

#include "llvm/Support/FormatVariadic.h"

#include <cstring>

using namespace mlir::moe::sim;
using llvm::formatv;

namespace mlir::moe::sim {

/// What became of shared memory on its way.
using Bytes = std::shared_ptr<std::vector<uint8_t>>;

/// Bytes into global memory, as they are or combined with what is there.
static void put(Thread &thread, uint8_t *to, const uint8_t *from, size_t bytes,
                const Reduction *reduction, unsigned location) {
  Block &block = *thread.block;
  if (block.failed())
    return;
  noteGlobalWrite(thread, to, bytes,
                  {reduction ? Doing::update : Doing::store,
                   reduction ? "adds to" : "stores to", location});
  if (!reduction)
    std::memcpy(to, from, bytes);
  else
    reduction->apply(to, from, bytes);
}

/// Starts what has been found right so far.
static void start(Thread &thread, Store store) {
  Block &block = *thread.block;
  if (block.refuse(block.memory.startAsyncRead(thread.ownAccessor(), store.from,
                                               store.bytes),
                   thread, store.location, "stores from"))
    return;
  block.noteStore(thread);
  auto shared = std::make_shared<Store>(std::move(store));
  thread.stores.push_back(shared);
  block.later([&block, shared] {
    shared->readNow();
    block.later([shared] { shared->writeNow(); });
  });
}

//===----------------------------------------------------------------------===//
// Boxes
//===----------------------------------------------------------------------===//

/// Source, map, coordinates, hints.
static void startBox(Thread &thread, const Call &call,
                     std::optional<Reduction> reduction) {
  const TensorMap *map = mapAt(thread, call.in[1], call);
  auto from = uint32_t(call.in[0]);
  GlobalAccess access{reduction ? Doing::update : Doing::store,
                      "stores a box into", call.location};
  if (!map || !isAligned(thread, *map, from, call.location) ||
      !mayAccess(thread, map->base, map->tensorBytes(), access))
    return;
  auto bytes = std::make_shared<std::vector<uint8_t>>(map->boxBytes());
  auto coordinates = coordinatesAt(call, 2);
  auto read = [&thread, map, from, coordinates, bytes] {
    map->eachPiece(coordinates, [&](uint32_t offset, uint8_t *, size_t count) {
      std::memcpy(bytes->data() + offset,
                  thread.block->memory.at(map->place(from, offset)), count);
    });
  };
  auto write = [&thread, map, coordinates, bytes, reduction,
                location = call.location] {
    map->eachPiece(coordinates,
                   [&](uint32_t offset, uint8_t *to, size_t count) {
                     if (to)
                       put(thread, to, bytes->data() + offset, count,
                           reduction ? &*reduction : nullptr, location);
                   });
  };
  start(thread, {std::string("a box of '") + map->name + "'", from,
                 uint32_t(map->boxBytes()), call.location, read, write});
}

void storeBox(Thread &thread, const Call &call) {
  startBox(thread, call, std::nullopt);
}

/// cp.reduce.async.bulk.tensor: the map says what the elements are.
void reduceBox(Thread &thread, const Call &call) {
  const TensorMap *map = mapAt(thread, call.in[1], call);
  if (!map)
    return;
  auto reduction =
      Reduction::ofElements(map->element, Reduction::Op(call.depth));
  if (!reduction)
    return thread.block->fail(
        "tensor map",
        formatv("{0}: elements of '{1}' cannot be reduced like this, at {2}",
                thread.block->who(thread), map->name,
                thread.block->place(call.location)));
  startBox(thread, call, reduction);
}

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

static void startBytes(Thread &thread, uint64_t to, uint32_t from,
                       uint32_t bytes, unsigned location,
                       std::optional<Reduction> reduction) {
  auto *place = reinterpret_cast<uint8_t *>(to);
  GlobalAccess access{reduction ? Doing::update : Doing::store, "bulk stores",
                      location};
  if (!isWholeChunks(thread, place, from, bytes, location) ||
      !mayAccess(thread, place, bytes, access))
    return;
  auto data = std::make_shared<std::vector<uint8_t>>(bytes);
  auto read = [&thread, from, data] {
    std::memcpy(data->data(), thread.block->memory.at(from), data->size());
  };
  auto write = [&thread, place, data, reduction, location] {
    put(thread, place, data->data(), data->size(),
        reduction ? &*reduction : nullptr, location);
  };
  const Buffer *buffer = thread.block->launch.global.find(place, bytes);
  start(thread, {"bytes for '" + buffer->name + "'", from, bytes, location,
                 read, write});
}

/// cp.async.bulk shared -> global: destination, source, size, hints.
void storeBytes(Thread &thread, const Call &call) {
  startBytes(thread, call.in[0], uint32_t(call.in[1]), uint32_t(call.in[2]),
             call.location, std::nullopt);
}

/// cp.reduce.async.bulk shared -> global: destination, source, size.
void reduceBytes(Thread &thread, const Call &call) {
  startBytes(thread, call.in[0], uint32_t(call.in[1]), uint32_t(call.in[2]),
             call.location, Reduction{Reduction::Type(call.n)});
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

void commitStores(Thread &thread, const Call &) {
  thread.storeGroups.push_back(std::move(thread.stores));
  thread.stores.clear();
}

/// .read (n = 1) waits until the sources have been read, and for no more.
void waitForStores(Thread &thread, const Call &call) {
  while (thread.storeGroups.size() > call.in[0]) {
    for (const auto &store : thread.storeGroups.front()) {
      if (call.n)
        store->readNow();
      else
        store->writeNow();
      thread.block->memory.endAsyncRead(thread.ownAccessor(), store->from,
                                        store->bytes);
    }
    thread.storeGroups.pop_front();
  }
}

} // namespace mlir::moe::sim
