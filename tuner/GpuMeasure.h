//===- GpuMeasure.h - times and checks on device 0 --------------*- C++ -*-===//
#ifndef TUNER_GPUMEASURE_H
#define TUNER_GPUMEASURE_H

#include "runtime/bench/Timing.h"
#include "tuner/KernelCheck.h"
#include "tuner/LoadedPairs.h"
#include "tuner/Measure.h"
#include "tuner/Stand.h"

namespace moert::tune {

/// Replays graphs, each right after a write of 256 MB. The weights are made
/// once, here.
class GpuMeasure : public Measure {
public:
  /// Device 0 is open. The arguments outlive this.
  GpuMeasure(const LayerDescription &layer, KernelSource &source,
             const Batches &batches, std::uint64_t seed, cudaStream_t stream);

  double microseconds(const Pair &pair, Region region, std::int64_t tokens,
                      Effort effort) override;
  std::optional<std::string> fault(const Pair &pair, Gemm gemm) override;

private:
  double time(const Pair &pair, Region region, std::int64_t tokens,
              Effort effort);

  cudaStream_t stream;
  bench::Weights weights;
  LoadedPairs pairs;
  Stand stand;
  KernelCheck check;
  bench::Timer timer;
};

} // namespace moert::tune

#endif // TUNER_GPUMEASURE_H
