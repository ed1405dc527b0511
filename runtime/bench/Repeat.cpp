//===- Repeat.cpp - the same bits again, and alone ------------------------===//
#include "runtime/bench/Repeat.h"

#include "runtime/bench/ExpectedOutput.h"

#include <fmt/format.h>

#include <algorithm>

namespace moert::bench {

using namespace reference;

namespace {

/// Replays the call's graph, and after each replay calls `judge` with the place
/// of a number on the device, zero, that the replay is judged by.
template <class Judge>
std::vector<std::uint64_t> replay(Execution &run, int replays,
                                  cudaStream_t stream, Judge judge) {
  run.poison();
  const Graph graph(stream, [&] { run.run(); });
  DeviceMemory memory(replays * sizeof(std::uint64_t));
  check(cudaMemsetAsync(memory.data(), 0, memory.size(), stream),
        "clearing the judgements");
  for (int i = 0; i < replays; ++i) {
    graph.launch(stream);
    judge(memory.as<std::uint64_t>() + i);
  }
  check(cudaStreamSynchronize(stream), "waiting for the replays");
  return download<std::uint64_t>(memory.data(), replays);
}

/// Each replay's output against what some order of additions gives.
CheckLine checkReplayedSums(Execution &run, const RoutedTokens &routed,
                            int replays, cudaStream_t stream) {
  const ExpectedOutput expected(run, routed, stream);
  const std::int64_t count = run.tokens() * run.layer().hidden;
  const auto outside =
      replay(run, replays, stream, [&](std::uint64_t *judgement) {
        addOutside(run.out(), *expected.limits(), count, judgement, stream);
      });
  const auto wrong = std::count_if(outside.begin(), outside.end(),
                                   [](std::uint64_t one) { return one != 0; });
  return {"replays", wrong == 0,
          fmt::format("{} of one graph, {} beyond the bound of any order of "
                      "additions",
                      replays, wrong),
          std::nullopt};
}

} // namespace

CheckLine checkReplays(Execution &run, const RoutedTokens &routed, int replays,
                       cudaStream_t stream) {
  if (run.layer().reduction == Reduction::atomic)
    return checkReplayedSums(run, routed, replays, stream);
  const auto hashes =
      replay(run, replays, stream, [&](std::uint64_t *judgement) {
        addHash(run.out(), run.outMemory().size(), judgement, stream);
      });
  const auto differing =
      std::count_if(hashes.begin(), hashes.end(),
                    [&](std::uint64_t hash) { return hash != hashes.front(); });
  return {"replays", differing == 0,
          fmt::format("{} of one graph, {} differ from the first", replays,
                      differing),
          std::nullopt};
}

CheckLine checkAlone(const FusedMoe &moe, const Weights &weights,
                     Execution &batch, const RoutedTokens &routed,
                     cudaStream_t stream) {
  constexpr std::int64_t kMost = 16;
  const ExpectedOutput expected(batch, routed, stream);
  Execution alone(moe, weights, 1, /*seed=*/0, stream);
  const std::int64_t count = std::min(kMost, batch.tokens());
  CheckLine line{"alone", true, "", std::nullopt};
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t token =
        count == 1 ? 0 : i * (batch.tokens() - 1) / (count - 1);
    alone.copyToken(batch, token);
    alone.poison();
    alone.run();
    const auto one = expected.compare(alone.out(), token, 1, stream);
    if (one.passed)
      continue;
    line.passed = false;
    line.detail += fmt::format("token {}: {}; ", token, one.detail);
  }
  if (line.passed)
    line.detail = fmt::format(
        "{} tokens of {}: {} in a call of their own", count, batch.tokens(),
        expected.limits() ? "within the bound of any order of additions"
                          : "same bits");
  return line;
}

} // namespace moert::bench
