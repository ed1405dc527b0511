//===- LookUp.h - which configuration serves a layer ------------*- C++ -*-===//
//
// What a compiler asks: for this layer on this device, which schedules of up
// and down are wanted for T tokens, and who says so.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_CONFIG_LOOKUP_H
#define MOE_RUNTIME_CONFIG_LOOKUP_H

#include "moert/Manifest.h"
#include "runtime/config/TunedConfig.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace moert::config {

/// The directories that are searched, in this order; an empty one is passed by.
struct ConfigPlaces {
  std::filesystem::path given;       ///< By the caller, as from an option.
  std::filesystem::path environment; ///< $MOE_CONFIG_DIR.
  std::filesystem::path installed;   ///< What came with the program.
};

/// The word that stands for no configuration, as an option or in
/// MOE_CONFIG_DIR.
inline constexpr const char *kNoConfig = "none";

/// The places of this process: `given`, $MOE_CONFIG_DIR and
/// ../share/moe-codegen/tuned beside the folder of the running program, where
/// an installation has configs/tuned and a build tree a link to it. Where
/// $MOE_CONFIG_DIR is `none`, only what is given.
ConfigPlaces configPlaces(const std::filesystem::path &given = {});

/// Who said how a GEMM is scheduled; `none` leaves it to the cost model.
using ConfigSource = ScheduleSource;

struct FoundConfig {
  ConfigSource source = ConfigSource::none;
  std::filesystem::path path;        ///< Of the file; empty with `none`, and
                                     ///< where its text itself was given.
  std::optional<TunedConfig> config; ///< Nothing with `none`.

  /// The schedule for `tokens` tokens; nothing with `none`.
  std::optional<TunedSchedule> at(std::int64_t tokens) const;
};

/// The schedules of both GEMMs from a number of tokens on, up to the next.
struct WantedPlan {
  std::int64_t fromTokens = 0;
  std::optional<TunedSchedule> up, down; ///< Nothing: the cost model chooses.
  bool operator==(const WantedPlan &) const = default;
};

/// Up and down are found, and chosen by tokens, each by itself.
struct LayerConfigs {
  FoundConfig up, down;

  /// What the manifest's plans are made of: by ascending fromTokens, the first
  /// from 0, no two neighbours alike.
  std::vector<WantedPlan> plans() const;
};

/// What a configuration is looked up by.
struct TunedLayer {
  std::int64_t experts = 0;      ///< E, LayerDescription::totalExperts().
  std::int64_t intermediate = 0; ///< I of this rank.
  std::string device;            ///< As CUDA names it: "NVIDIA H200".
};

/// As ScheduleLaw, of either GEMM of the layer.
using LayerLaw = std::function<std::optional<std::string>(
    KernelRole, const TunedSchedule &)>;

/// That of one of them; refers to `law`.
ScheduleLaw lawOf(const LayerLaw &law, KernelRole role);

/// Takes each file from the first place that has it. Throws Error(badConfig) if
/// that file cannot be used, as readTunedConfig does, or if `given` or
/// `environment` is no directory: nobody is served by another file than the one
/// that was meant.
LayerConfigs findConfigs(const TunedLayer &layer, const ConfigPlaces &places,
                         const LayerLaw &law);

} // namespace moert::config

#endif // MOE_RUNTIME_CONFIG_LOOKUP_H
