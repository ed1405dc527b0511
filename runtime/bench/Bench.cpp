//===- Bench.cpp - what moe-bench does ------------------------------------===//
#include "runtime/bench/Bench.h"

#include "runtime/bench/Check.h"
#include "runtime/bench/InputError.h"
#include "runtime/bench/Json.h"
#include "runtime/bench/Repeat.h"
#include "runtime/bench/SelfCheck.h"
#include "runtime/bench/Table.h"

#include <fmt/format.h>

#include <cstdio>

namespace moert::bench {

namespace {

/// Prints now, also into a pipe: a crash must not take the lines before it.
void say(const std::string &text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

std::string nameOf(const std::string &directory) {
  std::filesystem::path path = std::filesystem::path(directory) / "";
  return path.lexically_normal().parent_path().filename().string();
}

bool saySelfCheck(cudaStream_t stream) {
  CheckReport report = selfCheck(stream);
  if (report.passed())
    say("the CUDA reference agrees with the host's\n");
  else
    say("the CUDA reference is wrong:\n" + checkText(report));
  return report.passed();
}

/// A layer, its weights and routing, over all T that were asked for.
class Session {
public:
  Session(const Options &options, const Baselines &baselines,
          const FusedMoe &moe, cudaStream_t stream)
      : options(options), baselines(baselines), moe(moe), stream(stream),
        weights(moe.manifest().layer, options.seed, stream),
        source(options.routing, moe.manifest().layer, options.seed),
        otherSource(otherRouting(options.routing), moe.manifest().layer,
                    options.seed + 1),
        checker(stream) {}

  bool run(std::int64_t tokens) {
    say(fmt::format("{}, {} tokens, {} routing, seed {}\n",
                    nameOf(options.directory), tokens, options.routing.text,
                    options.seed));
    say(planText(moe.manifest(), tokens));
    Execution call(moe, weights, tokens, options.seed, stream);
    RoutedTokens routed = source.draw(tokens);
    call.setRouting(routed);
    if (options.sanitize)
      return runOnce(call);
    CheckReport report;
    if (options.check)
      report = checker.check(call, weights, routed, otherSource.draw(tokens));
    if (options.replays > 0)
      report.lines.push_back(
          checkReplays(call, routed, options.replays, stream));
    if (options.alone)
      report.lines.push_back(checkAlone(moe, weights, call, routed, stream));
    say(checkText(report));
    if (options.timing)
      time(call, routed, report);
    return report.passed();
  }

  std::vector<TimedCall> timed;

private:
  /// What a captured graph saw before its routing changed: any other drawing.
  static RoutingChoice otherRouting(RoutingChoice choice) {
    if (choice.kind == RoutingChoice::Kind::file)
      choice.kind = RoutingChoice::Kind::uniform;
    return choice;
  }

  static bool isUniform(const RoutingChoice &choice) {
    return choice.kind == RoutingChoice::Kind::uniform && choice.drop == 0.0;
  }

  bool runOnce(Execution &call) {
    for (Stage stage : kStages)
      call.runStage(stage);
    call.run();
    call.wait();
    say("  every stage ran once, then the layer\n");
    return true;
  }

  void time(Execution &call, const RoutedTokens &routed,
            const CheckReport &report) {
    if (!timer) {
      timer.emplace(stream, options.repeats);
      say(fmt::format("  device-to-device copy: {:.2f} TB/s\n",
                      timer->copyBandwidth() / 1e6));
    }
    std::vector<StageTime> times = timer->timeCall(
        call,
        reference::sortByExpert(routed.ids, moe.manifest().layer.totalExperts(),
                                call.layout().rowAlignment));
    for (StageTime &stage : times) {
      stage.error = report.error(stage.stage);
      if (isUniform(options.routing)) // as the others were measured
        stage.others =
            baselines.of(nameOf(options.directory), call.tokens(), stage.stage);
    }
    say(timingText(times));
    timed.push_back({nameOf(options.directory), call.tokens(),
                     options.routing.text, times,
                     moe.manifest().layer.reduction});
  }

  const Options &options;
  const Baselines &baselines;
  const FusedMoe &moe;
  cudaStream_t stream;
  Weights weights;
  RoutingSource source, otherSource;
  Checker checker;
  std::optional<Timer> timer;
};

} // namespace

bool runBench(const Options &options) {
  if (!options.directory.empty())
    (void)loadManifest(options.directory); // a typing mistake before the GPU
  const Baselines baselines = options.baseline.empty()
                                  ? Baselines()
                                  : Baselines::load(options.baseline);
  say(openDevice() + "\n");
  Stream stream;
  if ((options.check || options.selfCheck) && !saySelfCheck(stream))
    return false;
  if (options.directory.empty())
    return true;
  LoadOptions load;
  load.programmaticLaunch = options.programmatic;
  const FusedMoe moe = FusedMoe::load(options.directory, load);
  Session session(options, baselines, moe, stream);
  bool passed = true;
  for (std::int64_t tokens : options.tokens)
    passed &= session.run(tokens);
  if (passed && !options.json.empty())
    writeWhole(options.json, jsonText(session.timed));
  return passed;
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
