//===- Launch.h - one launch of a kernel on the CPU -------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_LAUNCH_H
#define COMPILER_SIMULATE_LAUNCH_H

#include "compiler/simulate/Fibers.h"
#include "compiler/simulate/Finding.h"
#include "compiler/simulate/GlobalMemory.h"
#include "compiler/simulate/Jit.h"
#include "compiler/simulate/SharedMemory.h"
#include "compiler/simulate/TensorMap.h"
#include "compiler/simulate/Trace.h"

#include <functional>
#include <optional>
#include <random>

namespace mlir::moe::sim {

/// An argument of a kernel: a tensor map (passed by value) or 64 bits.
struct Argument {
  const TensorMap *map = nullptr;
  uint64_t bits = 0;
};

/// The kernels before a programmatic launch, by the tensors that they use:
/// until griddepcontrol.wait they may still run.
struct EarlierKernels {
  std::vector<std::string> writes, reads;
  /// Those of `writes` that may be read before, by a thread that has asked the
  /// tensor `counter` for what is there, and passed a proxy fence since.
  std::vector<std::string> counted;
  std::string counter;
  using Steps = std::vector<std::function<void()>>;
  /// Makes them undone, and returns what does them: steps in any order, of
  /// which each counts what it stores. Null where nothing is counted.
  std::function<Steps()> begin;
  std::function<void()> end; ///< Behind all steps: says so.
};

/// What is launched, and how.
struct LaunchConfig {
  unsigned grid = 1, threads = 128;
  uint32_t sharedMemory = 0;
  std::vector<Argument> arguments;
  std::vector<Region> regions; ///< Names of the parts of shared memory.
  std::optional<EarlierKernels> earlier; ///< None: nothing is running.
  uint64_t seed = 0;
  Trace *trace = nullptr; ///< May be null.
};

/// Runs the clusters one after the other: they do not talk to each other. The
/// state that all blocks share.
class Launch {
public:
  Launch(const Jit &kernel, LaunchConfig config, GlobalMemory &global);

  /// Runs to the end or to the first finding.
  std::optional<Finding> run();

  uint64_t random(uint64_t below) { return generator() % below; }

  const Jit &kernel;
  LaunchConfig config;
  GlobalMemory &global;
  StackPool stacks;
  std::optional<Finding> finding;
  uint64_t steps = 0; ///< Turns of the scheduler so far: the trace's time.

private:
  std::mt19937_64 generator;
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_LAUNCH_H
