//===- Bench.cpp - what moe-bench does ------------------------------------===//
#include "runtime/bench/Bench.h"

#include "runtime/bench/ConfigBench.h"
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
  for (const std::string &directory : options.directories) {
    const Manifest manifest = loadManifest(directory);
    if (!options.configs.empty())
      (void)configuredRuns(options, manifest, directory);
  }
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
  run.pauseMs = options.pauseMs;
  run.seed = options.seed;
  run.programmaticLaunch = options.programmatic;
  say(fmt::format("device-to-device copy: {:.2f} TB/s\n", *run.copyTbps));
  return run;
}

/// Layers, one after the other, into one set of results.
class Measurement {
public:
  Measurement(const Options &options, const Baselines &baselines, Timer *timer,
              cudaStream_t stream, Results &results)
      : options(options), baselines(baselines), timer(timer), stream(stream),
        results(results) {
    load.programmaticLaunch = options.programmatic;
  }

  /// False if a check failed.
  bool run(const std::string &directory) {
    const Manifest manifest = loadManifest(directory);
    const std::string name = layerName(directory);
    if (!options.configs.empty())
      return runConfigured(name, directory, manifest);
    return run(name, directory, manifest, options.tokens);
  }

private:
  bool run(const std::string &name, const std::string &directory,
           const Manifest &manifest, const std::vector<std::int64_t> &tokens) {
    const FusedMoe moe = FusedMoe::load(directory, manifest, load);
    if (const std::string who = configurationText(manifest); !who.empty()) {
      say(fmt::format("{}: schedules of {}\n", name, who));
      results.run.configurations[name] = who;
    }
    Session session(options, baselines, name, moe, timer, stream);
    bool passed = true;
    for (std::int64_t each : tokens)
      passed &= session.run(each);
    results.records.insert(results.records.end(), session.records.begin(),
                           session.records.end());
    return passed;
  }

  bool runConfigured(const std::string &name, const std::string &directory,
                     const Manifest &package) {
    bool passed = true;
    for (const ConfiguredRun &each :
         configuredRuns(options, package, directory)) {
      passed &= run(name, directory, each.byTma, each.tokens);
      passed &= run(name + kCopiedRows, directory, each.copied, each.tokens);
    }
    if (timer)
      say(sideBySide(name, options.tokens, results.records));
    return passed;
  }

  const Options &options;
  const Baselines &baselines;
  Timer *timer;
  cudaStream_t stream;
  Results &results;
  LoadOptions load;
};

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
    timer.emplace(stream, options.repeats, options.pauseMs);
    results.run = factsOfRun(options, *timer);
  }
  const Baselines baselines = inputs.baselines.value_or(Baselines());
  Measurement measurement(options, baselines, timer ? &*timer : nullptr, stream,
                          results);
  bool passed = true;
  for (const std::string &directory : options.directories)
    passed &= measurement.run(directory);
  if (!passed)
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
