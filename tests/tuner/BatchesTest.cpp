//===- BatchesTest.cpp - the routings that kernels are timed on -----------===//
#include "tuner/Batches.h"
#include "runtime/bench/InputError.h"
#include "tests/tuner/FakeLayer.h"

#include <catch2/catch.hpp>

#include <fstream>

using namespace moert;
using namespace moert::tune;
using bench::parseRouting;

namespace {

/// [rows, 8] of int32: row i of file f routes to the experts from f + 8 * i on.
std::string writeNpy(const std::filesystem::path &path, int rows, int shift) {
  std::string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (" +
                       std::to_string(rows) + ", 8), }";
  header.resize(128 - 10 - 1, ' ');
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  file << "\x93NUMPY\x01" << '\0' << char(header.size() % 256)
       << char(header.size() / 256) << header;
  for (std::int32_t i = 0; i < rows * 8; ++i) {
    const std::int32_t id = (i + shift) % 256;
    file.write(reinterpret_cast<const char *>(&id), sizeof id);
  }
  return path.string();
}

} // namespace

TEST_CASE("drawn batches differ, and are the same when drawn again",
          "[batches]") {
  const std::string text = GENERATE("uniform", "power_law:1.2");
  const Batches batches({parseRouting(text)}, exampleLayer(), 1, 4);
  const auto some = batches.of(16), again = batches.of(16);
  REQUIRE(some.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(some[i].ids.size() == 16 * 9);
    CHECK(some[i].ids == again[i].ids);
    for (std::size_t j = 0; j < i; ++j)
      CHECK(some[i].ids != some[j].ids);
  }
  CHECK(batches.text() == text);
}

TEST_CASE("files are taken in turn, each cut at different rows", "[batches]") {
  Folder folder;
  const std::string a = writeNpy(folder.path / "a.npy", 20, 0),
                    b = writeNpy(folder.path / "b.npy", 12, 1);
  const Batches batches({parseRouting(a), parseRouting(b)}, exampleLayer(), 1,
                        5);
  auto firstIds = [](const std::vector<bench::RoutedTokens> &routed) {
    std::vector<std::int32_t> ids;
    for (const bench::RoutedTokens &one : routed)
      ids.push_back(one.ids.front());
    return ids;
  };
  // Rows 0, 5, 10 of a and 0, 2 of b; then 0, 4, 8 and 0 alone.
  CHECK(firstIds(batches.of(10)) ==
        std::vector<std::int32_t>{0, 1, 40, 17, 80});
  CHECK(firstIds(batches.of(12)) == std::vector<std::int32_t>{0, 1, 32, 64});
  CHECK_THROWS_WITH(batches.require(13),
                    b + ": expected at least 13 tokens, got 12");
  CHECK_THROWS_WITH(batches.of(21),
                    a + ": expected at least 21 tokens, got 20");
  CHECK(batches.text().find(a + " ") == 0); // with a checksum
}

TEST_CASE("a drawing beside others is refused", "[batches]") {
  CHECK_THROWS_WITH(
      Batches({parseRouting("uniform"), parseRouting("power_law:1.2")},
              exampleLayer(), 1, 4),
      "--routing: expected several files or one drawing, got uniform beside "
      "others");
}

TEST_CASE("rows are counted over all batches", "[batches]") {
  const mlir::moe::LayerProblem problem = exampleProblem();
  const mlir::moe::RowCounts expected(problem.routing, 64);
  const auto rows = [](const char *text) {
    return Batches({parseRouting(text)}, exampleLayer(), 1, 16).rows(64);
  };
  CHECK(rows("uniform").rows() == Approx(64 * 9));
  CHECK(rows("uniform").touchedExperts() ==
        Approx(expected.touchedExperts()).epsilon(0.02));
  CHECK(rows("power_law:1.2").rows() == Approx(64 * 9));
  CHECK(rows("power_law:1.2").touchedExperts() <
        0.9 * expected.touchedExperts());
}

TEST_CASE("calls without rows of this rank are looked at as uniform",
          "[batches]") {
  LayerDescription layer = exampleLayer();
  layer.experts = 1;
  layer.sharedExperts = 0;
  const Batches batches({parseRouting("uniform")}, layer, 1, 1);
  CHECK(batches.rows(1).rows() == Approx(8.0 / 256));
}
