#include "runtime/reference/Model.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace moert::reference;

namespace {

constexpr std::uint8_t kOne = 0x38, kTwo = 0x40, kMinusOne = 0xb8;
constexpr std::uint8_t kOneAndAHalf = 0x3c, kLargest = 0x7e;
constexpr std::uint8_t k2Pow6 = 0x08; ///< 2^-6, the smallest normal.
constexpr std::uint8_t k2Pow7 = 0x04; ///< 2^-7, subnormal.
constexpr std::uint8_t kMinus2Pow7 = 0x84;
constexpr std::uint8_t k2Pow9 = 0x01; ///< 2^-9, the smallest.

struct Step {
  std::array<std::uint8_t, kStep> a{}, b{};
};

/// The products given, then zeros.
float accumulated(std::vector<std::pair<std::uint8_t, std::uint8_t>> products,
                  float sum = 0.0f) {
  Step step;
  for (std::size_t i = 0; i < products.size(); ++i) {
    step.a[i] = products[i].first;
    step.b[i] = products[i].second;
  }
  return accumulate32(step.a.data(), step.b.data(), sum);
}

Step randomStep(std::mt19937 &random) {
  Step step;
  for (auto *codes : {&step.a, &step.b})
    for (std::uint8_t &code : *codes) {
      code = static_cast<std::uint8_t>(random());
      if (isNaNE4m3(code))
        code = 0;
    }
  return step;
}

} // namespace

TEST_CASE("the exactly representable is added exactly", "[model]") {
  CHECK(accumulated({{kOne, kOne}, {kTwo, kTwo}}) == 5.0f);
  CHECK(accumulated({{kOne, kOne}}, 0.5f) == 1.5f);
  CHECK(accumulated({{kLargest, kLargest}}) == 448.0f * 448.0f);
}

TEST_CASE("an addend is cut towards zero at 2^(top - 13)", "[model]") {
  // top = 0, so the unit is 2^-13.
  CHECK(accumulated({{kOne, kOne}, {k2Pow6, k2Pow7}}) == 1.0f + 0x1p-13f);
  CHECK(accumulated({{kOne, kOne}, {k2Pow7, k2Pow7}}) == 1.0f); // 2^-14
  // A negative addend is cut towards zero too, so it disappears as well.
  CHECK(accumulated({{kOne, kOne}, {k2Pow7, kMinus2Pow7}}) == 1.0f);
}

TEST_CASE("every addend is cut on its own", "[model]") {
  std::vector<std::pair<std::uint8_t, std::uint8_t>> products(kStep,
                                                              {k2Pow7, k2Pow7});
  products[5] = {kOne, kOne};
  CHECK(accumulated(products) == 1.0f); // 31 times 2^-14 is lost
}

TEST_CASE("exponents count before normalising", "[model]") {
  // 1.5 * 1.5 = 2.25 has exponent 0, so 2^-13 survives the alignment; then the
  // sum, 2.25 - 2^-13, is cut to 13 fraction bits of exponent 1.
  CHECK(accumulated({{kOneAndAHalf, kOneAndAHalf}, {k2Pow6, kMinus2Pow7}}) ==
        2.25f - 0x1p-12f);
  // A product of subnormals has exponent -12 whatever its value (2^-18 here),
  // so the accumulator is cut at 2^-25.
  CHECK(accumulated({{k2Pow9, k2Pow9}}, 0x1p-26f) == 0x1p-18f);
  CHECK(accumulated({{k2Pow9, k2Pow9}}, 0x1p-25f) == 0x1p-18f + 0x1p-25f);
}

TEST_CASE("zero products take no part in the alignment", "[model]") {
  CHECK(accumulated({{kLargest, 0x00}, {k2Pow9, k2Pow9}}) == 0x1p-18f);
  CHECK(accumulated({{0x80, kLargest}, {k2Pow9, k2Pow9}}) == 0x1p-18f);
}

TEST_CASE("the accumulator takes part like a product", "[model]") {
  CHECK(accumulated({{kOne, kOne}}, 16384.0f) == 16384.0f); // unit 2
  CHECK(accumulated({{kOne, kTwo}}, 16384.0f) == 16386.0f);
  CHECK(accumulated({{kOne, kOne}}, 1.0f + 0x1p-23f) == 2.0f);
  CHECK(accumulated({}, 1.0f + 0x1p-13f) == 1.0f + 0x1p-13f);
}

TEST_CASE("the sum keeps 14 significant bits, cut towards zero", "[model]") {
  // 4096 + 1 + 1/2: top = 12, all addends survive; 14 bits end at 1/2.
  CHECK(accumulated({{kOne, kOne}, {kOne, 0x30}}, 4096.0f) == 4097.5f);
  // 2 * (1 + 2^-13) needs no more bits; 2 + 2^-13 does.
  CHECK(accumulated({{kOne, kOne}, {kOne, kOne}, {k2Pow6, k2Pow7}}) == 2.0f);
  CHECK(accumulated(
            {{kOne, kMinusOne}, {kOne, kMinusOne}, {k2Pow6, kMinus2Pow7}}) ==
        -2.0f);
}

TEST_CASE("what cancels is plus zero", "[model]") {
  float zero = accumulated({{kOne, kOne}, {kOne, kMinusOne}});
  CHECK(zero == 0.0f);
  CHECK_FALSE(std::signbit(zero));
  CHECK_FALSE(std::signbit(accumulated({{0x80, kOne}})));
}

TEST_CASE("a NaN factor makes the sum NaN", "[model]") {
  CHECK(std::isnan(accumulated({{0x7f, 0x00}})));
  CHECK(std::isnan(accumulated({}, std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("neither the order of products nor which operand is A matters",
          "[model]") {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    Step step = randomStep(random), shuffled;
    float sum = std::ldexp(static_cast<float>(random() % 4096) - 2048,
                           static_cast<int>(random() % 24) - 12);
    std::array<int, kStep> order;
    for (int i = 0; i < kStep; ++i)
      order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    for (int i = 0; i < kStep; ++i) {
      shuffled.a[i] = step.b[order[i]];
      shuffled.b[i] = step.a[order[i]];
    }
    float first = accumulate32(step.a.data(), step.b.data(), sum);
    if (first != accumulate32(shuffled.a.data(), shuffled.b.data(), sum))
      FAIL("round " << round);
  }
}

TEST_CASE("a sum is off by at most a unit an addend, and carries 14 bits",
          "[model]") {
  std::mt19937 random(4);
  for (int round = 0; round < 2000; ++round) {
    Step step = randomStep(random);
    double exact = 0.0, largest = 0.0;
    for (int i = 0; i < kStep; ++i) {
      double product = double(decodeE4m3(step.a[i])) * decodeE4m3(step.b[i]);
      exact += product;
      largest = std::max(largest, std::fabs(product));
    }
    float sum = accumulate32(step.a.data(), step.b.data(), 0.0f);
    // The largest product's exponent is at most that of its value.
    double unit = std::ldexp(1.0, std::ilogb(largest) - 13);
    double ownUnit = sum == 0.0f ? 0.0 : std::ldexp(1.0, std::ilogb(sum) - 13);
    if (std::fabs(sum - exact) > kStep * unit + ownUnit)
      FAIL("round " << round << ": " << sum << " for " << exact);
    if (bitsOf(sum) & 0x3ff)
      FAIL("round " << round << ": more than 14 bits in " << sum);
  }
}
