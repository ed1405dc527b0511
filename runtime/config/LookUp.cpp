//===- LookUp.cpp - which configuration serves a layer --------------------===//
#include "runtime/config/LookUp.h"

#include "moert/Error.h"
#include "runtime/config/ConfigName.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <set>
#include <string_view>

namespace moert::config {

namespace {

namespace fs = std::filesystem;

/// Beside the program, so that a moved installation still finds its files.
fs::path installedPlace() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error)
    return {};
  return program.parent_path().parent_path() / "share/moe-codegen/tuned";
}

void needDirectory(const fs::path &path, const char *who) {
  std::error_code error;
  if (!path.empty() && !fs::is_directory(path, error))
    throw Error(ErrorCode::badConfig,
                fmt::format("{}: expected a directory of configuration files "
                            "({}), got none",
                            path.string(), who));
}

FoundConfig find(const ConfigName &name, const ConfigPlaces &places,
                 const ScheduleLaw &law) {
  const std::string fileName = fileNameOf(name);
  const std::array directories{&places.given, &places.environment,
                               &places.installed};
  for (std::size_t i = 0; i < directories.size(); ++i) {
    const fs::path path = *directories[i] / fileName;
    std::error_code error;
    // What is there but cannot be read is an error, not an absence.
    if (!directories[i]->empty() &&
        fs::symlink_status(path, error).type() != fs::file_type::not_found)
      return {static_cast<ConfigSource>(i), path, loadTunedConfig(path, law)};
  }
  return {};
}

} // namespace

ConfigPlaces configPlaces(const fs::path &given) {
  const char *environment = std::getenv("MOE_CONFIG_DIR");
  if (environment && environment == std::string_view(kNoConfig))
    return {given, "", ""};
  return {given, environment ? environment : "", installedPlace()};
}

ScheduleLaw lawOf(const LayerLaw &law, KernelRole role) {
  if (!law)
    return nullptr;
  return
      [&law, role](const TunedSchedule &wanted) { return law(role, wanted); };
}

std::optional<TunedSchedule> FoundConfig::at(std::int64_t tokens) const {
  return config ? std::optional(config->at(tokens)) : std::nullopt;
}

std::vector<WantedPlan> LayerConfigs::plans() const {
  std::set<std::int64_t> starts{0};
  for (const FoundConfig *found : {&up, &down})
    if (found->config)
      for (std::int64_t from : servedFrom(found->config->schedules))
        starts.insert(from);
  std::vector<WantedPlan> plans;
  for (std::int64_t from : starts) {
    WantedPlan plan{from, up.at(from), down.at(from)};
    const WantedPlan *last = plans.empty() ? nullptr : &plans.back();
    if (!last || last->up != plan.up || last->down != plan.down)
      plans.push_back(plan);
  }
  return plans;
}

LayerConfigs findConfigs(const TunedLayer &layer, const ConfigPlaces &places,
                         const LayerLaw &law) {
  needDirectory(places.given, "given");
  needDirectory(places.environment, "MOE_CONFIG_DIR");
  const auto findRole = [&](KernelRole role) {
    return find({layer.experts, layer.intermediate, layer.device, role}, places,
                lawOf(law, role));
  };
  return {findRole(KernelRole::up), findRole(KernelRole::down)};
}

} // namespace moert::config
