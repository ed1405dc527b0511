//===- Check.cpp - everything that a call must show -----------------------===//
#include "runtime/bench/Check.h"

#include "runtime/bench/Regions.h"
#include "runtime/bench/StageChecks.h"

#include <fmt/format.h>

namespace moert::bench {

using namespace reference;

namespace {

/// The output of a whole run must be the staged run's, bit for bit, or what
/// the staged run's h allows in any order of additions.
CheckLine compareWithStaged(const char *name, CheckState &state) {
  if (state.atomic()) {
    const std::int64_t hidden = state.extents.hidden;
    const LimitDifference out =
        compareLimits(state.run.out(), state.limits(),
                      state.extents.tokens * hidden, state.stream);
    return {name, passed(out), "in any order: " + describe(out, hidden),
            std::nullopt};
  }
  BitDifference out = compareBits(state.run.out(), state.scratch.out.data(),
                                  state.extents.tokens, state.extents.hidden,
                                  sizeof(std::uint16_t), {}, state.stream);
  return {name, passed(out), describe(out), std::nullopt};
}

CheckLine checkGuards(const Execution &run, cudaStream_t stream) {
  std::int64_t workspace = run.workspaceMemory().brokenGuardBytes(stream);
  std::int64_t out = run.outMemory().brokenGuardBytes(stream);
  return {"guards", workspace == 0 && out == 0,
          fmt::format("{} bytes written around the workspace, {} around out",
                      workspace, out),
          std::nullopt};
}

} // namespace

void Checker::runStages(CheckState &state, CheckReport &report) {
  state.run.poison();
  for (Stage stage : kStages) {
    std::uint64_t before = hashForeign(stage, state.run, stream);
    state.run.runStage(stage);
    state.run.wait();
    CheckLine line = checkStage(stage, state);
    if (hashForeign(stage, state.run, stream) != before) {
      line.passed = false;
      line.detail += "; wrote to a tensor of another stage";
    }
    report.lines.push_back(line);
    // Without the right rows nothing that follows can be compared.
    if (stage == Stage::route && !line.passed)
      return;
  }
  report.lines.push_back(checkLayer(state));
}

void Checker::checkWholeRuns(CheckState &state, const RoutedTokens &routed,
                             const RoutedTokens &other, CheckReport &report) {
  Execution &run = state.run;
  reference::check(cudaMemcpyAsync(scratch.out.data(), run.out(),
                                   run.outMemory().size(),
                                   cudaMemcpyDeviceToDevice, stream),
                   "keeping the output");
  run.poison();
  run.run();
  report.lines.push_back(compareWithStaged("again", state));

  run.poison();
  run.runQuantised(scratch.x.as<std::uint8_t>(), scratch.xScales.as<float>());
  report.lines.push_back(compareWithStaged("quantised x", state));

  run.poison();
  run.setRouting(other);
  Graph graph(stream, [&] { run.run(); });
  graph.launch(stream);
  run.setRouting(routed); // in place; the workspace is left as it is
  graph.launch(stream);
  report.lines.push_back(compareWithStaged("graph replay", state));
}

CheckReport Checker::check(Execution &run, const Weights &weights,
                           const RoutedTokens &routed,
                           const RoutedTokens &other) {
  CheckReport report;
  run.setRouting(routed);
  const std::uint64_t inputs = run.hashInputs();
  const std::uint64_t weightHash = weights.hash(stream);
  CheckState state(run, scratch, routed, stream);
  runStages(state, report);
  if (report.lines.size() > std::size(kStages))
    checkWholeRuns(state, routed, other, report);
  report.lines.push_back(checkGuards(run, stream));
  const bool kept =
      run.hashInputs() == inputs && weights.hash(stream) == weightHash;
  report.lines.push_back(
      {"inputs", kept, kept ? "unchanged" : "changed", std::nullopt});
  return report;
}

CheckReport Checker::checkNoTokens(Execution &run) {
  CheckReport report;
  run.poison();
  run.run();
  for (Stage stage : kStages)
    run.runStage(stage);
  run.wait();
  report.lines.push_back(checkGuards(run, stream));
  return report;
}

} // namespace moert::bench
