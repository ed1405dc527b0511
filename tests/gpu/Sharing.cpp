//===- Sharing.cpp - one layer, several streams, and bad ids --------------===//
#include "tests/gpu/Sharing.h"

#include <thread>

namespace moert::tests {

using namespace bench;
using reference::download;

namespace {

constexpr std::uint64_t kSeed = 3;

using Bits = std::vector<std::uint16_t>;

RoutedTokens drawing(const FusedMoe &moe, std::int64_t tokens) {
  return RoutingSource({}, moe.manifest().layer, kSeed).draw(tokens);
}

/// The output of one call on poisoned memory.
Bits outputOf(Execution &run) {
  run.poison();
  run.run();
  run.wait();
  return download<std::uint16_t>(run.out(), run.tokens() * run.layer().hidden);
}

/// Calls again and again; stops at the first output that differs.
void repeatCalls(Execution &run, const Bits &want, std::string &wrong) {
  constexpr int kCalls = 20;
  try {
    for (int call = 0; call < kCalls && wrong.empty(); ++call)
      if (outputOf(run) != want)
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
  first.setRouting(drawing(moe, first.tokens()));
  second.setRouting(drawing(moe, second.tokens()));
  const Bits firstWant = outputOf(first), secondWant = outputOf(second);
  std::string firstWrong, secondWrong;
  std::thread other([&] { repeatCalls(second, secondWant, secondWrong); });
  repeatCalls(first, firstWant, firstWrong);
  other.join();
  const std::string wrong = firstWrong + secondWrong;
  return {"two streams", wrong.empty(), wrong.empty() ? "same bits" : wrong,
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
  const Bits want = outputOf(run);
  run.setRouting(bad);
  CheckLine line{"bad ids", outputOf(run) == want, "", std::nullopt};
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
  line.passed &= outputOf(checked) == want;
  return line;
}

} // namespace moert::tests
