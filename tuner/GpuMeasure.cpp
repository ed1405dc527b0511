//===- GpuMeasure.cpp - times and checks on device 0 ----------------------===//
#include "tuner/GpuMeasure.h"

#include <algorithm>
#include <cstdio>

namespace moert::tune {

GpuMeasure::GpuMeasure(const LayerDescription &layer, KernelSource &source,
                       const Batches &batches, std::uint64_t seed,
                       cudaStream_t stream)
    : stream(stream), weights(layer, seed, stream), pairs(layer, source),
      stand(layer, weights, batches, seed, stream),
      check(weights, seed, stream), timer(stream, /*repeats=*/1) {}

/// Runs `body`; what it throws is told to have happened with these kernels.
template <class Body>
static auto with(const Pair &pair, const char *what, const Body &body) {
  try {
    return body();
  } catch (...) {
    std::fprintf(stderr, "moe-tune: while %s %s and %s:\n", what,
                 pair.up.name().c_str(), pair.down.name().c_str());
    throw;
  }
}

double GpuMeasure::microseconds(const Pair &pair, Region region,
                                std::int64_t tokens, Effort effort) {
  return with(pair, "timing",
              [&] { return time(pair, region, tokens, effort); });
}

std::optional<std::string> GpuMeasure::fault(const Pair &pair, Gemm gemm) {
  return with(pair, "checking",
              [&] { return check.fault(pairs.of(pair), gemm); });
}

double GpuMeasure::time(const Pair &pair, Region region, std::int64_t tokens,
                        Effort effort) {
  const auto moe = pairs.of(pair);
  stand.prepare(*moe, tokens);
  const int calls = std::min(effort.batches, stand.calls());
  double sum = 0;
  for (int i = 0; i < calls; ++i) {
    const LayerArgs args = stand.args(i);
    const bench::Graph graph(stream, [&] {
      if (region == Region::layer)
        moe->run(args, stream);
      else
        moe->runStage(region == Region::up ? Stage::up : Stage::down, args,
                      stream);
    });
    sum += bench::medianOf(timer.replay(graph, /*warmUps=*/1, effort.runs,
                                        /*readAfterWrite=*/false));
  }
  return sum / calls;
}

} // namespace moert::tune
