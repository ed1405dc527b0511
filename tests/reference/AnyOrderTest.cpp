#include "runtime/reference/AnyOrder.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace moert::reference;

namespace {

using Random = std::mt19937;

float roundBf16(float value) { return decodeBf16(encodeBf16(value)); }

/// Added one by one to zero; an f32 sum of two bf16, rounded again, is the
/// bf16 sum, as f32 has more than twice the bits.
float addedInBf16(const std::vector<float> &rows) {
  float sum = 0.0f;
  for (float row : rows)
    sum = roundBf16(sum + row);
  return sum;
}

double sumOf(const std::vector<float> &rows, bool magnitudes = false) {
  double sum = 0.0;
  for (float row : rows)
    sum += magnitudes ? std::fabs(row) : row;
  return sum;
}

/// bf16 numbers of one sign or both, alike in size or far apart.
std::vector<float> drawRows(int count, Random &random) {
  std::normal_distribution<float> normal;
  const bool spread = random() % 2, positive = random() % 2;
  std::vector<float> rows(count);
  for (float &row : rows) {
    row = normal(random) * (spread ? std::exp2(3.0f * normal(random)) : 1.0f);
    row = roundBf16(positive ? std::fabs(row) : row);
  }
  return rows;
}

} // namespace

TEST_CASE("a sum in bf16 is within its bound in every order", "[any-order]") {
  Random random(1);
  double worst = 0.0;
  for (int round = 0; round < 3000; ++round) {
    const int count = 1 + round % 10;
    std::vector<float> rows = drawRows(count, random);
    const double exact = sumOf(rows);
    const double allowed = boundOfRoundings(count - 1) * sumOf(rows, true);
    for (int order = 0; order < 20; ++order) {
      std::shuffle(rows.begin(), rows.end(), random);
      const double error = std::fabs(addedInBf16(rows) - exact);
      if (error > allowed)
        FAIL("round " << round << ": off by " << error << ", bound "
                      << allowed);
      if (allowed > 0.0)
        worst = std::max(worst, error / allowed);
    }
  }
  CHECK(worst > 0.5); // a bound that is reached hides little
}

TEST_CASE("half a unit of bf16 is 2^-8 of the number", "[any-order]") {
  const float next = 1.0f + 0x1p-7f; // after 1
  CHECK(roundBf16(next) == next);
  CHECK(roundBf16(1.0f + 0x1p-8f) == 1.0f);
  CHECK(boundOfRoundings(0) == 0.0);
  CHECK(boundOfRoundings(1) == 0x1p-8);
}

TEST_CASE("combine in order is within its bound of the rows in any order",
          "[any-order]") {
  Random random(2);
  std::normal_distribution<float> normal;
  for (int round = 0; round < 20000; ++round) {
    const int count = 1 + round % 10;
    const float factor = std::exp2(normal(random));
    std::vector<float> rows(count);
    float partials = 0.0f;
    for (float &row : rows) {
      const float weight = normal(random), sum = normal(random);
      row = roundBf16(factor * weight * sum);
      partials += roundBf16(weight * sum);
    }
    const double allowed =
        boundOfRoundings(count - 1 + kRoundingsOfOrdered) * sumOf(rows, true);
    std::shuffle(rows.begin(), rows.end(), random);
    const double error =
        std::fabs(addedInBf16(rows) - roundBf16(factor * partials));
    if (error > allowed)
      FAIL("round " << round << ": off by " << error << ", bound " << allowed);
  }
}
