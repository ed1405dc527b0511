//===- Check.h - everything that a call must show ---------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_CHECK_H
#define MOE_RUNTIME_BENCH_CHECK_H

#include "runtime/bench/CheckLine.h"
#include "runtime/bench/CheckState.h"

namespace moert::bench {

/// Checks calls of one process; keeps the reference tensors' memory.
class Checker {
public:
  explicit Checker(cudaStream_t stream) : stream(stream) {}

  /// Runs the call stage by stage on poisoned memory and checks each stage's
  /// tensors, that it wrote nothing else, and the whole layer; then that the
  /// call as a whole gives the same bits (if the reduction is atomic: a sum
  /// that the model's rows can have in some order) eagerly, as the replay of a
  /// graph captured with the routing `other`, and on an x quantised beforehand;
  /// then guards and inputs. The call's routing is `routed` when it returns.
  CheckReport check(Execution &run, const Weights &weights,
                    const RoutedTokens &routed, const RoutedTokens &other);

  /// A call without tokens touches nothing.
  CheckReport checkNoTokens(Execution &run);

private:
  void runStages(CheckState &state, CheckReport &report);
  void checkWholeRuns(CheckState &state, const RoutedTokens &routed,
                      const RoutedTokens &other, CheckReport &report);

  cudaStream_t stream;
  Scratch scratch;
};

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_CHECK_H
