#include "runtime/reference/Formats.h"
#include "runtime/reference/Quantise.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace moert::reference;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// The value of an e4m3 code by the format's definition.
double definedValue(int code) {
  int field = (code >> 3) & 15, fraction = code & 7;
  double magnitude =
      field ? std::ldexp(8 + fraction, field - 10) : std::ldexp(fraction, -9);
  return code & 0x80 ? -magnitude : magnitude;
}

} // namespace

TEST_CASE("every e4m3 code has the value of its definition", "[formats]") {
  for (int code = 0; code < 256; ++code) {
    CAPTURE(code);
    float value = decodeE4m3(static_cast<std::uint8_t>(code));
    if ((code & 0x7f) == 0x7f) {
      CHECK(std::isnan(value));
      CHECK(isNaNE4m3(static_cast<std::uint8_t>(code)));
      continue;
    }
    CHECK(value == definedValue(code));
    CHECK(std::signbit(value) == (code >= 0x80));
  }
}

TEST_CASE("every e4m3 value is encoded as its own code", "[formats]") {
  for (int code = 0; code < 256; ++code) {
    CAPTURE(code);
    int expected = (code & 0x7f) == 0x7f ? 0x7f : code;
    CHECK(encodeE4m3(decodeE4m3(static_cast<std::uint8_t>(code))) == expected);
  }
}

TEST_CASE("values between two e4m3 codes go to the nearer, ties to the even",
          "[formats]") {
  for (int code = 0; code < 0x7e; ++code) {
    CAPTURE(code);
    float low = decodeE4m3(static_cast<std::uint8_t>(code));
    float high = decodeE4m3(static_cast<std::uint8_t>(code + 1));
    float middle = (low + high) / 2; // exact
    int even = code % 2 ? code + 1 : code;
    CHECK(encodeE4m3(middle) == even);
    CHECK(encodeE4m3(std::nextafterf(middle, 0.0f)) == code);
    CHECK(encodeE4m3(std::nextafterf(middle, kInfinity)) == code + 1);
    CHECK(encodeE4m3(-middle) == (even | 0x80));
  }
}

TEST_CASE("e4m3 saturates, and NaN stays NaN", "[formats]") {
  auto [value, code] = GENERATE(table<float, int>({
      {448.0f, 0x7e},
      {449.0f, 0x7e},
      {1e30f, 0x7e},
      {-1e30f, 0xfe},
      {kInfinity, 0x7e},
      {-kInfinity, 0xfe},
      {kNaN, 0x7f},
      {-kNaN, 0x7f},
      {std::numeric_limits<float>::denorm_min(), 0x00},
      {-0.0f, 0x80},
  }));
  CAPTURE(value);
  CHECK(encodeE4m3(value) == code);
}

TEST_CASE("every bf16 value is encoded as its own bits", "[formats]") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    float value = decodeBf16(static_cast<std::uint16_t>(bits));
    std::uint32_t expected = std::isnan(value) ? std::uint32_t(kBf16NaN) : bits;
    if (encodeBf16(value) != expected)
      FAIL("bits " << bits << " became " << encodeBf16(value));
  }
  CHECK(isNaNBf16(0xffff));
  CHECK_FALSE(isNaNBf16(0xff80)); // minus infinity
}

TEST_CASE("bf16 rounds to nearest, ties to even", "[formats]") {
  auto [bits, expected] = GENERATE(table<std::uint32_t, int>({
      {0x3f808000u, 0x3f80}, // a tie: down to the even one
      {0x3f818000u, 0x3f82}, // a tie: up to the even one
      {0x3f807fffu, 0x3f80},
      {0x3f808001u, 0x3f81},
      {0x7f7fffffu, 0x7f80}, // beyond the largest: infinity
      {0x00008001u, 0x0001}, // subnormals stay
  }));
  CHECK(encodeBf16(floatOf(bits)) == expected);
}

TEST_CASE("a group's scale is its maximum over 448, or the next power of two",
          "[quantise]") {
  CHECK(groupScale(3.0f, false).scale == 3.0f / 448.0f);
  CHECK(groupScale(3.0f, false).inverse == 448.0f / 3.0f);
  CHECK(groupScale(0.0f, false).scale == 1e-10f / 448.0f);
  CHECK(groupScale(448.0f, true).scale == 1.0f); // itself a power
  CHECK(groupScale(std::nextafterf(448.0f, 500.0f), true).scale == 2.0f);
  CHECK(groupScale(449.0f, true).scale == 2.0f);
  CHECK(groupScale(449.0f, true).inverse == 0.5f);
  CHECK(groupScale(448.0f * 0x1p-20f, true).scale == 0x1p-20f);
  CHECK(quantised(3.0f, groupScale(3.0f, false)) == 0x7e);
}
