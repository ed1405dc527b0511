//===- Compare.cu - compare tensors where they are, on the GPU ------------===//
#include "runtime/reference/Compare.h"

#include "runtime/reference/Report.cuh"
#include "runtime/reference/Warp.cuh"

#include <cmath>
#include <limits>

namespace moert::reference {

namespace {

using Count = unsigned long long;
constexpr Count kNowhere = ~0ull;
constexpr int kFirstFew = 4;

unsigned blocksForRows(std::int64_t rows) {
  return static_cast<unsigned>(
      std::max<std::int64_t>(1, std::min<std::int64_t>(rows, kMaxBlocks)));
}

struct BitReport {
  Count elements, differing, first;
};

/// Counts differences at linear indices >= `from` and finds the first.
template <class T>
__global__ void compareBitsKernel(const T *out, const T *reference,
                                  std::int64_t rows, std::int64_t columns,
                                  Count from, RowFilter filter,
                                  BitReport *report) {
  Count elements = 0, differing = 0, first = kNowhere;
  for (std::int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    if (!filter.takes(row))
      continue;
    for (std::int64_t c = threadIdx.x; c < columns; c += blockDim.x) {
      Count index = row * columns + c;
      ++elements;
      if (index < from || out[index] == reference[index])
        continue;
      ++differing;
      first = index < first ? index : first;
    }
  }
  elements = warpSum(elements);
  differing = warpSum(differing);
  if (lane() == 0) {
    atomicAdd(&report->elements, elements);
    atomicAdd(&report->differing, differing);
  }
  if (first != kNowhere)
    atomicMin(&report->first, first);
}

template <class T> std::uint32_t elementAt(const void *data, Count index) {
  T value;
  copyToHost(&value, static_cast<const T *>(data) + index, sizeof value);
  return value;
}

template <class T>
BitDifference compareElements(const void *out, const void *reference,
                              std::int64_t rows, std::int64_t columns,
                              RowFilter filter, cudaStream_t stream) {
  BitDifference difference;
  Count from = 0;
  for (int found = 0; found <= kFirstFew; ++found) {
    Report<BitReport> report({0, 0, kNowhere});
    compareBitsKernel<<<blocksForRows(rows), kWarpThreads, 0, stream>>>(
        static_cast<const T *>(out), static_cast<const T *>(reference), rows,
        columns, from, filter, report.device());
    BitReport seen = report.read(stream, "compareBits");
    if (found == 0) {
      difference.elements = static_cast<std::int64_t>(seen.elements);
      difference.differing = static_cast<std::int64_t>(seen.differing);
    }
    if (seen.first == kNowhere || found == kFirstFew)
      break;
    difference.first.push_back({static_cast<std::int64_t>(seen.first) / columns,
                                static_cast<std::int64_t>(seen.first) % columns,
                                elementAt<T>(reference, seen.first),
                                elementAt<T>(out, seen.first)});
    from = seen.first + 1;
  }
  return difference;
}

struct NormReport {
  double errorSquares, referenceSquares;
  Count elements, badGroups, groups;
  Count worst; ///< Bits of the largest ratio as f32, then of its group.
};

/// Squares of one group's error and reference, summed over its warp.
struct GroupSquares {
  double error = 0.0, reference = 0.0;
};

__device__ GroupSquares squaresOf(const std::uint16_t *out,
                                  const float *reference, std::int64_t first,
                                  std::int64_t count) {
  GroupSquares squares;
  for (std::int64_t c = lane(); c < count; c += 32) {
    double ref = reference[first + c];
    double error = decodeBf16(out[first + c]) - ref;
    squares.error += error * error;
    squares.reference += ref * ref;
  }
  return {warpSum(squares.error), warpSum(squares.reference)};
}

/// Calls `visit(group, squares, columns)` in lane 0 of the group's warp.
template <class Visit>
__device__ void forEachGroup(const std::uint16_t *out, const float *reference,
                             std::int64_t rows, std::int64_t columns,
                             RowFilter filter, Visit visit) {
  const std::int64_t perRow = (columns + kBlock - 1) / kBlock;
  const std::int64_t warps = std::int64_t(gridDim.x) * blockDim.x / 32;
  for (auto group = globalWarp(); group < rows * perRow; group += warps) {
    std::int64_t row = group / perRow, first = group % perRow * kBlock;
    if (!filter.takes(row))
      continue;
    std::int64_t count = min(columns - first, kBlock);
    GroupSquares squares =
        squaresOf(out, reference, row * columns + first, count);
    if (lane() == 0)
      visit(group, squares, count);
  }
}

__global__ void sumSquaresKernel(const std::uint16_t *out,
                                 const float *reference, std::int64_t rows,
                                 std::int64_t columns, RowFilter filter,
                                 NormReport *report) {
  GroupSquares sums;
  Count elements = 0;
  forEachGroup(out, reference, rows, columns, filter,
               [&](std::int64_t, GroupSquares squares, std::int64_t count) {
                 sums.error += squares.error;
                 sums.reference += squares.reference;
                 elements += count;
               });
  if (lane() != 0)
    return;
  atomicAdd(&report->errorSquares, sums.error);
  atomicAdd(&report->referenceSquares, sums.reference);
  atomicAdd(&report->elements, elements);
}

__global__ void judgeGroupsKernel(const std::uint16_t *out,
                                  const float *reference, std::int64_t rows,
                                  std::int64_t columns, double relative,
                                  double absolute, RowFilter filter,
                                  NormReport *report) {
  Count bad = 0, groups = 0, worst = 0;
  forEachGroup(out, reference, rows, columns, filter,
               [&](std::int64_t group, GroupSquares squares, std::int64_t) {
                 double error = sqrt(squares.error);
                 double allowed = relative * sqrt(squares.reference) + absolute;
                 // 0 of 0 is right; a NaN is as wrong as can be.
                 bool right = error <= allowed;
                 double ratio = error == 0.0 ? 0.0 : error / allowed;
                 float shown = ratio < 1e30 ? static_cast<float>(ratio) : 1e30f;
                 Count key =
                     Count(bitsOf(shown)) << 32 | (group & 0xffffffffll);
                 worst = key > worst ? key : worst;
                 bad += !right;
                 ++groups;
               });
  if (lane() != 0 || groups == 0)
    return;
  atomicAdd(&report->badGroups, bad);
  atomicAdd(&report->groups, groups);
  atomicMax(&report->worst, worst);
}

__global__ void countStrayKernel(const std::uint8_t *out, std::int64_t rows,
                                 std::int64_t rowBytes, RowFilter filter,
                                 Count *report) {
  Count stray = 0;
  for (std::int64_t row = blockIdx.x; row < rows; row += gridDim.x)
    if (!filter.takes(row))
      for (std::int64_t c = threadIdx.x; c < rowBytes; c += blockDim.x)
        stray += out[row * rowBytes + c] != kPoison;
  stray = warpSum(stray);
  if (lane() == 0 && stray)
    atomicAdd(report, stray);
}

/// The finaliser of splitmix64: every input bit reaches every output bit.
__device__ std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

__global__ void hashKernel(const std::uint32_t *words, std::int64_t count,
                           Count *report) {
  Count sum = 0;
  const std::int64_t threads = std::int64_t(gridDim.x) * blockDim.x;
  for (auto i = std::int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += threads)
    sum += mixed(words[i] + (static_cast<std::uint64_t>(i + 1) << 32));
  sum = warpSum(sum);
  if (lane() == 0)
    atomicAdd(report, sum);
}

} // namespace

BitDifference compareBits(const void *out, const void *reference,
                          std::int64_t rows, std::int64_t columns,
                          int elementBytes, RowFilter filter,
                          cudaStream_t stream) {
  switch (elementBytes) {
  case 1:
    return compareElements<std::uint8_t>(out, reference, rows, columns, filter,
                                         stream);
  case 2:
    return compareElements<std::uint16_t>(out, reference, rows, columns, filter,
                                          stream);
  case 4:
    return compareElements<std::uint32_t>(out, reference, rows, columns, filter,
                                          stream);
  }
  throw std::invalid_argument("compareBits: expected elements of 1, 2 or 4 "
                              "bytes, got " +
                              std::to_string(elementBytes));
}

NormDifference compareNorms(const std::uint16_t *out, const float *reference,
                            std::int64_t rows, std::int64_t columns,
                            double relative, RowFilter filter,
                            cudaStream_t stream) {
  Report<NormReport> device({});
  sumSquaresKernel<<<kMaxBlocks, kWarpThreads, 0, stream>>>(
      out, reference, rows, columns, filter, device.device());
  NormReport report = device.read(stream, "sumSquares");
  NormDifference difference;
  if (report.elements == 0)
    return difference;
  const double rms = std::sqrt(report.referenceSquares / report.elements);
  judgeGroupsKernel<<<kMaxBlocks, kWarpThreads, 0, stream>>>(
      out, reference, rows, columns, relative, 1e-3 * rms, filter,
      device.device());
  report = device.read(stream, "judgeGroups");
  if (report.errorSquares != 0.0)
    difference.error = std::sqrt(report.errorSquares / report.referenceSquares);
  const std::int64_t perRow = (columns + kBlock - 1) / kBlock;
  const auto worst = static_cast<std::int64_t>(report.worst & 0xffffffffull);
  difference.worstRatio =
      floatOf(static_cast<std::uint32_t>(report.worst >> 32));
  difference.groups = static_cast<std::int64_t>(report.groups);
  difference.badGroups = static_cast<std::int64_t>(report.badGroups);
  difference.worstRow = worst / perRow;
  difference.worstColumn = worst % perRow * kBlock;
  return difference;
}

std::int64_t countStrayWrites(const void *out, std::int64_t rows,
                              std::int64_t rowBytes, RowFilter filter,
                              cudaStream_t stream) {
  Report<Count> report(0);
  countStrayKernel<<<blocksForRows(rows), kWarpThreads, 0, stream>>>(
      static_cast<const std::uint8_t *>(out), rows, rowBytes, filter,
      report.device());
  return static_cast<std::int64_t>(report.read(stream, "countStrayWrites"));
}

void addHash(const void *data, std::size_t bytes, std::uint64_t *sum,
             cudaStream_t stream) {
  static_assert(sizeof(Count) == sizeof *sum);
  hashKernel<<<kMaxBlocks, kWarpThreads, 0, stream>>>(
      static_cast<const std::uint32_t *>(data),
      static_cast<std::int64_t>(bytes / sizeof(std::uint32_t)),
      reinterpret_cast<Count *>(sum));
  checkLaunch("hash");
}

std::uint64_t hashMemory(const void *data, std::size_t bytes,
                         cudaStream_t stream) {
  Report<std::uint64_t> report(0);
  addHash(data, bytes, report.device(), stream);
  return report.read(stream, "hashMemory");
}

} // namespace moert::reference
