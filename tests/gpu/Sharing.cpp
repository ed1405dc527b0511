//===- Sharing.cpp - one layer, several streams, and bad ids --------------===//
#include "tests/gpu/Sharing.h"

#include "runtime/bench/ExpectedOutput.h"

#include <thread>

namespace moert::tests {

using namespace bench;

namespace {

constexpr std::uint64_t kSeed = 3;

RoutedTokens drawing(const FusedMoe &moe, std::int64_t tokens) {
  return RoutingSource({}, moe.manifest().layer, kSeed).draw(tokens);
}

/// Whether one call on poisoned memory gives what it must.
bool gives(Execution &run, const ExpectedOutput &want, cudaStream_t stream) {
  run.poison();
  run.run();
  run.wait();
  return want.compare(run.out(), 0, run.tokens(), stream).passed;
}

/// Calls again and again; stops at the first output that differs.
void repeatCalls(Execution &run, const ExpectedOutput &want,
                 cudaStream_t stream, std::string &wrong) {
  constexpr int kCalls = 20;
  try {
    for (int call = 0; call < kCalls && wrong.empty(); ++call)
      if (!gives(run, want, stream))
        wrong = "call " + std::to_string(call) + " of " +
                std::to_string(run.tokens()) + " tokens differs; ";
  } catch (const std::exception &error) {
    wrong = error.what(); // an exception must not leave its thread
  }
}

} // namespace

CheckLine checkTwoStreams(const FusedMoe &moe, const Weights &weights) {
  Stream firstStream, secondStream;
  Execution first(moe, weights, 64, kSeed, firstStream);
  Execution second(moe, weights, 300, kSeed, secondStream);
  const RoutedTokens firstRouted = drawing(moe, first.tokens());
  const RoutedTokens secondRouted = drawing(moe, second.tokens());
  first.setRouting(firstRouted);
  second.setRouting(secondRouted);
  const ExpectedOutput firstWant(first, firstRouted, firstStream);
  const ExpectedOutput secondWant(second, secondRouted, secondStream);
  std::string firstWrong, secondWrong;
  std::thread other(
      [&] { repeatCalls(second, secondWant, secondStream, secondWrong); });
  repeatCalls(first, firstWant, firstStream, firstWrong);
  other.join();
  const std::string wrong = firstWrong + secondWrong;
  const char *right = firstWant.limits() ? "sums in some order" : "same bits";
  return {"two streams", wrong.empty(), wrong.empty() ? right : wrong,
          std::nullopt};
}

CheckLine checkBadIds(const std::filesystem::path &directory,
                      const FusedMoe &moe, const Weights &weights) {
  Stream stream;
  const std::int64_t tokens = 7;
  const LayerDescription &layer = moe.manifest().layer;
  RoutedTokens routed = drawing(moe, tokens), bad = routed;
  routed.ids[0] = routed.ids[layer.slots()] = -1;
  bad.ids[0] = static_cast<std::int32_t>(layer.totalExperts()) + 3;
  bad.ids[layer.slots()] = -5;

  Execution run(moe, weights, tokens, kSeed, stream);
  run.setRouting(routed);
  const ExpectedOutput want(run, routed, stream);
  run.setRouting(bad);
  CheckLine line{"bad ids", gives(run, want, stream), "", std::nullopt};
  line.detail = line.passed ? "count as -1; " : "do not count as -1; ";

  LoadOptions debug;
  debug.checkIds = true;
  const FusedMoe checking = FusedMoe::load(directory, debug);
  Execution checked(checking, weights, tokens, kSeed, stream);
  checked.setRouting(bad);
  try {
    checked.run();
    line.passed = false;
    line.detail += "checkIds did not throw";
  } catch (const Error &error) {
    line.passed &= error.code() == ErrorCode::invalidArgument;
    line.detail += std::string("checkIds: ") + error.what();
  }
  checked.setRouting(routed);
  line.passed &= gives(checked, want, stream);
  return line;
}

} // namespace moert::tests
