//===- Barriers.h - mbarriers -----------------------------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_BARRIERS_H
#define COMPILER_SIMULATE_BARRIERS_H

#include "compiler/simulate/Clock.h"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace mlir::moe::sim {

struct Thread;

/// One mbarrier object. Phases are counted from 0; what the kernel sees of the
/// count is its parity.
struct Barrier {
  uint32_t address = 0;
  Agent agent = 0;
  std::string name;
  int stage = -1;
  int64_t count = 0;        ///< Arrivals that end a phase.
  int64_t pending = 0;      ///< Of them, those of this phase still to come.
  int64_t bytes = 0;        ///< tx-count: announced and not yet arrived.
  uint32_t phase = 0;       ///< The one under way; as many are over.
  uint32_t loadedPhase = 0; ///< The last that a load counts on, over.
  bool fenced = false;      ///< Known to the async proxy.
  Knowledge arriving, completed;
  std::vector<Thread *> waiters;

  /// The phase before the one under way has the other parity.
  bool isOver(unsigned parity) const { return (phase & 1) != (parity & 1); }
};

/// The mbarriers of a block.
class Barriers {
public:
  Barrier *find(uint32_t address) {
    for (Barrier &barrier : list)
      if (barrier.address == address)
        return &barrier;
    return nullptr;
  }
  Barrier &add(uint32_t address, Agent agent) {
    list.emplace_back();
    list.back().address = address;
    list.back().agent = agent;
    return list.back();
  }
  std::deque<Barrier> list;
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_BARRIERS_H
