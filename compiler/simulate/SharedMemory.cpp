//===- SharedMemory.cpp ---------------------------------------------------===//

#include "compiler/simulate/SharedMemory.h"

#include <cstring>

using namespace mlir::moe::sim;

/// What uninitialised memory and copies in flight look like: NaN in e4m3, bf16
/// and f32 alike.
static constexpr int kPoison = 0xff;

SharedMemory::SharedMemory(char *window, uint32_t bytes, Agent firstWarp)
    : base(window), last(kFirst + bytes), firstWarp(firstWarp),
      writes((bytes + 3) / 4), reads((bytes + 3) / 4) {
  std::memset(at(kFirst), kPoison, bytes);
}

template <typename Visit>
SharedMemory::Result SharedMemory::eachWord(uint32_t address, uint32_t bytes,
                                            Visit visit) {
  if (!holds(address, bytes))
    return Conflict{Conflict::Kind::outside, address};
  size_t first = (address - kFirst) / 4;
  size_t end = (address - kFirst + bytes + 3) / 4;
  for (size_t word = first; word < end; ++word)
    if (Result conflict = visit(word, uint32_t(kFirst + word * 4)))
      return conflict;
  return std::nullopt;
}

bool SharedMemory::isOrdered(const Accessor &who, const Write &write) const {
  if (write.agent == who.agent)
    return write.lane == who.lane || write.clock < who.synced;
  return who.known->seen.at[write.agent] >= write.clock;
}

SharedMemory::Result SharedMemory::checkRead(const Accessor &who,
                                             const Write &write,
                                             uint32_t address,
                                             bool async) const {
  auto conflict = [&](Conflict::Kind kind) {
    return Conflict{kind, address, write.location, write.agent};
  };
  if (write.state == State::never)
    return conflict(Conflict::Kind::neverWritten);
  if (write.state == State::inFlight)
    return conflict(Conflict::Kind::inFlight);
  // A fence of the warp speaks for all its lanes.
  bool ordered = isOrdered(who, write) || (async && write.agent == who.agent);
  if (!ordered)
    return conflict(Conflict::Kind::unordered);
  if (async && write.generic && who.known->fenced.at[write.agent] < write.clock)
    return conflict(Conflict::Kind::unfenced);
  return std::nullopt;
}

SharedMemory::Result SharedMemory::checkWrite(const Accessor &who, size_t word,
                                              uint32_t address) const {
  const Write &write = writes[word];
  if (write.state == State::inFlight)
    return Conflict{Conflict::Kind::inFlight, address, write.location,
                    write.agent};
  if (write.state == State::written && !isOrdered(who, write))
    return Conflict{Conflict::Kind::unordered, address, write.location,
                    write.agent};
  const Reads &read = reads[word];
  for (unsigned warp = 0; warp < kMaxWarps; ++warp) {
    uint32_t clock = read.clock[warp];
    if (clock == 0)
      continue;
    Agent reader = Agent(firstWarp + warp);
    bool ordered = reader != who.agent
                       ? who.known->seen.at[reader] >= clock
                       : clock < who.synced || read.lane[warp] == who.lane;
    if (!ordered || clock == kReading)
      return Conflict{Conflict::Kind::beingRead, address, 0, reader};
  }
  return std::nullopt;
}

SharedMemory::Result SharedMemory::read(const Accessor &who, uint32_t address,
                                        uint32_t bytes) {
  uint32_t now = who.known->seen.at[who.agent];
  return eachWord(address, bytes, [&](size_t word, uint32_t place) -> Result {
    if (Result conflict = checkRead(who, writes[word], place, /*async=*/false))
      return conflict;
    uint32_t &clock = reads[word].clock[readerOf(who)];
    uint8_t &lane = reads[word].lane[readerOf(who)];
    lane = clock == now && lane != who.lane ? kManyLanes : uint8_t(who.lane);
    clock = now;
    return std::nullopt;
  });
}

SharedMemory::Result SharedMemory::knows(const Accessor &who, uint32_t address,
                                         uint32_t bytes) {
  return eachWord(address, bytes, [&](size_t word, uint32_t place) {
    return checkRead(who, writes[word], place, /*async=*/false);
  });
}

SharedMemory::Result SharedMemory::write(const Accessor &who, uint32_t address,
                                         uint32_t bytes, unsigned location) {
  uint32_t now = who.known->seen.at[who.agent];
  return eachWord(address, bytes, [&](size_t word, uint32_t place) -> Result {
    if (Result conflict = checkWrite(who, word, place))
      return conflict;
    writes[word] = {now,  who.agent, uint8_t(who.lane), State::written,
                    true, location};
    return std::nullopt;
  });
}

SharedMemory::Result SharedMemory::startCopy(const Accessor &who,
                                             uint32_t address, uint32_t bytes,
                                             unsigned location) {
  Result result =
      eachWord(address, bytes, [&](size_t word, uint32_t place) -> Result {
        if (Result conflict = checkWrite(who, word, place))
          return conflict;
        writes[word] = {0,    who.agent, uint8_t(who.lane), State::inFlight,
                        true, location};
        return std::nullopt;
      });
  if (!result)
    std::memset(at(address), kPoison, bytes);
  return result;
}

void SharedMemory::land(uint32_t address, uint32_t bytes, Agent agent,
                        uint32_t clock, bool generic) {
  eachWord(address, bytes, [&](size_t word, uint32_t) -> Result {
    Write &write = writes[word];
    write.clock = clock;
    write.agent = agent;
    write.state = State::written;
    write.generic = generic;
    // The lane of the copy matters where its own warp waits for it.
    return std::nullopt;
  });
}

SharedMemory::Result SharedMemory::startAsyncRead(const Accessor &who,
                                                  uint32_t address,
                                                  uint32_t bytes,
                                                  unsigned location) {
  return eachWord(address, bytes, [&](size_t word, uint32_t place) -> Result {
    if (Result conflict = checkRead(who, writes[word], place, /*async=*/true))
      return conflict;
    reads[word].clock[readerOf(who)] = kReading;
    return std::nullopt;
  });
}

void SharedMemory::endAsyncRead(const Accessor &who, uint32_t address,
                                uint32_t bytes) {
  uint32_t now = who.known->seen.at[who.agent];
  eachWord(address, bytes, [&](size_t word, uint32_t) -> Result {
    reads[word].clock[readerOf(who)] = now;
    reads[word].lane[readerOf(who)] = kManyLanes;
    return std::nullopt;
  });
}
