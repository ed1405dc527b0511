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

TEST_CASE("who adds up slots has tiles of 128 columns and a slab a warpgroup",
          "[schedule]") {
  const GemmShape gemm{.partN = 7168, .k = 256, .combined = true};
  const Schedule byRule = chooseSchedule(gemm);
  CHECK(brokenLaw(byRule) == std::nullopt);
  CHECK(brokenLaw(byRule, gemm) == std::nullopt);
  CHECK((byRule.blockM == 128 && byRule.blockN == 128 && byRule.stages == 2));
  auto refused = [&](Schedule schedule) {
    auto law = brokenLaw(schedule, gemm);
    return law && law->rfind("(S15)", 0) == 0;
  };
  Schedule other = byRule;
  CHECK_FALSE(refused(chooseSchedule(gemm, {.blockM = 64})));
  other.blockM = 256;
  CHECK(refused(other));
  other = byRule;
  other.cluster = 2;
  CHECK(refused(other));
  other = byRule;
  other.stages = 5; // leaves room for one slot's rows
  CHECK(refused(other));
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

TEST_CASE("narrow tiles are walked among themselves", "[schedule]") {
  GemmShape gemm{.parts = 2, .partN = 192, .k = 512, .quantised = true};
  CHECK(chooseSchedule(gemm).groupM == 1024);
  CHECK(chooseSchedule(gemm, {.groupM = 8}).groupM == 8);
  CHECK(chooseSchedule(gemm, {.cluster = 2}).groupM == 16);
  CHECK(chooseSchedule(gemm, {.swapped = 1}).groupM == 16);
  gemm.partN = 256;
  CHECK(chooseSchedule(gemm).groupM == 16);
}

TEST_CASE("nothing is fitted to a tile that is none", "[schedule]") {
  GemmShape gemm{.parts = 2, .partN = 192, .k = 512, .quantised = true};
  for (int64_t blockN : {0, -4, 512})
    CHECK(brokenLaw(chooseSchedule(gemm, {.blockN = blockN}))
              .value_or("")
              .starts_with("(S1)"));
}

TEST_CASE("an illegal request is taken too, for a law to refuse it",
          "[schedule]") {
  GemmShape gemm{.partN = 512, .k = 512};
  Schedule schedule = chooseSchedule(gemm, {.stages = 9});
  CHECK(schedule.stages == 9);
  CHECK(brokenLaw(schedule, gemm) ==
        "(S9) expects at most 232448 bytes of shared memory, got 336816");
}
