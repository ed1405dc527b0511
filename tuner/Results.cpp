//===- Results.cpp - what a tuning found, for people and programs ---------===//
#include "tuner/Results.h"

#include "runtime/bench/Files.h"
#include "runtime/bench/InputError.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace moert::tune {

using Json = nlohmann::ordered_json;

config::TunedSchedule tunedOf(const Schedule &schedule, Gemm gemm) {
  config::TunedSchedule tuned;
  tuned.blockM = schedule.blockM;
  tuned.blockN = schedule.blockN;
  tuned.swapped = schedule.swapped;
  tuned.groupM = schedule.groupM;
  tuned.stages = schedule.stages;
  tuned.consumers = schedule.consumers;
  tuned.producerRegisters = schedule.producerRegisters;
  tuned.consumerRegisters = schedule.consumerRegisters;
  tuned.cluster = schedule.cluster;
  tuned.useTma = gemm == Gemm::down && !schedule.copiedRows;
  return tuned;
}

config::Schedules schedulesOf(const std::vector<TokensResult> &results,
                              Gemm gemm) {
  config::Schedules schedules;
  for (const TokensResult &result : results)
    schedules[result.tokens] = tunedOf(result.tuned.of(gemm).schedule, gemm);
  return schedules;
}

Untuned untunedOf(const TokensResult &result) {
  if (!result.untunedUs)
    return {};
  const PairTimes &tuned = result.tunedUs, &untuned = *result.untunedUs;
  return {tuned.layer / untuned.layer,
          (tuned.up + tuned.down) / (untuned.up + untuned.down)};
}

Untuned untunedOf(const std::vector<TokensResult> &results) {
  double layer = 0, kernels = 0, count = 0;
  for (const TokensResult &result : results) {
    if (!result.untunedUs)
      continue;
    const Untuned one = untunedOf(result);
    layer += std::log(one.layer);
    kernels += std::log(one.kernels);
    ++count;
  }
  if (count == 0)
    return {};
  return {std::exp(layer / count), std::exp(kernels / count)};
}

std::string scheduleText(const Schedule &schedule) {
  return fmt::format("{}x{}{} w{} c{} s{} g{}", schedule.blockM,
                     schedule.blockN, schedule.swapped ? "s" : "",
                     schedule.consumers, schedule.cluster, schedule.stages,
                     schedule.groupM);
}

std::string lineText(const TokensResult &result) {
  std::string text = fmt::format(
      "T = {}: up {}; down {}: {:.1f} us", result.tokens,
      scheduleText(result.tuned.up.schedule),
      scheduleText(result.tuned.down.schedule), result.tunedUs.layer);
  if (result.tuned == result.untuned)
    text += ", as untuned";
  else if (result.untunedUs)
    text += fmt::format(", untuned {:.1f} us", result.untunedUs->layer);
  return text + (result.complete ? "" : " (time ran out)");
}

namespace {

std::string timesText(const std::optional<PairTimes> &times) {
  if (!times)
    return fmt::format("{:>8}{:>8}{:>8}", "-", "-", "-");
  return fmt::format("{:8.1f}{:8.1f}{:8.1f}", times->up, times->down,
                     times->layer);
}

Json toJson(const Schedule &schedule) {
  return {{"block_m", schedule.blockM}, {"block_n", schedule.blockN},
          {"stages", schedule.stages},  {"consumers", schedule.consumers},
          {"group_m", schedule.groupM}, {"cluster", schedule.cluster},
          {"swapped", schedule.swapped}};
}

Json toJson(const Pair &pair, const std::optional<PairTimes> &times) {
  Json object = {{"up", toJson(pair.up.schedule)},
                 {"down", toJson(pair.down.schedule)},
                 {"row_alignment", pair.up.rowAlignment}};
  if (times) {
    object["up_us"] = times->up;
    object["down_us"] = times->down;
    object["layer_us"] = times->layer;
  }
  return object;
}

Json toJson(const Untuned &untuned) {
  return {{"layer", untuned.layer}, {"kernels", untuned.kernels}};
}

} // namespace

std::string tableText(const std::vector<TokensResult> &results) {
  std::size_t width = 4;
  for (const TokensResult &result : results)
    for (Gemm gemm : kGemms)
      width =
          std::max(width, scheduleText(result.tuned.of(gemm).schedule).size());
  std::string text = fmt::format(
      "tile, s if swapped, consumer warpgroups, cluster, stages, group_m; us\n"
      "{:>6}  {:<{}}  {:<{}}{:>8}{:>8}{:>8}{:>10}{:>8}{:>8}{:>18}{:>9}\n",
      "T", "up", width, "down", width, "up", "down", "layer", "untuned", "down",
      "layer", "tuned/untuned", "up+down");
  for (const TokensResult &result : results) {
    const Untuned untuned = untunedOf(result);
    text += fmt::format("{:>6}  {:<{}}  {:<{}}{}  {}{:18.3f}{:9.3f}\n",
                        result.tokens, scheduleText(result.tuned.up.schedule),
                        width, scheduleText(result.tuned.down.schedule), width,
                        timesText(result.tunedUs), timesText(result.untunedUs),
                        untuned.layer, untuned.kernels);
  }
  const Untuned mean = untunedOf(results);
  return text +
         fmt::format("geometric mean: {:.3f} of layers, {:.3f} of up and "
                     "down\n",
                     mean.layer, mean.kernels);
}

std::string jsonText(const ResultsHead &head,
                     const std::vector<TokensResult> &results) {
  Json rows = Json::array();
  for (const TokensResult &result : results)
    rows.push_back({{"tokens", result.tokens},
                    {"complete", result.complete},
                    {"tuned", toJson(result.tuned, result.tunedUs)},
                    {"untuned", toJson(result.untuned, result.untunedUs)},
                    {"untuned_speed", toJson(untunedOf(result))}});
  const Json root = {
      {"layer", head.layer},
      {"device", head.device},
      {"uuid", head.uuid},
      {"routing", head.routing},
      {"batches", head.batches},
      {"seconds", head.seconds},
      {"geometric_mean_untuned_speed", toJson(untunedOf(results))},
      {"results", rows}};
  return root.dump(2) + "\n";
}

std::vector<std::filesystem::path>
writeConfigs(const std::filesystem::path &directory,
             const LayerDescription &layer, const std::string &device,
             const std::vector<TokensResult> &results) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    throw bench::InputError(fmt::format("{}: expected a directory, got {}",
                                        directory.string(), error.message()));
  std::vector<std::filesystem::path> paths;
  for (Gemm gemm : kGemms) {
    const config::ConfigName name{
        layer.totalExperts(), layer.intermediate, device,
        gemm == Gemm::up ? KernelRole::up : KernelRole::down};
    paths.push_back(directory / config::fileNameOf(name));
    bench::writeWhole(paths.back(),
                      config::writeTunedConfig(schedulesOf(results, gemm)));
  }
  return paths;
}

} // namespace moert::tune
