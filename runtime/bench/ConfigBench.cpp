//===- ConfigBench.cpp - one configuration, with TMA and without ----------===//
#include "runtime/bench/ConfigBench.h"

#include <fmt/format.h>

#include <algorithm>

namespace moert::bench {

namespace {

const Record *find(const std::vector<Record> &records, const std::string &layer,
                   std::int64_t tokens, const char *stage) {
  const auto found =
      std::find_if(records.begin(), records.end(), [&](const Record &record) {
        return record.layer == layer && record.tokens == tokens &&
               record.stage == stage;
      });
  return found == records.end() ? nullptr : &*found;
}

} // namespace

std::vector<ConfiguredRun> configuredRuns(const Options &options,
                                          const Manifest &manifest,
                                          const std::string &directory) {
  const config::LayerConfigs configs =
      readConfigs(options.configs, manifest.layer);
  std::vector<ConfiguredRun> runs;
  for (std::int64_t tokens : options.tokens) {
    const ConfiguredKernels kernels =
        selectKernels(manifest, configs, tokens, options.configs, directory);
    auto run =
        std::find_if(runs.begin(), runs.end(), [&](const ConfiguredRun &each) {
          return each.kernels == kernels;
        });
    if (run == runs.end())
      run = runs.insert(
          run, {kernels,
                manifestWith(manifest, kernels, /*copiedRows=*/false, configs),
                manifestWith(manifest, kernels, /*copiedRows=*/true, configs),
                {}});
    run->tokens.push_back(tokens);
  }
  return runs;
}

std::string sideBySide(const std::string &name,
                       const std::vector<std::int64_t> &tokens,
                       const std::vector<Record> &records) {
  std::string text = fmt::format(
      "{}, one configuration; up gathers its rows, which TMA cannot do on "
      "Hopper\n  {:>6}  {:<28} {:>9}  {:<28} {:>9} {:>9} {:>10}\n",
      name, "tokens", "up", "us", "down", "TMA us", "copied us", "copied/TMA");
  for (std::int64_t each : tokens) {
    const Record *up = find(records, name, each, "up"),
                 *down = find(records, name, each, "down"),
                 *copied = find(records, name + kCopiedRows, each, "down");
    if (up && down && copied)
      text += fmt::format("  {:>6}  {:<28} {:>9.1f}  {:<28} {:>9.1f} {:>9.1f} "
                          "{:>10.3f}\n",
                          each, up->kernel, up->medianUs, down->kernel,
                          down->medianUs, copied->medianUs,
                          copied->medianUs / down->medianUs);
  }
  return text;
}

} // namespace moert::bench
