//===- ScheduleTest.cpp - the numbers of a schedule, without MLIR ---------===//
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include "compiler/schedule/Resources.h"
#include "compiler/schedule/Schedule.h"

using namespace mlir::moe;

TEST_CASE("the default schedule is legal", "[schedule]") {
  CHECK(brokenLaw(Schedule{}) == std::nullopt);
  CHECK(brokenLaw(Schedule{}, GemmShape{}) == std::nullopt);
}

TEST_CASE("a broken law says its number, what was wanted and what was got",
          "[schedule]") {
  auto [schedule, message] = GENERATE(table<Schedule, std::string>({
      {{.blockM = 96},
       "(S1) expects a tile of 64, 128 or 256 rows by 64, 128 or 256 columns, "
       "got 96x128"},
      {{.blockN = 512},
       "(S1) expects a tile of 64, 128 or 256 rows by 64, 128 or 256 columns, "
       "got 128x512"},
      {{.blockK = 64},
       "(S2) expects a tile depth of 128, one scale block, got 64"},
      {{.consumers = 3},
       "(S3) expects 1 or 2 consumer warpgroups that split the rows into slabs "
       "of 64, got 3 for 128 rows"},
      {{.blockM = 64},
       "(S3) expects 1 or 2 consumer warpgroups that split the rows into slabs "
       "of 64, got 2 for 64 rows"},
      {{.blockM = 256, .blockN = 256},
       "(S4) expects at most 256 columns of accumulators a consumer warpgroup, "
       "(block_m / 64 / consumers) * block_n, got 512"},
      {{.stages = 1}, "(S5) expects at least 2 stages, got 1"},
      {{.groupM = 0}, "(S6) expects group_m of 1 to 1024, got 0"},
      {{.producerRegisters = 20},
       "(S7) expects register counts that are multiples of 8 from 24 to 240, "
       "got 20"},
      {{.consumerRegisters = 230},
       "(S7) expects register counts that are multiples of 8 from 24 to 240, "
       "got 230"},
      {{.producerRegisters = 48},
       "(S8) expects at most 504 registers over one thread of each warpgroup, "
       "got 512: setmaxnreg would wait for ever"},
      {{.stages = 7},
       "(S9) expects at most 232448 bytes of shared memory, got 249456"},
  }));
  CHECK(brokenLaw(schedule) == message);
}

TEST_CASE("gathering 256 rows takes registers of the producer", "[schedule]") {
  Schedule schedule{.blockM = 256,
                    .producerRegisters = 56,
                    .consumerRegisters = 224};
  CHECK(brokenLaw(schedule, {.gathered = false}) == std::nullopt);
  CHECK(brokenLaw(schedule, {.gathered = true}) ==
        "(S10) expects at least 64 producer registers to gather 256 rows, got "
        "56");
}

/// The tiling of `parts` parts of `partN` columns that start at `offset`.
static ColumnTiling tiling(int64_t parts, int64_t partN, int64_t offset,
                           int64_t blockN) {
  return ColumnTiling({.parts = parts, .partN = partN, .nOffset = offset},
                      {.blockN = blockN});
}

TEST_CASE("tiles of 256 columns hold a piece of gate and the same of up",
          "[schedule]") {
  auto [partN, offset, pieces] = GENERATE(table<int64_t, int64_t, int64_t>({
      {192, 0, 2},
      {192, 64, 2},
      {352, 0, 3},
      {352, 32, 3},
      {352, 64, 4},
      {352, 96, 4},
      {64, 0, 1},
      {64, 96, 2},
  }));
  CAPTURE(partN, offset);
  ColumnTiling columns = tiling(/*parts=*/2, partN, offset, /*blockN=*/256);
  CHECK(columns.paired);
  CHECK(columns.firstPiece == 0);
  CHECK(columns.partPieces == pieces);
  CHECK(columns.tiles == pieces);
}

TEST_CASE("in narrower tiles the pieces of up follow those of gate",
          "[schedule]") {
  auto [partN, offset, blockN, first, pieces] =
      GENERATE(table<int64_t, int64_t, int64_t, int64_t, int64_t>({
          {192, 0, 128, 0, 2},
          {192, 64, 128, 0, 2},
          {64, 0, 64, 0, 1},
          // Pieces before the first column are left out.
          {64, 64, 64, 1, 1},
          {192, 64, 64, 1, 3},
          {352, 96, 64, 1, 6},
      }));
  CAPTURE(partN, offset, blockN);
  ColumnTiling columns = tiling(/*parts=*/2, partN, offset, blockN);
  CHECK_FALSE(columns.paired);
  CHECK(columns.firstPiece == first);
  CHECK(columns.partPieces == pieces);
  CHECK(columns.tiles == 2 * pieces);
}

TEST_CASE("one part is cut from left to right", "[schedule]") {
  CHECK(tiling(1, 7168, 0, 64).tiles == 112);
  CHECK(tiling(1, 7168, 0, 128).tiles == 56);
  CHECK(tiling(1, 7168, 0, 256).tiles == 28);
  // The last tile holds a piece past the end.
  CHECK(tiling(1, 384, 0, 256).partPieces == 3);
  CHECK(tiling(1, 384, 0, 256).tiles == 2);
}

TEST_CASE("K blocks are counted on the scale grid", "[schedule]") {
  auto [k, offset, blocks] = GENERATE(table<int64_t, int64_t, int64_t>({
      {7168, 0, 56},
      {192, 0, 2},
      {192, 64, 2},
      {192, 96, 3},
      {352, 32, 3},
      {352, 96, 4},
      {64, 0, 1},
      {64, 96, 2},
  }));
  CAPTURE(k, offset);
  CHECK(kBlocks({.k = k, .kOffset = offset}) == blocks);
}

// The same numbers as in tests/compiler/passes/plan-shared-memory.mlir.
TEST_CASE("shared memory is what pipe-plan-shared-memory hands out",
          "[schedule]") {
  CHECK(sharedMemory({.blockM = 128, .blockN = 128, .stages = 6}) == 216160);
  CHECK(sharedMemory({.blockM = 128, .blockN = 256, .stages = 4}) == 215104);
  CHECK(sharedMemory({.blockM = 64, .blockN = 64, .stages = 2,
                      .consumers = 1}) == 41504);
}

TEST_CASE("a thread starts with its share of the register file",
          "[schedule]") {
  CHECK(entryRegisters(256) == 248);
  CHECK(entryRegisters(384) == 168);
  CHECK(entryRegisters(512) == 128);
}

TEST_CASE("a chosen schedule obeys every law and has as many stages as fit",
          "[schedule]") {
  GemmShape gemm;
  gemm.parts = GENERATE(1, 2);
  gemm.partN = GENERATE(64, 192, 2048, 7168);
  gemm.k = 7168;
  gemm.gathered = GENERATE(false, true);
  auto blockM = GENERATE(64, 128, 256);
  CAPTURE(gemm.parts, gemm.partN, gemm.gathered, blockM);

  Schedule schedule = chooseSchedule(gemm, {.blockM = blockM});
  CHECK(brokenLaw(schedule) == std::nullopt);
  CHECK(brokenLaw(schedule, gemm) == std::nullopt);
  CHECK(schedule.blockM == blockM);
  Schedule deeper = schedule;
  ++deeper.stages;
  CHECK((schedule.stages == 6 || brokenLaw(deeper).has_value()));
}

TEST_CASE("what is asked for is taken, the rest is chosen to fit",
          "[schedule]") {
  Schedule schedule =
      chooseSchedule({.parts = 2, .partN = 192, .k = 512, .gathered = true},
                     {.blockM = 64, .blockN = 128, .groupM = 4});
  CHECK(schedule == Schedule{.blockM = 64,
                             .blockN = 128,
                             .stages = 6,
                             .consumers = 1,
                             .groupM = 4,
                             .producerRegisters = 56,
                             .consumerRegisters = 224});
}

TEST_CASE("an illegal request is taken too, for a law to refuse it",
          "[schedule]") {
  Schedule schedule = chooseSchedule({.partN = 512, .k = 512}, {.stages = 9});
  CHECK(schedule.stages == 9);
  CHECK(brokenLaw(schedule) ==
        "(S9) expects at most 232448 bytes of shared memory, got 316048");
}
