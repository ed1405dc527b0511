#include "runtime/reference/Model.h"
#include "tests/reference/TestLayer.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace moert;
using namespace moert::reference;
using namespace moert::tests;

namespace {

constexpr std::uint8_t kOne = 0x38; // 1.0 in e4m3

/// Two tokens; pairs 0 ... 3 on experts 2, 0, 2, 1.
const std::vector<std::int32_t> kIds{2, 0, 2, 1};

/// Scales that are small whole numbers, different for neighbours.
void number(std::vector<float> &scales) {
  for (std::size_t i = 0; i < scales.size(); ++i)
    scales[i] = static_cast<float>(i % 13 + 1);
}

/// bf16 of exact sums; the sums below are whole and may need rounding.
std::uint16_t bf16(double value) {
  return encodeBf16(static_cast<float>(value));
}

/// ||out - ref|| <= 5e-3 ||ref|| over everything.
void requireClose(const std::vector<float> &out,
                  const std::vector<double> &reference) {
  double error = 0.0, norm = 0.0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    error += std::pow(out[i] - reference[i], 2);
    norm += std::pow(reference[i], 2);
  }
  CAPTURE(std::sqrt(error / norm));
  CHECK(norm > 0.0);
  CHECK(std::sqrt(error) <= 5e-3 * std::sqrt(norm));
}

std::vector<float> decoded(const std::vector<std::uint16_t> &bits) {
  std::vector<float> values(bits.size());
  std::transform(bits.begin(), bits.end(), values.begin(), decodeBf16);
  return values;
}

/// Intermediate sizes and offsets of real ranks.
auto scaleGrids() {
  return GENERATE(table<std::int64_t, std::int64_t>({{192, 0},
                                                     {192, 64},
                                                     {352, 0},
                                                     {352, 32},
                                                     {352, 64},
                                                     {352, 96},
                                                     {64, 0},
                                                     {64, 64},
                                                     {176, 48}}));
}

} // namespace

TEST_CASE("up column j of a half is scaled by row (o + j) / 128 of its grid",
          "[gemm]") {
  auto [intermediate, offset] = scaleGrids();
  CAPTURE(intermediate, offset);
  const LayerDescription layer = smallLayer(256, intermediate, offset);
  HostWeights weights = plainWeights(layer, kOne);
  number(weights.w13Scales);
  const std::vector<std::uint8_t> x(2 * layer.hidden, kOne);
  const std::vector<float> xScales{1, 2, 3, 4}; // [2 tokens, 2 blocks]
  const SortedRouting routing = sortByExpert(kIds, 3, 4);
  const GroupedGemm gemm =
      upGemm(layer, weights.pointers(), x.data(), xScales.data(),
             routing.sortedTokenIds.data());
  std::vector<std::uint16_t> out(routing.paddedRows() * gemm.n, 0xffff);
  modelGemmOnHost(gemm, routing.tiles, out.data());

  const std::int64_t groups = layer.intermediateBlocks();
  for (const RowTile &tile : routing.tiles)
    for (std::int64_t row = tile.firstRow; row < tile.firstRow + tile.rows;
         ++row)
      for (std::int64_t n = 0; n < gemm.n; ++n) {
        const std::int64_t token = routing.sortedTokenIds[row] / 2;
        const std::int64_t half = n / intermediate, j = n % intermediate;
        const std::int64_t scaleRow = half * groups + (offset + j) / 128;
        double want = 0.0;
        for (std::int64_t block = 0; block < 2; ++block)
          want +=
              128.0 * xScales[token * 2 + block] *
              weights
                  .w13Scales[(tile.expert * 2 * groups + scaleRow) * 2 + block];
        if (out[row * gemm.n + n] != bf16(want))
          FAIL("row " << row << " column " << n);
      }
}

TEST_CASE("K block g of down covers k in [128 g - o, 128 g - o + 128)",
          "[gemm]") {
  auto [intermediate, offset] = scaleGrids();
  CAPTURE(intermediate, offset);
  const LayerDescription layer = smallLayer(192, intermediate, offset);
  HostWeights weights = plainWeights(layer, kOne);
  number(weights.w2Scales);
  const SortedRouting routing = sortByExpert(kIds, 3, 4);
  const std::int64_t rows = routing.paddedRows();
  const std::int64_t groups = layer.intermediateBlocks();
  const std::vector<std::uint8_t> h(rows * intermediate, kOne);
  std::vector<float> hScales(groups * rows);
  number(hScales);
  const std::vector<float> topkWeights{0.5f, 1.0f, 2.0f, 4.0f};
  const GroupedGemm gemm =
      downGemm(layer, weights.pointers(), h.data(), hScales.data(), rows,
               topkWeights.data(), routing.sortedTokenIds.data());
  std::vector<std::uint16_t> out(kIds.size() * gemm.n, 0xffff);
  modelGemmOnHost(gemm, routing.tiles, out.data());

  for (const RowTile &tile : routing.tiles)
    for (std::int64_t row = tile.firstRow; row < tile.firstRow + tile.rows;
         ++row)
      for (std::int64_t n = 0; n < gemm.n; ++n) {
        const std::int32_t pair = routing.sortedTokenIds[row];
        double want = 0.0;
        for (std::int64_t k = 0; k < intermediate; ++k) {
          const std::int64_t group = (offset + k) / 128;
          want +=
              hScales[group * rows + row] *
              weights.w2Scales[(tile.expert * 2 + n / 128) * groups + group];
        }
        if (out[pair * gemm.n + n] != bf16(topkWeights[pair] * want))
          FAIL("pair " << pair << " column " << n);
      }
}

TEST_CASE("both GEMMs by the model are close to double precision", "[gemm]") {
  auto [intermediate, offset] = scaleGrids();
  CAPTURE(intermediate, offset);
  const LayerDescription layer = smallLayer(208, intermediate, offset);
  const HostWeights weights = randomWeights(layer, 1);
  const SortedRouting routing = sortByExpert(kIds, 3, 1);
  const std::int64_t rows = routing.paddedRows();
  const QuantisedRows x = quantiseRows(randomValues(2 * layer.hidden, 2), 2,
                                       layer.hidden, 0, ActivationScale::f32);
  const GroupedGemm up = upGemm(layer, weights.pointers(), x.codes.data(),
                                x.scales.data(), routing.sortedTokenIds.data());
  std::vector<float> sums(rows * up.n);
  std::vector<double> exactSums(rows * up.n);
  modelGemmOnHost(up, routing.tiles, sums.data());
  doubleGemmOnHost(up, routing.tiles, exactSums.data());
  requireClose(sums, exactSums);

  const QuantisedRows h = activation(layer, sums, rows);
  std::vector<float> hScales(h.scales.size());
  for (std::size_t i = 0; i < hScales.size(); ++i)
    hScales[i % h.groups * rows + i / h.groups] = h.scales[i];
  const std::vector<float> topkWeights{0.3f, 0.7f, 0.6f, 0.4f};
  const GroupedGemm down =
      downGemm(layer, weights.pointers(), h.codes.data(), hScales.data(), rows,
               topkWeights.data(), routing.sortedTokenIds.data());
  std::vector<std::uint16_t> partials(kIds.size() * down.n);
  std::vector<double> exactPartials(kIds.size() * down.n);
  modelGemmOnHost(down, routing.tiles, partials.data());
  doubleGemmOnHost(down, routing.tiles, exactPartials.data());
  requireClose(decoded(partials), exactPartials);
}

TEST_CASE("the model's bf16 bits are its f32 values, rounded", "[gemm]") {
  const LayerDescription layer = smallLayer(208, 64);
  const HostWeights weights = randomWeights(layer, 4);
  const SortedRouting routing = sortByExpert(kIds, 3, 1);
  const QuantisedRows x = quantiseRows(randomValues(2 * layer.hidden, 5), 2,
                                       layer.hidden, 0, ActivationScale::f32);
  const GroupedGemm up = upGemm(layer, weights.pointers(), x.codes.data(),
                                x.scales.data(), routing.sortedTokenIds.data());
  std::vector<std::uint16_t> bits(routing.paddedRows() * up.n);
  std::vector<float> values(bits.size());
  modelGemmOnHost(up, routing.tiles, bits.data());
  modelGemmOnHost(up, routing.tiles, values.data());
  std::size_t same = 0, unrounded = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    same += encodeBf16(values[i]) == bits[i];
    unrounded += decodeBf16(bits[i]) != values[i];
  }
  CHECK(same == bits.size());
  CHECK(unrounded > bits.size() / 2);
}

TEST_CASE("rows that no tile holds are left alone", "[gemm]") {
  const LayerDescription layer = smallLayer(128, 64);
  const HostWeights weights = plainWeights(layer, kOne);
  const std::vector<std::uint8_t> x(2 * layer.hidden, kOne);
  const std::vector<float> xScales(2, 1.0f);
  const SortedRouting routing = sortByExpert({1, -1, -1, -1}, 3, 4);
  std::vector<std::uint16_t> out(4 * 128, 0xffff);
  modelGemmOnHost(upGemm(layer, weights.pointers(), x.data(), xScales.data(),
                         routing.sortedTokenIds.data()),
                  routing.tiles, out.data());
  CHECK(out[127] == bf16(128.0));
  CHECK(out[128] == 0xffff);
}
