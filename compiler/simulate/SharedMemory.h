//===- SharedMemory.h - a block's shared memory and its history -*- C++ -*-===//
#ifndef COMPILER_SIMULATE_SHAREDMEMORY_H
#define COMPILER_SIMULATE_SHAREDMEMORY_H

#include "compiler/simulate/Clock.h"

#include "llvm/ADT/ArrayRef.h"

#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace mlir::moe::sim {

/// A part of shared memory by the name that a finding calls it by.
struct Region {
  uint32_t offset = 0, bytes = 0; ///< From the start of dynamic memory.
  std::string name;               ///< "stage 2, tile A".
  int stage = -1;
};

/// Up to when the writes of a warp's lanes are fenced for the async proxy, as
/// clocks of the warp: what one lane that speaks to it by itself must know.
struct LaneFences {
  using Clocks = std::array<uint32_t, kWarpSize>;
  Clocks own{};   ///< By lane: its own writes up to its last fence.
  Clocks heard{}; ///< … and those of the others that it knew of at that time.
  Clocks met{};   ///< Of `own`, what all lanes knew when they last met.
  uint32_t heardMet = 0; ///< Of `heard`, likewise.

  void fence(unsigned lane, uint32_t now, uint32_t synced) {
    own[lane] = now;
    heard[lane] = synced - 1;
  }
  /// The lanes know what happened before the clock `synced`.
  void meet(uint32_t synced) {
    for (unsigned lane = 0; lane < kWarpSize; ++lane)
      if (own[lane] < synced) {
        met[lane] = own[lane];
        heardMet = std::max(heardMet, heard[lane]);
      }
  }
  /// Whether `lane` may hand on what `writer` wrote at `clock`.
  bool cover(unsigned lane, unsigned writer, uint32_t clock) const {
    return clock <= met[writer] || clock <= heardMet || clock <= heard[lane] ||
           (writer == lane && clock <= own[lane]);
  }
};

/// Who touches memory: a lane of a warp, knowing what it knows.
struct Accessor {
  Agent agent = 0; ///< The warp.
  unsigned lane = 0;
  const Knowledge *known = nullptr;
  uint32_t synced = 0; ///< The warp's own clock when its lanes last met.
  /// Of its warp, if the lane speaks to the async proxy by itself (a bulk
  /// store); null where all lanes do together (wgmma).
  const LaneFences *fences = nullptr;
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
  bool isAsync = false;  ///< The async proxy still reads.
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

  /// Ordinary loads and stores of a thread; a store may count as made before,
  /// at an earlier clock of the warp.
  Result read(const Accessor &who, uint32_t address, uint32_t bytes);
  Result write(const Accessor &who, uint32_t address, uint32_t bytes,
               unsigned location, std::optional<uint32_t> clock = {});
  /// An atomic operation, in no order with others of its kind.
  Result update(const Accessor &who, uint32_t address, uint32_t bytes,
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
  Result startAsyncRead(const Accessor &who, uint32_t address, uint32_t bytes);
  /// The warp knows that the read is over.
  void endAsyncRead(const Accessor &who, uint32_t address, uint32_t bytes);

private:
  enum class State : uint8_t { never, written, inFlight, split };
  /// The last write of a 4-byte word, or of a byte of one that is split.
  struct Write {
    uint32_t clock = 0;
    Agent agent = 0;
    uint8_t lane = 0;
    State state = State::never;
    bool generic = true, atomic = false;
    unsigned location = 0;
  };
  /// The last read of a word by each warp: its clock and lane; while the async
  /// proxy reads for the warp, kReading and how many times over.
  struct Reads {
    std::array<uint32_t, kMaxWarps> clock{};
    std::array<uint8_t, kMaxWarps> lane{};
  };
  /// The last read of a word by a warp of another block of the cluster.
  struct RemoteRead {
    Agent agent;
    uint8_t lane;
    uint32_t clock;
  };
  static constexpr uint32_t kReading = ~0u;
  static constexpr uint8_t kManyLanes = 0xff;

  Result checkRead(const Accessor &who, const Write &write, uint32_t address,
                   bool async) const;
  Result checkWrite(const Accessor &who, const Write &write,
                    uint32_t address) const;
  Result checkReaders(const Accessor &who, size_t word, uint32_t address) const;
  bool isOrdered(const Accessor &who, const Write &write) const;
  /// Calls `visit(word, address, which of its bytes)` up to a conflict.
  template <typename Visit>
  Result eachWord(uint32_t address, uint32_t bytes, Visit visit);
  /// Calls `check(write)` for the writes of some bytes of a word.
  template <typename Check>
  Result eachWrite(size_t word, unsigned bytes, Check check) const;
  void noteWrite(size_t word, unsigned bytes, const Write &write);

  Result overwrite(const Accessor &who, uint32_t address, uint32_t bytes,
                   const Write &write);
  void noteRead(const Accessor &who, size_t word);
  bool isOver(const Accessor &who, Agent reader, uint32_t clock,
              uint8_t lane) const;
  bool isOwn(const Accessor &who) const {
    return who.agent >= firstWarp && who.agent < firstWarp + kMaxWarps;
  }
  unsigned readerOf(const Accessor &who) const { return who.agent - firstWarp; }

  char *base;
  uint32_t last;
  Agent firstWarp;
  std::vector<Write> writes;
  /// Words that were written in parts.
  std::unordered_map<size_t, std::array<Write, 4>> split;
  std::vector<Reads> reads;
  std::unordered_map<size_t, std::vector<RemoteRead>> remoteReads; ///< By word.
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_SHAREDMEMORY_H
