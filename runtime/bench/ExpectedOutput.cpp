//===- ExpectedOutput.cpp - what every run of a call must give ------------===//
#include "runtime/bench/ExpectedOutput.h"

#include "runtime/bench/StageChecks.h"

namespace moert::bench {

using namespace reference;

ExpectedOutput::ExpectedOutput(Execution &run, const RoutedTokens &routed,
                               cudaStream_t stream)
    : atomic(run.layer().reduction == Reduction::atomic),
      hidden(run.layer().hidden) {
  run.poison();
  run.run();
  if (atomic) {
    CheckState state(run, scratch, routed, stream);
    makeLimits(state); // from the h of this run
    sumLimits = state.limits();
  } else {
    bits.grow(run.outMemory().size());
    reference::check(cudaMemcpyAsync(bits.data(), run.out(), bits.size(),
                                     cudaMemcpyDeviceToDevice, stream),
                     "keeping the output");
  }
  run.wait();
}

ExpectedOutput::Verdict ExpectedOutput::compare(const std::uint16_t *out,
                                                std::int64_t first,
                                                std::int64_t tokens,
                                                cudaStream_t stream) const {
  if (atomic) {
    const LimitDifference one = compareLimits(
        out, sumLimits.from(first, hidden), tokens * hidden, stream);
    return {passed(one), describe(one, hidden)};
  }
  const BitDifference one =
      compareBits(out, bits.as<std::uint16_t>() + first * hidden, tokens,
                  hidden, sizeof *out, {}, stream);
  return {passed(one), describe(one)};
}

} // namespace moert::bench
