#include "runtime/reference/Routing.h"

#include <catch2/catch.hpp>

using namespace moert::reference;

using Ids = std::vector<std::int32_t>;

TEST_CASE("pairs are sorted by expert, then by token, then by slot",
          "[routing]") {
  // Three tokens of two slots.
  SortedRouting routing = sortByExpert({1, 0, 0, 1, 1, 3}, 4, 1);
  CHECK(routing.sortedTokenIds == Ids{1, 2, 0, 3, 4, 5});
  CHECK(routing.expertIds == Ids{0, 0, 1, 1, 1, 3});
  CHECK(routing.rowsInUse == 6);
  CHECK(routing.activeExperts == 3);
}

TEST_CASE("each expert's rows are padded with P", "[routing]") {
  SortedRouting routing = sortByExpert({1, 0, 0, 1, 1, 3}, 4, 4);
  CHECK(routing.sortedTokenIds == Ids{1, 2, 6, 6, 0, 3, 4, 6, 5, 6, 6, 6});
  CHECK(routing.expertIds == Ids{0, 1, 3});
  CHECK(routing.blockRows == Ids{2, 3, 1});
  CHECK(routing.paddedRows() == 12);
}

TEST_CASE("blocks of one expert are full but for the last", "[routing]") {
  SortedRouting routing = sortByExpert(Ids(9, 1), 2, 4);
  CHECK(routing.expertIds == Ids{1, 1, 1});
  CHECK(routing.blockRows == Ids{4, 4, 1});
}

TEST_CASE("experts of other ranks are left out, and ids out of range too",
          "[routing]") {
  SortedRouting routing = sortByExpert({-1, 2, 7, -5, 0, -1}, 3, 2);
  CHECK(routing.sortedTokenIds == Ids{4, 6, 1, 6});
  CHECK(routing.expertIds == Ids{0, 2});
  CHECK(routing.rowsInUse == 2);
}

TEST_CASE("routing without any expert has no rows", "[routing]") {
  SortedRouting routing = sortByExpert({-1, -1}, 3, 64);
  CHECK(routing.paddedRows() == 0);
  CHECK(routing.blockRows.empty());
  CHECK(routing.tiles.empty());
  CHECK(routing.activeExperts == 0);
}

TEST_CASE("tiles hold the rows in use, 64 at a time", "[routing]") {
  SortedRouting routing = sortByExpert(Ids(70, 1), 2, 128);
  REQUIRE(routing.tiles.size() == 2);
  CHECK(routing.tiles[0].firstRow == 0);
  CHECK(routing.tiles[0].rows == 64);
  CHECK(routing.tiles[1].firstRow == 64);
  CHECK(routing.tiles[1].rows == 6);
  CHECK(routing.tiles[1].expert == 1);
  CHECK(routing.paddedRows() == 128);
}

TEST_CASE(
    "rows of a shared expert are the tokens' if each has it last, and only "
    "there",
    "[routing]") {
  // Three tokens of two slots, four experts, padded to two rows.
  auto [ids, begin] = GENERATE(table<Ids, std::int64_t>({
      {{1, 3, 0, 3, 1, 3}, 4}, // 0: 2 rows, 1: 2, 3: 4
      {{1, 3, 0, 3, -1, 3}, 4},
      {{-1, 3, -1, 3, -1, 3}, 0},
      {{1, 3, 0, -1, 1, 3}, 6}, // not the second one
      {{1, 3, 0, 3, 3, 1}, 8},  // the third has it first
      {{3, 3, 0, 3, 1, 3}, 8},  // the first has it twice
      {{1, 2, 0, 2, 1, 2}, 8},  // another expert
      {{-1, -1, -1, -1, -1, -1}, 0},
  }));
  CAPTURE(ids);
  const SortedRouting routing = sortByExpert(ids, 4, 2);
  CHECK(sharedRowsBegin(routing, 3, 2, 4, 2) == begin);
}
