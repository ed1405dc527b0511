//===- KernelsTest.cpp - the small kernels against plain C++ --------------===//
//
// Needs a Hopper GPU; without one every case says that it was skipped.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Kernels.h"

#include "runtime/Routing.h"
#include "runtime/reference/Cuda.h"
#include "runtime/reference/HostLayer.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

using namespace moert;
using namespace moert::reference;

namespace {

bool hasHopper() {
  int count = 0, major = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0)
    return false;
  cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0);
  return major == 9;
}

#define SKIP_WITHOUT_HOPPER()                                                  \
  if (!hasHopper()) {                                                          \
    WARN("skipped: no Hopper GPU");                                            \
    return;                                                                    \
  }

/// Device memory full of a pattern that no kernel writes.
template <typename T> class Output {
public:
  explicit Output(std::size_t count) : count(count) {
    upload(memory, std::vector<std::uint8_t>(count * sizeof(T), kPoison));
  }
  T *data() const { return memory.as<T>(); }
  std::vector<T> read() const { return download<T>(memory.data(), count); }
  static T poison() {
    T value;
    std::memset(&value, kPoison, sizeof value);
    return value;
  }

private:
  static constexpr std::uint8_t kPoison = 0xa5;
  DeviceMemory memory;
  std::size_t count;
};

template <typename T> class Input {
public:
  explicit Input(const std::vector<T> &values) { upload(memory, values); }
  const T *data() const { return memory.as<T>(); }

private:
  DeviceMemory memory;
};

using Random = std::mt19937;

struct RoutingCase {
  std::int64_t tokens, slots, experts, alignment;
  int lowest, highest; ///< Ids are drawn from these, both included.
};

std::vector<std::int32_t> drawIds(const RoutingCase &c, Random &random) {
  std::uniform_int_distribution<int> draw(c.lowest, c.highest);
  std::vector<std::int32_t> ids(c.tokens * c.slots);
  for (std::int32_t &id : ids)
    id = draw(random);
  return ids;
}

std::vector<std::uint16_t> drawBf16(std::size_t count, Random &random) {
  std::normal_distribution<float> normal;
  std::vector<std::uint16_t> values(count);
  for (std::uint16_t &value : values)
    value = encodeBf16(normal(random));
  return values;
}

std::vector<float> decoded(const std::vector<std::uint16_t> &values) {
  std::vector<float> floats(values.size());
  std::transform(values.begin(), values.end(), floats.begin(), decodeBf16);
  return floats;
}

/// Bits, so that NaNs compare equal.
std::vector<std::uint32_t> bits(const std::vector<float> &values) {
  std::vector<std::uint32_t> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(), bitsOf);
  return result;
}

} // namespace

TEST_CASE("the routing sort is stable, padded and complete", "[gpu]") {
  SKIP_WITHOUT_HOPPER();
  auto c = GENERATE(values<RoutingCase>({
      {1, 8, 256, 128, 0, 255},
      {7, 9, 257, 64, 0, 256},
      {300, 9, 257, 128, 0, 256},
      {3, 2, 1, 256, 0, 0},
      {455, 9, 257, 128, 0, 256}, // the last that one block sorts
      {456, 9, 257, 128, 0, 256},
      {1024, 8, 128, 128, 3, 3},   // all on one expert
      {1024, 8, 32, 128, -1, 300}, // other ranks' ids and bad ones
      {64, 8, 32, 128, -1, -1},    // nothing for this rank
      {1000, 8, 32, 64, -1, -1},
      {2048, 10, 512, 64, 0, 511},
      {777, 8, 1024, 128, 0, 1023}, // more shared memory than the default
      {99, 10, 2048, 64, -5, 3000},
      {5001, 7, 8192, 8, 0, 8191},
      {16384, 8, 384, 128, 0, 383},
  }));
  CAPTURE(c.tokens, c.slots, c.experts, c.alignment, c.lowest, c.highest);
  Random random(1);
  const std::int64_t pairs = c.tokens * c.slots;
  const std::int64_t rows = rowCapacity(pairs, c.experts, c.alignment);
  std::vector<std::int32_t> ids = drawIds(c, random);
  SortedRouting want = sortByExpert(ids, c.experts, c.alignment);

  Input<std::int32_t> topkIds(ids);
  Output<std::int32_t> sorted(rows), experts(rows / c.alignment), count(1);
  Output<std::uint8_t> scratch(
      std::max<std::size_t>(1, routeScratchBytes(pairs, c.experts)));
  launchRoute({c.tokens, c.slots, c.experts, c.alignment, rows, topkIds.data(),
               sorted.data(), experts.data(), count.data(), scratch.data()},
              nullptr);

  CHECK(count.read()[0] == want.paddedRows());
  want.sortedTokenIds.resize(rows, Output<std::int32_t>::poison());
  want.expertIds.resize(rows / c.alignment, -1);
  CHECK((sorted.read() == want.sortedTokenIds));
  CHECK((experts.read() == want.expertIds));
}

TEST_CASE("the id check finds the first bad pair", "[gpu]") {
  SKIP_WITHOUT_HOPPER();
  auto [at, id] = GENERATE(table<int, int>(
      {{0, 32}, {4999, -2}, {3000, std::numeric_limits<int>::max()}, {-1, 0}}));
  std::vector<std::int32_t> ids(5000, 31);
  ids[1] = -1;
  if (at >= 0)
    ids[at] = id;
  ids.push_back(at >= 0 ? 99 : 0);
  Input<std::int32_t> topkIds(ids);
  Output<std::int32_t> firstBad(1);
  launchCheckIds(topkIds.data(), 5001, 32, firstBad.data(), nullptr);
  CHECK(firstBad.read()[0] == (at >= 0 ? at : 5001));
}

TEST_CASE("quantise gives the bits of the rule", "[gpu]") {
  SKIP_WITHOUT_HOPPER();
  auto [rows, columns] =
      GENERATE(table<int, int>({{5, 7168}, {33, 272}, {1, 16}, {100, 2048}}));
  bool pow2 = GENERATE(false, true);
  CAPTURE(rows, columns, pow2);
  Random random(2);
  std::vector<std::uint16_t> x = drawBf16(rows * columns, random);
  // The corners: a NaN, an infinity, zeros, subnormals, a power of two.
  x[3] = 0x7fc1;
  x[columns - 1] = 0x7f80;
  if (rows > 4) {
    std::fill_n(&x[columns], columns, 0);
    std::fill_n(&x[2 * columns], columns, 0x8003);
    std::fill_n(&x[3 * columns], columns, 0x4380); // 256
  }
  ActivationScale kind = pow2 ? ActivationScale::pow2 : ActivationScale::f32;
  QuantisedRows want = quantiseRows(decoded(x), rows, columns, 0, kind);

  Input<std::uint16_t> input(x);
  Output<std::uint8_t> codes(rows * columns + 16);
  Output<float> scales(rows * want.groups + 1);
  launchQuantise(
      {rows, columns, pow2, input.data(), codes.data(), scales.data()},
      nullptr);

  want.codes.resize(want.codes.size() + 16, Output<std::uint8_t>::poison());
  want.scales.push_back(Output<float>::poison());
  CHECK((codes.read() == want.codes));
  CHECK((bits(scales.read()) == bits(want.scales)));
}

TEST_CASE("activation follows the scale grid", "[gpu]") {
  SKIP_WITHOUT_HOPPER();
  auto [columns, offset] = GENERATE(table<int, int>(
      {{256, 0}, {192, 64}, {352, 96}, {64, 0}, {16, 112}, {320, 0}}));
  bool pow2 = GENERATE(false, true);
  CAPTURE(columns, offset, pow2);
  const int rows = 256, used = 190;
  Random random(3);
  LayerDescription layer;
  layer.intermediate = columns;
  layer.scaleOffset = offset;
  layer.activationScale = pow2 ? ActivationScale::pow2 : ActivationScale::f32;
  std::vector<std::uint16_t> gateUp = drawBf16(rows * 2 * columns, random);
  std::fill_n(&gateUp[4 * columns], columns, 0xc300); // silu(-128) is -0
  QuantisedRows want = activation(layer, gateUp, used);

  Input<std::uint16_t> input(gateUp);
  Input<std::int32_t> count({used});
  Output<std::uint8_t> h(rows * columns);
  Output<float> hScales(want.groups * rows);
  launchActivation({rows, columns, offset, pow2, count.data(), input.data(),
                    h.data(), hScales.data()},
                   nullptr);

  std::vector<std::uint8_t> codes = h.read();
  std::vector<float> scales = hScales.read();
  bool untouched = true;
  for (int row = used; row < rows; ++row) {
    for (int column = 0; column < columns; ++column)
      untouched &=
          codes[row * columns + column] == Output<std::uint8_t>::poison();
    for (int group = 0; group < want.groups; ++group)
      untouched &=
          bitsOf(scales[group * rows + row]) == bitsOf(Output<float>::poison());
  }
  CHECK(untouched);

  // The exponential is approximate, so a value on the edge between two codes
  // may fall on either side.
  double worst = 0;
  int different = 0, widest = 0;
  for (int row = 0; row < used; ++row)
    for (int column = 0; column < columns; ++column) {
      int group = (offset + column) / 128;
      float got = scales[group * rows + row];
      float scale = want.scales[row * want.groups + group];
      worst = std::max<double>(worst, std::abs(got - scale) / scale);
      int gap = std::abs(codes[row * columns + column] -
                         want.codes[row * columns + column]);
      different += gap != 0;
      widest = std::max(widest, gap);
    }
  CHECK(worst < 1e-6);
  CHECK(widest <= 1);
  CHECK(different <= used * columns / 1000);
}

TEST_CASE("combine adds the slots in order", "[gpu]") {
  SKIP_WITHOUT_HOPPER();
  auto [slots, hidden, factor] = GENERATE(table<int, int, double>(
      {{9, 7168, 2.5}, {2, 4096, 1.0}, {10, 16, 1.0}, {8, 272, -0.3}}));
  CAPTURE(slots, hidden, factor);
  const int tokens = 65;
  Random random(4);
  LayerDescription layer;
  layer.experts = 32;
  layer.topK = slots;
  layer.hidden = hidden;
  layer.routedScalingFactor = factor;
  std::vector<std::int32_t> ids =
      drawIds({tokens, slots, 32, 1, -3, 34}, random);
  std::fill_n(ids.begin(), slots, -1); // token 0 has no expert here
  std::vector<std::uint16_t> partials =
      drawBf16(std::size_t(tokens) * slots * hidden, random);
  for (std::size_t pair = 0; pair < ids.size(); ++pair)
    if (ids[pair] < 0 || ids[pair] >= 32) // must not be read
      std::fill_n(&partials[pair * hidden], hidden, 0x7fff);
  std::vector<std::uint16_t> want = combine(layer, partials, ids);

  Input<std::int32_t> topkIds(ids);
  Input<std::uint16_t> input(partials);
  Output<std::uint16_t> out(tokens * hidden + 8);
  launchCombine({tokens, slots, 32, hidden, static_cast<float>(factor),
                 topkIds.data(), input.data(), out.data()},
                nullptr);
  want.resize(want.size() + 8, Output<std::uint16_t>::poison());
  CHECK((out.read() == want));
}
