//===- KernelsTest.cpp - the small kernels against plain C++ --------------===//
//
// Needs a Hopper GPU; without one every case says that it was skipped.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Kernels.h"

#include "runtime/Routing.h"
#include "runtime/reference/DeviceActivation.h"
#include "runtime/reference/HostLayer.h"
#include "tests/unit/KernelInputs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <tuple>

using namespace moert;
using namespace moert::reference;

namespace {

std::vector<float> decoded(const std::vector<std::uint16_t> &values) {
  std::vector<float> floats(values.size());
  std::transform(values.begin(), values.end(), floats.begin(), decodeBf16);
  return floats;
}

/// What the sort makes of a drawing.
struct Routed {
  Output<std::int32_t> sorted, experts, blockRows, count{1}, counters{4},
      progress, downRows{1};
  Output<float> rowWeights;

  Routed(const RoutingCase &c, const std::vector<std::int32_t> &ids,
         const std::vector<float> &weights, float factor = 1.0f)
      : Routed(c, ids, weights, factor,
               rowCapacity(std::int64_t(ids.size()), c.experts, c.alignment)) {}

private:
  Routed(const RoutingCase &c, const std::vector<std::int32_t> &ids,
         const std::vector<float> &weights, float factor, std::int64_t rows)
      : sorted(rows), experts(rows / c.alignment),
        blockRows(rows / c.alignment),
        progress(progressNumbers(rows, c.alignment)), rowWeights(rows) {
    Input<std::int32_t> topkIds(ids);
    Input<float> topkWeights(weights);
    Output<std::uint8_t> scratch(std::max<std::size_t>(
        1, routeScratchBytes(std::int64_t(ids.size()), c.experts)));
    launchRoute({c.tokens, c.slots, c.experts, c.alignment, rows,
                 topkIds.data(), topkWeights.data(), sorted.data(),
                 rowWeights.data(), experts.data(), blockRows.data(),
                 count.data(), counters.data(), scratch.data(), factor,
                 progress.data(), downRows.data()},
                nullptr);
    check(cudaStreamSynchronize(nullptr), "the sort"); // scratch ends here
  }
};

} // namespace

TEST_CASE("the routing sort is stable, padded and complete", "[gpu]") {
  SKIP_WITHOUT_HOPPER();
  auto c = GENERATE(values<RoutingCase>({
      {1, 8, 256, 128, 0, 255},
      {7, 9, 257, 64, 0, 256},
      {300, 9, 257, 128, 0, 256},
      {3, 2, 1, 256, 0, 0},
      {1, 1, 8, 8, 0, 7},
      {2, 9, 257, 16, -1, 256},
      {4, 8, 1024, 8, 0, 1023},
      {64, 9, 257, 64, 256, 256}, // more than a tile of one expert
      {113, 9, 257, 16, -1, 300},
      {128, 4, 513, 8, 0, 512},   // as many pairs as half a block has threads
      {455, 9, 257, 128, 0, 256}, // the last that one block sorts
      {456, 9, 257, 128, 0, 256},
      {1024, 8, 128, 128, 3, 3},   // all on one expert
      {1024, 8, 32, 128, -1, 300}, // other ranks' ids and bad ones
      {64, 8, 32, 128, -1, -1},    // nothing for this rank
      {1000, 8, 32, 64, -1, -1},
      {2048, 10, 512, 64, 0, 511},
      {777, 8, 1024, 128, 0, 1023}, // more shared memory than the default
      {99, 10, 2048, 64, -5, 3000}, // one block, but not by registers
      {5001, 7, 8192, 8, 0, 8191},
      {16384, 8, 384, 128, 0, 383},
  }));
  CAPTURE(c.tokens, c.slots, c.experts, c.alignment, c.lowest, c.highest);
  Random random(1);
  const std::int64_t pairs = c.tokens * c.slots;
  const std::int64_t rows = rowCapacity(pairs, c.experts, c.alignment);
  std::vector<std::int32_t> ids = drawIds(c, random);
  SortedRouting want = sortByExpert(ids, c.experts, c.alignment);

  std::vector<float> weightOfPair(pairs);
  std::iota(weightOfPair.begin(), weightOfPair.end(), 0.5f);
  const Routed routed(c, ids, weightOfPair);

  CHECK(routed.count.read()[0] == want.paddedRows());
  CHECK((routed.counters.read() == std::vector<std::int32_t>(4, 0)));
  CHECK((routed.progress.read() ==
         std::vector<std::int32_t>(progressNumbers(rows, c.alignment), 0)));
  const auto weights = routed.rowWeights.read();
  bool right = true;
  for (std::int64_t row = 0; row < want.paddedRows(); ++row)
    if (std::int32_t pair = want.sortedTokenIds[row]; pair < pairs)
      right &= weights[row] == weightOfPair[pair];
  CHECK(right);
  want.sortedTokenIds.resize(rows, Output<std::int32_t>::poison());
  want.expertIds.resize(rows / c.alignment, -1);
  want.blockRows.resize(rows / c.alignment, 0);
  CHECK((routed.sorted.read() == want.sortedTokenIds));
  CHECK((routed.experts.read() == want.expertIds));
  CHECK((routed.blockRows.read() == want.blockRows));
}

TEST_CASE("the sort leaves the last expert's rows to combine if all tokens "
          "visit it last",
          "[gpu]") {
  SKIP_WITHOUT_HOPPER();
  static constexpr int kLast = 256;
  // Pair and id that are put in; -1 for none. One block does not look.
  auto [tokens, pair, id, leaves] =
      GENERATE(table<int, int, int, bool>({{1024, -1, 0, true},
                                           {5000, -1, 0, true},
                                           {16384, -1, 0, true},
                                           {1024, 8, -1, false},
                                           {1024, 1024 * 9 - 1, 3, false},
                                           {5000, 5000 * 9 - 1, -1, false},
                                           {5000, 9 * 2500, kLast, false},
                                           {5000, 9 * 2500, 300, true},
                                           {455, -1, 0, false}}));
  CAPTURE(tokens, pair, id);
  const RoutingCase c{tokens, 9, kLast + 1, 128, -1, kLast - 1};
  Random random(8);
  std::vector<std::int32_t> ids = drawIds(c, random);
  for (std::size_t last = 8; last < ids.size(); last += 9)
    ids[last] = kLast;
  if (pair >= 0)
    ids[pair] = id;
  const Routed routed(c, ids, std::vector<float>(ids.size(), 1.0f));
  const std::int64_t all = routed.count.read()[0];
  CHECK(routed.downRows.read()[0] ==
        (leaves ? all - roundUp(tokens, c.alignment) : all));
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

TEST_CASE("route multiplies the weights by the factor, unless it is one",
          "[gpu]") {
  SKIP_WITHOUT_HOPPER();
  // The sort in one kernel and in two; a factor that rounds.
  auto [tokens, factor] =
      GENERATE(table<int, float>({{7, 1.0f}, {7, 2.827f}, {1000, -0.3f}}));
  CAPTURE(tokens, factor);
  const RoutingCase c{tokens, 9, 257, 64, -1, 256};
  Random random(6);
  const std::int64_t pairs = c.tokens * c.slots;
  const std::vector<std::int32_t> ids = drawIds(c, random);
  const SortedRouting want = sortByExpert(ids, c.experts, c.alignment);
  std::vector<float> weightOfPair(pairs);
  std::normal_distribution<float> normal;
  for (float &weight : weightOfPair)
    weight = normal(random);
  weightOfPair[want.sortedTokenIds[0]] = floatOf(0x7fc12345); // a NaN

  const Routed routed(c, ids, weightOfPair, factor);

  const auto weights = routed.rowWeights.read();
  std::int64_t wrong = 0;
  for (std::int64_t row = 0; row < want.paddedRows(); ++row) {
    const std::int32_t pair = want.sortedTokenIds[row];
    if (pair == pairs)
      continue;
    const float weight = weightOfPair[pair];
    wrong += factor == 1.0f       ? bitsOf(weights[row]) != bitsOf(weight)
             : std::isnan(weight) ? !std::isnan(weights[row])
                                  : weights[row] != factor * weight;
  }
  CHECK(wrong == 0);
}

TEST_CASE("quantise zeroes the output, also where it is x", "[gpu]") {
  SKIP_WITHOUT_HOPPER();
  auto [rows, columns] =
      GENERATE(table<int, int>({{5, 7168}, {33, 272}, {1, 16}, {100, 2048}}));
  CAPTURE(rows, columns);
  const std::size_t count = std::size_t(rows) * columns;
  Random random(7);
  const std::vector<std::uint16_t> x = drawBf16(count, random);
  QuantisedRows want =
      quantiseRows(decoded(x), rows, columns, 0, ActivationScale::f32);
  std::vector<std::uint16_t> zeros(count, 0);
  zeros.resize(count + 8, Output<std::uint16_t>::poison());

  Input<std::uint16_t> input(x);
  Output<std::uint16_t> zeroed(count + 8);
  Output<std::uint8_t> codes(count);
  Output<float> scales(rows * want.groups);
  launchQuantise({rows, columns, false, input.data(), codes.data(),
                  scales.data(), zeroed.data()},
                 nullptr);
  CHECK((codes.read() == want.codes));
  CHECK((zeroed.read() == zeros));

  DeviceMemory both;
  upload(both, x);
  Output<std::uint8_t> again(count);
  launchQuantise({rows, columns, false, both.data(), again.data(),
                  scales.data(), both.data()},
                 nullptr);
  CHECK((again.read() == want.codes));
  zeros.resize(count);
  CHECK((download<std::uint16_t>(both.data(), count) == zeros));

  Output<std::uint16_t> alone(count + 8);
  launchZero(alone.data(), std::int64_t(count) * 2, nullptr);
  zeros.resize(count + 8, Output<std::uint16_t>::poison());
  CHECK((alone.read() == zeros));
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

TEST_CASE("kernels that start early give the same bits", "[gpu]") {
  SKIP_WITHOUT_HOPPER();
  auto tokens = GENERATE(7, 1000); // the sort in one kernel and in two
  const RoutingCase c{tokens, 9, 257, 64, -1, 256};
  const int hidden = 512;
  Random random(5);
  const std::int64_t pairs = c.tokens * c.slots;
  const std::int64_t rows = rowCapacity(pairs, c.experts, c.alignment);
  Input<std::int32_t> topkIds(drawIds(c, random));
  Input<float> topkWeights(std::vector<float>(pairs, 0.5f));
  Input<std::uint16_t> x(drawBf16(std::size_t(c.tokens) * hidden, random));
  Input<std::uint16_t> partials(drawBf16(std::size_t(pairs) * hidden, random));
  Output<std::uint8_t> scratch(
      std::max<std::size_t>(1, routeScratchBytes(pairs, c.experts)));

  cudaStream_t stream;
  check(cudaStreamCreate(&stream), "cudaStreamCreate");
  auto run = [&](Start start) {
    Output<std::int32_t> sorted(rows), experts(rows / c.alignment),
        blockRows(rows / c.alignment), count(1), counters(4);
    Output<float> rowWeights(rows);
    Output<std::uint8_t> codes(c.tokens * hidden);
    Output<float> scales(c.tokens * hidden / 128);
    Output<std::uint16_t> out(c.tokens * hidden);
    for (int call = 0; call < 20; ++call) {
      launchRoute({c.tokens, c.slots, c.experts, c.alignment, rows,
                   topkIds.data(), topkWeights.data(), sorted.data(),
                   rowWeights.data(), experts.data(), blockRows.data(),
                   count.data(), counters.data(), scratch.data()},
                  stream, start);
      // combine's output too, which the call before must be done with.
      launchQuantise({c.tokens, hidden, false, x.data(), codes.data(),
                      scales.data(), out.data()},
                     stream, start);
      launchCombine({c.tokens, c.slots, c.experts, hidden, 2.5f, topkIds.data(),
                     partials.data(), out.data()},
                    stream, start);
    }
    return std::tuple(sorted.read(), experts.read(), blockRows.read(),
                      codes.read(), bits(scales.read()), out.read());
  };
  CHECK((run(Start::early) == run(Start::afterAll)));
  check(cudaStreamDestroy(stream), "cudaStreamDestroy");
}

/// The simulator computes SwiGLU as the host does, with a correctly rounded
/// exponential and reciprocal; the GPU has one instruction for each. Both paths
/// of the reference from the same sums show how far the two are apart.
TEST_CASE("h of the host is near that of the GPU", "[gpu]") {
  SKIP_WITHOUT_HOPPER();
  LayerDescription layer;
  layer.intermediate = 128;
  const std::int64_t rows = 1 << 16;
  Random random(7);
  std::normal_distribution<float> normal(0.0f, 4.0f);
  std::vector<float> sums(std::size_t(rows) * 2 * layer.intermediate);
  std::generate(sums.begin(), sums.end(), [&] { return normal(random); });

  const QuantisedRows host = activation(layer, sums, rows);
  LayerExtents extents;
  extents.intermediate = layer.intermediate;
  extents.rows = rows;
  Input<float> there(sums);
  Output<std::uint8_t> codes(rows * layer.intermediate);
  Output<float> scales(rows);
  activate(extents, there.data(), {}, {codes.data(), scales.data()}, nullptr);

  const auto gotCodes = codes.read();
  const auto gotScales = scales.read();
  std::int64_t other = 0, furthest = 0;
  std::uint32_t ulps = 0;
  for (std::size_t i = 0; i < gotCodes.size(); ++i) {
    std::int64_t off = std::abs(int(gotCodes[i]) - int(host.codes[i]));
    other += off != 0;
    furthest = std::max(furthest, off);
  }
  for (std::int64_t row = 0; row < rows; ++row) {
    std::uint32_t a = bitsOf(gotScales[row]), b = bitsOf(host.scales[row]);
    ulps = std::max(ulps, a > b ? a - b : b - a);
  }
  WARN(gotCodes.size() << " codes, " << other << " differ, by at most "
                       << furthest << "; " << rows
                       << " scales differ by at most " << ulps
                       << " units in the last place");
  CHECK(furthest <= 1);
  CHECK(ulps <= 8);
}
