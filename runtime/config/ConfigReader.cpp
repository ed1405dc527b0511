//===- ConfigReader.cpp - JSON to schedules, with every refusal -----------===//
#include "moert/Error.h"
#include "moert/Manifest.h"
#include "runtime/JsonNode.h"
#include "runtime/config/ConfigKeys.h"
#include "runtime/config/Foreign.h"
#include "runtime/config/TunedConfig.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>

namespace moert::config {

namespace {

// A real one has 4 KiB and 18 numbers of tokens. As many as this, written with
// every key, still fit.
constexpr std::size_t kMaxBytes = 1 << 20;
constexpr std::size_t kMaxEntries = 1024;

void refuseUnknownKeys(const JsonNode &entry) {
  for (const std::string &name : entry.keys()) {
    const auto in = [&](const auto &list) {
      return std::find(list.begin(), list.end(), name) != list.end();
    };
    if (!in(key::kShared) && !in(key::kOurs))
      entry[name].refuse(fmt::format("one of {}, {}",
                                     fmt::join(key::kShared, ", "),
                                     fmt::join(key::kOurs, ", ")),
                         "a key that means nothing");
  }
}

std::optional<std::int64_t>
optionalInteger(const JsonNode &entry, const char *name, std::int64_t least,
                std::int64_t most, std::int64_t multiple = 1) {
  if (!entry.has(name))
    return std::nullopt;
  return entry[name].integer(least, most, multiple);
}

/// The shared keys that say nothing of ours but must not say anything else.
void checkImplied(const JsonNode &entry, const TunedSchedule &schedule) {
  if (entry.has(key::kBlockK))
    entry[key::kBlockK].exactly(kScaleBlock);
  if (!entry.has(key::kWarps))
    return;
  if (!schedule.consumers)
    entry[key::kWarps].refuse(
        fmt::format("'{}' beside it, from which it follows", key::kConsumers));
  // The warps of a block: those of the consumers and of one producer.
  const std::int64_t warps = 4 * (*schedule.consumers + 1);
  if (entry[key::kWarps].integer(4, 64) != warps)
    entry[key::kWarps].refuse(fmt::format(
        "{}, 4 * ({} {} + 1)", warps, key::kConsumers, *schedule.consumers));
}

TunedSchedule readOwnEntry(const JsonNode &entry, const ScheduleLaw &law) {
  refuseUnknownKeys(entry);
  TunedSchedule schedule;
  schedule.swapped = entry.has(key::kSwapped) && entry[key::kSwapped].boolean();
  schedule.blockM = schedule.swapped ? entry[key::kBlockM].integer(8, 64, 8)
                                     : entry[key::kBlockM].integer(64, 256, 64);
  schedule.blockN = entry[key::kBlockN].integer(64, 256, 64);
  schedule.groupM = optionalInteger(entry, key::kGroupM, 1, 1024);
  schedule.stages = optionalInteger(entry, key::kStages, 2, 64);
  schedule.consumers = optionalInteger(entry, key::kConsumers, 1, 7);
  schedule.producerRegisters =
      optionalInteger(entry, key::kProducerRegisters, 24, 240, 8);
  schedule.consumerRegisters =
      optionalInteger(entry, key::kConsumerRegisters, 24, 240, 8);
  schedule.cluster = optionalInteger(entry, key::kCluster, 1, 8);
  if (entry.has(key::kUseTma))
    schedule.useTma = entry[key::kUseTma].boolean();
  checkImplied(entry, schedule);
  if (const auto broken = law ? law(schedule) : std::nullopt)
    entry.refuse("a schedule that the GEMM can have",
                 fmt::format("{}x{}{}: {}", schedule.blockM, schedule.blockN,
                             schedule.swapped ? " swapped" : "", *broken));
  return schedule;
}

/// A key beside the mark. Leading zeros and signs would let two keys be one
/// number.
std::int64_t readTokens(const std::string &text, const JsonNode &node) {
  std::int64_t tokens = 0;
  const char *end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, tokens);
  if (error != std::errc() || at != end || text.front() == '0' || tokens < 1 ||
      tokens > std::numeric_limits<std::int32_t>::max())
    node.refuse("a number of tokens from 1 to 2147483647 as key",
                quotedKey(text));
  return tokens;
}

/// Whether the file is one of ours. The version comes first of all: the other
/// keys mean what this reader thinks only then.
bool readMark(const JsonNode &root) {
  if (!root.has(key::kMark))
    return false;
  root[key::kMark].exactly(key::kVersion);
  return true;
}

/// The entries in the order of their tokens, which is the order of notes.
std::map<std::int64_t, JsonNode> entriesOf(const JsonNode &root, bool ours,
                                           Notes &notes) {
  std::map<std::int64_t, JsonNode> entries;
  for (const std::string &name : root.keys()) {
    if (ours && name == key::kMark)
      continue;
    const JsonNode node = root[name];
    if (!ours && name == key::kTritonVersion)
      notes.add(fmt::format("{} {} is not used: a measured tile outlives a "
                            "compiler",
                            name, quotedKey(node.text())));
    else
      entries.emplace(readTokens(name, node), node);
  }
  if (entries.empty())
    root.refuse("at least one number of tokens as key", "none");
  if (entries.size() > kMaxEntries)
    root.refuse(fmt::format("at most {} numbers of tokens", kMaxEntries),
                std::to_string(entries.size()));
  return entries;
}

[[noreturn]] void refuseFile(const std::string &origin,
                             const std::string &text) {
  throw Error(ErrorCode::badConfig, origin + ": " + text);
}

void checkSize(const std::string &text, const std::string &origin) {
  if (text.size() > kMaxBytes)
    refuseFile(origin, fmt::format("expected a configuration of at most {} "
                                   "bytes, got more",
                                   kMaxBytes));
}

} // namespace

TunedConfig readTunedConfig(const std::string &text, const std::string &origin,
                            const ScheduleLaw &law) {
  checkSize(text, origin);
  const JsonOrigin source{origin, "the configuration", ErrorCode::badConfig};
  const nlohmann::json document = parseJson(text, source);
  const JsonNode root(source, "", &document);
  const bool ours = readMark(root);
  TunedConfig config;
  Notes notes;
  for (const auto &[tokens, entry] : entriesOf(root, ours, notes))
    config.schedules[tokens] =
        ours ? readOwnEntry(entry, law)
             : readForeignEntry(entry, tokens, law, notes);
  config.foreign = !ours;
  config.notes = notes.lines();
  return config;
}

TunedSchedule readTunedEntry(const std::string &text, const std::string &origin,
                             const ScheduleLaw &law) {
  checkSize(text, origin);
  const JsonOrigin source{origin, "the configuration", ErrorCode::badConfig};
  const nlohmann::json document = parseJson(text, source);
  return readOwnEntry(JsonNode(source, "", &document), law);
}

TunedConfig loadTunedConfig(const std::filesystem::path &path,
                            const ScheduleLaw &law) {
  std::error_code error;
  std::ifstream file;
  // Reading anything but a file may wait for ever.
  if (std::filesystem::is_regular_file(path, error))
    file.open(path, std::ios::binary);
  if (!file.is_open())
    refuseFile(path.string(), "expected a configuration, got no readable file");
  std::string text(kMaxBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(file.gcount());
  if (file.bad())
    refuseFile(path.string(), "expected a configuration, got an error of the "
                              "file system");
  return readTunedConfig(text, path.string(), law);
}

} // namespace moert::config
