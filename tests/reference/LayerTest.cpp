#include "runtime/reference/Swiglu.h"
#include "tests/reference/TestLayer.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace moert;
using namespace moert::reference;
using namespace moert::tests;

namespace {

HostCall randomCall(const LayerDescription &layer,
                    std::vector<std::int32_t> ids) {
  HostCall call;
  const auto tokens = ids.size() / layer.slots();
  for (float value : randomValues(tokens * layer.hidden, 9))
    call.x.push_back(encodeBf16(value));
  call.weights.assign(ids.size(), 0.5f);
  call.ids = std::move(ids);
  return call;
}

} // namespace

TEST_CASE("groups of h follow the scale grid", "[layer]") {
  // o = 64, I = 192: columns 0 ... 63 are group 0, 64 ... 191 group 1.
  std::vector<float> values(192, 1.0f);
  values[63] = 4.0f;
  values[64] = -8.0f;
  QuantisedRows rows = quantiseRows(values, 1, 192, 64, ActivationScale::f32);
  REQUIRE(rows.groups == 2);
  CHECK(rows.scales[0] == 4.0f / 448.0f);
  CHECK(rows.scales[1] == 8.0f / 448.0f);
  CHECK(rows.codes[63] == 0x7e);
  CHECK(rows.codes[64] == 0xfe);
  CHECK(rows.value(0, 64) == Approx(-8.0));
  CHECK(rows.value(0, 0) == Approx(1.0));
}

TEST_CASE("scales that are powers of two lose no bit of the value", "[layer]") {
  std::vector<float> values = randomValues(256, 4);
  QuantisedRows rows = quantiseRows(values, 1, 256, 0, ActivationScale::pow2);
  for (std::int64_t group = 0; group < 2; ++group) {
    float scale = rows.scales[group], largest = 0.0f;
    for (std::int64_t c = group * 128; c < (group + 1) * 128; ++c) {
      largest = std::max(largest, std::fabs(values[c]));
      CHECK(rows.codes[c] == encodeE4m3(values[c] / scale));
    }
    int exponent;
    CHECK(std::frexp(scale, &exponent) == 0.5f);
    CHECK(scale >= largest / 448.0f);
    CHECK(scale < 2.0f * largest / 448.0f);
  }
}

TEST_CASE("the activation in f32 steps is close to double precision",
          "[layer]") {
  const std::vector<float> gates = randomValues(20000, 6);
  const std::vector<float> ups = randomValues(20000, 7);
  double worst = 0.0;
  for (std::size_t i = 0; i < gates.size(); ++i) {
    const float gate = 10.0f * gates[i];
    const double exact = swigluInDouble(gate, ups[i]);
    worst = std::max(worst, std::fabs(swigluOnHost(gate, ups[i]) / exact - 1));
  }
  CAPTURE(worst);
  CHECK(worst < 1e-5);
}

TEST_CASE("the activation far from zero is what its limits are", "[layer]") {
  CHECK(swigluOnHost(200.0f, 2.0f) == 400.0f);
  // 2^(-gate / ln 2) overflows, so silu is -0.
  float none = swigluOnHost(-200.0f, 2.0f);
  CHECK(none == 0.0f);
  CHECK(std::signbit(none));
  CHECK(swigluOnHost(0.0f, 5.0f) == 0.0f);
  CHECK(std::isnan(swigluOnHost(-INFINITY, 1.0f)));
  CHECK(std::isnan(swigluOnHost(NAN, 1.0f)));
}

TEST_CASE("a NaN in h is one code and does not touch its scale", "[layer]") {
  LayerDescription layer = smallLayer(128, 64);
  std::vector<float> sums(2 * 64, 1.0f);
  sums[5] = NAN;
  const QuantisedRows h = activation(layer, sums, 1);
  CHECK(h.codes[5] == kE4m3NaN);
  CHECK(h.codes[6] == 0x7e);
  CHECK(h.scales[0] == swigluOnHost(1.0f, 1.0f) / 448.0f);
}

TEST_CASE("the layer by the model is close to the layer in double precision",
          "[layer]") {
  auto [offset, scale] = GENERATE(table<std::int64_t, ActivationScale>(
      {{0, ActivationScale::f32}, {64, ActivationScale::pow2}}));
  LayerDescription layer = smallLayer(256, 192, offset);
  layer.activationScale = scale;
  layer.routedScalingFactor = 2.5;
  const HostWeights weights = randomWeights(layer, 3);
  const HostCall call = randomCall(layer, {0, 1, 2, 0, 1, -1});
  auto out = layerByModel(layer, weights.pointers(), call);
  auto exact = layerInDouble(layer, weights.pointers(), call);
  double error = 0.0, norm = 0.0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    error += std::pow(decodeBf16(out[i]) - exact[i], 2);
    norm += std::pow(exact[i], 2);
  }
  // A value of h between two codes may fall to either side, so the layers are
  // not as close as the GEMMs.
  CAPTURE(std::sqrt(error / norm));
  CHECK(std::sqrt(error / norm) < 2e-2);
}

TEST_CASE("an expert of another rank contributes exactly zero", "[layer]") {
  const LayerDescription layer = smallLayer(128, 64);
  const HostWeights weights = randomWeights(layer, 5);
  const HostCall call = randomCall(layer, {-1, -1, 1, -1});
  auto out = layerByModel(layer, weights.pointers(), call);
  CHECK(std::count(out.begin(), out.begin() + 128, 0) == 128);
  CHECK(std::count(out.begin() + 128, out.end(), 0) < 64);
}

TEST_CASE("combine adds in f32, slots ascending, and scales the sum",
          "[layer]") {
  LayerDescription layer = smallLayer(1, 64);
  layer.topK = 3;
  layer.routedScalingFactor = 3.0;
  // 2^25 + 1 loses the 1 in f32, so the order shows.
  const std::vector<std::uint16_t> partials{
      encodeBf16(0x1p25f), encodeBf16(1.0f),     encodeBf16(-0x1p25f),
      encodeBf16(0x1p25f), encodeBf16(-0x1p25f), encodeBf16(1.0f)};
  auto out = combine(layer, partials, {0, 1, 2, 0, 1, 2});
  CHECK(decodeBf16(out[0]) == 0.0f);
  CHECK(decodeBf16(out[1]) == 3.0f);
  // A dropped slot is not read, whatever is there.
  out = combine(layer, {0xffff, encodeBf16(1.0f), 0xffff}, {-1, 1, 9});
  CHECK(decodeBf16(out[0]) == 3.0f);
}
