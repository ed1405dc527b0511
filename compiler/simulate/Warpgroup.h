//===- Warpgroup.h - wgmma in flight ----------------------------*- C++ -*-===//
//
// A wgmma returns at once, in every thread, with handles instead of numbers:
// quiet NaNs that name the step and the register. The step is computed when all
// 128 threads have issued and committed it, at a time that the seed chooses;
// the wait that is tied to the registers turns handles into numbers. So a
// register that is used before its wait is seen to be one.
//
//===----------------------------------------------------------------------===//
#ifndef COMPILER_SIMULATE_WARPGROUP_H
#define COMPILER_SIMULATE_WARPGROUP_H

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace mlir::moe::sim {

struct Thread;

inline constexpr unsigned kWarpgroupThreads = 128;

/// A register of a wgmma in flight.
struct Handle {
  unsigned step;    ///< 1 ... kSteps, counted round and round.
  unsigned element; ///< Register number.
  static constexpr unsigned kSteps = 0x7ffe;

  uint32_t bits() const { return 0x7fc00000u | step << 7 | element; }
  /// Nothing if the bits are an ordinary number or the canonical NaN.
  static std::optional<Handle> from(uint32_t bits) {
    unsigned step = bits >> 7 & 0x7fff;
    if ((bits & 0x7fc00000u) != 0x7fc00000u || step == 0 || step > kSteps)
      return std::nullopt;
    return Handle{step, bits & 0x7f};
  }
};

/// One wgmma.mma_async of a warpgroup.
struct Step {
  unsigned id = 0; ///< The `step` of its handles.
  int n = 0;
  uint64_t aDescriptor = 0, bDescriptor = 0;
  unsigned location = 0;
  unsigned chainedTo = 0; ///< The step whose result it adds to, or 0.
  bool numbers = false;   ///< It adds to numbers in registers.
  unsigned issued = 0;    ///< Threads that have come by.
  unsigned warpsReading = 0, warpsDone = 0; ///< Bit masks.
  std::vector<float> d;                     ///< [64][n].
};

/// wgmmas that were committed together.
struct Group {
  uint64_t endStep = 0; ///< Number of the step behind its last.
  unsigned committed = 0, waited = 0;
  bool done = false;
};

struct Warpgroup {
  unsigned firstThread = 0;
  std::deque<Step> steps;
  std::deque<Group> groups;
  uint64_t droppedSteps = 0, droppedGroups = 0; ///< Off the front.
  uint64_t doneGroups = 0;
  std::vector<Thread *> waiters;
  uint64_t storesBegin = 0, storesEnd = 0; ///< For the trace.

  Step *stepOf(unsigned handle) {
    for (Step &step : steps)
      if (step.id == handle)
        return &step;
    return nullptr;
  }
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_WARPGROUP_H
