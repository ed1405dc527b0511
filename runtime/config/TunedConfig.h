//===- TunedConfig.h - measured schedules by number of tokens ---*- C++ -*-===//
//
// One file tunes one of the two GEMMs of a layer on one device: schedules by
// numbers of tokens. docs/configuration-files.md describes the format.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_CONFIG_TUNEDCONFIG_H
#define MOE_RUNTIME_CONFIG_TUNEDCONFIG_H

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace moert::config {

/// What a configuration asks of a schedule; what it leaves open is chosen to
/// fit. The names are those of ScheduleRecord in the manifest.
struct TunedSchedule {
  std::int64_t blockM = 0; ///< Rows (tokens' slots) of a tile.
  std::int64_t blockN = 0; ///< Columns of the weights of a tile, gate and up
                           ///< together.
  /// The weights are wgmma's M and the tokens its N: blockM is 8 to 64.
  bool swapped = false;
  std::optional<std::int64_t> groupM, stages, consumers, producerRegisters,
      consumerRegisters, cluster;
  /// Whether boxes of A's rows are loaded by TMA; threads copy them if not,
  /// which is all that they can where A is gathered (up).
  std::optional<bool> useTma;
  bool operator==(const TunedSchedule &) const = default;
};

/// The law that a schedule breaks on the GEMM that is tuned, as text with what
/// was wanted and what was got; none if it can be compiled. The caller knows
/// the GEMM; an empty function allows everything.
using ScheduleLaw =
    std::function<std::optional<std::string>(const TunedSchedule &)>;

/// Schedules by their number of tokens.
using Schedules = std::map<std::int64_t, TunedSchedule>;

struct TunedConfig {
  Schedules schedules;  ///< At least one; tokens are at least 1.
  bool foreign = false; ///< Another tuner's: schedules are the nearest ones.
  /// What the file says that was not taken as it stands, each once, with the
  /// reason and the numbers of tokens. Empty for a file of our own.
  std::vector<std::string> notes;

  /// The schedule of the nearest number of tokens, of two as near that of the
  /// smaller.
  const TunedSchedule &at(std::int64_t tokens) const;
};

/// The smallest number of tokens that each schedule serves under
/// TunedConfig::at, ascending, the first 0; parallel to `schedules`.
std::vector<std::int64_t> servedFrom(const Schedules &schedules);

/// The text of a file, the same for the same schedules. Throws Error(badConfig)
/// if readTunedConfig would refuse it.
std::string writeTunedConfig(const Schedules &schedules);

/// Reads a file of moe-tune, or one of sglang's or vLLM's tuner: of such a file
/// everything that has a meaning here is used. A tile of theirs that the law
/// forbids becomes the nearest one that it allows; one of ours is refused.
/// Throws Error(badConfig) that names `origin`, the key, what was wanted and
/// what was got.
TunedConfig readTunedConfig(const std::string &text, const std::string &origin,
                            const ScheduleLaw &law);

/// Reads one entry alone, for all numbers of tokens: an object of keys such as
/// {"BLOCK_SIZE_M": 128, "BLOCK_SIZE_N": 256}, in the form of our own files.
/// Throws as above.
TunedSchedule readTunedEntry(const std::string &text, const std::string &origin,
                             const ScheduleLaw &law);

/// The text of such an entry, in one line.
std::string writeTunedEntry(const TunedSchedule &schedule);

/// Reads the file; one of more than a MiB is refused unread. Throws as above.
TunedConfig loadTunedConfig(const std::filesystem::path &path,
                            const ScheduleLaw &law);

} // namespace moert::config

#endif // MOE_RUNTIME_CONFIG_TUNEDCONFIG_H
