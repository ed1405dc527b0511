#include "runtime/bench/report/Axis.h"

#include <catch2/catch.hpp>

using namespace moert::bench;

namespace {

std::vector<std::string> labelsOf(const Axis &axis) {
  std::vector<std::string> labels;
  for (const Tick &tick : axis.ticks)
    labels.push_back(tick.label);
  return labels;
}

using Labels = std::vector<std::string>;

} // namespace

TEST_CASE("a linear axis ends at round numbers around its values", "[axis]") {
  const Axis axis = linearAxis("ratio", {0.62, 1.07});
  CHECK(axis.range.low == Approx(0.6));
  CHECK(axis.range.high == Approx(1.1));
  CHECK(labelsOf(axis) == Labels{"0.6", "0.7", "0.8", "0.9", "1", "1.1"});
  CHECK(axis.fraction(0.6) == Approx(0).margin(1e-12));
  CHECK(axis.fraction(0.85) == Approx(0.5));
}

TEST_CASE("a logarithmic axis ends at 1, 2 or 5 times a power of ten",
          "[axis]") {
  const Axis axis = logAxis("us", {47, 390});
  CHECK(axis.range == Range{20, 500});
  CHECK(labelsOf(axis) == Labels{"20", "50", "100", "200", "500"});
  CHECK(axis.fraction(20) == Approx(0).margin(1e-12));
  CHECK(axis.fraction(100) == Approx(0.5));
  CHECK(axis.fraction(500) == Approx(1));
}

TEST_CASE("over many decades only powers of ten have numbers", "[axis]") {
  const Axis axis = logAxis("TFLOP/s", {1.5, 1595});
  CHECK(axis.range == Range{1, 2000});
  CHECK(labelsOf(axis) ==
        Labels{"1", "", "", "10", "", "", "100", "", "", "1000", ""});
}

TEST_CASE("T has powers of two, at most nine of them", "[axis]") {
  CHECK(labelsOf(tokenAxis("T", {1, 64})) ==
        Labels{"1", "2", "4", "8", "16", "32", "64"});
  CHECK(labelsOf(tokenAxis("T", {1, 16384})) ==
        Labels{"1", "4", "16", "64", "256", "1024", "4096", "16384"});
  CHECK(labelsOf(tokenAxis("T", {3, 70})) ==
        Labels{"4", "8", "16", "32", "64"});
}

TEST_CASE("between two powers of two T has round numbers", "[axis]") {
  const Axis axis = tokenAxis("T", {72, 120});
  CHECK(labelsOf(axis) == Labels{"70", "80", "90", "100", "110", "120"});
}

TEST_CASE("every axis holds its values and its ticks", "[axis]") {
  auto [low, high] = GENERATE(table<double, double>({{1, 1},
                                                     {7, 7},
                                                     {1, 16384},
                                                     {72, 256},
                                                     {0.3, 0.31},
                                                     {999, 1001},
                                                     {1e-3, 5e6}}));
  const Range values{low, high};
  for (const Axis &axis :
       {linearAxis("", values), logAxis("", values), tokenAxis("", values)}) {
    CHECK(axis.range.low < axis.range.high);
    CHECK(axis.ticks.size() >= 2);
    for (double value : {values.low, values.high}) {
      CHECK(axis.fraction(value) > -1e-9);
      CHECK(axis.fraction(value) < 1 + 1e-9);
    }
    for (const Tick &tick : axis.ticks) {
      CHECK(axis.fraction(tick.value) > -1e-9);
      CHECK(axis.fraction(tick.value) < 1 + 1e-9);
    }
  }
}

TEST_CASE("numbers of ticks have no zeros to spare and no exponent", "[axis]") {
  CHECK(tickText(16384) == "16384");
  CHECK(tickText(0.05) == "0.05");
  CHECK(tickText(2.5) == "2.5");
  CHECK(tickText(5e6) == "5000000");
  CHECK(tickText(-0.0) == "0");
}
