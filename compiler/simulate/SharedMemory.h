//===- SharedMemory.h - a block's shared memory and its history -*- C++ -*-===//
#ifndef COMPILER_SIMULATE_SHAREDMEMORY_H
#define COMPILER_SIMULATE_SHAREDMEMORY_H

#include "compiler/simulate/Clock.h"

#include "llvm/ADT/ArrayRef.h"

#include <optional>
#include <string>
#include <vector>

namespace mlir::moe::sim {

/// A part of shared memory by the name that a finding calls it by.
struct Region {
  uint32_t offset = 0, bytes = 0; ///< From the start of dynamic memory.
  std::string name;               ///< "stage 2, tile A".
  int stage = -1;
};

/// Who touches memory: a lane of a warp, knowing what it knows.
struct Accessor {
  Agent agent = 0; ///< The warp.
  unsigned lane = 0;
  const Knowledge *known = nullptr;
  uint32_t synced = 0; ///< The warp's own clock when its lanes last met.
};

/// What is wrong with an access.
struct Conflict {
  enum class Kind {
    outside,
    neverWritten,
    inFlight,
    unordered,
    unfenced,
    beingRead
  };
  Kind kind;
  uint32_t address = 0;
  unsigned location = 0; ///< Of the other access, if there is one.
  Agent other = 0;       ///< Who made it.
};

/// 32-bit addresses are what the kernel sees: the host address without its
/// upper half, which is the same for all of a block's memory.
class SharedMemory {
public:
  /// The hardware keeps the first kilobyte for itself.
  static constexpr uint32_t kFirst = 1024;

  /// `bytes` of dynamic memory; the window is 4 GiB of address space.
  /// The block's warps are the agents from `firstWarp` on.
  SharedMemory(char *window, uint32_t bytes, Agent firstWarp);

  char *window() const { return base; }
  uint8_t *at(uint32_t address) {
    return reinterpret_cast<uint8_t *>(base) + address;
  }
  uint32_t end() const { return last; }
  bool holds(uint32_t address, uint64_t bytes) const {
    return address >= kFirst && address + bytes <= last;
  }

  using Result = std::optional<Conflict>;

  /// Ordinary loads and stores of a thread.
  Result read(const Accessor &who, uint32_t address, uint32_t bytes);
  Result write(const Accessor &who, uint32_t address, uint32_t bytes,
               unsigned location);

  /// Whether a write is known to the lane, such as that of an mbarrier.
  Result knows(const Accessor &who, uint32_t address, uint32_t bytes);

  /// The lane starts a copy that will write: nobody may need the old bytes.
  Result startCopy(const Accessor &who, uint32_t address, uint32_t bytes,
                   unsigned location);
  /// The bytes of a copy are there; visible from `agent`'s time `clock` on.
  void land(uint32_t address, uint32_t bytes, Agent agent, uint32_t clock,
            bool generic);

  /// The async proxy starts to read on behalf of a warp.
  Result startAsyncRead(const Accessor &who, uint32_t address, uint32_t bytes,
                        unsigned location);
  /// The warp knows that the read is over.
  void endAsyncRead(const Accessor &who, uint32_t address, uint32_t bytes);

private:
  enum class State : uint8_t { never, written, inFlight };
  /// The last write of a 4-byte word.
  struct Write {
    uint32_t clock = 0;
    Agent agent = 0;
    uint8_t lane = 0;
    State state = State::never;
    bool generic = true;
    unsigned location = 0;
  };
  /// The last read of a word by each warp: its clock, or kReading.
  struct Reads {
    std::array<uint32_t, kMaxWarps> clock{};
    std::array<uint8_t, kMaxWarps> lane{};
  };
  static constexpr uint32_t kReading = ~0u;
  static constexpr uint8_t kManyLanes = 0xff;

  Result checkRead(const Accessor &who, const Write &write, uint32_t address,
                   bool async) const;
  Result checkWrite(const Accessor &who, size_t word, uint32_t address) const;
  bool isOrdered(const Accessor &who, const Write &write) const;
  template <typename Visit>
  Result eachWord(uint32_t address, uint32_t bytes, Visit visit);

  /// Only a block's own warps read its memory.
  unsigned readerOf(const Accessor &who) const { return who.agent - firstWarp; }

  char *base;
  uint32_t last;
  Agent firstWarp;
  std::vector<Write> writes;
  std::vector<Reads> reads;
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_SHAREDMEMORY_H
