//===- ColumnTilingTest.cpp - how N is cut into tiles --------------------===//
#include "compiler/schedule/Schedule.h"

#include <catch2/catch.hpp>

using namespace mlir::moe;

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

TEST_CASE("the last of several tiles of 256 columns is narrow if it has 64 or "
          "fewer of each part",
          "[schedule]") {
  auto [partN, offset, narrow] = GENERATE(table<int64_t, int64_t, bool>({
      {192, 0, true},
      {320, 0, true},
      {144, 0, true},
      {352, 64, true},
      // 96 columns, 128, and one tile only.
      {352, 0, false},
      {192, 64, false},
      {64, 0, false},
  }));
  CAPTURE(partN, offset);
  GemmShape gemm{.parts = 2, .partN = partN, .nOffset = offset};
  CHECK(ColumnTiling(gemm, {.blockN = 256}).narrowLast == narrow);
  // Blocks of a cluster load shares of a piece, swapped tiles 64 columns.
  CHECK_FALSE(ColumnTiling(gemm, {.blockN = 256, .cluster = 2}).narrowLast);
  CHECK_FALSE(ColumnTiling(gemm, {.blockM = 16, .blockN = 256, .swapped = true})
                  .narrowLast);
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
