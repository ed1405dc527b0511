//===- Bench.cpp - what moe-bench does ------------------------------------===//
#include "runtime/bench/Bench.h"

#include "runtime/bench/Files.h"
#include "runtime/bench/RunFacts.h"
#include "runtime/bench/SelfCheck.h"
#include "runtime/bench/Session.h"
#include "runtime/bench/Table.h"
#include "runtime/bench/report/Report.h"

#include <fmt/format.h>

#include <cstdio>

namespace moert::bench {

namespace {

bool saySelfCheck(cudaStream_t stream) {
  CheckReport report = selfCheck(stream);
  if (report.passed())
    say("the CUDA reference agrees with the host's\n");
  else
    say("the CUDA reference is wrong:\n" + checkText(report));
  return report.passed();
}

/// What the files of the command line say; a mistake in one of them comes to
/// light before anything is measured.
ModelInputs readInputs(const Options &options) {
  ModelInputs inputs;
  for (const std::string &directory : options.directories)
    (void)loadManifest(directory);
  for (const std::string &file : options.from)
    inputs.results.push_back(loadResults(file));
  if (!options.against.empty())
    inputs.against = loadResults(options.against);
  if (!options.baseline.empty()) {
    inputs.baselines = Baselines::load(options.baseline);
    inputs.baselineFile =
        std::filesystem::path(options.baseline).filename().string();
  }
  if (options.calibration)
    for (Results &results : inputs.results)
      if (!results.run.calibrationTflops)
        results.run.calibrationTflops = options.calibration;
  return inputs;
}

void writeReports(const Options &options, const ModelInputs &inputs) {
  if (!options.wantsReport())
    return;
  const Model model = makeModel(inputs);
  if (!options.plot.empty())
    writePlot(options.plot, model);
  if (!options.report.empty())
    writeReport(options.report, model);
  if (options.cliffs)
    say(cliffsText(model));
}

/// What is known of the run before its first call is timed; measures the copy.
Run factsOfRun(const Options &options, Timer &timer) {
  Run run = factsOfDevice();
  run.copyTbps = timer.copyBandwidth() / 1e6;
  run.calibrationTflops = options.calibration;
  run.repeats = options.repeats;
  run.seed = options.seed;
  run.programmaticLaunch = options.programmatic;
  say(fmt::format("device-to-device copy: {:.2f} TB/s\n", *run.copyTbps));
  return run;
}

/// All layers, one after the other; false if a check failed.
bool measure(const Options &options, const Baselines &baselines, Timer *timer,
             cudaStream_t stream, std::vector<Record> &records) {
  bool passed = true;
  for (const std::string &directory : options.directories) {
    LoadOptions load;
    load.programmaticLaunch = options.programmatic;
    const FusedMoe moe = FusedMoe::load(directory, load);
    Session session(options, baselines, layerName(directory), moe, timer,
                    stream);
    for (std::int64_t tokens : options.tokens)
      passed &= session.run(tokens);
    records.insert(records.end(), session.records.begin(),
                   session.records.end());
  }
  return passed;
}

} // namespace

bool runBench(const Options &options) {
  ModelInputs inputs = readInputs(options);
  if (!options.from.empty()) {
    writeReports(options, inputs);
    return true;
  }
  say(openDevice() + "\n");
  Stream stream;
  if ((options.check || options.selfCheck) && !saySelfCheck(stream))
    return false;
  if (options.directories.empty())
    return true;
  Results results;
  std::optional<Timer> timer;
  if (options.timing) {
    timer.emplace(stream, options.repeats);
    results.run = factsOfRun(options, *timer);
  }
  if (!measure(options, inputs.baselines.value_or(Baselines()),
               timer ? &*timer : nullptr, stream, results.records))
    return false;
  if (!options.json.empty())
    writeWhole(options.json, resultsText(results));
  inputs.results.push_back(std::move(results));
  writeReports(options, inputs);
  return true;
}

int exitCodeOf(const char *program, const std::function<bool()> &body) {
  auto fail = [&](int code, const std::exception &error) {
    std::fprintf(stderr, "%s: error: %s\n", program, error.what());
    return code;
  };
  try {
    if (body())
      return 0;
    std::fprintf(stderr, "%s: error: a check failed\n", program);
    return 1;
  } catch (const reference::CudaError &error) {
    return fail(2, error);
  } catch (const Error &error) {
    switch (error.code()) {
    case ErrorCode::noDriver:
    case ErrorCode::noDevice:
      std::fprintf(stderr, "%s: %s\n", program, error.what());
      return kNoDevice;
    case ErrorCode::cuda:
      return fail(2, error);
    default:
      return fail(1, error);
    }
  } catch (const std::exception &error) {
    return fail(1, error);
  }
}

} // namespace moert::bench
