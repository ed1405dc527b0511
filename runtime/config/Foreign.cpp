//===- Foreign.cpp - what other tuners' files mean here -------------------===//
//
// sglang and vLLM tune a Triton kernel without roles: every warp computes, the
// tile may be as small as 16 rows or 32 columns and a K block half a scale
// block. The tile is what a measurement there says about this machine, the rest
// belongs to their kernel.
//
//===----------------------------------------------------------------------===//
#include "runtime/config/Foreign.h"

#include "moert/Manifest.h"
#include "runtime/config/ConfigKeys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace moert::config {

namespace {

/// An entry as Triton reads it.
struct ForeignEntry {
  std::int64_t blockM = 0, blockN = 0, blockK = 0;
  std::optional<std::int64_t> groupM, stages;
};

/// Blocks of Triton are powers of two, and 16 is the least that it multiplies.
std::int64_t readBlock(const JsonNode &node) {
  const std::int64_t value = node.integer(16, 1024, 16);
  if (value & (value - 1))
    node.refuse("a power of two");
  return value;
}

ForeignEntry readValues(const JsonNode &node) {
  ForeignEntry entry;
  entry.blockM = readBlock(node[key::kBlockM]);
  entry.blockN = readBlock(node[key::kBlockN]);
  entry.blockK = readBlock(node[key::kBlockK]);
  if (node.has(key::kGroupM))
    entry.groupM = node[key::kGroupM].integer(1, 1024);
  if (node.has(key::kStages))
    entry.stages = node[key::kStages].integer(1, 64);
  if (node.has(key::kWarps))
    node[key::kWarps].integer(1, 32);
  if (node.has(key::kUseTma))
    node[key::kUseTma].boolean();
  return entry;
}

void noteKeys(const JsonNode &node, Notes &notes) {
  const auto in = [](const auto &list, const std::string &name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  for (const std::string &name : node.keys()) {
    if (in(key::kOurs, name))
      node[name].refuse(fmt::format("no such key without \"{}\": {} at the top",
                                    key::kMark, key::kVersion));
    if (name == key::kWarps)
      notes.add("num_warps is not used: all of Triton's warps compute, ours "
                "follow from the tile and load as well");
    else if (name == key::kUseTma)
      notes.add("USE_TMA is not used: weights and sorted rows are loaded by "
                "TMA, gathered rows never");
    else if (!in(key::kShared, name))
      notes.add(quotedKey(name) + " is not used: it means nothing here");
  }
}

std::optional<std::string> brokenBy(const ScheduleLaw &law,
                                    const TunedSchedule &schedule) {
  return law ? law(schedule) : std::nullopt;
}

int log2Of(std::int64_t powerOfTwo) {
  int exponent = 0;
  while (powerOfTwo >>= 1)
    ++exponent;
  return exponent;
}

/// Smaller is nearer. Rows come first: they decide how much an expert is
/// padded. Of two as near the larger needs fewer tiles.
auto distance(const TunedSchedule &tile, const ForeignEntry &entry) {
  const int rows = log2Of(tile.blockM) - log2Of(entry.blockM);
  const int columns = log2Of(tile.blockN) - log2Of(entry.blockN);
  return std::tuple(std::abs(rows), rows < 0, std::abs(columns), columns < 0,
                    tile.swapped);
}

TunedSchedule tileOf(std::int64_t rows, std::int64_t columns, bool swapped) {
  TunedSchedule tile;
  tile.blockM = rows;
  tile.blockN = columns;
  tile.swapped = swapped;
  return tile;
}

/// Every tile that a kernel of ours may have.
std::vector<TunedSchedule> allTiles() {
  std::vector<TunedSchedule> tiles;
  for (std::int64_t columns : {64, 128, 256}) {
    for (std::int64_t rows : {64, 128, 256})
      tiles.push_back(tileOf(rows, columns, /*swapped=*/false));
    for (std::int64_t rows : {8, 16, 32, 64})
      tiles.push_back(tileOf(rows, columns, /*swapped=*/true));
  }
  return tiles;
}

std::optional<TunedSchedule> nearestTile(const ForeignEntry &entry,
                                         const ScheduleLaw &law) {
  std::optional<TunedSchedule> nearest;
  for (const TunedSchedule &tile : allTiles())
    if (!brokenBy(law, tile) &&
        (!nearest || distance(tile, entry) < distance(*nearest, entry)))
      nearest = tile;
  return nearest;
}

/// Why the entry's rows, or its columns, could not stay beside the others that
/// were chosen.
std::string reason(const ScheduleLaw &law, const TunedSchedule &refused) {
  return brokenBy(law, refused)
      .value_or("a tile has 64, 128 or 256 rows, or 8 to 64 with swapped "
                "operands, and 64, 128 or 256 columns");
}

void noteTile(const TunedSchedule &tile, const ForeignEntry &entry,
              std::int64_t tokens, const ScheduleLaw &law, Notes &notes) {
  TunedSchedule rows = tile, columns = tile;
  rows.blockM = entry.blockM;
  columns.blockN = entry.blockN;
  if (tile.blockM != entry.blockM)
    notes.add(fmt::format("{} {} became {}: {}", key::kBlockM, entry.blockM,
                          tile.blockM, reason(law, rows)),
              tokens);
  if (tile.blockN != entry.blockN)
    notes.add(fmt::format("{} {} became {}: {}", key::kBlockN, entry.blockN,
                          tile.blockN, reason(law, columns)),
              tokens);
  if (entry.blockK != kScaleBlock)
    notes.add(fmt::format("{} {} became {}: a K block is one block of scales",
                          key::kBlockK, entry.blockK, kScaleBlock),
              tokens);
  if (tile.swapped)
    notes.add(fmt::format("{} {} is computed with swapped operands",
                          key::kBlockM, tile.blockM),
              tokens);
}

/// Sets a field of the schedule where the law allows it.
void keep(TunedSchedule &schedule,
          std::optional<std::int64_t> TunedSchedule::*field,
          std::optional<std::int64_t> value, const char *name,
          std::int64_t tokens, const ScheduleLaw &law, Notes &notes) {
  TunedSchedule wanted = schedule;
  wanted.*field = value;
  if (const auto broken = brokenBy(law, wanted))
    notes.add(fmt::format("{} {} is not used: {}", name, *value, *broken),
              tokens);
  else
    schedule = wanted;
}

} // namespace

Notes::Note &Notes::note(const std::string &text) {
  const auto [found, isNew] = indices.emplace(text, notes.size());
  if (isNew)
    notes.push_back({text, {}});
  return notes[found->second];
}

std::vector<std::string> Notes::lines() const {
  constexpr std::size_t most = 20; // then it is no reading for a person
  std::vector<std::string> lines;
  for (const Note &note : notes) {
    std::string line = note.text;
    for (std::size_t i = 0; i < std::min(most, note.tokens.size()); ++i)
      line += fmt::format("{}{}", i == 0 ? " (tokens " : ", ", note.tokens[i]);
    if (note.tokens.size() > most)
      line += fmt::format(" and {} more", note.tokens.size() - most);
    lines.push_back(note.tokens.empty() ? line : line + ")");
  }
  return lines;
}

TunedSchedule readForeignEntry(const JsonNode &node, std::int64_t tokens,
                               const ScheduleLaw &law, Notes &notes) {
  const ForeignEntry entry = readValues(node);
  noteKeys(node, notes);
  const std::optional<TunedSchedule> tile = nearestTile(entry, law);
  if (!tile)
    node.refuse(fmt::format("a tile that the GEMM can have near {}x{}",
                            entry.blockM, entry.blockN),
                "none: " + reason(law, tileOf(64, 128, /*swapped=*/false)));
  noteTile(*tile, entry, tokens, law, notes);
  TunedSchedule schedule = *tile;
  // How deep to load and how to walk was measured with that tile alone.
  if (tile->blockM != entry.blockM || tile->blockN != entry.blockN ||
      entry.blockK != kScaleBlock) {
    notes.add("GROUP_SIZE_M and num_stages are not used where the tile is "
              "another one",
              tokens);
    return schedule;
  }
  if (entry.groupM)
    keep(schedule, &TunedSchedule::groupM, entry.groupM, key::kGroupM, tokens,
         law, notes);
  if (entry.stages == 1)
    notes.add("num_stages 1 is not used: a ring has at least 2 slots", tokens);
  else if (entry.stages)
    keep(schedule, &TunedSchedule::stages, entry.stages, key::kStages, tokens,
         law, notes);
  return schedule;
}

} // namespace moert::config
