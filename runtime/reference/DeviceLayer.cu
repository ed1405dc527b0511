//===- DeviceLayer.cu - the steps around the GEMMs on the GPU -------------===//
//
// Rows are quantised by one warp a group of at most 128 columns; lane l holds
// columns l, l + 32, l + 64 and l + 96 of it.
//
//===----------------------------------------------------------------------===//
#include "runtime/reference/DeviceLayer.h"

#include "runtime/reference/Cuda.h"
#include "runtime/reference/Quantise.h"
#include "runtime/reference/Warp.cuh"

namespace moert::reference {

namespace {

/// Columns [first, last) of one row.
struct Group {
  std::int64_t row, index, first, last;
};

/// The group of this warp; index -1 where the grid has more warps than groups.
__device__ Group groupOfWarp(std::int64_t rows, std::int64_t columns,
                             std::int64_t offset, std::int64_t groups) {
  std::int64_t warp = globalWarp();
  if (warp >= rows * groups)
    return {0, -1, 0, 0};
  Group group{warp / groups, warp % groups, 0, 0};
  group.first = max(group.index * kBlock - offset, std::int64_t(0));
  group.last = min((group.index + 1) * kBlock - offset, columns);
  return group;
}

/// The largest magnitude of the group, in all lanes. No comparison with a NaN
/// holds, so one is passed over.
template <class Value> __device__ auto largestOf(Group group, Value value) {
  decltype(value(0)) largest = 0;
  for (auto c = group.first + lane(); c < group.last; c += 32) {
    auto signedValue = value(c);
    auto magnitude = signedValue < 0 ? -signedValue : signedValue;
    largest = magnitude > largest ? magnitude : largest;
  }
  return warpMax(largest);
}

__global__ void quantiseKernel(LayerExtents layer, const std::uint16_t *x,
                               std::uint8_t *codes, float *scales) {
  const std::int64_t groups = (layer.hidden + kBlock - 1) / kBlock;
  Group group = groupOfWarp(layer.tokens, layer.hidden, 0, groups);
  if (group.index < 0)
    return;
  const std::int64_t row = group.row * layer.hidden;
  auto value = [&](std::int64_t c) { return decodeBf16(x[row + c]); };
  GroupScale scale = groupScale(largestOf(group, value), layer.powerOfTwo);
  for (auto c = group.first + lane(); c < group.last; c += 32)
    codes[row + c] = quantised(value(c), scale);
  if (lane() == 0)
    scales[group.row * groups + group.index] = scale.scale;
}

/// Whether `scale` is what the rule makes of a maximum that may be off by the
/// tolerance; a power of two may then fall on either side of a boundary.
__device__ bool scaleIsRight(float scale, double largest, bool powerOfTwo,
                             double tolerance) {
  double low = largest * (1.0 - tolerance), high = largest * (1.0 + tolerance);
  float least = groupScale(static_cast<float>(low), powerOfTwo).scale;
  float most = groupScale(static_cast<float>(high), powerOfTwo).scale;
  return powerOfTwo ? scale == least || scale == most
                    : scale >= least && scale <= most;
}

__device__ double gated(float gate, float up) {
  return gate / (1.0 + exp(-static_cast<double>(gate))) * up;
}

/// Codes in the order of their values: neighbours differ by one.
__device__ int ordinal(std::uint8_t code) {
  int magnitude = code & 0x7f;
  return code & 0x80 ? -magnitude : magnitude;
}

__global__ void activateKernel(LayerExtents layer, const float *gateUp,
                               RowFilter rows, QuantisedH ofLayer,
                               QuantisedH h) {
  Group group = groupOfWarp(layer.rows, layer.intermediate, layer.scaleOffset,
                            layer.groups());
  if (group.index < 0 || !rows.takes(group.row))
    return;
  const float *gate = gateUp + group.row * 2 * layer.intermediate;
  auto rounded = [](float value) { return decodeBf16(encodeBf16(value)); };
  auto value = [&](std::int64_t c) {
    return gated(rounded(gate[c]), rounded(gate[layer.intermediate + c]));
  };
  const double largest = largestOf(group, value);
  const std::int64_t place = group.index * layer.rows + group.row;
  float scale = ofLayer.scales[place];
  if (!scaleIsRight(scale, largest, layer.powerOfTwo, kRoundingSlack))
    scale = groupScale(static_cast<float>(largest), layer.powerOfTwo).scale;
  for (auto c = group.first + lane(); c < group.last; c += 32) {
    const std::int64_t element = group.row * layer.intermediate + c;
    std::uint8_t own = encodeE4m3(static_cast<float>(value(c) / scale));
    std::uint8_t theirs = ofLayer.codes[element];
    bool close = abs(ordinal(own) - ordinal(theirs)) <= 1;
    h.codes[element] = close && !isNaNE4m3(theirs) ? theirs : own;
  }
  if (lane() == 0)
    h.scales[place] = scale;
}

struct ActivationReport {
  unsigned long long groups, elements, badScales, badCodes, notNearest;
  unsigned long long firstBadRow;
};

/// 0: the nearest code; 1: another, but as near up to the tolerance; 2: wrong.
__device__ int judgeCode(std::uint8_t code, double scaled) {
  double nearest = decodeE4m3(encodeE4m3(static_cast<float>(scaled)));
  double least = fabs(nearest - scaled);
  double error = fabs(decodeE4m3(code) - scaled);
  if (error <= least)
    return 0;
  // Written so that a NaN counts as wrong.
  return error <= least + kActivationTolerance * fabs(scaled) ? 1 : 2;
}

__global__ void compareActivationKernel(LayerExtents layer,
                                        const std::uint16_t *gateUp,
                                        const std::uint8_t *h,
                                        const float *hScales, RowFilter rows,
                                        ActivationReport *report) {
  Group group = groupOfWarp(layer.rows, layer.intermediate, layer.scaleOffset,
                            layer.groups());
  if (group.index < 0 || !rows.takes(group.row))
    return;
  const std::uint16_t *gate = gateUp + group.row * 2 * layer.intermediate;
  auto value = [&](std::int64_t c) {
    return gated(decodeBf16(gate[c]), decodeBf16(gate[layer.intermediate + c]));
  };
  const double largest = largestOf(group, value);
  float scale = hScales[group.index * layer.rows + group.row];
  int wrong = 0, near = 0;
  for (auto c = group.first + lane(); c < group.last; c += 32) {
    int verdict =
        judgeCode(h[group.row * layer.intermediate + c], value(c) / scale);
    near += verdict == 1;
    wrong += verdict == 2;
  }
  wrong = warpSum(wrong);
  near = warpSum(near);
  if (lane() != 0)
    return;
  bool badScale =
      !scaleIsRight(scale, largest, layer.powerOfTwo, kActivationTolerance);
  atomicAdd(&report->groups, 1ull);
  atomicAdd(&report->elements, group.last - group.first);
  if (near)
    atomicAdd(&report->notNearest, near);
  if (wrong)
    atomicAdd(&report->badCodes, wrong);
  if (badScale)
    atomicAdd(&report->badScales, 1ull);
  if (wrong || badScale)
    atomicMin(&report->firstBadRow, group.row);
}

__global__ void combineKernel(LayerExtents layer, const std::uint16_t *partials,
                              const std::int32_t *ids, std::uint16_t *out) {
  const std::int64_t token = blockIdx.x;
  const auto factor = static_cast<float>(layer.routedScalingFactor);
  for (auto c = std::int64_t(threadIdx.x); c < layer.hidden; c += blockDim.x) {
    float sum = 0.0f;
    for (std::int64_t s = 0; s < layer.slots; ++s) {
      std::int64_t pair = token * layer.slots + s;
      if (ids[pair] >= 0 && ids[pair] < layer.experts)
        sum = __fadd_rn(sum, decodeBf16(partials[pair * layer.hidden + c]));
    }
    out[token * layer.hidden + c] = encodeBf16(__fmul_rn(factor, sum));
  }
}

__global__ void combineInDoubleKernel(LayerExtents layer, const float *partials,
                                      const std::int32_t *ids, float *out) {
  const std::int64_t token = blockIdx.x;
  for (auto c = std::int64_t(threadIdx.x); c < layer.hidden; c += blockDim.x) {
    double sum = 0.0;
    for (std::int64_t s = 0; s < layer.slots; ++s) {
      std::int64_t pair = token * layer.slots + s;
      if (ids[pair] >= 0 && ids[pair] < layer.experts)
        sum += partials[pair * layer.hidden + c];
    }
    out[token * layer.hidden + c] =
        static_cast<float>(layer.routedScalingFactor * sum);
  }
}

} // namespace

void quantise(const LayerExtents &layer, const std::uint16_t *x,
              std::uint8_t *codes, float *scales, cudaStream_t stream) {
  const std::int64_t groups = (layer.hidden + kBlock - 1) / kBlock;
  quantiseKernel<<<blocksForWarps(layer.tokens * groups), kWarpThreads, 0,
                   stream>>>(layer, x, codes, scales);
  checkLaunch("quantise");
}

void activate(const LayerExtents &layer, const float *gateUp, RowFilter rows,
              QuantisedH ofLayer, QuantisedH h, cudaStream_t stream) {
  activateKernel<<<blocksForWarps(layer.rows * layer.groups()), kWarpThreads, 0,
                   stream>>>(layer, gateUp, rows, ofLayer, h);
  checkLaunch("activate");
}

ActivationDifference compareActivation(const LayerExtents &layer,
                                       const std::uint16_t *gateUp,
                                       const std::uint8_t *h,
                                       const float *hScales, RowFilter rows,
                                       cudaStream_t stream) {
  constexpr unsigned long long kNone = ~0ull;
  DeviceMemory memory(sizeof(ActivationReport));
  ActivationReport report{0, 0, 0, 0, 0, kNone};
  copyToDevice(memory.data(), &report, sizeof report);
  compareActivationKernel<<<blocksForWarps(layer.rows * layer.groups()),
                            kWarpThreads, 0, stream>>>(
      layer, gateUp, h, hScales, rows, memory.as<ActivationReport>());
  checkLaunch("compareActivation");
  check(cudaStreamSynchronize(stream), "compareActivation");
  copyToHost(&report, memory.data(), sizeof report);
  auto number = [](unsigned long long v) {
    return static_cast<std::int64_t>(v);
  };
  return {number(report.groups),     number(report.elements),
          number(report.badScales),  number(report.badCodes),
          number(report.notNearest), number(report.firstBadRow)};
}

void combine(const LayerExtents &layer, const std::uint16_t *partials,
             const std::int32_t *ids, std::uint16_t *out, cudaStream_t stream) {
  combineKernel<<<static_cast<unsigned>(layer.tokens), 256, 0, stream>>>(
      layer, partials, ids, out);
  checkLaunch("combine");
}

void combineInDouble(const LayerExtents &layer, const float *partials,
                     const std::int32_t *ids, float *out, cudaStream_t stream) {
  combineInDoubleKernel<<<static_cast<unsigned>(layer.tokens), 256, 0,
                          stream>>>(layer, partials, ids, out);
  checkLaunch("combineInDouble");
}

} // namespace moert::reference
