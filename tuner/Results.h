//===- Results.h - what a tuning found, for people and programs -*- C++ -*-===//
#ifndef TUNER_RESULTS_H
#define TUNER_RESULTS_H

#include "runtime/config/ConfigName.h"
#include "runtime/config/TunedConfig.h"
#include "tuner/Tuning.h"

#include <filesystem>
#include <string>
#include <vector>

namespace moert::tune {

/// A schedule as a configuration file has it: nothing is left open.
config::TunedSchedule tunedOf(const Schedule &schedule, Gemm gemm);

/// What one of the two configuration files holds.
config::Schedules schedulesOf(const std::vector<TokensResult> &results,
                              Gemm gemm);

/// How fast the untuned choice is, where the tuned one is 1: tuned µs over
/// untuned µs. Geometric means over the results that have both; 1 for none.
struct Untuned {
  double layer = 1;   ///< Of whole layers.
  double kernels = 1; ///< Of up and down alone, added.
};
Untuned untunedOf(const TokensResult &result);
Untuned untunedOf(const std::vector<TokensResult> &results);

/// "8x128s w1 c2 s10 g16": swapped tiles, 1 consumer warpgroup, clusters of 2,
/// 10 stages, group_m 16.
std::string scheduleText(const Schedule &schedule);

/// A table of all results; the geometric mean stands last.
std::string tableText(const std::vector<TokensResult> &results);
/// One line: "T = 64: up 128x256, …; down …: 330.1 us, untuned 335.0 us".
std::string lineText(const TokensResult &result);

/// What was measured where.
struct ResultsHead {
  std::string layer, device, uuid, routing;
  int batches = 0;
  double seconds = 0; ///< That the tuning took.
};
/// The same as tableText, as JSON.
std::string jsonText(const ResultsHead &head,
                     const std::vector<TokensResult> &results);

/// Writes up's file and down's to `directory`, which is made if need be, and
/// returns their paths. Throws bench::InputError or Error(badConfig).
std::vector<std::filesystem::path>
writeConfigs(const std::filesystem::path &directory,
             const LayerDescription &layer, const std::string &device,
             const std::vector<TokensResult> &results);

} // namespace moert::tune

#endif // TUNER_RESULTS_H
