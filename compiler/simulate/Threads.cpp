//===- Threads.cpp - what lanes and blocks do together --------------------===//

#include "compiler/simulate/Handlers.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <cstring>

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
void readZero(Thread &, const Call &call) { call.out[0] = 0; }
void readOne(Thread &, const Call &call) { call.out[0] = 1; }
void nothing(Thread &, const Call &) {}

/// An accumulator in flight must not get as far as a conversion.
static bool isInFlight(Thread &thread, uint32_t bits, const Call &call) {
  auto handle = Handle::from(bits);
  if (!handle)
    return false;
  Step *step =
      thread.block->warpgroups[thread.warpgroup()].stepOf(handle->step);
  thread.block->fail(
      "accumulator in flight",
      formatv("{0} uses register {1} of the wgmma issued at {2} without a wait "
              "that is tied to it, at {3}",
              thread.block->who(thread), handle->element,
              step ? thread.block->place(step->location) : "an earlier step",
              thread.block->place(call.location)));
  return true;
}

static uint32_t bf16(uint32_t bits) {
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return 0x7fff;
  return (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
}

void toBf16Pair(Thread &thread, const Call &call) {
  auto high = uint32_t(call.in[0]), low = uint32_t(call.in[1]);
  if (isInFlight(thread, high, call) || isInFlight(thread, low, call))
    return;
  call.out[0] = bf16(high) << 16 | bf16(low);
}

static uint8_t e4m3(uint32_t bits) {
  llvm::APFloat value(llvm::bit_cast<float>(bits));
  if (value.isNaN())
    return 0x7f;
  uint8_t sign = bits >> 31 ? 0x80 : 0;
  if (llvm::abs(value) >= llvm::APFloat(448.0f))
    return sign | 0x7e; // satfinite
  bool exact;
  value.convert(llvm::APFloat::Float8E4M3FN(),
                llvm::APFloat::rmNearestTiesToEven, &exact);
  return uint8_t(value.bitcastToAPInt().getZExtValue());
}

void toE4m3Pair(Thread &thread, const Call &call) {
  auto high = uint32_t(call.in[0]), low = uint32_t(call.in[1]);
  if (isInFlight(thread, high, call) || isInFlight(thread, low, call))
    return;
  call.out[0] = e4m3(high) << 8 | e4m3(low);
}

static float asFloat(uint64_t slot) {
  return llvm::bit_cast<float>(uint32_t(slot));
}
static uint64_t asSlot(float value) { return llvm::bit_cast<uint32_t>(value); }

// The approximate functions are the exact ones here: within 2 units in the last
// place of what the hardware gives.
void exp2Approx(Thread &, const Call &call) {
  call.out[0] = asSlot(std::exp2(asFloat(call.in[0])));
}
void reciprocal(Thread &, const Call &call) {
  call.out[0] = asSlot(1.0f / asFloat(call.in[0]));
}
void divide(Thread &, const Call &call) {
  call.out[0] = asSlot(asFloat(call.in[0]) / asFloat(call.in[1]));
}
void maximum(Thread &, const Call &call) {
  call.out[0] = asSlot(std::fmax(asFloat(call.in[0]), asFloat(call.in[1])));
}
void absolute(Thread &, const Call &call) {
  call.out[0] = asSlot(std::fabs(asFloat(call.in[0])));
}

//===----------------------------------------------------------------------===//
// Warps
//===----------------------------------------------------------------------===//

/// Waits until every lane of `mask` is here; `answer` then reads what each of
/// them brought. False after a finding.
template <typename Answer>
static bool meet(Thread &thread, const Call &call, uint32_t mask,
                 uint64_t value, Answer answer) {
  Block &block = *thread.block;
  Meeting &meeting = thread.warp->meetings[mask];
  if (!(mask >> thread.lane() & 1)) {
    block.fail("warp",
               formatv("{0} is not in its own mask {1:x}, at {2}",
                       block.who(thread), mask, block.place(call.location)));
    return false;
  }
  if (meeting.arrived && meeting.location != call.location) {
    block.fail("warp", formatv("{0} comes to {1} while other lanes are at {2}",
                               block.who(thread), block.place(call.location),
                               block.place(meeting.location)));
    return false;
  }
  meeting.location = call.location;
  meeting.arrived |= uint32_t(1) << thread.lane();
  meeting.value[thread.lane()] = value;
  if (meeting.arrived == mask) {
    // Who goes on first may come back before the others have their answer.
    meeting.brought = meeting.value;
    meeting.arrived = 0;
    answer(meeting, /*isLast=*/true);
    block.wake(meeting.waiters);
    return true;
  }
  block.park(thread, {Waiting::For::warp}, meeting.waiters);
  answer(meeting, /*isLast=*/false);
  return true;
}

void shuffleIndex(Thread &thread, const Call &call) {
  auto mask = uint32_t(call.in[0]);
  unsigned clamp = call.in[3] & 31, segment = call.in[3] >> 8 & 31;
  unsigned least = thread.lane() & segment;
  unsigned most = least | (clamp & ~segment);
  unsigned from = least | (call.in[2] & ~segment & 31);
  meet(thread, call, mask, call.in[1], [&](Meeting &meeting, bool) {
    call.out[0] = meeting.brought[from > most ? thread.lane() : from];
  });
}

void shuffleButterfly(Thread &thread, const Call &call) {
  auto mask = uint32_t(call.in[0]);
  unsigned clamp = call.in[3] & 31, segment = call.in[3] >> 8 & 31;
  unsigned most = (thread.lane() & segment) | (clamp & ~segment);
  unsigned from = thread.lane() ^ (call.in[2] & 31);
  meet(thread, call, mask, call.in[1], [&](Meeting &meeting, bool) {
    call.out[0] = meeting.brought[from > most ? thread.lane() : from];
  });
}

void elect(Thread &thread, const Call &call) {
  unsigned leader =
      thread.block->electedLane(*thread.warp, uint32_t(call.in[0]));
  call.out[0] = leader;
  call.out[1] = leader == thread.lane();
}

void syncWarp(Thread &thread, const Call &call) {
  meet(thread, call, uint32_t(call.in[0]), 0, [&](Meeting &, bool isLast) {
    if (isLast)
      thread.warp->sync();
  });
}

/// stmatrix x4: lane l brings the address of row l % 8 of matrix l / 8;
/// register m of lane l holds two elements of row l / 4 of matrix m.
static bool writeMatrices(Thread &thread, const MatrixStore &store,
                          const Call &call) {
  Block &block = *thread.block;
  for (unsigned row = 0; row < kWarpSize; ++row) {
    uint32_t to = store.address[row];
    Thread &owner = block.threads[thread.warp->index * kWarpSize + row];
    if (block.refuseAlignment(owner, to, 16, call.location, "stmatrix"))
      return false;
    for (unsigned part = 0; part < 4; ++part) {
      unsigned lane = row % 8 * 4 + part;
      const Thread &writer =
          block.threads[thread.warp->index * kWarpSize + lane];
      if (block.refuse(block.memory.write(writer.accessor(), to + part * 4, 4,
                                          call.location),
                       writer, call.location, "writes"))
        return false;
      memcpy(block.memory.at(to + part * 4), &store.registers[lane][row / 8],
             4);
    }
  }
  return true;
}

void storeMatrices(Thread &thread, const Call &call) {
  Warp &warp = *thread.warp;
  uint64_t number = thread.matrices++ - warp.doneMatrices;
  if (number >= warp.matrices.size())
    warp.matrices.emplace_back();
  MatrixStore &store = warp.matrices[number];
  store.arrived |= uint32_t(1) << thread.lane();
  store.address[thread.lane()] = uint32_t(call.in[0]);
  for (unsigned i = 0; i < 4; ++i)
    store.registers[thread.lane()][i] = uint32_t(call.in[i + 1]);
  if (store.arrived != ~uint32_t(0))
    return;
  if (writeMatrices(thread, store, call)) {
    warp.matrices.pop_front();
    ++warp.doneMatrices;
  }
}

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

void readClusterRank(Thread &thread, const Call &call) {
  call.out[0] = thread.block->rank;
}

/// An address of a rank that is not there is no finding before it is used.
void mapToRank(Thread &thread, const Call &call) {
  const auto &blocks = thread.block->cluster.blocks;
  uint64_t rank = call.in[1], window = 0;
  if (rank < blocks.size())
    window = reinterpret_cast<uint64_t>(blocks[rank]->memory.window());
  call.out[0] = window + uint32_t(call.in[0]);
}

void arriveAtCluster(Thread &thread, const Call &) {
  Cluster &cluster = thread.block->cluster;
  thread.warp->release(cluster.barrier.arriving);
  thread.clusterPhase = cluster.barrierPhase;
  if (++cluster.barrier.arrived <
      cluster.blocks.size() * thread.block->threads.size())
    return;
  cluster.barrier.arrived = 0;
  cluster.barrier.completed = cluster.barrier.arriving;
  ++cluster.barrierPhase;
  thread.block->wake(cluster.barrier.waiters);
}

void waitForCluster(Thread &thread, const Call &) {
  Cluster &cluster = thread.block->cluster;
  if (cluster.barrierPhase == thread.clusterPhase)
    thread.block->park(thread, {Waiting::For::cluster},
                       cluster.barrier.waiters);
  thread.warp->acquire(cluster.barrier.completed);
}

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
