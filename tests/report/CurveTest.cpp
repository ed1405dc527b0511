#include "runtime/bench/Curve.h"

#include <catch2/catch.hpp>

using namespace moert::bench;

namespace {

const Curve kBaseline{{16, 100}, {64, 148}, {256, 200}};

} // namespace

TEST_CASE("a curve is read at its points and on lines between them",
          "[curve]") {
  auto at = readCurve(kBaseline, 64);
  REQUIRE(at);
  CHECK(at->us == 148);
  CHECK_FALSE(at->interpolated);
  auto between = readCurve(kBaseline, 40);
  REQUIRE(between);
  CHECK(between->us == 124);
  CHECK(between->interpolated);
}

TEST_CASE("a curve says nothing outside its points", "[curve]") {
  CHECK_FALSE(readCurve(kBaseline, 15));
  CHECK_FALSE(readCurve(kBaseline, 257));
  CHECK_FALSE(readCurve({}, 1));
  CHECK(readCurve({{8, 1}}, 8));
}

TEST_CASE("a fall is more than three percent from one T to the next",
          "[curve]") {
  // 97 of 100 is no fall yet; 96.9 is; from 96.9 over 95 to 92.2 no step is.
  const std::vector<Fall> falls =
      fallsOf({{1, 100}, {2, 97}, {3, 100}, {4, 96.9}, {5, 95}, {6, 92.2}});
  REQUIRE(falls.size() == 1);
  CHECK(falls[0].from == CurvePoint{3, 100});
  CHECK(falls[0].to == CurvePoint{4, 96.9});
  CHECK(fallsOf({}).empty());
  CHECK(fallsOf({{1, 5}}).empty());
}

TEST_CASE("slower than the baseline is slower than the line between its points",
          "[curve]") {
  const Curve times{{8, 999}, {16, 100}, {40, 124.5}, {64, 147}, {999, 1}};
  const std::vector<Slower> slower = slowerThan(kBaseline, times);
  REQUIRE(slower.size() == 1); // 8 and 999 are outside, 16 is as fast
  CHECK(slower[0].ours == CurvePoint{40, 124.5});
  CHECK(slower[0].baseline.us == 124);
  CHECK(slower[0].baseline.interpolated);
}
