//===- ConfiguredKernels.h - the kernels of one configuration ---*- C++ -*-===//
//
// moe-bench has no compiler: what --config asks for must be in the package.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_BENCH_CONFIGUREDKERNELS_H
#define MOE_RUNTIME_BENCH_CONFIGUREDKERNELS_H

#include "moert/Manifest.h"
#include "runtime/config/ConfigRequest.h"

#include <cstdint>
#include <string>
#include <vector>

namespace moert::bench {

/// Reads what --config gives for a layer. Throws InputError or moert::Error if
/// it is none that can be timed: `none`, a directory, or another tuner's file,
/// whose schedules only the compiler knows.
config::LayerConfigs readConfigs(const std::vector<std::string> &values,
                                 const LayerDescription &layer);

/// Kernels of a package that differ in who loads the rows of down.
struct ConfiguredKernels {
  std::int64_t rowAlignment = 0;
  std::string up;
  std::string down;       ///< Rows loaded by TMA.
  std::string copiedDown; ///< Rows copied by threads.
  bool operator==(const ConfiguredKernels &) const = default;
};

/// True if the kernel has everything that is asked for, but for who loads its
/// rows; registers count if `withRegisters`, as they follow who does.
bool isAskedFor(const config::TunedSchedule &wanted, const KernelRecord &kernel,
                bool withRegisters);

/// The kernels that `configs` asks for at `tokens` tokens; what it leaves open
/// is whatever the package has, and a GEMM without a configuration has the
/// kernel of its plan. Throws InputError if there are none, which says with
/// which command they are written (`values` are those of --config), or several.
ConfiguredKernels selectKernels(const Manifest &manifest,
                                const config::LayerConfigs &configs,
                                std::int64_t tokens,
                                const std::vector<std::string> &values,
                                const std::string &directory);

/// The manifest of a package whose calls all take `up` and one of the downs.
Manifest manifestWith(const Manifest &package, const ConfiguredKernels &kernels,
                      bool copiedRows, const config::LayerConfigs &configs);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_CONFIGUREDKERNELS_H
