//===- Timing.cpp - times of graph replays on a cold cache ----------------===//
#include "runtime/bench/Timing.h"

#include "runtime/bench/InputKernels.h"

#include <algorithm>
#include <thread>

namespace moert::bench {

using namespace reference;

namespace {

constexpr std::size_t kFlushBytes = 256u << 20; // several times the L2
constexpr std::size_t kCopyBytes = 1u << 30;
constexpr int kWarmUps = 2;

} // namespace

double medianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  std::size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle]
                           : (values[middle - 1] + values[middle]) / 2;
}

Timer::Timer(cudaStream_t stream, int repeats, double pauseMs)
    : stream(stream), repeats(repeats), pause(pauseMs), flushed(kFlushBytes),
      sink(sizeof(unsigned)) {}

Times Timer::time(const std::function<void()> &enqueue, bool readAfterWrite) {
  const std::vector<double> microseconds =
      replay(Graph(stream, enqueue), kWarmUps, repeats, readAfterWrite);
  return {medianOf(microseconds),
          *std::min_element(microseconds.begin(), microseconds.end())};
}

std::vector<double> Timer::replay(const Graph &graph, int warmUps, int runs,
                                  bool readAfterWrite) {
  Event start, stop;
  std::vector<double> microseconds;
  for (int i = -warmUps; i < runs; ++i) {
    if (pause.count() > 0)
      std::this_thread::sleep_for(pause);
    check(cudaMemsetAsync(flushed.data(), 1, flushed.size(), stream),
          "flushing L2");
    if (readAfterWrite)
      readMemory(flushed.data(), flushed.size(), sink.as<unsigned>(), stream);
    // The write takes longer than these calls, so the replay starts as soon as
    // the GPU gets to it.
    start.record(stream);
    graph.launch(stream);
    stop.record(stream);
    check(cudaStreamSynchronize(stream), "waiting for a timed replay");
    if (i >= 0)
      microseconds.push_back(stop.microsecondsSince(start));
  }
  return microseconds;
}

double Timer::copyBandwidth() {
  DeviceMemory from(kCopyBytes), to(kCopyBytes);
  check(cudaMemsetAsync(from.data(), 1, kCopyBytes, stream), "memset");
  Times times =
      time([&] { copyMemory(to.data(), from.data(), kCopyBytes, stream); },
           /*readAfterWrite=*/true);
  return 2.0 * kCopyBytes / times.medianUs;
}

std::vector<StageTime> Timer::timeCall(Execution &run,
                                       const SortedRouting &routing) {
  std::vector<StageTime> times;
  auto add = [&](const char *name, StageWork work,
                 const std::function<void()> &enqueue) {
    times.push_back(
        {name, work, time(enqueue, false), time(enqueue, true), {}, {}});
  };
  run.run(); // every stage then finds the tensors that it reads
  run.wait();
  const LayerDescription &layer = run.layer();
  const bool atomic = layer.reduction == Reduction::atomic;
  const bool shares = run.downRows(routing) < routing.paddedRows();
  for (Stage stage : kStages) {
    if (atomic && stage == Stage::combine)
      continue; // nothing to time
    add(stageName(stage),
        workOf(stage, layer, run.tokens(), routing, shares ? run.tokens() : 0),
        [&] { run.runStage(stage); });
  }
  add("layer", workOfLayer(layer, run.tokens(), routing), [&] { run.run(); });
  return times;
}

} // namespace moert::bench
