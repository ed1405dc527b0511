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
      {{.cluster = 3}, "(S12) expects a cluster of 1 or 2 blocks, got 3"},
      {{.cluster = 0}, "(S12) expects a cluster of 1 or 2 blocks, got 0"},
  }));
  CHECK(brokenLaw(schedule) == message);
}

TEST_CASE("a swapped tile has few rows, and its columns are split",
          "[schedule]") {
  auto [schedule, message] = GENERATE(table<Schedule, std::string>({
      {{.blockM = 12, .swapped = true},
       "(S1) expects a swapped tile of 8, 16, … 64 rows, got 12"},
      {{.blockM = 72, .swapped = true},
       "(S1) expects a swapped tile of 8, 16, … 64 rows, got 72"},
      {{.blockM = 0, .swapped = true},
       "(S1) expects a swapped tile of 8, 16, … 64 rows, got 0"},
      {{.blockM = 16, .blockN = 192, .swapped = true},
       "(S1) expects a tile of 64, 128 or 256 rows by 64, 128 or 256 columns, "
       "got 16x192"},
      {{.blockM = 16, .blockN = 64, .swapped = true},
       "(S3) expects 1 or 2 consumer warpgroups that split the columns into "
       "slabs of 64, got 2 for 64 columns"},
      {{.blockM = 16, .consumers = 3, .swapped = true},
       "(S3) expects 1 or 2 consumer warpgroups that split the columns into "
       "slabs of 64, got 3 for 128 columns"},
  }));
  CHECK(brokenLaw(schedule) == message);

  // Only then, and (S4) does not hold for it.
  CHECK(brokenLaw({.blockM = 16}) != std::nullopt);
  auto blockM = GENERATE(range<int64_t>(8, 72, 8));
  CHECK(brokenLaw({.blockM = blockM, .blockN = 256, .swapped = true}) ==
        std::nullopt);
}

TEST_CASE("gathering 256 rows takes registers of the producer", "[schedule]") {
  Schedule schedule{.blockM = 256,
                    .stages = 3,
                    .producerRegisters = 56,
                    .consumerRegisters = 224};
  CHECK(brokenLaw(schedule, {.gathered = false}) == std::nullopt);
  CHECK(brokenLaw(schedule, {.gathered = true}) ==
        "(S10) expects at least 64 producer registers to gather 256 rows, got "
        "56");
}

TEST_CASE("rows are copied by choice only where they are sorted",
          "[schedule]") {
  Schedule schedule{.blockN = 256, .copiedRows = true};
  CHECK(copiesRows({.gathered = false}, schedule));
  CHECK(copiesRows({.gathered = true}, {}));
  CHECK_FALSE(copiesRows({.gathered = false}, {}));
  CHECK(brokenLaw(schedule) == std::nullopt);
  CHECK(brokenLaw({.stages = 3, .copiedRows = true}, {.gathered = false}) ==
        std::nullopt);
  CHECK(brokenLaw({.stages = 3, .copiedRows = true}, {.gathered = true}) ==
        "(S14) expects copied rows only where A is sorted, got a gathered A: "
        "its rows are always copied");
  schedule = {.blockM = 256, .stages = 2, .copiedRows = true};
  schedule.producerRegisters = 56;
  schedule.consumerRegisters = 224;
  CHECK(brokenLaw(schedule, {.gathered = false}) ==
        "(S10) expects at least 64 producer registers to copy 256 rows, got "
        "56");
}

TEST_CASE("who copies rows has the registers for it", "[schedule]") {
  auto rows = GENERATE(64, 128, 256);
  const GemmShape gemm{.partN = 4096, .k = 512};
  const Schedule boxes = chooseSchedule(gemm, {.blockM = rows});
  const Schedule copied =
      chooseSchedule(gemm, {.blockM = rows, .copiedRows = 1});
  CHECK(boxes.producerRegisters == 40);
  CHECK(copied.producerRegisters == (rows == 256 ? 72 : 56));
  CHECK(brokenLaw(copied) == std::nullopt);
  CHECK(brokenLaw(copied, gemm) == std::nullopt);
  // Nothing else changes, in either direction; registers by hand stay.
  CHECK(withCopiedRows(gemm, boxes, true) == copied);
  CHECK(withCopiedRows(gemm, copied, false) == boxes);
  CHECK(withCopiedRows(gemm, boxes, false) == boxes);
  Schedule byHand = boxes;
  byHand.producerRegisters = 64;
  byHand.consumerRegisters = 216;
  CHECK(withCopiedRows(gemm, byHand, true).producerRegisters == 64);
}

TEST_CASE("shared memory has to hold a ring and a tile of results",
          "[schedule]") {
  CHECK(brokenLaw({.stages = 5}, GemmShape{}) == std::nullopt);
  CHECK(brokenLaw({.stages = 6}, GemmShape{}) ==
        "(S9) expects at most 232448 bytes of shared memory, got 236544");
}

TEST_CASE("a tile of swiglu_quant holds gate and up of a scale group",
          "[schedule]") {
  auto [partN, offset, blockN, legal] =
      GENERATE(table<int64_t, int64_t, int64_t, bool>({
          {192, 0, 256, true},
          {192, 0, 128, false},
          {128, 0, 128, false},
          {64, 0, 128, true},
          {64, 64, 128, true},
          {48, 80, 128, true},
          // From one half of a group into the other.
          {64, 16, 128, false},
          {64, 16, 256, true},
          {16, 0, 64, false},
      }));
  CAPTURE(partN, offset, blockN);
  auto law = brokenLaw(
      {.blockN = blockN},
      {.parts = 2, .partN = partN, .nOffset = offset, .quantised = true});
  if (legal)
    CHECK(law == std::nullopt);
  else
    CHECK(law == "(S11) expects 256 columns of gate and up for swiglu_quant, "
                 "or 128 where each part lies in one run of 64, got " +
                     std::to_string(blockN));
}

TEST_CASE("the swapped tiles of a cluster hold a scale group together",
          "[schedule]") {
  auto [partN, blockN, consumers, cluster, law] =
      GENERATE(table<int64_t, int64_t, int64_t, int64_t, std::string>({
          {192, 128, 1, 2, ""},
          {192, 256, 2, 1, ""},
          {64, 128, 1, 1, ""},
          {64, 128, 1, 2, ""},
          {192, 128, 1, 1,
           "(S11) expects 256 columns of gate and up for "
           "swiglu_quant, or 128 where each part lies in one "
           "run of 64, got 128"},
          {64, 64, 1, 2,
           "(S11) expects 256 columns of gate and up for "
           "swiglu_quant, or 128 where each part lies in one run "
           "of 64, got 128"},
          {192, 256, 2, 2,
           "(S11) expects 256 columns of gate and up for "
           "swiglu_quant, or 128 where each part lies in one "
           "run of 64, got 512"},
          {192, 128, 2, 2,
           "(S13) expects a swapped tile of one slab of gate "
           "and one of up for each of 2 consumer warpgroups, "
           "got 128 columns"},
          {192, 256, 1, 1,
           "(S13) expects a swapped tile of one slab of gate "
           "and one of up for each of 1 consumer warpgroups, "
           "got 256 columns"},
      }));
  CAPTURE(partN, blockN, consumers, cluster);
  CHECK(brokenLaw({.blockM = 16,
                   .blockN = blockN,
                   .consumers = consumers,
                   .cluster = cluster,
                   .swapped = true},
                  {.parts = 2, .partN = partN, .quantised = true})
            .value_or("") == law);
}

TEST_CASE("swapped tiles that quantise nothing have no cluster", "[schedule]") {
  Schedule schedule{.blockM = 16, .swapped = true};
  CHECK(brokenLaw(schedule, GemmShape{}) == std::nullopt);
  schedule.cluster = 2;
  CHECK(brokenLaw(schedule, GemmShape{}) ==
        "(S12) expects no cluster where nothing is quantised, got 2");
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

TEST_CASE("a quantised tile of 128 columns holds 64 of gate and 64 of up",
          "[schedule]") {
  auto [partN, offset, first] = GENERATE(table<int64_t, int64_t, int64_t>({
      {64, 0, 0},
      {64, 64, 1},
      {48, 80, 1},
  }));
  CAPTURE(partN, offset);
  GemmShape gemm{
      .parts = 2, .partN = partN, .nOffset = offset, .quantised = true};
  ColumnTiling columns(gemm, {.blockN = 128});
  CHECK(columns.pieceN == 64);
  CHECK(columns.pieces == 2);
  CHECK(columns.paired);
  CHECK(columns.firstPiece == first);
  CHECK(columns.tiles == 1);
}

TEST_CASE("a piece has at most 128 columns, those with one scale",
          "[schedule]") {
  auto [blockN, pieceN, pieces] = GENERATE(table<int64_t, int64_t, int64_t>({
      {64, 64, 1},
      {128, 128, 1},
      {256, 128, 2},
  }));
  CHECK(tiling(1, 512, 0, blockN).pieceN == pieceN);
  CHECK(tiling(1, 512, 0, blockN).pieces == pieces);
}

TEST_CASE("one part is cut from left to right", "[schedule]") {
  CHECK(tiling(1, 7168, 0, 64).tiles == 112);
  CHECK(tiling(1, 7168, 0, 128).tiles == 56);
  CHECK(tiling(1, 7168, 0, 256).tiles == 28);
  // The last tile holds a piece past the end.
  CHECK(tiling(1, 384, 0, 256).partPieces == 3);
  CHECK(tiling(1, 384, 0, 256).tiles == 2);
}

TEST_CASE("a piece of a swapped tile has 64 columns for each warpgroup",
          "[schedule]") {
  auto [blockN, consumers, pieceN, tiles] =
      GENERATE(table<int64_t, int64_t, int64_t, int64_t>({
          {64, 1, 64, 112},
          {128, 1, 64, 56},
          {128, 2, 128, 56},
          {256, 1, 64, 28},
          {256, 2, 128, 28},
      }));
  CAPTURE(blockN, consumers);
  ColumnTiling columns({.partN = 7168}, {.blockM = 16,
                                         .blockN = blockN,
                                         .consumers = consumers,
                                         .swapped = true});
  CHECK(columns.pieceN == pieceN);
  CHECK(columns.pieces == blockN / pieceN);
  CHECK(columns.partPieces == 7168 / pieceN);
  CHECK(columns.tiles == tiles);
}

TEST_CASE("the swapped tiles of a cluster are both halves of each group",
          "[schedule]") {
  auto [partN, offset, tiles] = GENERATE(table<int64_t, int64_t, int64_t>({
      {64, 0, 2},
      {192, 0, 4},
      {192, 64, 4},
      {352, 0, 6},
      {352, 32, 6},
      {352, 64, 8},
      {352, 96, 8},
      // From one group into the next: half of each is empty.
      {64, 96, 4},
  }));
  CAPTURE(partN, offset);
  ColumnTiling columns(
      {.parts = 2, .partN = partN, .nOffset = offset, .quantised = true},
      {.blockM = 16,
       .blockN = 128,
       .consumers = 1,
       .cluster = 2,
       .swapped = true});
  CHECK(columns.pieceN == 64);
  CHECK(columns.paired);
  CHECK(columns.firstPiece == 0);
  CHECK(columns.partPieces == tiles);
  CHECK(columns.tiles == tiles);
}

TEST_CASE("without a cluster swapped tiles are cut as others are",
          "[schedule]") {
  auto [partN, offset, blockN] = GENERATE(table<int64_t, int64_t, int64_t>({
      {192, 0, 256},
      {352, 32, 256},
      {352, 96, 256},
      {64, 96, 256},
      // Parts within half a group.
      {64, 0, 128},
      {64, 64, 128},
      {48, 80, 128},
  }));
  CAPTURE(partN, offset, blockN);
  GemmShape gemm{
      .parts = 2, .partN = partN, .nOffset = offset, .quantised = true};
  ColumnTiling others(gemm, {.blockN = blockN});
  ColumnTiling columns(gemm, {.blockM = 16,
                              .blockN = blockN,
                              .consumers = blockN / 128,
                              .swapped = true});
  CHECK(columns.paired);
  CHECK(columns.pieceN == others.pieceN);
  CHECK(columns.firstPiece == others.firstPiece);
  CHECK(columns.tiles == others.tiles);
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

// The same numbers as in tests/compiler/passes/plan-shared-memory.mlir, but for
// the gap before a ring of scales.
TEST_CASE("shared memory is what pipe-plan-shared-memory hands out",
          "[schedule]") {
  GemmShape down{.partN = 512, .k = 192}, up = down;
  up.parts = 2;
  up.gathered = up.quantised = true;
  CHECK(sharedMemory({.blockN = 128, .stages = 5}, down) == 203120);
  CHECK(sharedMemory({.blockN = 256, .stages = 4}, up) == 217760);
  // Scales of four K blocks have slots of their own.
  up.k = 512;
  CHECK(sharedMemory({.blockN = 256, .stages = 4}, up) == 219648 - 64);
  // The blocks of a cluster have no queue.
  CHECK(sharedMemory({.blockM = 64,
                      .blockN = 64,
                      .stages = 2,
                      .consumers = 1,
                      .cluster = 2},
                     down) == 43328);
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
  CHECK((schedule.stages == 6 || brokenLaw(deeper, gemm).has_value()));
}

TEST_CASE("a chosen schedule of swiglu_quant obeys every law", "[schedule]") {
  GemmShape gemm{.parts = 2, .k = 7168, .quantised = true};
  gemm.partN = GENERATE(16, 64, 192, 352, 2048);
  gemm.nOffset = GENERATE(0, 16, 64, 96);
  gemm.gathered = GENERATE(false, true);
  auto blockM = GENERATE(64, 128);
  CAPTURE(gemm.partN, gemm.nOffset, gemm.gathered, blockM);

  Schedule schedule = chooseSchedule(gemm, {.blockM = blockM});
  CHECK(brokenLaw(schedule) == std::nullopt);
  CHECK(brokenLaw(schedule, gemm) == std::nullopt);
  CHECK(ColumnTiling(gemm, schedule).paired);
}

TEST_CASE("a chosen swapped schedule obeys every law and fills the memory",
          "[schedule]") {
  GemmShape gemm{.k = 7168};
  gemm.quantised = GENERATE(false, true);
  gemm.parts = gemm.quantised ? 2 : 1;
  gemm.partN = GENERATE(16, 64, 192, 352, 2048, 7168);
  auto offset = GENERATE(0, 32, 64, 96);
  gemm.nOffset = gemm.quantised ? offset : 0;
  gemm.gathered = gemm.quantised;
  auto blockM = GENERATE(range<int64_t>(8, 72, 8));
  CAPTURE(gemm.quantised, gemm.partN, gemm.nOffset, blockM);

  Schedule schedule = chooseSchedule(gemm, {.blockM = blockM, .swapped = 1});
  CHECK(schedule.swapped);
  CHECK(brokenLaw(schedule) == std::nullopt);
  CHECK(brokenLaw(schedule, gemm) == std::nullopt);
  CHECK(ColumnTiling(gemm, schedule).paired == gemm.quantised);
  Schedule deeper = schedule;
  ++deeper.stages;
  CHECK((schedule.stages == 10 || brokenLaw(deeper, gemm).has_value()));
}

TEST_CASE("half a scale group and a cluster, or a half that is all there is",
          "[schedule]") {
  GemmShape gemm{.parts = 2, .partN = 192, .k = 512, .quantised = true};
  Schedule whole{.blockM = 16,
                 .blockN = 128,
                 .stages = 10,
                 .consumers = 1,
                 .groupM = 16,
                 .cluster = 2,
                 .swapped = true};
  CHECK(chooseSchedule(gemm, {.swapped = 1}) == whole);
  gemm.partN = 64;
  Schedule half = whole;
  half.cluster = 1;
  CHECK(chooseSchedule(gemm, {.swapped = 1}) == half);
  // Asked for both halves, two warpgroups have one each.
  gemm.partN = 192;
  Schedule both =
      chooseSchedule(gemm, {.blockM = 64, .blockN = 256, .swapped = 1});
  CHECK(both == Schedule{.blockM = 64,
                         .blockN = 256,
                         .stages = 5,
                         .consumers = 2,
                         .groupM = 16,
                         .swapped = true});
}

TEST_CASE("what is asked for is taken, the rest is chosen to fit",
          "[schedule]") {
  Schedule schedule =
      chooseSchedule({.parts = 2, .partN = 192, .k = 512, .gathered = true},
                     {.blockM = 64, .blockN = 128, .groupM = 4, .cluster = 2});
  CHECK(schedule == Schedule{.blockM = 64,
                             .blockN = 128,
                             .stages = 6,
                             .consumers = 1,
                             .groupM = 4,
                             .producerRegisters = 56,
                             .consumerRegisters = 224,
                             .cluster = 2});
}

TEST_CASE("an illegal request is taken too, for a law to refuse it",
          "[schedule]") {
  GemmShape gemm{.partN = 512, .k = 512};
  Schedule schedule = chooseSchedule(gemm, {.stages = 9});
  CHECK(schedule.stages == 9);
  CHECK(brokenLaw(schedule, gemm) ==
        "(S9) expects at most 232448 bytes of shared memory, got 336816");
}
