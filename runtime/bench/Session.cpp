//===- Session.cpp - one layer over all T ---------------------------------===//
#include "runtime/bench/Session.h"

#include "runtime/bench/Repeat.h"
#include "runtime/bench/Table.h"

#include <fmt/format.h>

#include <cstdio>

namespace moert::bench {

namespace {

/// What a captured graph saw before its routing changed: any other drawing.
RoutingChoice otherRouting(RoutingChoice choice) {
  if (choice.kind == RoutingChoice::Kind::file)
    choice.kind = RoutingChoice::Kind::uniform;
  return choice;
}

bool isUniform(const RoutingChoice &choice) {
  return choice.kind == RoutingChoice::Kind::uniform && choice.drop == 0.0;
}

} // namespace

void say(const std::string &text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

Session::Session(const Options &options, const Baselines &baselines,
                 const std::string &name, const FusedMoe &moe, Timer *timer,
                 cudaStream_t stream)
    : options(options), baselines(baselines), name(name), moe(moe),
      timer(timer), stream(stream),
      weights(moe.manifest().layer, options.seed, stream),
      source(options.routing, moe.manifest().layer, options.seed),
      otherSource(otherRouting(options.routing), moe.manifest().layer,
                  options.seed + 1),
      checker(stream) {}

bool Session::run(std::int64_t tokens) {
  say(fmt::format("{}, {} tokens, {} routing, seed {}\n", name, tokens,
                  options.routing.text, options.seed));
  say(planText(moe.manifest(), tokens));
  Execution call(moe, weights, tokens, options.seed, stream);
  RoutedTokens routed = source.draw(tokens);
  call.setRouting(routed);
  if (options.sanitize)
    return runOnce(call);
  const CheckReport report = check(call, routed);
  say(checkText(report));
  if (timer)
    time(call, routed, report);
  return report.passed();
}

bool Session::runOnce(Execution &call) {
  for (Stage stage : kStages)
    call.runStage(stage);
  call.run();
  call.wait();
  say("  every stage ran once, then the layer\n");
  return true;
}

CheckReport Session::check(Execution &call, const RoutedTokens &routed) {
  CheckReport report;
  if (options.check)
    report =
        checker.check(call, weights, routed, otherSource.draw(call.tokens()));
  if (options.replays > 0)
    report.lines.push_back(checkReplays(call, routed, options.replays, stream));
  if (options.alone)
    report.lines.push_back(checkAlone(moe, weights, call, routed, stream));
  return report;
}

void Session::time(Execution &call, const RoutedTokens &routed,
                   const CheckReport &report) {
  const Manifest &manifest = moe.manifest();
  const Plan &plan = manifest.plan(call.tokens());
  TimedCall timed;
  timed.layer = name;
  timed.tokens = call.tokens();
  timed.routing = options.routing.text;
  timed.reduction = manifest.layer.reduction;
  timed.drop = options.routing.drop;
  timed.up = kernelText(manifest.kernel(plan.up));
  timed.down = kernelText(manifest.kernel(plan.down));
  timed.times = timer->timeCall(
      call, reference::sortByExpert(routed.ids, manifest.layer.totalExperts(),
                                    call.layout().rowAlignment));
  for (StageTime &stage : timed.times) {
    stage.error = report.error(stage.stage);
    if (isUniform(options.routing)) // as the others were measured
      stage.others = baselines.of(name, call.tokens(), stage.stage);
  }
  say(timingText(timed.times));
  for (Record &record : recordsOf(timed))
    records.push_back(std::move(record));
}

} // namespace moert::bench
