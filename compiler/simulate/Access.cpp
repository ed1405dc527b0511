//===- Access.cpp ---------------------------------------------------------===//

#include "compiler/simulate/Access.h"
#include "compiler/simulate/Rewrite.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir::moe::sim;
using llvm::formatv;

//===----------------------------------------------------------------------===//
// Global memory
//===----------------------------------------------------------------------===//

/// What an earlier kernel does with a tensor that this access must wait for;
/// null if nothing.
static const char *earlierUse(const EarlierKernels &earlier,
                              const std::string &name, Doing doing) {
  if (llvm::is_contained(earlier.writes, name))
    return "writes";
  if (doing != Doing::load && llvm::is_contained(earlier.reads, name))
    return "may still read";
  return nullptr;
}

bool mlir::moe::sim::mayAccess(Thread &thread, const void *place,
                               uint64_t bytes, const GlobalAccess &access) {
  Block &block = *thread.block;
  GlobalMemory &global = block.launch.global;
  auto refuse = [&](llvm::StringRef law, const std::string &more) {
    block.fail(law,
               formatv("{0} {1} {2} bytes at {3}{4}, at {5}", block.who(thread),
                       access.verb, bytes, global.describe(place), more,
                       block.place(access.location)));
    return false;
  };
  const Buffer *buffer = global.find(place, bytes);
  if (!buffer)
    return refuse("out of bounds", "");
  if (access.doing != Doing::load && !buffer->writable)
    return refuse("read only", "");
  const auto &earlier = block.launch.config.earlier;
  if (!earlier || thread.knowsEarlier || thread.warp->known.earlierIsOver)
    return true;
  if (thread.mayRead && access.doing == Doing::load &&
      llvm::is_contained(earlier->counted, buffer->name))
    return true;
  if (const char *use = earlierUse(*earlier, buffer->name, access.doing))
    return refuse("programmatic launch",
                  std::string(", which an earlier kernel ") + use +
                      ", before griddepcontrol.wait");
  return true;
}

bool mlir::moe::sim::isAlignedAt(Thread &thread, const void *place,
                                 uint64_t alignment, uint64_t bytes,
                                 unsigned location) {
  if (reinterpret_cast<uint64_t>(place) % alignment == 0)
    return true;
  Block &block = *thread.block;
  block.fail("misaligned",
             formatv("{0}: {1} bytes at {2}, which is no multiple of {3}, at "
                     "{4}",
                     block.who(thread), bytes,
                     block.launch.global.describe(place), alignment,
                     block.place(location)));
  return false;
}

void mlir::moe::sim::noteGlobalWrite(Thread &thread, const void *place,
                                     uint64_t bytes,
                                     const GlobalAccess &access) {
  Block &block = *thread.block;
  GlobalMemory &global = block.launch.global;
  GlobalMemory::Writer writer{uint16_t(block.index + 1), uint16_t(thread.id),
                              access.location, access.doing == Doing::update};
  if (auto before = global.noteWrite(place, bytes, writer))
    block.fail("written twice",
               formatv("{0} {1} {2}, which block {3}, thread {4} has stored to "
                       "(at {5}), at {6}",
                       block.who(thread),
                       access.doing == Doing::update ? "updates" : "stores to",
                       global.describe(place), before->block - 1,
                       before->thread, block.place(before->location),
                       block.place(access.location)));
}

/// Whoever asks what an earlier kernel has counted needs a fence before TMA may
/// read by that.
static void noteQuestion(Thread &thread, const void *place, uint32_t bytes) {
  const auto &earlier = thread.block->launch.config.earlier;
  const Buffer *buffer = thread.block->launch.global.find(place, bytes);
  if (!earlier || !buffer || buffer->name != earlier->counter)
    return;
  thread.asked = true;
  thread.mayRead = false;
}

static void checkGlobal(Thread &thread, uint64_t address, uint32_t bytes,
                        uint32_t flags, unsigned location) {
  auto *place = reinterpret_cast<void *>(address);
  GlobalAccess access{Doing::load, "loads", location};
  if (flags & kIsStore)
    access = {Doing::store, "stores", location};
  if ((flags & kIsStore) && (flags & kIsAtomic))
    access = {Doing::update, "updates", location};
  if (access.doing == Doing::load && (flags & kIsAtomic))
    noteQuestion(thread, place, bytes);
  uint64_t alignment = std::min<uint64_t>(llvm::bit_floor(bytes), 16);
  if (!mayAccess(thread, place, bytes, access) ||
      !isAlignedAt(thread, place, alignment, bytes, location) ||
      access.doing == Doing::load)
    return;
  if (access.doing == Doing::store)
    thread.block->noteStore(thread);
  noteGlobalWrite(thread, place, bytes, access);
}

//===----------------------------------------------------------------------===//
// Loads and stores of the code
//===----------------------------------------------------------------------===//

static void checkShared(Thread &thread, Block &owner, uint32_t address,
                        uint32_t bytes, uint32_t flags, unsigned location) {
  Block &block = *thread.block;
  if (&owner != &block && owner.hasExited())
    return block.fail("cluster",
                      formatv("{0} uses shared memory of block {1}, which has "
                              "exited, at {2}",
                              block.who(thread), owner.index,
                              block.place(location)));
  if (&owner != &block)
    owner.noteVisit(thread, location);
  Accessor who = thread.accessor();
  SharedMemory &memory = owner.memory;
  if (!(flags & kIsStore))
    block.refuse(memory.read(who, address, bytes), thread, location, "loads");
  else if (flags & kIsAtomic)
    block.refuse(memory.update(who, address, bytes, location), thread, location,
                 "updates");
  else
    block.refuse(memory.write(who, address, bytes, location), thread, location,
                 "stores to");
}

/// Who looks again and again for what another thread stores must let it run.
static void letOthersRun(Thread &thread) {
  thread.block->cluster.spins = true;
  thread.block->cluster.ready.push_back(&thread);
  thread.fiber->suspend();
}

void mlir::moe::sim::checkAccess(Thread &thread, uint64_t address,
                                 uint32_t bytes, uint32_t flags,
                                 unsigned location) {
  Block &block = *thread.block;
  if ((flags & kIsAtomic) && !(flags & kIsStore))
    letOthersRun(thread);
  Block *owner = block.cluster.blockAt(address);
  if ((flags & kIsGeneric) && !owner && thread.fiber->holds(address))
    return;
  bool shared = (flags & (kIsShared | kIsCluster)) || owner;
  if (!shared)
    return checkGlobal(thread, address, bytes, flags, location);
  if (!owner || ((flags & kIsShared) && owner != &block))
    return block.fail("out of bounds",
                      formatv("{0} leaves the shared window, at {1}",
                              block.who(thread), block.place(location)));
  checkShared(thread, *owner, uint32_t(address), bytes, flags, location);
}
