//===- TunedConfig.cpp - the nearest schedule, and the writer -------------===//
#include "runtime/config/TunedConfig.h"

#include "moert/Manifest.h"
#include "runtime/config/ConfigKeys.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace moert::config {

namespace {

// Keeps the keys in the order they are written, so that a person can read it.
using Json = nlohmann::ordered_json;

Json toJson(const TunedSchedule &schedule) {
  Json entry = {{key::kBlockM, schedule.blockM},
                {key::kBlockN, schedule.blockN},
                {key::kBlockK, kScaleBlock}};
  const auto add = [&](const char *name, const auto &value) {
    if (value)
      entry[name] = *value;
  };
  add(key::kGroupM, schedule.groupM);
  if (schedule.consumers)
    entry[key::kWarps] = 4 * (*schedule.consumers + 1);
  add(key::kStages, schedule.stages);
  add(key::kUseTma, schedule.useTma);
  entry[key::kSwapped] = schedule.swapped;
  add(key::kConsumers, schedule.consumers);
  add(key::kProducerRegisters, schedule.producerRegisters);
  add(key::kConsumerRegisters, schedule.consumerRegisters);
  add(key::kCluster, schedule.cluster);
  return entry;
}

} // namespace

const TunedSchedule &TunedConfig::at(std::int64_t tokens) const {
  if (schedules.empty())
    throw std::logic_error("a configuration without schedules");
  const auto above = schedules.lower_bound(tokens);
  if (above == schedules.begin())
    return above->second;
  const auto below = std::prev(above);
  const bool nearerAbove =
      above != schedules.end() && above->first - tokens < tokens - below->first;
  return nearerAbove ? above->second : below->second;
}

std::vector<std::int64_t> servedFrom(const Schedules &schedules) {
  std::vector<std::int64_t> from;
  std::int64_t previous = 0;
  for (const auto &[tokens, schedule] : schedules) {
    // Half way still belongs to the smaller.
    from.push_back(from.empty() ? 0 : (previous + tokens) / 2 + 1);
    previous = tokens;
  }
  return from;
}

std::string writeTunedConfig(const Schedules &schedules) {
  Json root = {{key::kMark, key::kVersion}};
  for (const auto &[tokens, schedule] : schedules)
    root[std::to_string(tokens)] = toJson(schedule);
  std::string text = root.dump(4) + "\n";
  readTunedConfig(text, "the configuration to be written", nullptr);
  return text;
}

std::string writeTunedEntry(const TunedSchedule &schedule) {
  return toJson(schedule).dump();
}

} // namespace moert::config
