//===- WarpOps.cpp - what the lanes of a warp do together -----------------===//

#include "compiler/simulate/Handlers.h"

#include "llvm/Support/FormatVariadic.h"

#include <optional>

using namespace mlir::moe::sim;
using llvm::formatv;

namespace mlir::moe::sim {

//===----------------------------------------------------------------------===//
// Meetings
//===----------------------------------------------------------------------===//

void meet(Thread &thread, const Call &call, uint32_t mask, uint64_t value,
          llvm::function_ref<void(Meeting &, bool)> answer) {
  Block &block = *thread.block;
  Meeting &meeting = thread.warp->meetings[mask];
  if (!(mask >> thread.lane() & 1))
    return block.fail("warp", formatv("{0} is not in its own mask {1:x}, at "
                                      "{2}",
                                      block.who(thread), mask,
                                      block.place(call.location)));
  if (meeting.arrived && meeting.location != call.location)
    return block.fail("warp",
                      formatv("{0} comes to {1} while other lanes are at {2}",
                              block.who(thread), block.place(call.location),
                              block.place(meeting.location)));
  meeting.location = call.location;
  meeting.arrived |= uint32_t(1) << thread.lane();
  meeting.value[thread.lane()] = value;
  if (meeting.arrived != mask) {
    block.park(thread, {Waiting::For::warp}, meeting.waiters);
    return answer(meeting, /*isLast=*/false);
  }
  // Who goes on first may come back before the others have their answer.
  meeting.brought = meeting.value;
  meeting.arrived = 0;
  answer(meeting, /*isLast=*/true);
  block.wake(meeting.waiters);
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

//===----------------------------------------------------------------------===//
// Values from other lanes
//===----------------------------------------------------------------------===//

/// shfl.sync of mode n: mask, value, lane or distance, clamp and segment. Also
/// answers whether the lane that it names is in the segment.
void shuffle(Thread &thread, const Call &call) {
  auto mask = uint32_t(call.in[0]), by = uint32_t(call.in[2] & 31);
  unsigned clamp = call.in[3] & 31, segment = call.in[3] >> 8 & 31;
  unsigned lane = thread.lane(), least = lane & segment;
  int most = int(least | (clamp & ~segment)), from = int(lane);
  bool inside = false;
  switch (Shuffle(call.n)) {
  case Shuffle::up:
    from -= int(by);
    inside = from >= most;
    break;
  case Shuffle::down:
    from += int(by);
    inside = from <= most;
    break;
  case Shuffle::butterfly:
    from ^= int(by);
    inside = from <= most;
    break;
  case Shuffle::index:
    from = int(least | (by & ~segment));
    inside = from <= most;
    break;
  }
  if (!inside)
    from = int(lane);
  Block &block = *thread.block;
  if (!(mask >> from & 1))
    return block.fail("warp", formatv("{0} takes the value of lane {1}, which "
                                      "is not in its mask {2:x}, at {3}",
                                      block.who(thread), from, mask,
                                      block.place(call.location)));
  if (isInFlight(thread, uint32_t(call.in[1]), call))
    return;
  meet(thread, call, mask, call.in[1], [&](Meeting &meeting, bool) {
    call.out[0] = meeting.brought[from];
    call.out[1] = inside;
  });
}

/// Calls `visit` for what each lane of a mask brought.
template <typename Visit>
static void eachOf(uint32_t mask, const Meeting &meeting, Visit visit) {
  for (unsigned lane = 0; lane < kWarpSize; ++lane)
    if (mask >> lane & 1)
      visit(lane, meeting.brought[lane]);
}

/// vote.sync of mode n: mask, predicate.
void vote(Thread &thread, const Call &call) {
  auto mask = uint32_t(call.in[0]);
  meet(thread, call, mask, call.in[1] & 1, [&](Meeting &meeting, bool) {
    uint32_t votes = 0;
    eachOf(mask, meeting, [&](unsigned lane, uint64_t value) {
      votes |= uint32_t(value) << lane;
    });
    bool all = votes == mask, none = votes == 0;
    const uint32_t answers[] = {all, !none, all || none, votes};
    call.out[0] = answers[call.n];
  });
}

/// match.any (n = 0): the lanes that brought the same. match.all: all of them
/// if all did, and whether.
void match(Thread &thread, const Call &call) {
  auto mask = uint32_t(call.in[0]);
  meet(thread, call, mask, call.in[1], [&](Meeting &meeting, bool) {
    uint32_t same = 0;
    eachOf(mask, meeting, [&](unsigned lane, uint64_t value) {
      same |= uint32_t(value == call.in[1]) << lane;
    });
    bool all = same == mask;
    call.out[0] = call.n && !all ? 0 : same;
    call.out[1] = all;
  });
}

/// redux.sync of operation n: value, mask.
void reduceLanes(Thread &thread, const Call &call) {
  auto mask = uint32_t(call.in[1]);
  auto combine = [&](uint32_t a, uint32_t b) -> uint32_t {
    switch (Redux(call.n)) {
    case Redux::add:
      return a + b;
    case Redux::umin:
      return std::min(a, b);
    case Redux::umax:
      return std::max(a, b);
    case Redux::min:
      return uint32_t(std::min(int32_t(a), int32_t(b)));
    case Redux::max:
      return uint32_t(std::max(int32_t(a), int32_t(b)));
    case Redux::bitAnd:
      return a & b;
    case Redux::bitOr:
      return a | b;
    case Redux::bitXor:
      break;
    }
    return a ^ b;
  };
  meet(thread, call, mask, call.in[0], [&](Meeting &meeting, bool) {
    std::optional<uint32_t> sum;
    eachOf(mask, meeting, [&](unsigned, uint64_t value) {
      sum = sum ? combine(*sum, uint32_t(value)) : uint32_t(value);
    });
    call.out[0] = *sum;
  });
}

} // namespace mlir::moe::sim
