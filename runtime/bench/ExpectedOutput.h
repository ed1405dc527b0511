//===- ExpectedOutput.h - what every run of a call must give ----*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_EXPECTEDOUTPUT_H
#define MOE_RUNTIME_BENCH_EXPECTEDOUTPUT_H

#include "runtime/bench/CheckLine.h"
#include "runtime/bench/CheckState.h"

namespace moert::bench {

/// What every run of a call must give: the bits of a first run or, if the
/// reduction is atomic, a sum that the model's rows can have in some order.
class ExpectedOutput {
public:
  /// Runs the call once on poisoned memory. Its routing is `routed`.
  ExpectedOutput(Execution &run, const RoutedTokens &routed,
                 cudaStream_t stream);

  struct Verdict {
    bool passed = false;
    std::string detail;
  };
  /// Compares `tokens` rows of an output, which stand for the call's tokens
  /// from `first` on.
  Verdict compare(const std::uint16_t *out, std::int64_t first,
                  std::int64_t tokens, cudaStream_t stream) const;

  /// Null if the reduction is ordered.
  const reference::SumLimits *limits() const {
    return atomic ? &sumLimits : nullptr;
  }

private:
  bool atomic;
  std::int64_t hidden;
  reference::DeviceMemory bits; ///< [T, H] of the first run, unless atomic.
  Scratch scratch;              ///< Holds what the limits point to.
  reference::SumLimits sumLimits;
};

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_EXPECTEDOUTPUT_H
