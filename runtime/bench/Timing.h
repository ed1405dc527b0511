//===- Timing.h - times of graph replays on a cold cache --------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_TIMING_H
#define MOE_RUNTIME_BENCH_TIMING_H

#include "runtime/bench/Baselines.h"
#include "runtime/bench/CudaObjects.h"
#include "runtime/bench/Floor.h"
#include "runtime/bench/Inputs.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace moert::bench {

struct Times {
  double medianUs = 0.0, minUs = 0.0;
};

/// One row of the table and one record of the JSON file.
struct StageTime {
  std::string stage; ///< A stage's name, or "layer".
  StageWork work;
  Times afterWrite; ///< Right after a write of 256 MB, which empties L2.
  Times afterRead;  ///< After that write and a read of 256 MB: no dirty lines
                    ///< are left to be written back within the replay.
  std::optional<double> error; ///< Against double precision, if checked.
  BaselineTimes others{};      ///< What other libraries took, if known.
};

/// Of at least one value.
double medianOf(std::vector<double> values);

class Timer {
public:
  /// The GPU has nothing to do for `pauseMs` before each replay, or rather
  /// before the write that goes ahead of it.
  Timer(cudaStream_t stream, int repeats, double pauseMs = 0);

  /// Times replays of what `enqueue` puts on the stream; events stand around
  /// the replay only.
  Times time(const std::function<void()> &enqueue, bool readAfterWrite);

  /// µs of each of `runs` replays of a graph, after `warmUps` that do not
  /// count.
  std::vector<double> replay(const Graph &graph, int warmUps, int runs,
                             bool readAfterWrite);

  /// Bytes read and written a microsecond of a device-to-device copy, median.
  double copyBandwidth();

  /// Every stage and the layer; no combine if the reduction is atomic (down is
  /// then replayed on sums of earlier replays, which takes no longer). The
  /// call's routing is set.
  std::vector<StageTime> timeCall(Execution &run,
                                  const reference::SortedRouting &routing);

private:
  cudaStream_t stream;
  int repeats;
  std::chrono::duration<double, std::milli> pause;
  reference::DeviceMemory flushed, sink;
};

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_TIMING_H
