//===- Model.cpp - what Hopper's FP8 tensor core computes -----------------===//
#include "runtime/reference/Model.h"

#include "runtime/reference/Formats.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace moert::reference {

namespace {

constexpr int kNoExponent = std::numeric_limits<int>::min();

/// (-1)^negative * magnitude * 2^(exponent - scale); exponent as the tensor
/// core counts it, before normalising.
struct Addend {
  std::int64_t magnitude = 0;
  int exponent = kNoExponent, scale = 0;
  bool negative = false;

  /// In units of 2^(top - 13), cut towards zero.
  std::int64_t cut(int top) const {
    int shift = exponent - scale - (top - kFractionBits);
    std::int64_t units =
        shift >= 0 ? magnitude << shift : magnitude >> std::min(-shift, 63);
    return negative ? -units : units;
  }
};

Addend productOf(std::uint8_t a, std::uint8_t b) {
  Fp8Parts x = partsOf(a), y = partsOf(b);
  // Two significands in eighths: the product counts in 2^-6.
  return {x.significand * y.significand, x.exponent + y.exponent, 6,
          x.negative != y.negative};
}

Addend accumulatorOf(float sum) {
  std::uint32_t bits = bitsOf(sum);
  int field = static_cast<int>(bits >> 23) & 0xff;
  std::uint32_t fraction = bits & 0x7fffffu;
  return {field ? fraction | 0x800000u : fraction, field ? field - 127 : -126,
          23, (bits >> 31) != 0};
}

/// `units` * 2^exponent with all but its 14 leading bits cut off.
float cutSum(std::int64_t units, int exponent) {
  std::int64_t magnitude = units < 0 ? -units : units;
  int extra = 0;
  while (magnitude >> extra >= std::int64_t(1) << (kFractionBits + 1))
    ++extra;
  magnitude = magnitude >> extra << extra;
  double value = std::ldexp(static_cast<double>(magnitude), exponent);
  return static_cast<float>(units < 0 ? -value : value);
}

/// The 32 codes of a step that starts at k; zero outside [0, K), as TMA fills.
std::array<std::uint8_t, kStep> codesAt(const std::uint8_t *row, std::int64_t k,
                                        std::int64_t end) {
  std::array<std::uint8_t, kStep> codes{};
  for (std::int64_t i = 0; i < kStep; ++i)
    if (k + i >= 0 && k + i < end)
      codes[i] = row[k + i];
  return codes;
}

/// Calls `store(index in the output, value)` for every element by the model.
template <class Store>
void forEachElement(const GroupedGemm &gemm, const std::vector<RowTile> &tiles,
                    Store store) {
  for (const RowTile &tile : tiles)
    for (std::int64_t row = tile.firstRow; row < tile.firstRow + tile.rows;
         ++row)
      for (std::int64_t column = 0; column < gemm.n; ++column) {
        float sum = modelElement(gemm, tile.expert, row, column);
        if (gemm.weights)
          sum = gemm.weights[gemm.sortedTokenIds[row]] * sum;
        store(gemm.cRow(row) * gemm.n + column, sum);
      }
}

} // namespace

float accumulate32(const std::uint8_t *a, const std::uint8_t *b, float sum) {
  if (std::isnan(sum))
    return sum;
  std::array<Addend, kStep + 1> addends;
  for (int i = 0; i < kStep; ++i) {
    if (isNaNE4m3(a[i]) || isNaNE4m3(b[i]))
      return std::numeric_limits<float>::quiet_NaN();
    addends[i] = productOf(a[i], b[i]);
  }
  addends[kStep] = accumulatorOf(sum);

  int top = kNoExponent;
  for (const Addend &addend : addends)
    if (addend.magnitude != 0)
      top = std::max(top, addend.exponent);
  if (top == kNoExponent)
    return 0.0f;
  std::int64_t units = 0;
  for (const Addend &addend : addends)
    if (addend.magnitude != 0)
      units += addend.cut(top);
  return cutSum(units, top - kFractionBits);
}

float modelElement(const GroupedGemm &gemm, std::int64_t expert,
                   std::int64_t row, std::int64_t column) {
  const std::int64_t aRow = gemm.aRow(row);
  const std::uint8_t *a = gemm.a + aRow * gemm.k;
  const std::uint8_t *b = gemm.b + (expert * gemm.n + column) * gemm.k;
  const float *bScales = gemm.bScales + gemm.bScaleStart(expert, column);
  float sum = 0.0f;
  for (std::int64_t block = 0; block < gemm.blocks; ++block) {
    float t = 0.0f;
    for (std::int64_t step = 0; step < kBlock; step += kStep) {
      std::int64_t k = gemm.blockStart(block) + step;
      t = accumulate32(codesAt(a, k, gemm.k).data(),
                       codesAt(b, k, gemm.k).data(), t);
    }
    float s = gemm.aScales[aRow * gemm.aScaleRowStride +
                           block * gemm.aScaleBlockStride] *
              bScales[block];
    sum = std::fma(t, s, sum);
  }
  return sum;
}

double doubleElement(const GroupedGemm &gemm, std::int64_t expert,
                     std::int64_t row, std::int64_t column) {
  const std::int64_t aRow = gemm.aRow(row);
  const std::uint8_t *a = gemm.a + aRow * gemm.k;
  const std::uint8_t *b = gemm.b + (expert * gemm.n + column) * gemm.k;
  const float *bScales = gemm.bScales + gemm.bScaleStart(expert, column);
  double sum = 0.0;
  for (std::int64_t k = 0; k < gemm.k; ++k) {
    std::int64_t block = (k + gemm.kOffset) / kBlock;
    double scale =
        static_cast<double>(gemm.aScales[aRow * gemm.aScaleRowStride +
                                         block * gemm.aScaleBlockStride]) *
        bScales[block];
    sum += static_cast<double>(decodeE4m3(a[k])) * decodeE4m3(b[k]) * scale;
  }
  return sum;
}

void modelGemmOnHost(const GroupedGemm &gemm, const std::vector<RowTile> &tiles,
                     std::uint16_t *out) {
  forEachElement(gemm, tiles, [&](std::int64_t place, float sum) {
    out[place] = encodeBf16(sum);
  });
}

void modelGemmOnHost(const GroupedGemm &gemm, const std::vector<RowTile> &tiles,
                     float *out) {
  forEachElement(gemm, tiles,
                 [&](std::int64_t place, float sum) { out[place] = sum; });
}

void doubleGemmOnHost(const GroupedGemm &gemm,
                      const std::vector<RowTile> &tiles, double *out) {
  for (const RowTile &tile : tiles)
    for (std::int64_t row = tile.firstRow; row < tile.firstRow + tile.rows;
         ++row)
      for (std::int64_t column = 0; column < gemm.n; ++column) {
        double sum = doubleElement(gemm, tile.expert, row, column);
        if (gemm.weights)
          sum *= gemm.weights[gemm.sortedTokenIds[row]];
        out[gemm.cRow(row) * gemm.n + column] = sum;
      }
}

} // namespace moert::reference
