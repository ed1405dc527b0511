//===- HostLayer.cpp - the layer in plain C++ -----------------------------===//
#include "runtime/reference/HostLayer.h"

#include "runtime/reference/Formats.h"
#include "runtime/reference/Model.h"
#include "runtime/reference/Quantise.h"
#include "runtime/reference/Swiglu.h"

#include <algorithm>
#include <cmath>

namespace moert::reference {

namespace {

/// x quantised and the rows sorted: what both versions of the layer start from.
struct Prepared {
  QuantisedRows x;
  SortedRouting routing;
};

Prepared prepare(const LayerDescription &layer, const HostCall &call) {
  std::vector<float> values(call.x.size());
  std::transform(call.x.begin(), call.x.end(), values.begin(), decodeBf16);
  const auto tokens = static_cast<std::int64_t>(call.x.size()) / layer.hidden;
  return {quantiseRows(values, tokens, layer.hidden, 0, layer.activationScale),
          sortByExpert(call.ids, layer.totalExperts(), 1)};
}

/// down reads h's scales by block, then by row.
std::vector<float> byBlock(const QuantisedRows &h) {
  std::vector<float> scales(h.scales.size());
  for (std::int64_t row = 0; row < h.rows; ++row)
    for (std::int64_t group = 0; group < h.groups; ++group)
      scales[group * h.rows + row] = h.scales[row * h.groups + group];
  return scales;
}

/// Quantises product(gate, up) of sums [rows, 2I] on the layer's scale grid.
template <class Value, class Product>
QuantisedRows quantisedProducts(const LayerDescription &layer,
                                const std::vector<Value> &sums,
                                std::int64_t rows, Product product) {
  const std::int64_t columns = layer.intermediate;
  std::vector<float> values(rows * columns);
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t column = 0; column < columns; ++column) {
      const Value *gate = &sums[row * 2 * columns + column];
      values[row * columns + column] =
          static_cast<float>(product(gate[0], gate[columns]));
    }
  return quantiseRows(values, rows, columns, layer.scaleOffset,
                      layer.activationScale);
}

} // namespace

double QuantisedRows::value(std::int64_t row, std::int64_t column) const {
  return static_cast<double>(decodeE4m3(codes[row * columns + column])) *
         scales[row * groups + (column + offset) / kBlock];
}

QuantisedRows quantiseRows(const std::vector<float> &values, std::int64_t rows,
                           std::int64_t columns, std::int64_t offset,
                           ActivationScale scale) {
  QuantisedRows result{
      rows, columns, offset, (offset + columns + kBlock - 1) / kBlock, {}, {}};
  result.codes.resize(rows * columns);
  result.scales.resize(rows * result.groups);
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t group = 0; group < result.groups; ++group) {
      std::int64_t first = std::max<std::int64_t>(group * kBlock - offset, 0);
      std::int64_t last = std::min((group + 1) * kBlock - offset, columns);
      float largest = 0.0f;
      for (std::int64_t column = first; column < last; ++column)
        largest = std::fmax(largest, std::fabs(values[row * columns + column]));
      GroupScale chosen = groupScale(largest, scale == ActivationScale::pow2);
      result.scales[row * result.groups + group] = chosen.scale;
      for (std::int64_t column = first; column < last; ++column)
        result.codes[row * columns + column] =
            quantised(values[row * columns + column], chosen);
    }
  return result;
}

QuantisedRows activation(const LayerDescription &layer,
                         const std::vector<float> &sums, std::int64_t rows) {
  return quantisedProducts(layer, sums, rows, swigluOnHost);
}

std::vector<std::uint16_t> combine(const LayerDescription &layer,
                                   const std::vector<std::uint16_t> &partials,
                                   const std::vector<std::int32_t> &ids) {
  const std::int64_t slots = layer.slots(), hidden = layer.hidden;
  const auto tokens = static_cast<std::int64_t>(ids.size()) / slots;
  const auto factor = static_cast<float>(layer.routedScalingFactor);
  std::vector<std::uint16_t> out(tokens * hidden);
  for (std::int64_t token = 0; token < tokens; ++token)
    for (std::int64_t column = 0; column < hidden; ++column) {
      float sum = 0.0f;
      for (std::int64_t pair = token * slots; pair < (token + 1) * slots;
           ++pair)
        if (ids[pair] >= 0 && ids[pair] < layer.totalExperts())
          sum += decodeBf16(partials[pair * hidden + column]);
      out[token * hidden + column] = encodeBf16(factor * sum);
    }
  return out;
}

std::vector<std::uint16_t> layerByModel(const LayerDescription &layer,
                                        const LayerWeights &weights,
                                        const HostCall &call) {
  Prepared in = prepare(layer, call);
  const std::int64_t rows = in.routing.paddedRows();
  const std::int32_t *sorted = in.routing.sortedTokenIds.data();
  std::vector<float> sums(rows * 2 * layer.intermediate);
  modelGemmOnHost(
      upGemm(layer, weights, in.x.codes.data(), in.x.scales.data(), sorted),
      in.routing.tiles, sums.data());
  QuantisedRows h = activation(layer, sums, rows);
  std::vector<float> hScales = byBlock(h);
  std::vector<std::uint16_t> partials(call.ids.size() * layer.hidden);
  modelGemmOnHost(downGemm(layer, weights, h.codes.data(), hScales.data(), rows,
                           call.weights.data(), sorted),
                  in.routing.tiles, partials.data());
  return combine(layer, partials, call.ids);
}

std::vector<double> layerInDouble(const LayerDescription &layer,
                                  const LayerWeights &weights,
                                  const HostCall &call) {
  Prepared in = prepare(layer, call);
  const std::int64_t rows = in.routing.paddedRows();
  const std::int32_t *sorted = in.routing.sortedTokenIds.data();
  std::vector<double> sums(rows * 2 * layer.intermediate);
  doubleGemmOnHost(
      upGemm(layer, weights, in.x.codes.data(), in.x.scales.data(), sorted),
      in.routing.tiles, sums.data());
  QuantisedRows h = quantisedProducts(layer, sums, rows, swigluInDouble);
  std::vector<float> hScales = byBlock(h);
  std::vector<double> partials(call.ids.size() * layer.hidden, 0.0);
  doubleGemmOnHost(downGemm(layer, weights, h.codes.data(), hScales.data(),
                            rows, call.weights.data(), sorted),
                   in.routing.tiles, partials.data());
  std::vector<double> out(call.x.size(), 0.0);
  for (std::size_t i = 0; i < partials.size(); ++i)
    out[i / layer.hidden / layer.slots() * layer.hidden + i % layer.hidden] +=
        layer.routedScalingFactor * partials[i];
  return out;
}

} // namespace moert::reference
