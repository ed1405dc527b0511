//===- Session.h - one layer over all T -------------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_SESSION_H
#define MOE_RUNTIME_BENCH_SESSION_H

#include "runtime/bench/Baselines.h"
#include "runtime/bench/Check.h"
#include "runtime/bench/Options.h"
#include "runtime/bench/Records.h"

#include <optional>
#include <string>
#include <vector>

namespace moert::bench {

/// Prints now, also into a pipe: a crash must not take the lines before it.
void say(const std::string &text);

/// A layer, its weights and routing, over all T that were asked for.
class Session {
public:
  /// `timer` is null if nothing is timed. All arguments outlive the session.
  Session(const Options &options, const Baselines &baselines,
          const std::string &name, const FusedMoe &moe, Timer *timer,
          cudaStream_t stream);

  /// Checks and times one T, printing as it goes; false if a check failed.
  bool run(std::int64_t tokens);

  std::vector<Record> records; ///< Of every T that was timed.

private:
  bool runOnce(Execution &call);
  CheckReport check(Execution &call, const RoutedTokens &routed);
  void time(Execution &call, const RoutedTokens &routed,
            const CheckReport &report);

  const Options &options;
  const Baselines &baselines;
  std::string name;
  const FusedMoe &moe;
  Timer *timer;
  cudaStream_t stream;
  Weights weights;
  RoutingSource source, otherSource;
  Checker checker;
};

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_SESSION_H
