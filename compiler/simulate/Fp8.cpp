//===- Fp8.cpp ------------------------------------------------------------===//
//
// Cutting an addend towards zero to a multiple of u = 2^(top - 13) and adding
// it exactly is one FMA that rounds towards zero: for S a multiple of u in
// [2^23 u, 2^24 u) and p >= 0, fma(a, b, S) = S + floor(p / u) u, as the last
// bit of S is u. So magnitudes are added, positive products in one sum and
// negative ones in another, both from 2^23 u on. 32 products below 4 * 2^top
// and the accumulator are at most 2^21 u: neither sum leaves its binade, and
// the difference of their bits is the difference in units of u.
//
//===----------------------------------------------------------------------===//

#include "compiler/simulate/Fp8.h"

#include <algorithm>
#include <bit>
#include <cfenv>
#include <cmath>

using namespace mlir::moe::sim;

#if defined(__x86_64__)
#define MOE_FOR_EVERY_CPU                                                      \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MOE_FOR_EVERY_CPU
#endif

namespace {

/// Columns whose sums stay in registers together.
constexpr int kChunk = 32;

/// An e4m3 code as the sums need it.
struct Decoded {
  float positive, negative; ///< max(value, 0), max(-value, 0).
  int16_t exponent;         ///< Before normalising; very low for zero.
};

constexpr int16_t kZeroExponent = -100;
/// Below the exponent of every product that is not zero.
constexpr int16_t kLowest = -40;

struct CodeTable {
  Decoded codes[256];
  CodeTable() {
    for (int code = 0; code < 256; ++code) {
      int field = code >> 3 & 15, fraction = code & 7;
      int exponent = field ? field - 7 : -6;
      int significand = field ? fraction | 8 : fraction;
      float magnitude = std::ldexp(float(significand), exponent - 3);
      if ((code & 0x7f) == 0x7f)
        magnitude = std::nanf("");
      bool negative = code & 0x80;
      codes[code] = {negative ? 0.0f : magnitude, negative ? magnitude : 0.0f,
                     significand ? int16_t(exponent) : kZeroExponent};
    }
  }
};

const CodeTable kCodes;

/// B of a step, K outermost, so that a row of it is one vector operand.
struct Columns {
  alignas(64) float positive[kStepK][kMaxStepColumns];
  alignas(64) float negative[kStepK][kMaxStepColumns];
  alignas(64) int16_t exponent[kStepK][kMaxStepColumns];
};

void decode(const uint8_t (*b)[kStepK], int n, Columns &columns) {
  for (int column = 0; column < n; ++column)
    for (int k = 0; k < kStepK; ++k) {
      const Decoded &code = kCodes.codes[b[column][k]];
      columns.positive[k][column] = code.positive;
      columns.negative[k][column] = code.negative;
      columns.exponent[k][column] = code.exponent;
    }
}

/// 2^23 u for each column of a chunk.
MOE_FOR_EVERY_CPU
void findBases(const uint8_t *a, const Columns &columns, int first,
               const float *d, float *bases) {
  int16_t tops[kChunk];
  for (int j = 0; j < kChunk; ++j)
    tops[j] = kLowest;
  for (int k = 0; k < kStepK; ++k) {
    int16_t own = kCodes.codes[a[k]].exponent;
    const int16_t *others = columns.exponent[k] + first;
    for (int j = 0; j < kChunk; ++j)
      tops[j] = std::max<int16_t>(tops[j], own + others[j]);
  }
  for (int j = 0; j < kChunk; ++j) {
    uint32_t bits = std::bit_cast<uint32_t>(d[j]) & 0x7fffffffu;
    int own = bits ? int(bits >> 23) - 127 : kLowest;
    int top = std::max<int>(tops[j], own);
    bases[j] = std::bit_cast<float>(uint32_t(top + 10 + 127) << 23);
  }
}

/// Rounds towards zero: the caller has set the mode.
MOE_FOR_EVERY_CPU
void addProducts(const uint8_t *a, const Columns &columns, int first,
                 const float *bases, float *d) {
  float positive[kChunk], negative[kChunk];
  for (int j = 0; j < kChunk; ++j) {
    positive[j] = bases[j] + (d[j] < 0.0f ? 0.0f : d[j]);
    negative[j] = bases[j] + (d[j] < 0.0f ? -d[j] : 0.0f);
  }
  for (int k = 0; k < kStepK; ++k) {
    const Decoded &own = kCodes.codes[a[k]];
    bool flipped = a[k] & 0x80;
    float factor = flipped ? own.negative : own.positive;
    const float *same =
        (flipped ? columns.negative : columns.positive)[k] + first;
    const float *other =
        (flipped ? columns.positive : columns.negative)[k] + first;
    for (int j = 0; j < kChunk; ++j)
      positive[j] = __builtin_fmaf(factor, same[j], positive[j]);
    for (int j = 0; j < kChunk; ++j)
      negative[j] = __builtin_fmaf(factor, other[j], negative[j]);
  }
  for (int j = 0; j < kChunk; ++j) {
    uint32_t high = std::bit_cast<uint32_t>(positive[j]);
    int units = int(high - std::bit_cast<uint32_t>(negative[j]));
    // Below 2^22, so exact as a float; then all but 14 bits are cut off.
    uint32_t cut = std::bit_cast<uint32_t>(float(units)) & 0xfffffc00u;
    float unit = std::bit_cast<float>(high & 0x7f800000u) * 0x1p-23f;
    float sum = std::bit_cast<float>(cut) * unit;
    bool isNaN = positive[j] != positive[j] || negative[j] != negative[j];
    d[j] = isNaN ? std::bit_cast<float>(0x7fffffffu) : units ? sum : 0.0f;
  }
}

/// In a function of its own, so that nothing moves over the change of mode.
__attribute__((noinline)) void
addRows(const uint8_t (*a)[kStepK], const Columns &columns, int n, float *d) {
  for (int row = 0; row < kStepRows; ++row)
    for (int first = 0; first < n; first += kChunk) {
      // Narrow and odd widths work on a copy.
      float sums[kChunk] = {}, bases[kChunk];
      int width = std::min(kChunk, n - first);
      std::copy_n(d + row * n + first, width, sums);
      findBases(a[row], columns, first, sums, bases);
      addProducts(a[row], columns, first, bases, sums);
      std::copy_n(sums, width, d + row * n + first);
    }
}

} // namespace

void mlir::moe::sim::accumulateStep(const uint8_t (*a)[kStepK],
                                    const uint8_t (*b)[kStepK], int n,
                                    float *d) {
  static thread_local Columns columns;
  decode(b, n, columns);
  int mode = std::fegetround();
  std::fesetround(FE_TOWARDZERO);
  addRows(a, columns, n, d);
  std::fesetround(mode);
}
