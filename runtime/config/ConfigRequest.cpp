//===- ConfigRequest.cpp - which configurations somebody asks for ---------===//
#include "runtime/config/ConfigRequest.h"

#include "moert/Error.h"
#include "runtime/config/ConfigName.h"

#include <fmt/format.h>

namespace moert::config {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string &want, const std::string &got) {
  throw Error(ErrorCode::badConfig,
              fmt::format("--config: expected {}, got {}", want, got));
}

/// A value without the kernel that it speaks of.
struct Value {
  std::optional<KernelRole> role;
  std::string text;
  bool isInline() const { return text.starts_with("{"); }
};

Value splitRole(const std::string &value) {
  for (KernelRole role : {KernelRole::up, KernelRole::down})
    if (const std::string start = std::string(roleName(role)) + ":";
        value.starts_with(start))
      return {role, value.substr(start.size())};
  return {std::nullopt, value};
}

class Reading {
public:
  void add(const std::string &text) {
    const Value value = splitRole(text);
    std::error_code error;
    if (value.isInline())
      return addInline(value);
    if (fs::is_directory(value.text, error)) {
      if (value.role || !request.directory.empty())
        refuse("one directory, for both kernels", text);
      request.directory = value.text;
      return;
    }
    if (!fs::exists(value.text, error))
      refuse(fmt::format("{}, a directory, a file or an object in braces, "
                         "after up: or down: or alone",
                         kNoConfig),
             "'" + text + "'");
    const bool named = !value.role;
    const KernelRole role =
        named ? parseFileName(fs::path(value.text).filename()).role
              : *value.role;
    set(role, {value.text, "", named});
  }

  ConfigRequest request;

private:
  void addInline(const Value &value) {
    for (KernelRole role : {KernelRole::up, KernelRole::down})
      if (!value.role || value.role == role)
        set(role, {"", value.text, false});
  }

  void set(KernelRole role, const GivenConfig &given) {
    auto &slot = role == KernelRole::up ? request.up : request.down;
    if (slot)
      refuse(fmt::format("one configuration of {}", roleName(role)), "two");
    slot = given;
  }
};

/// A file that was tuned for something else is used only by somebody who says
/// for which kernel.
void checkName(const GivenConfig &given, const TunedLayer &layer,
               KernelRole role) {
  const std::string want =
      fileNameOf({layer.experts, layer.intermediate, layer.device, role});
  if (given.named && given.file.filename() != want)
    throw Error(ErrorCode::badConfig,
                fmt::format("{}: expected the configuration of this layer and "
                            "device, {}, or {}:FILE to use another one",
                            given.file.string(), want, roleName(role)));
}

FoundConfig load(const GivenConfig &given, const TunedLayer &layer,
                 KernelRole role, const ScheduleLaw &law) {
  FoundConfig found{ConfigSource::given, given.file, {}};
  if (!given.file.empty()) {
    checkName(given, layer, role);
    found.config = loadTunedConfig(given.file, law);
    return found;
  }
  const std::string origin = fmt::format("--config of {}", roleName(role));
  found.config.emplace();
  found.config->schedules[1] = readTunedEntry(given.text, origin, law);
  return found;
}

} // namespace

ConfigRequest parseConfigRequest(const std::vector<std::string> &values) {
  Reading reading;
  for (const std::string &value : values) {
    if (value != kNoConfig) {
      reading.add(value);
      continue;
    }
    if (values.size() > 1)
      refuse(fmt::format("{} alone", kNoConfig), "more");
    reading.request.lookUp = false;
  }
  const ConfigRequest &request = reading.request;
  if (request.up && request.down && !request.directory.empty())
    refuse("no directory where both kernels have configurations",
           request.directory.string());
  return request;
}

LayerConfigs findConfigs(const TunedLayer &layer, const ConfigRequest &request,
                         const LayerLaw &law) {
  LayerConfigs found;
  const bool allGiven = request.up && request.down;
  if (request.lookUp && !allGiven)
    found = findConfigs(layer, configPlaces(request.directory), law);
  if (request.up)
    found.up =
        load(*request.up, layer, KernelRole::up, lawOf(law, KernelRole::up));
  if (request.down)
    found.down = load(*request.down, layer, KernelRole::down,
                      lawOf(law, KernelRole::down));
  return found;
}

std::vector<std::string> remarksOn(const LayerConfigs &configs) {
  std::vector<std::string> lines;
  const auto add = [&](KernelRole role, const FoundConfig &found) {
    if (!found.config) {
      lines.push_back(fmt::format("{}: no configuration; the cost model "
                                  "chooses",
                                  roleName(role)));
      return;
    }
    lines.push_back(fmt::format("{}: {} ({})", roleName(role),
                                found.path.empty() ? "one entry for all tokens"
                                                   : found.path.string(),
                                sourceName(found.source)));
    for (const std::string &note : found.config->notes)
      lines.push_back("  " + note);
  };
  if (!configs.up.config && !configs.down.config)
    return lines;
  add(KernelRole::up, configs.up);
  add(KernelRole::down, configs.down);
  return lines;
}

LayerConfiguration recordOf(const LayerConfigs &configs) {
  const auto record = [](const FoundConfig &found) {
    return ConfigurationRecord{found.source, found.path.filename().string()};
  };
  return {record(configs.up), record(configs.down)};
}

} // namespace moert::config
