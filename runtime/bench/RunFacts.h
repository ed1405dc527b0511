//===- RunFacts.h - on what and when times were measured --------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_RUNFACTS_H
#define MOE_RUNTIME_BENCH_RUNFACTS_H

#include "runtime/bench/report/Results.h"

#include <string>

namespace moert::bench {

/// What device 0, which is open, the driver and the clock on the wall say. What
/// the options decide and what is measured is left out. Throws CudaError.
Run factsOfDevice();

/// The number in what the driver says of its kernel module, "580.159.03"; "" if
/// there is none.
std::string driverVersion(const std::string &text);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_RUNFACTS_H
