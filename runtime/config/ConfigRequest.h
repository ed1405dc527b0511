//===- ConfigRequest.h - which configurations somebody asks for -*- C++ -*-===//
//
// What --config means, wherever there is such an option.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_CONFIG_CONFIGREQUEST_H
#define MOE_RUNTIME_CONFIG_CONFIGREQUEST_H

#include "runtime/config/LookUp.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace moert::config {

/// The configuration of one GEMM: a file, or the text of one entry.
struct GivenConfig {
  std::filesystem::path file; ///< Empty where there is text.
  std::string text;
  /// The file's name says for which layer it was tuned, and is held to that.
  bool named = false;
};

/// What is asked for; as it is made, the look-up of LookUp.h alone.
struct ConfigRequest {
  bool lookUp = true;              ///< False: what is not given is chosen.
  std::filesystem::path directory; ///< ConfigPlaces::given.
  std::optional<GivenConfig> up, down;
};

/// Reads the values of the option, each one of:
///
/// - `none`: no look-up; alone.
/// - DIR: a directory, searched before the others; once.
/// - FILE: a configuration file, whose name says whose it is.
/// - up:FILE, down:FILE: a file of any name.
/// - {"BLOCK_SIZE_M": 128, ...}: one entry for both GEMMs and all tokens;
///   up:{...}, down:{...}: for one of them.
///
/// What is given for a GEMM is used, the other one is looked up. Throws
/// Error(badConfig) that says what was wanted and what was got.
ConfigRequest parseConfigRequest(const std::vector<std::string> &values);

/// The configurations of a layer under that request. Throws as findConfigs
/// does, and if a file was tuned for another layer or device.
LayerConfigs findConfigs(const TunedLayer &layer, const ConfigRequest &request,
                         const LayerLaw &law);

/// Lines for a person: which configuration is used for which GEMM, and what
/// its reader noted. None where the cost model chooses both.
std::vector<std::string> remarksOn(const LayerConfigs &configs);

/// The same as a manifest keeps it.
LayerConfiguration recordOf(const LayerConfigs &configs);

} // namespace moert::config

#endif // MOE_RUNTIME_CONFIG_CONFIGREQUEST_H
