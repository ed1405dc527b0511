//===- ResourcesTest.cpp - memory, rings, staging and registers ----------===//
#include "compiler/schedule/Resources.h"
#include "compiler/schedule/Schedule.h"

#include <catch2/catch.hpp>

using namespace mlir::moe;

TEST_CASE("shared memory is what pipe-plan-shared-memory hands out",
          "[schedule]") {
  GemmShape down{.partN = 512, .k = 192}, up = down;
  up.parts = 2;
  up.gathered = up.quantised = true;
  CHECK(sharedMemory({.blockN = 128, .stages = 5}, down) == 203120);
  CHECK(sharedMemory({.blockN = 256, .stages = 4}, up) == 217760 + 56);
  // Scales of four K blocks have slots of their own.
  up.k = 512;
  CHECK(sharedMemory({.blockN = 256, .stages = 4}, up) == 219648 - 64 + 56);
  // The blocks of a cluster have no queue.
  CHECK(sharedMemory({.blockM = 64,
                      .blockN = 64,
                      .stages = 2,
                      .consumers = 1,
                      .cluster = 2},
                     down) == 43328);
}

TEST_CASE("rows that are added up have what the rest leaves", "[schedule]") {
  const GemmShape gemm{.partN = 384, .k = 192, .combined = true};
  const Schedule whole{.blockN = 128, .stages = 2};
  CHECK(sumStages(whole, gemm) == 3);
  CHECK(sharedMemory(whole, gemm) == 201104);
  const Schedule half{
      .blockM = 64, .blockN = 128, .stages = 2, .consumers = 1};
  CHECK(sumStages(half, gemm) == 10);
  CHECK(sumStages(whole, {.partN = 384, .k = 192}) == 0);
}

TEST_CASE("scales of gathered rows come four K blocks at a time, if they can",
          "[schedule]") {
  CHECK(scaleGroup({.k = 512, .gathered = true}) == 4);
  CHECK(scaleGroup({.k = 384, .gathered = true}) == 1);
  CHECK(scaleGroup({.k = 464, .gathered = true}) == 4);
  CHECK(scaleGroup({.k = 512, .kOffset = 64, .gathered = true}) == 1);
  // Boxes of scales are what TMA loads.
  CHECK(scaleGroup({.k = 512}) == 1);
}

TEST_CASE("the ring never waits for a group of scales", "[schedule]") {
  GemmShape gemm{.k = 512, .gathered = true};
  auto [stages, groups] = GENERATE(table<int64_t, int64_t>({
      {2, 2},
      {4, 2},
      {5, 3},
      {8, 3},
      {9, 4},
  }));
  CAPTURE(stages);
  CHECK(scaleStages({.stages = stages}, gemm) == groups);
}

// So here; slots of scales are padded to 128 bytes.
TEST_CASE("shared memory of swapped tiles is what is handed out",
          "[schedule]") {
  GemmShape up{
      .parts = 2, .partN = 192, .k = 512, .gathered = true, .quantised = true};
  GemmShape down{.partN = 512, .k = 192};
  CHECK(sharedMemory({.blockM = 16,
                      .blockN = 128,
                      .stages = 10,
                      .consumers = 1,
                      .cluster = 2,
                      .swapped = true},
                     up) == 188496 - 96);
  CHECK(
      sharedMemory({.blockM = 40, .blockN = 256, .stages = 3, .swapped = true},
                   up) == 123792 - 80);
  CHECK(
      sharedMemory({.blockM = 24, .blockN = 256, .stages = 5, .swapped = true},
                   down) == 193552);
}

TEST_CASE("a producer that gathers nothing sends rows", "[schedule]") {
  GemmShape sorted, gathered{.gathered = true};
  auto consumers = GENERATE(1, 2);
  // A sender for each warpgroup, which leaves it a slab at a time.
  Schedule upright{.blockM = 256, .consumers = consumers};
  CHECK(senders(upright, sorted) == consumers);
  CHECK(senders(upright, gathered) == 0);
  CHECK(rowsOfSender(upright) == 64);
  // Swapped, the warpgroups have their columns of the same rows.
  Schedule swapped{.blockM = 24, .consumers = consumers, .swapped = true};
  CHECK(senders(swapped, sorted) == 1);
  CHECK(senders(swapped, gathered) == 0);
  CHECK(rowsOfSender(swapped) == 24);
}

TEST_CASE("the consumer warps of a cluster tell each other the maxima of rows",
          "[schedule]") {
  GemmShape cast, joined{.parts = 2, .quantised = true};
  Schedule schedule{
      .blockM = 24, .consumers = 1, .cluster = 2, .swapped = true};
  CHECK(exchangeParties(schedule) == 8);
  CHECK(exchangeParties({.consumers = 2, .swapped = true}) == 8);
  // Two turns of a value for each row and warp, and their barriers.
  CHECK(exchangeBytes(schedule, joined) == 2 * (8 * 24 * 4 + 8));
  CHECK(exchangeBytes(schedule, cast) == 0);
  CHECK(exchangeBytes({.blockM = 128}, joined) == 0);
}

TEST_CASE("staging holds what leaves together, and 16 bytes beside each row",
          "[schedule]") {
  Schedule wide{.blockN = 256, .consumers = 2};
  // All pieces of one part; of two parts, a piece at a time; e4m3 of both.
  GemmShape one, two{.parts = 2}, joined{.parts = 2, .quantised = true};
  CHECK(storedColumns(wide, one) == 256);
  CHECK(storedColumns(wide, two) == 128);
  CHECK(storedColumns(wide, joined) == 128);
  CHECK(stagingBytes(wide, one) == 2 * 64 * (2 * 256 + 16));
  CHECK(stagingBytes(wide, two) == 2 * 64 * (2 * 128 + 16));
  CHECK(stagingBytes(wide, joined) == 2 * 64 * (128 + 16));

  Schedule half{.blockN = 128, .consumers = 1};
  CHECK(storedColumns(half, joined) == 64);
  CHECK(stagingBytes(half, joined) == 64 * (64 + 16));

  // Swapped, as many rows as the tile has, whoever computes their columns.
  wide.blockM = half.blockM = 24;
  wide.swapped = half.swapped = true;
  CHECK(storedColumns(wide, one) == 256);
  CHECK(stagingBytes(wide, one) == 24 * (2 * 256 + 16));
  CHECK(stagingBytes(wide, joined) == 24 * (128 + 16));
  CHECK(stagingBytes(half, joined) == 24 * (64 + 16));
}

TEST_CASE("the row tiles of a cluster are padded together", "[schedule]") {
  CHECK(Schedule{.blockM = 128}.clusterRows() == 128);
  CHECK(Schedule{.blockM = 128, .cluster = 2}.clusterRows() == 256);
  // Swapped, its blocks have the same ones.
  CHECK(Schedule{.blockM = 16, .cluster = 2, .swapped = true}.clusterRows() ==
        16);
}

TEST_CASE("a thread starts with its share of the register file", "[schedule]") {
  CHECK(entryRegisters(256) == 248);
  CHECK(entryRegisters(384) == 168);
  CHECK(entryRegisters(512) == 128);
}
