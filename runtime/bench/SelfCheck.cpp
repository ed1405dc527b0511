//===- SelfCheck.cpp - the CUDA reference against the host's --------------===//
#include "runtime/bench/SelfCheck.h"

#include "runtime/bench/InputKernels.h"
#include "runtime/bench/RoutingSource.h"
#include "runtime/bench/StageChecks.h"
#include "runtime/reference/Cuda.h"
#include "runtime/reference/DeviceGemm.h"
#include "runtime/reference/HostLayer.h"
#include "runtime/reference/Model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace moert::bench {

using namespace reference;

namespace {

constexpr std::int64_t kTokens = 37;
constexpr std::uint64_t kSeed = 11;

/// A tensor here and there.
template <class T> struct Both {
  std::vector<T> host;
  DeviceMemory device;

  explicit Both(std::vector<T> values) : host(std::move(values)) {
    upload(device, host);
  }
  const T *here() const { return host.data(); }
  T *there() const { return device.as<T>(); }
};

Both<std::uint8_t> testCodes(std::int64_t count, std::uint64_t seed) {
  DeviceMemory memory(count);
  makeTestCodes(memory.as<std::uint8_t>(), count, seed, nullptr);
  return Both<std::uint8_t>(download<std::uint8_t>(memory.data(), count));
}

/// Positive scales that are no powers of two.
Both<float> testScales(std::int64_t count, std::uint64_t seed) {
  const RandomStream random(seed, RandomUse::activationSpread);
  std::vector<float> scales(count);
  for (std::int64_t i = 0; i < count; ++i)
    scales[i] = static_cast<float>(std::exp2(8.0 * random.uniform(i) - 10.0));
  return Both<float>(std::move(scales));
}

LayerDescription testLayer(std::int64_t hidden, std::int64_t intermediate,
                           std::int64_t offset, ActivationScale scale) {
  LayerDescription layer;
  layer.name = fmt::format("H={} I={} o={}", hidden, intermediate, offset);
  layer.experts = layer.globalExperts = 3;
  layer.topK = 2;
  layer.hidden = hidden;
  layer.intermediate = intermediate;
  layer.scaleOffset = offset;
  layer.activationScale = scale;
  layer.routedScalingFactor = 2.5;
  return layer;
}

/// Routing with dropped slots, sorted, here and there.
struct TestRouting {
  RoutedTokens routed;
  SortedRouting sorted;
  Both<std::int32_t> sortedTokenIds, ids;
  Both<RowTile> tiles;
  Both<float> weights;

  static RoutedTokens draw(const LayerDescription &layer) {
    RoutingChoice choice;
    choice.drop = 0.2;
    return RoutingSource(choice, layer, kSeed).draw(kTokens);
  }
  TestRouting(const LayerDescription &layer, RoutedTokens drawn)
      : routed(std::move(drawn)),
        sorted(sortByExpert(routed.ids, layer.totalExperts(), 16)),
        sortedTokenIds(sorted.sortedTokenIds), ids(routed.ids),
        tiles(sorted.tiles), weights(routed.weights) {}
};

/// One GEMM here and there: the model's bits, in bf16 and in f32, then double
/// within f32.
void compareGemm(CheckLine &line, const char *name, const GroupedGemm &here,
                 const GroupedGemm &there, const TestRouting &routing,
                 std::int64_t rows, cudaStream_t stream) {
  const auto count = static_cast<std::int64_t>(routing.sorted.tiles.size());
  std::vector<std::uint16_t> bits(rows * here.n, 0);
  std::vector<float> sums(rows * here.n, 0.0f);
  std::vector<double> values(rows * here.n, 0.0);
  modelGemmOnHost(here, routing.sorted.tiles, bits.data());
  modelGemmOnHost(here, routing.sorted.tiles, sums.data());
  doubleGemmOnHost(here, routing.sorted.tiles, values.data());

  DeviceMemory out(bits.size() * sizeof(std::uint16_t));
  DeviceMemory unrounded(sums.size() * sizeof(float));
  DeviceMemory exact(values.size() * sizeof(float));
  check(cudaMemset(out.data(), 0, out.size()), "clearing");
  check(cudaMemset(unrounded.data(), 0, unrounded.size()), "clearing");
  check(cudaMemset(exact.data(), 0, exact.size()), "clearing");
  modelGemm(there, routing.tiles.there(), count, out.as<std::uint16_t>(),
            stream);
  modelGemm(there, routing.tiles.there(), count, unrounded.as<float>(), stream);
  doubleGemm(there, routing.tiles.there(), count, exact.as<float>(), stream);
  check(cudaStreamSynchronize(stream), name);

  auto gotBits = download<std::uint16_t>(out.data(), bits.size());
  auto gotSums = download<float>(unrounded.data(), sums.size());
  auto gotValues = download<float>(exact.data(), values.size());
  std::int64_t differing = 0, off = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    differing += bits[i] != gotBits[i] || bitsOf(sums[i]) != bitsOf(gotSums[i]);
    // f32 keeps 24 bits; sums that cancel keep fewer of their own.
    off += !(std::fabs(values[i] - gotValues[i]) <=
             1e-6 * std::fabs(values[i]) + 1e-6);
  }
  line.passed &= differing == 0 && off == 0;
  line.detail += fmt::format("{}: {} elements, {} differ from the model, {} "
                             "from double; ",
                             name, bits.size(), differing, off);
}

CheckLine compareGemms(const LayerDescription &layer, cudaStream_t stream) {
  CheckLine line{"gemms " + layer.name, true, "", std::nullopt};
  const TestRouting routing(layer, TestRouting::draw(layer));
  const std::int64_t rows = routing.sorted.paddedRows();
  const std::int64_t blocks = layer.hiddenBlocks();
  const std::int64_t groups = layer.intermediateBlocks();
  const std::int64_t weightCount =
      layer.experts * layer.intermediate * layer.hidden;
  auto x = testCodes(kTokens * layer.hidden, 1);
  auto w13 = testCodes(2 * weightCount, 2);
  auto h = testCodes(rows * layer.intermediate, 3);
  auto w2 = testCodes(weightCount, 4);
  auto xScales = testScales(kTokens * blocks, 1);
  auto w13Scales = testScales(layer.experts * 2 * groups * blocks, 2);
  auto hScales = testScales(groups * rows, 3);
  auto w2Scales = testScales(layer.experts * blocks * groups, 4);
  const LayerWeights here{w13.here(), w13Scales.here(), w2.here(),
                          w2Scales.here()};
  const LayerWeights there{w13.there(), w13Scales.there(), w2.there(),
                           w2Scales.there()};

  compareGemm(line, "up",
              upGemm(layer, here, x.here(), xScales.here(),
                     routing.sortedTokenIds.here()),
              upGemm(layer, there, x.there(), xScales.there(),
                     routing.sortedTokenIds.there()),
              routing, rows, stream);
  compareGemm(line, "down",
              downGemm(layer, here, h.here(), hScales.here(), rows,
                       routing.weights.here(), routing.sortedTokenIds.here()),
              downGemm(layer, there, h.there(), hScales.there(), rows,
                       routing.weights.there(), routing.sortedTokenIds.there()),
              routing, static_cast<std::int64_t>(routing.routed.ids.size()),
              stream);
  return line;
}

std::vector<std::uint16_t> testBf16(std::int64_t rows, std::int64_t columns,
                                    std::uint64_t seed) {
  DeviceMemory memory(rows * columns * sizeof(std::uint16_t));
  makeActivations(memory.as<std::uint16_t>(), rows, columns, seed, nullptr);
  return download<std::uint16_t>(memory.data(), rows * columns);
}

/// h by the host's functions and by the GPU's instructions: each must be what
/// double precision makes of the same sums, and they must hardly differ.
template <class Expect>
void compareActivations(const LayerDescription &layer,
                        const LayerExtents &extents, cudaStream_t stream,
                        Expect expect) {
  const std::vector<std::uint16_t> drawn =
      testBf16(kTokens, 2 * layer.intermediate, 6);
  std::vector<float> values(drawn.size());
  for (std::size_t i = 0; i < values.size(); ++i) // more bits than bf16 has
    values[i] = decodeBf16(drawn[i]) * (1.0f + static_cast<float>(i) * 1e-6f);
  Both<float> sums(values);
  QuantisedRows h = activation(layer, sums.host, kTokens);
  std::vector<float> byBlock(h.scales.size());
  for (std::size_t i = 0; i < byBlock.size(); ++i)
    byBlock[i % h.groups * kTokens + i / h.groups] = h.scales[i];
  Both<std::uint8_t> hostCodes(h.codes);
  Both<float> hostScales(byBlock);
  const QuantisedH ofHost{hostCodes.there(), hostScales.there()};

  DeviceMemory codes(h.codes.size()), scales(byBlock.size() * sizeof(float));
  const QuantisedH ofGpu{codes.as<std::uint8_t>(), scales.as<float>()};
  activate(extents, sums.there(), {}, ofGpu, stream);
  for (const QuantisedH &each : {ofHost, ofGpu}) {
    ActivationDifference seen =
        compareActivation(extents, sums.there(), each, {}, stream);
    expect("activation", seen.badCodes == 0 && seen.badScales == 0);
  }
  // A last bit of the value moves a code only where two are equally near.
  HDifference apart = compareH(extents, ofGpu, ofHost, {}, stream);
  expect("activation's codes",
         apart.codes <= kTokens * layer.intermediate / 1000);
}

/// Rows added from the last slot to the first, in bf16: inside the limits,
/// until one element loses its sign.
template <class Expect>
void compareSums(const LayerDescription &layer, const LayerExtents &extents,
                 const TestRouting &routing, const Both<std::uint16_t> &rows,
                 cudaStream_t stream, Expect expect) {
  const std::int64_t count = kTokens * layer.hidden;
  std::vector<std::uint16_t> sums(count, 0);
  for (std::int64_t pair = kTokens * layer.slots() - 1; pair >= 0; --pair)
    for (std::int64_t c = 0; c < layer.hidden; ++c)
      if (routing.routed.ids[pair] >= 0) {
        auto &sum = sums[pair / layer.slots() * layer.hidden + c];
        sum = encodeBf16(decodeBf16(sum) +
                         decodeBf16(rows.host[pair * layer.hidden + c]));
      }
  DeviceMemory about(count * sizeof(float)), allowed(count * sizeof(float));
  const SumLimits limits{about.as<float>(), allowed.as<float>()};
  limitsOfAnyOrder(extents, rows.there(), routing.ids.there(), limits, stream);
  auto outside = [&] {
    const Both<std::uint16_t> out(sums);
    return compareLimits(out.there(), limits, count, stream);
  };
  expect("sum in another order", outside().outside == 0);
  const auto largest =
      std::max_element(sums.begin(), sums.end(), [](auto a, auto b) {
        return std::fabs(decodeBf16(a)) < std::fabs(decodeBf16(b));
      });
  *largest ^= 0x8000;
  const LimitDifference wrong = outside();
  expect("wrong sum found",
         wrong.outside == 1 && wrong.firstOutside == largest - sums.begin());
}

CheckLine compareSteps(const LayerDescription &layer, cudaStream_t stream) {
  CheckLine line{"steps " + layer.name, true, "", std::nullopt};
  auto expect = [&](const char *name, bool right) {
    line.passed &= right;
    line.detail += fmt::format("{} {}; ", name, right ? "same" : "differs");
  };
  const bool powerOfTwo = layer.activationScale == ActivationScale::pow2;
  const LayerExtents extents{
      kTokens,          layer.slots(),      layer.totalExperts(),
      layer.hidden,     layer.intermediate, layer.scaleOffset,
      /*rows=*/kTokens, powerOfTwo,         layer.routedScalingFactor};

  Both<std::uint16_t> x(testBf16(kTokens, layer.hidden, 5));
  std::vector<float> values(x.host.size());
  std::transform(x.host.begin(), x.host.end(), values.begin(), decodeBf16);
  QuantisedRows want =
      quantiseRows(values, kTokens, layer.hidden, 0, layer.activationScale);
  DeviceMemory codes(want.codes.size()), scales(want.scales.size() * 4);
  quantise(extents, x.there(), codes.as<std::uint8_t>(), scales.as<float>(),
           stream);
  check(cudaStreamSynchronize(stream), "quantise");
  expect("quantise",
         download<std::uint8_t>(codes.data(), codes.size()) == want.codes &&
             download<float>(scales.data(), want.scales.size()) == want.scales);

  compareActivations(layer, extents, stream, expect);

  const TestRouting routing(layer, TestRouting::draw(layer));
  Both<std::uint16_t> partials(
      testBf16(kTokens * layer.slots(), layer.hidden, 7));
  DeviceMemory out(x.host.size() * sizeof(std::uint16_t));
  combine(extents, partials.there(), routing.ids.there(),
          out.as<std::uint16_t>(), stream);
  check(cudaStreamSynchronize(stream), "combine");
  expect("combine", download<std::uint16_t>(out.data(), x.host.size()) ==
                        combine(layer, partials.host, routing.routed.ids));
  compareSums(layer, extents, routing, partials, stream, expect);
  return line;
}

/// Plants a flipped bit, a NaN and a stray write: each must be found.
CheckLine findPlantedFaults(cudaStream_t stream) {
  constexpr std::int64_t rows = 3, columns = 200;
  Both<std::uint16_t> right(testBf16(rows, columns, 8));
  std::vector<float> exact(right.host.size());
  std::transform(right.host.begin(), right.host.end(), exact.begin(),
                 decodeBf16);
  Both<float> reference(exact);
  auto bits = [&](const Both<std::uint16_t> &out) {
    return compareBits(out.there(), right.there(), rows, columns, 2, {},
                       stream);
  };
  auto norms = [&](const Both<std::uint16_t> &out) {
    return compareNorms(out.there(), reference.there(), rows, columns,
                        kGemmTolerance, {}, stream);
  };
  std::vector<std::uint16_t> wrong = right.host;
  wrong[1 * columns + 150] ^= 1;
  BitDifference flipped = bits(Both<std::uint16_t>(wrong));
  wrong[2 * columns + 10] = 0xffff;
  NormDifference poisoned = norms(Both<std::uint16_t>(wrong));

  std::vector<std::int32_t> rowIds{0, -1, 1};
  Both<std::int32_t> ids(rowIds);
  Both<std::uint8_t> memory(std::vector<std::uint8_t>{1, 0xff, 0xff, 7, 2, 3});
  std::int64_t stray =
      countStrayWrites(memory.there(), 3, 2, {ids.there(), 2}, stream);

  const bool found =
      passed(bits(right)) && passed(norms(right)) &&
      norms(right).error == 0.0 && flipped.differing == 1 &&
      flipped.elements == rows * columns && flipped.first.size() == 1 &&
      flipped.first[0].row == 1 && flipped.first[0].column == 150 &&
      poisoned.badGroups == 1 && poisoned.worstRow == 2 &&
      poisoned.worstColumn == 0 && poisoned.groups == 6 && stray == 1;
  return {"planted faults", found,
          fmt::format("{} flipped bits, {} groups with NaN, {} stray bytes "
                      "found: expected one of each",
                      flipped.differing, poisoned.badGroups, stray),
          std::nullopt};
}

} // namespace

CheckReport selfCheck(cudaStream_t stream) {
  const LayerDescription layers[] = {
      testLayer(256, 192, 64, ActivationScale::f32),
      testLayer(208, 96, 96, ActivationScale::pow2),
      testLayer(144, 176, 48, ActivationScale::f32),
  };
  CheckReport report;
  for (const LayerDescription &layer : layers) {
    report.lines.push_back(compareGemms(layer, stream));
    report.lines.push_back(compareSteps(layer, stream));
  }
  report.lines.push_back(findPlantedFaults(stream));
  return report;
}

} // namespace moert::bench
