//===- Records.h - timed calls as a file of results keeps them --*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_RECORDS_H
#define MOE_RUNTIME_BENCH_RECORDS_H

#include "runtime/bench/Timing.h"
#include "runtime/bench/report/Results.h"

#include <string>
#include <vector>

namespace moert::bench {

/// What was timed: one routing of one T.
struct TimedCall {
  std::string layer; ///< File name under configs/models, without its end.
  std::int64_t tokens = 0;
  std::string routing; ///< As typed.
  std::vector<StageTime> times;
  Reduction reduction = Reduction::ordered; ///< "mode": "deterministic" or
                                            ///< "atomic".
  double drop = 0.0;        ///< Fraction of routed ids that are -1.
  std::string up{}, down{}; ///< Kernels of the plan, as kernelText has them.
};

/// A record a stage, with the times after a write.
std::vector<Record> recordsOf(const TimedCall &call);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_RECORDS_H
