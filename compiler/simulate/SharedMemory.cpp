//===- SharedMemory.cpp ---------------------------------------------------===//

#include "compiler/simulate/SharedMemory.h"

#include <cstring>

using namespace mlir::moe::sim;

/// What uninitialised memory and copies in flight look like: NaN in e4m3, bf16
/// and f32 alike.
static constexpr int kPoison = 0xff;

/// Of a word, as a mask.
static constexpr unsigned kAllBytes = 0xf;

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
  for (size_t word = first; word < end; ++word) {
    auto start = uint32_t(kFirst + word * 4);
    unsigned mask = kAllBytes;
    if (address > start)
      mask &= kAllBytes << (address - start);
    if (address + bytes < start + 4)
      mask &= kAllBytes >> (start + 4 - address - bytes);
    if (Result conflict = visit(word, start, mask))
      return conflict;
  }
  return std::nullopt;
}

template <typename Check>
SharedMemory::Result SharedMemory::eachWrite(size_t word, unsigned bytes,
                                             Check check) const {
  if (writes[word].state != State::split)
    return check(writes[word]);
  const std::array<Write, 4> &parts = split.at(word);
  for (unsigned i = 0; i < parts.size(); ++i)
    if (bytes >> i & 1)
      if (Result conflict = check(parts[i]))
        return conflict;
  return std::nullopt;
}

void SharedMemory::noteWrite(size_t word, unsigned bytes, const Write &write) {
  if (bytes == kAllBytes) {
    writes[word] = write;
    return;
  }
  std::array<Write, 4> &parts = split[word];
  if (writes[word].state != State::split)
    parts.fill(writes[word]);
  writes[word].state = State::split;
  for (unsigned i = 0; i < parts.size(); ++i)
    if (bytes >> i & 1)
      parts[i] = write;
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
  bool own = write.agent == who.agent;
  // What all lanes do together they do after what each of them did.
  bool ordered = isOrdered(who, write) || (async && own && !who.fences);
  if (!ordered)
    return conflict(Conflict::Kind::unordered);
  if (!async || !write.generic)
    return std::nullopt;
  // To other warps, and where all lanes act together, one lane's fence speaks
  // for its warp.
  bool fenced = own && who.fences
                    ? who.fences->cover(who.lane, write.lane, write.clock)
                    : who.known->fenced.at[write.agent] >= write.clock;
  if (!fenced)
    return conflict(Conflict::Kind::unfenced);
  return std::nullopt;
}

bool SharedMemory::isOver(const Accessor &who, Agent reader, uint32_t clock,
                          uint8_t lane) const {
  if (clock == kReading)
    return false;
  return reader != who.agent ? who.known->seen.at[reader] >= clock
                             : clock < who.synced || lane == who.lane;
}

SharedMemory::Result SharedMemory::checkWrite(const Accessor &who,
                                              const Write &write,
                                              uint32_t address) const {
  if (write.state == State::inFlight)
    return Conflict{Conflict::Kind::inFlight, address, write.location,
                    write.agent};
  if (write.state == State::written && !isOrdered(who, write))
    return Conflict{Conflict::Kind::unordered, address, write.location,
                    write.agent};
  return std::nullopt;
}

SharedMemory::Result SharedMemory::checkReaders(const Accessor &who,
                                                size_t word,
                                                uint32_t address) const {
  const Reads &read = reads[word];
  for (unsigned warp = 0; warp < kMaxWarps; ++warp) {
    Agent reader = Agent(firstWarp + warp);
    if (read.clock[warp] &&
        !isOver(who, reader, read.clock[warp], read.lane[warp]))
      return Conflict{Conflict::Kind::beingRead, address, 0, reader,
                      read.clock[warp] == kReading};
  }
  if (remoteReads.empty())
    return std::nullopt;
  auto remote = remoteReads.find(word);
  if (remote != remoteReads.end())
    for (const RemoteRead &read : remote->second)
      if (!isOver(who, read.agent, read.clock, read.lane))
        return Conflict{Conflict::Kind::beingRead, address, 0, read.agent};
  return std::nullopt;
}

void SharedMemory::noteRead(const Accessor &who, size_t word) {
  uint32_t now = who.known->seen.at[who.agent];
  auto note = [&](uint32_t &clock, uint8_t &lane) {
    lane = clock == now && lane != who.lane ? kManyLanes : uint8_t(who.lane);
    clock = now;
  };
  if (isOwn(who)) {
    Reads &read = reads[word];
    if (read.clock[readerOf(who)] != kReading)
      note(read.clock[readerOf(who)], read.lane[readerOf(who)]);
    return;
  }
  std::vector<RemoteRead> &list = remoteReads[word];
  for (RemoteRead &read : list)
    if (read.agent == who.agent)
      return note(read.clock, read.lane);
  list.push_back({who.agent, uint8_t(who.lane), now});
}

SharedMemory::Result SharedMemory::read(const Accessor &who, uint32_t address,
                                        uint32_t bytes) {
  auto visit = [&](size_t word, uint32_t place, unsigned mask) -> Result {
    auto check = [&](const Write &write) {
      return checkRead(who, write, place, /*async=*/false);
    };
    if (Result conflict = eachWrite(word, mask, check))
      return conflict;
    noteRead(who, word);
    return std::nullopt;
  };
  return eachWord(address, bytes, visit);
}

SharedMemory::Result SharedMemory::knows(const Accessor &who, uint32_t address,
                                         uint32_t bytes) {
  auto visit = [&](size_t word, uint32_t place, unsigned mask) {
    return eachWrite(word, mask, [&](const Write &write) {
      return checkRead(who, write, place, /*async=*/false);
    });
  };
  return eachWord(address, bytes, visit);
}

SharedMemory::Result SharedMemory::overwrite(const Accessor &who,
                                             uint32_t address, uint32_t bytes,
                                             const Write &write) {
  auto visit = [&](size_t word, uint32_t place, unsigned mask) -> Result {
    auto check = [&](const Write &before) {
      return checkWrite(who, before, place);
    };
    if (Result conflict = eachWrite(word, mask, check))
      return conflict;
    if (Result conflict = checkReaders(who, word, place))
      return conflict;
    noteWrite(word, mask, write);
    return std::nullopt;
  };
  return eachWord(address, bytes, visit);
}

SharedMemory::Result SharedMemory::write(const Accessor &who, uint32_t address,
                                         uint32_t bytes, unsigned location,
                                         std::optional<uint32_t> clock) {
  return overwrite(who, address, bytes,
                   {clock.value_or(who.known->seen.at[who.agent]), who.agent,
                    uint8_t(who.lane), State::written, /*generic=*/true,
                    /*atomic=*/false, location});
}

SharedMemory::Result SharedMemory::startCopy(const Accessor &who,
                                             uint32_t address, uint32_t bytes,
                                             unsigned location) {
  Result result = overwrite(who, address, bytes,
                            {0, who.agent, uint8_t(who.lane), State::inFlight,
                             /*generic=*/true, /*atomic=*/false, location});
  if (!result)
    std::memset(at(address), kPoison, bytes);
  return result;
}

SharedMemory::Result SharedMemory::update(const Accessor &who, uint32_t address,
                                          uint32_t bytes, unsigned location) {
  Write own{who.known->seen.at[who.agent],
            who.agent,
            uint8_t(who.lane),
            State::written,
            /*generic=*/true,
            /*atomic=*/true,
            location};
  auto visit = [&](size_t word, uint32_t place, unsigned mask) -> Result {
    auto check = [&](const Write &before) -> Result {
      return before.atomic ? std::nullopt
                           : checkRead(who, before, place, /*async=*/false);
    };
    if (Result conflict = eachWrite(word, mask, check))
      return conflict;
    if (Result conflict = checkReaders(who, word, place))
      return conflict;
    noteWrite(word, mask, own);
    return std::nullopt;
  };
  return eachWord(address, bytes, visit);
}

/// Copies are of whole words.
void SharedMemory::land(uint32_t address, uint32_t bytes, Agent agent,
                        uint32_t clock, bool generic) {
  eachWord(address, bytes, [&](size_t word, uint32_t, unsigned) -> Result {
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
                                                  uint32_t bytes) {
  auto visit = [&](size_t word, uint32_t place, unsigned mask) -> Result {
    auto check = [&](const Write &write) {
      return checkRead(who, write, place, /*async=*/true);
    };
    if (Result conflict = eachWrite(word, mask, check))
      return conflict;
    uint32_t &clock = reads[word].clock[readerOf(who)];
    uint8_t &count = reads[word].lane[readerOf(who)];
    count = clock == kReading ? count + 1 : 1;
    clock = kReading;
    return std::nullopt;
  };
  return eachWord(address, bytes, visit);
}

void SharedMemory::endAsyncRead(const Accessor &who, uint32_t address,
                                uint32_t bytes) {
  uint32_t now = who.known->seen.at[who.agent];
  eachWord(address, bytes, [&](size_t word, uint32_t, unsigned) -> Result {
    uint8_t &lane = reads[word].lane[readerOf(who)]; // a count until now
    if (--lane)
      return std::nullopt;
    reads[word].clock[readerOf(who)] = now;
    lane = who.fences ? uint8_t(who.lane) : kManyLanes;
    return std::nullopt;
  });
}
