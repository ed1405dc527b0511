//===- AnyOrder.cu - what sums in any order may give ----------------------===//
#include "runtime/reference/AnyOrder.h"

#include "runtime/reference/Report.cuh"
#include "runtime/reference/Warp.cuh"

namespace moert::reference {

namespace {

using Count = unsigned long long;
constexpr Count kNowhere = ~0ull;

/// The limits are stored in f32, which this covers many times over; where
/// there is nothing to round, both are exact.
constexpr double kStored = 0x1p-22;

/// `ordered` may be null: then the limits are about the exact sum.
__global__ void limitsKernel(LayerExtents layer, const std::uint16_t *rows,
                             const std::int32_t *ids,
                             const std::uint16_t *ordered, SumLimits limits) {
  const std::int64_t token = blockIdx.x;
  for (auto c = std::int64_t(threadIdx.x); c < layer.hidden; c += blockDim.x) {
    double sum = 0.0, magnitudes = 0.0;
    std::int64_t terms = 0;
    for (std::int64_t s = 0; s < layer.slots; ++s) {
      const std::int64_t pair = token * layer.slots + s;
      if (ids[pair] < 0 || ids[pair] >= layer.experts)
        continue;
      const double row = decodeBf16(rows[pair * layer.hidden + c]);
      sum += row;
      magnitudes += fabs(row);
      ++terms;
    }
    const std::int64_t roundings = terms == 0 ? 0
                                   : ordered  ? terms - 1 + kRoundingsOfOrdered
                                              : terms - 1;
    const double bound =
        roundings ? boundOfRoundings(roundings) + kStored : 0.0;
    const std::int64_t at = token * layer.hidden + c;
    limits.about[at] =
        ordered ? decodeBf16(ordered[at]) : static_cast<float>(sum);
    limits.allowed[at] = static_cast<float>(bound * magnitudes);
  }
}

/// How far an element is, over what it may be; more than 1 is outside.
__device__ float distanceOf(std::uint16_t out, float about, float allowed) {
  const double distance =
      fabs(static_cast<double>(decodeBf16(out)) - static_cast<double>(about));
  if (distance <= allowed)
    return distance == 0.0 ? 0.0f : static_cast<float>(distance / allowed);
  const double ratio = distance / allowed; // perhaps of 0, perhaps NaN
  return ratio < 1e30 ? fmaxf(static_cast<float>(ratio), 1.0000002f) : 1e30f;
}

struct LimitReport {
  Count outside, first;
  unsigned worst; ///< Bits of an f32 that is not negative.
};

__global__ void compareLimitsKernel(const std::uint16_t *out, SumLimits limits,
                                    std::int64_t count, LimitReport *report) {
  Count outside = 0, first = kNowhere;
  float worst = 0.0f;
  const std::int64_t threads = std::int64_t(gridDim.x) * blockDim.x;
  for (auto i = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += threads) {
    const float distance =
        distanceOf(out[i], limits.about[i], limits.allowed[i]);
    worst = fmaxf(worst, distance);
    if (distance <= 1.0f)
      continue;
    ++outside;
    first = Count(i) < first ? Count(i) : first;
  }
  outside = warpSum(outside);
  worst = warpMax(worst);
  if (lane() == 0) {
    atomicAdd(&report->outside, outside);
    atomicMax(&report->worst, bitsOf(worst));
  }
  if (first != kNowhere)
    atomicMin(&report->first, first);
}

__global__ void addOutsideKernel(const std::uint16_t *out, SumLimits limits,
                                 std::int64_t count, Count *outside) {
  Count mine = 0;
  const std::int64_t threads = std::int64_t(gridDim.x) * blockDim.x;
  for (auto i = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += threads)
    mine += distanceOf(out[i], limits.about[i], limits.allowed[i]) > 1.0f;
  mine = warpSum(mine);
  if (lane() == 0 && mine)
    atomicAdd(outside, mine);
}

void launchLimits(const LayerExtents &layer, const std::uint16_t *rows,
                  const std::int32_t *ids, const std::uint16_t *ordered,
                  SumLimits limits, cudaStream_t stream) {
  limitsKernel<<<static_cast<unsigned>(layer.tokens), 256, 0, stream>>>(
      layer, rows, ids, ordered, limits);
  checkLaunch("limits");
}

} // namespace

void limitsOfAnyOrder(const LayerExtents &layer, const std::uint16_t *rows,
                      const std::int32_t *ids, SumLimits limits,
                      cudaStream_t stream) {
  launchLimits(layer, rows, ids, nullptr, limits, stream);
}

void limitsOfOrdered(const LayerExtents &layer, const std::uint16_t *rows,
                     const std::int32_t *ids, const std::uint16_t *ordered,
                     SumLimits limits, cudaStream_t stream) {
  launchLimits(layer, rows, ids, ordered, limits, stream);
}

LimitDifference compareLimits(const std::uint16_t *out, SumLimits limits,
                              std::int64_t count, cudaStream_t stream) {
  Report<LimitReport> device({0, kNowhere, 0});
  compareLimitsKernel<<<kMaxBlocks, kWarpThreads, 0, stream>>>(
      out, limits, count, device.device());
  const LimitReport report = device.read(stream, "compareLimits");
  LimitDifference difference;
  difference.elements = count;
  difference.outside = static_cast<std::int64_t>(report.outside);
  difference.worst = floatOf(report.worst);
  if (report.first != kNowhere)
    difference.firstOutside = static_cast<std::int64_t>(report.first);
  return difference;
}

void addOutside(const std::uint16_t *out, SumLimits limits, std::int64_t count,
                std::uint64_t *outside, cudaStream_t stream) {
  static_assert(sizeof(Count) == sizeof *outside);
  addOutsideKernel<<<kMaxBlocks, kWarpThreads, 0, stream>>>(
      out, limits, count, reinterpret_cast<Count *>(outside));
  checkLaunch("addOutside");
}

} // namespace moert::reference
