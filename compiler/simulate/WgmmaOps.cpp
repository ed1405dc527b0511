//===- WgmmaOps.cpp - the tensor core -------------------------------------===//

#include "compiler/simulate/Fp8.h"
#include "compiler/simulate/Handlers.h"

#include "llvm/Support/FormatVariadic.h"

#include <cstring>

using namespace mlir::moe::sim;
using llvm::formatv;

namespace {

constexpr uint32_t kRowBytes = 128; ///< Of a tile in the 128-byte swizzle.
constexpr unsigned kWarpRows = 16;

/// A matrix descriptor, taken apart (PTX ISA, "Matrix Descriptor Format").
struct Descriptor {
  explicit Descriptor(uint64_t bits)
      : address(uint32_t(bits & 0x3fff) << 4),
        groupStride(uint32_t(bits >> 32 & 0x3fff) << 4),
        baseOffset(bits >> 49 & 7), swizzle(bits >> 62) {}

  /// The first byte of a row, before the swizzle.
  uint32_t row(unsigned row) const {
    return address + row / 8 * groupStride + row % 8 * kRowBytes;
  }

  uint32_t address, groupStride, baseOffset;
  unsigned swizzle; ///< 1 is 128 bytes.
};

} // namespace

namespace mlir::moe::sim {

static Warpgroup &groupOf(Thread &thread) {
  return thread.block->warpgroups[thread.warpgroup()];
}

/// Register i of a thread is row, column of d.
static size_t fragment(const Thread &thread, int n, unsigned i) {
  unsigned warp = thread.id % kWarpgroupThreads / kWarpSize;
  unsigned row = kWarpRows * warp + thread.lane() / 4 + i / 2 % 2 * 8;
  unsigned column = i / 4 * 8 + thread.lane() % 4 * 2 + i % 2;
  return size_t(row) * n + column;
}

//===----------------------------------------------------------------------===//
// Issue
//===----------------------------------------------------------------------===//

/// The descriptor names a tile that we know how to read.
static bool isLegal(Thread &thread, const Descriptor &descriptor,
                    unsigned location, const char *which) {
  Block &block = *thread.block;
  auto refuse = [&](const std::string &text) {
    block.fail("matrix descriptor",
               formatv("{0}: descriptor of {1}: {2}, at {3}", block.who(thread),
                       which, text, block.place(location)));
    return false;
  };
  if (descriptor.swizzle != 1)
    return refuse(formatv("expected the 128-byte swizzle (1), got {0}",
                          descriptor.swizzle));
  if (descriptor.baseOffset != 0 || descriptor.address % 1024 >= kRowBytes)
    return refuse(formatv("expected a tile that starts at a multiple of 1024 "
                          "bytes, got {0}",
                          block.nameOf(descriptor.address)));
  if (descriptor.address % kStepK)
    return refuse(formatv("expected a step of K at a multiple of 32 bytes, got "
                          "{0}",
                          block.nameOf(descriptor.address)));
  if (descriptor.groupStride != 8 * kRowBytes)
    return refuse(formatv("expected 1024 bytes from 8 rows to the next 8, got "
                          "{0}",
                          descriptor.groupStride));
  return true;
}

/// Visits the 32 bytes of each row that a warp reads: its rows of A, all of B.
template <typename Visit>
static void eachRow(const Step &step, unsigned warpOfGroup, Visit visit) {
  Descriptor a(step.aDescriptor), b(step.bDescriptor);
  for (unsigned row = 0; row < kWarpRows; ++row)
    visit(a.row(warpOfGroup * kWarpRows + row), "reads A from");
  for (int row = 0; row < step.n; ++row)
    visit(b.row(row), "reads B from");
}

/// The two 16-byte chunks of a step in a row, as the swizzle places them.
static uint32_t chunk(uint32_t address, unsigned half) {
  address += half * 16;
  return address ^ ((address >> 7 & 7) << 4);
}

static void startReading(Thread &thread, Step &step) {
  Block &block = *thread.block;
  bool failed = false;
  unsigned warp = thread.warp->index % 4;
  eachRow(step, warp, [&](uint32_t row, const char *doing) {
    for (unsigned half = 0; half < 2 && !failed; ++half)
      failed = block.refuse(
          block.memory.startAsyncRead(thread.accessor(), chunk(row, half), 16),
          thread, step.location, doing);
  });
  step.warpsReading |= 1u << warp;
}

static void stopReading(Thread &thread, Step &step) {
  unsigned warp = thread.warp->index % 4;
  if (step.warpsDone >> warp & 1)
    return;
  eachRow(step, warp, [&](uint32_t row, const char *) {
    for (unsigned half = 0; half < 2; ++half)
      thread.block->memory.endAsyncRead(thread.accessor(), chunk(row, half),
                                        16);
  });
  step.warpsDone |= 1u << warp;
}

/// What a thread adds to: numbers, or the result of the step before.
static void takeAccumulators(Thread &thread, Step &step, const Call &call) {
  Block &block = *thread.block;
  for (unsigned i = 0; i < unsigned(step.n) / 2; ++i) {
    auto bits = uint32_t(call.in[i]);
    auto handle = Handle::from(bits);
    if (handle && handle->element == i &&
        groupOf(thread).stepOf(handle->step) &&
        (!step.chainedTo || step.chainedTo == handle->step) && !step.numbers) {
      step.chainedTo = handle->step;
      continue;
    }
    if (handle || step.chainedTo)
      return block.fail("accumulator in flight",
                        formatv("{0}: register {1} of the wgmma is not the one "
                                "that the step before left, at {2}",
                                block.who(thread), i,
                                block.place(call.location)));
    step.numbers = true;
    std::memcpy(&step.d[fragment(thread, step.n, i)], &bits, sizeof bits);
  }
}

static Step &stepFor(Thread &thread, const Call &call) {
  Warpgroup &group = groupOf(thread);
  uint64_t number = thread.steps++;
  if (number - group.droppedSteps == group.steps.size()) {
    Step step;
    step.id = unsigned(number % Handle::kSteps) + 1;
    step.n = call.n;
    step.aDescriptor = call.in[call.n / 2];
    step.bDescriptor = call.in[call.n / 2 + 1];
    step.location = call.location;
    step.d.resize(size_t(kStepRows) * call.n);
    group.steps.push_back(std::move(step));
  }
  return group.steps[number - group.droppedSteps];
}

void issueWgmma(Thread &thread, const Call &call) {
  Block &block = *thread.block;
  int n = call.n;
  Step &step = stepFor(thread, call);
  if (step.location != call.location || step.n != n ||
      step.aDescriptor != call.in[n / 2] ||
      step.bDescriptor != call.in[n / 2 + 1])
    return block.fail("wgmma",
                      formatv("{0} issues another wgmma than the rest of its "
                              "warpgroup: at {1} and at {2}",
                              block.who(thread), block.place(call.location),
                              block.place(step.location)));
  if (!thread.fenced)
    return block.fail(
        "wgmma fence",
        formatv("{0} issues a wgmma without wgmma.fence since its "
                "registers were used, at {1}",
                block.who(thread), block.place(call.location)));
  if (step.issued == 0 &&
      (!isLegal(thread, Descriptor(step.aDescriptor), call.location, "A") ||
       !isLegal(thread, Descriptor(step.bDescriptor), call.location, "B")))
    return;
  bool fromZero = uint32_t(call.in[n / 2 + 2]) == 0;
  if (!fromZero)
    takeAccumulators(thread, step, call);
  if (!(step.warpsReading >> thread.warp->index % 4 & 1) && !block.failed())
    startReading(thread, step);
  ++step.issued;
  for (int i = 0; i < n / 2; ++i)
    call.out[i] = Handle{step.id, unsigned(i)}.bits();
}

void fenceWgmma(Thread &thread, const Call &) { thread.fenced = true; }

//===----------------------------------------------------------------------===//
// Completion
//===----------------------------------------------------------------------===//

static void compute(Block &block, Warpgroup &group, Step &step) {
  static thread_local uint8_t a[kStepRows][kStepK], b[kMaxStepColumns][kStepK];
  auto gather = [&](uint64_t bits, int rows, uint8_t(*to)[kStepK]) {
    Descriptor descriptor(bits);
    for (int row = 0; row < rows; ++row)
      for (unsigned half = 0; half < 2; ++half)
        std::memcpy(to[row] + half * 16,
                    block.memory.at(chunk(descriptor.row(row), half)), 16);
  };
  gather(step.aDescriptor, kStepRows, a);
  gather(step.bDescriptor, step.n, b);
  if (step.chainedTo)
    if (Step *before = group.stepOf(step.chainedTo))
      step.d = before->d;
  accumulateStep(a, b, step.n, step.d.data());
}

/// Steps of group number `index`, as numbers.
static std::pair<uint64_t, uint64_t> stepsOf(const Warpgroup &group,
                                             size_t index) {
  return {index ? group.groups[index - 1].endStep : group.droppedSteps,
          group.groups[index].endStep};
}

static void finish(Block &block, Warpgroup &group, uint64_t number) {
  // Groups end in order.
  for (; group.doneGroups <= number; ++group.doneGroups) {
    size_t index = group.doneGroups - group.droppedGroups;
    auto [first, end] = stepsOf(group, index);
    for (uint64_t i = first; i < end; ++i)
      compute(block, group, group.steps[i - group.droppedSteps]);
    group.groups[index].done = true;
  }
  block.wake(group.waiters);
}

void commitWgmma(Thread &thread, const Call &) {
  Warpgroup &group = groupOf(thread);
  uint64_t number = thread.groups++;
  if (number - group.droppedGroups == group.groups.size())
    group.groups.push_back({thread.steps});
  if (++group.groups[number - group.droppedGroups].committed <
      kWarpgroupThreads)
    return;
  Block &block = *thread.block;
  block.traceStores(group);
  block.later([&block, &group, number, begin = block.launch.steps] {
    if (group.doneGroups <= number)
      finish(block, group, number);
    if (Trace *trace = block.launch.config.trace)
      trace->add(block.index, block.roleOf(group) + ", tensor core", "wgmma",
                 begin, block.launch.steps);
  });
}

/// All threads have waited for the oldest groups: their results are in
/// registers.
static void dropOldGroups(Warpgroup &group) {
  while (!group.groups.empty() &&
         group.groups.front().waited == kWarpgroupThreads) {
    uint64_t end = group.groups.front().endStep;
    group.groups.pop_front();
    ++group.droppedGroups;
    while (group.droppedSteps < end) {
      group.steps.pop_front();
      ++group.droppedSteps;
    }
  }
}

/// Waits until all but `left` groups are over. False after a finding.
static void waitForGroups(Thread &thread, uint64_t left) {
  Warpgroup &group = groupOf(thread);
  thread.fenced = false;
  if (thread.groups <= left)
    return;
  uint64_t target = thread.groups - left;
  while (group.doneGroups < target)
    thread.block->park(thread, {Waiting::For::wgmma}, group.waiters);
}

static void leaveGroups(Thread &thread, uint64_t left) {
  Warpgroup &group = groupOf(thread);
  uint64_t target = thread.groups > left ? thread.groups - left : 0;
  for (; thread.waitedGroups < target; ++thread.waitedGroups) {
    size_t index = thread.waitedGroups - group.droppedGroups;
    auto [first, end] = stepsOf(group, index);
    for (uint64_t i = first; i < end; ++i)
      stopReading(thread, group.steps[i - group.droppedSteps]);
    ++group.groups[index].waited;
  }
  dropOldGroups(group);
}

void waitForWgmma(Thread &thread, const Call &call) {
  waitForGroups(thread, call.in[0]);
  leaveGroups(thread, call.in[0]);
}

/// Turns the handles of finished steps into numbers.
void waitForWgmmaTied(Thread &thread, const Call &call) {
  Block &block = *thread.block;
  Warpgroup &group = groupOf(thread);
  waitForGroups(thread, uint64_t(call.depth));
  uint64_t done = thread.groups > uint64_t(call.depth)
                      ? thread.groups - uint64_t(call.depth)
                      : 0;
  uint64_t end = done > group.droppedGroups
                     ? group.groups[done - group.droppedGroups - 1].endStep
                     : group.droppedSteps;
  for (int i = 0; i < call.n; ++i) {
    auto bits = uint32_t(call.in[i]);
    call.out[i] = bits;
    auto handle = Handle::from(bits);
    if (!handle)
      continue;
    Step *step = group.stepOf(handle->step);
    uint64_t number = group.droppedSteps;
    while (step && &group.steps[number - group.droppedSteps] != step)
      ++number;
    if (!step || number >= end)
      continue; // still in flight: found where it is used
    if (int(handle->element) != i % (step->n / 2))
      block.fail(
          "accumulator in flight",
          formatv("{0}: the wait is tied to register {1} of the wgmma at "
                  "{2} as its number {3}, at {4}",
                  block.who(thread), handle->element,
                  block.place(step->location), i, block.place(call.location)));
    std::memcpy(&bits, &step->d[fragment(thread, step->n, handle->element)],
                sizeof bits);
    call.out[i] = bits;
  }
  leaveGroups(thread, uint64_t(call.depth));
}

} // namespace mlir::moe::sim
