//===- DeviceActivation.cu - h and its scales on the GPU ------------------===//
#include "runtime/reference/DeviceActivation.h"

#include "runtime/reference/Cuda.h"
#include "runtime/reference/Quantise.h"
#include "runtime/reference/RowGroups.cuh"
#include "runtime/reference/Swiglu.h"

#include <cmath>

namespace moert::reference {

namespace {

/// The group of h that this warp takes; its index is -1 if there is none.
__device__ Group groupOfH(const LayerExtents &layer, RowFilter rows) {
  Group group = groupOfWarp(layer.rows, layer.intermediate, layer.scaleOffset,
                            layer.groups());
  if (group.index >= 0 && !rows.takes(group.row))
    group.index = -1;
  return group;
}

/// Where a group's scale lies.
__device__ std::int64_t scaleOf(const LayerExtents &layer, Group group) {
  return group.index * layer.rows + group.row;
}

struct Exp2Instruction {
  __device__ float operator()(float x) const {
    float result;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
  }
};

struct ReciprocalInstruction {
  __device__ float operator()(float x) const {
    float result;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
  }
};

__global__ void activateKernel(LayerExtents layer, const float *sums,
                               RowFilter rows, QuantisedH h) {
  Group group = groupOfH(layer, rows);
  if (group.index < 0)
    return;
  const float *gate = sums + group.row * 2 * layer.intermediate;
  auto value = [&](std::int64_t c) {
    return swigluOf(gate[c], gate[layer.intermediate + c], Exp2Instruction(),
                    ReciprocalInstruction());
  };
  GroupScale scale = groupScale(largestOf(group, value), layer.powerOfTwo);
  for (auto c = group.first + lane(); c < group.last; c += 32)
    h.codes[group.row * layer.intermediate + c] = quantised(value(c), scale);
  if (lane() == 0)
    h.scales[scaleOf(layer, group)] = scale.scale;
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

/// Codes in the order of their values: neighbours differ by one.
__device__ int ordinal(std::uint8_t code) {
  int magnitude = code & 0x7f;
  return code & 0x80 ? -magnitude : magnitude;
}

/// One row of silu(gate) * up in double precision, by column.
struct DoubleH {
  const float *gate;
  std::int64_t intermediate;

  __device__ DoubleH(LayerExtents layer, const float *sums, std::int64_t row)
      : gate(sums + row * 2 * layer.intermediate),
        intermediate(layer.intermediate) {}
  __device__ double operator()(std::int64_t column) const {
    return swigluInDouble(gate[column], gate[intermediate + column]);
  }
};

__global__ void activateInDoubleKernel(LayerExtents layer, const float *sums,
                                       RowFilter rows, QuantisedH ofLayer,
                                       QuantisedH h) {
  Group group = groupOfH(layer, rows);
  if (group.index < 0)
    return;
  const DoubleH value(layer, sums, group.row);
  const double largest = largestOf(group, value);
  float scale = ofLayer.scales[scaleOf(layer, group)];
  if (!scaleIsRight(scale, largest, layer.powerOfTwo, kQuantisationSlack))
    scale = groupScale(static_cast<float>(largest), layer.powerOfTwo).scale;
  for (auto c = group.first + lane(); c < group.last; c += 32) {
    const std::int64_t element = group.row * layer.intermediate + c;
    std::uint8_t own = encodeE4m3(static_cast<float>(value(c) / scale));
    std::uint8_t theirs = ofLayer.codes[element];
    bool close = abs(ordinal(own) - ordinal(theirs)) <= 1;
    h.codes[element] = close && !isNaNE4m3(theirs) ? theirs : own;
  }
  if (lane() == 0)
    h.scales[scaleOf(layer, group)] = scale;
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

__global__ void compareActivationKernel(LayerExtents layer, const float *sums,
                                        QuantisedH h, RowFilter rows,
                                        ActivationReport *report) {
  Group group = groupOfH(layer, rows);
  if (group.index < 0)
    return;
  const DoubleH value(layer, sums, group.row);
  const double largest = largestOf(group, value);
  float scale = h.scales[scaleOf(layer, group)];
  int wrong = 0, near = 0;
  for (auto c = group.first + lane(); c < group.last; c += 32) {
    int verdict = judgeCode(h.codes[group.row * layer.intermediate + c],
                            value(c) / scale);
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

struct HReport {
  double errorSquares, wantSquares;
  unsigned long long scales, codes;
};

__global__ void compareHKernel(LayerExtents layer, QuantisedH got,
                               QuantisedH want, RowFilter rows,
                               HReport *report) {
  Group group = groupOfH(layer, rows);
  if (group.index < 0)
    return;
  const float gotScale = got.scales[scaleOf(layer, group)];
  const float wantScale = want.scales[scaleOf(layer, group)];
  double error = 0.0, size = 0.0;
  int codes = 0;
  for (auto c = group.first + lane(); c < group.last; c += 32) {
    const std::int64_t element = group.row * layer.intermediate + c;
    const std::uint8_t gotCode = got.codes[element];
    const std::uint8_t wantCode = want.codes[element];
    double exact = static_cast<double>(decodeE4m3(wantCode)) * wantScale;
    double off = static_cast<double>(decodeE4m3(gotCode)) * gotScale - exact;
    error += off * off;
    size += exact * exact;
    codes += gotCode != wantCode;
  }
  error = warpSum(error);
  size = warpSum(size);
  codes = warpSum(codes);
  if (lane() != 0)
    return;
  atomicAdd(&report->wantSquares, size);
  if (error != 0.0) // a NaN too
    atomicAdd(&report->errorSquares, error);
  if (codes)
    atomicAdd(&report->codes, codes);
  if (bitsOf(gotScale) != bitsOf(wantScale))
    atomicAdd(&report->scales, 1ull);
}

unsigned blocksFor(const LayerExtents &layer) {
  return blocksForWarps(layer.rows * layer.groups());
}

/// Fills `report` from the device's copy once `launch` has run.
template <class Report, class Launch>
Report reportOf(const char *name, Report report, cudaStream_t stream,
                Launch launch) {
  DeviceMemory memory(sizeof report);
  copyToDevice(memory.data(), &report, sizeof report);
  launch(memory.as<Report>());
  checkLaunch(name);
  check(cudaStreamSynchronize(stream), name);
  copyToHost(&report, memory.data(), sizeof report);
  return report;
}

std::int64_t number(unsigned long long value) {
  return static_cast<std::int64_t>(value);
}

} // namespace

void activate(const LayerExtents &layer, const float *sums, RowFilter rows,
              QuantisedH h, cudaStream_t stream) {
  activateKernel<<<blocksFor(layer), kWarpThreads, 0, stream>>>(layer, sums,
                                                                rows, h);
  checkLaunch("activate");
}

void activateInDouble(const LayerExtents &layer, const float *sums,
                      RowFilter rows, QuantisedH ofLayer, QuantisedH h,
                      cudaStream_t stream) {
  activateInDoubleKernel<<<blocksFor(layer), kWarpThreads, 0, stream>>>(
      layer, sums, rows, ofLayer, h);
  checkLaunch("activateInDouble");
}

ActivationDifference compareActivation(const LayerExtents &layer,
                                       const float *sums, QuantisedH h,
                                       RowFilter rows, cudaStream_t stream) {
  constexpr unsigned long long kNone = ~0ull;
  auto report = reportOf(
      "compareActivation", ActivationReport{0, 0, 0, 0, 0, kNone}, stream,
      [&](ActivationReport *device) {
        compareActivationKernel<<<blocksFor(layer), kWarpThreads, 0, stream>>>(
            layer, sums, h, rows, device);
      });
  return {number(report.groups),     number(report.elements),
          number(report.badScales),  number(report.badCodes),
          number(report.notNearest), number(report.firstBadRow)};
}

HDifference compareH(const LayerExtents &layer, QuantisedH got, QuantisedH want,
                     RowFilter rows, cudaStream_t stream) {
  auto report = reportOf("compareH", HReport{}, stream, [&](HReport *device) {
    compareHKernel<<<blocksFor(layer), kWarpThreads, 0, stream>>>(
        layer, got, want, rows, device);
  });
  HDifference difference{0.0, number(report.scales), number(report.codes)};
  if (report.errorSquares != 0.0)
    difference.error = std::sqrt(report.errorSquares / report.wantSquares);
  return difference;
}

} // namespace moert::reference
