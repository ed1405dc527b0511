//===- ForeignTest.cpp - other tuners' files: what is used and why not ----===//
#include "runtime/config/TunedConfig.h"

#include <catch2/catch.hpp>

using namespace moert::config;

namespace {

std::string tile(int rows, int columns, int depth,
                 const std::string &more = "") {
  return R"({"BLOCK_SIZE_M": )" + std::to_string(rows) +
         R"(, "BLOCK_SIZE_N": )" + std::to_string(columns) +
         R"(, "BLOCK_SIZE_K": )" + std::to_string(depth) + more + "}";
}

const std::string kWalk =
    R"(, "GROUP_SIZE_M": 32, "num_warps": 4, "num_stages": 3)";

/// Like up of a layer: all columns of a scale group of gate and up in a tile.
std::optional<std::string> likeUp(const TunedSchedule &schedule) {
  if (schedule.swapped)
    return "(X1) expects no swapped operands";
  if (schedule.blockM % 64)
    return "(X2) expects whole slabs, got " + std::to_string(schedule.blockM);
  if (schedule.blockN != 256)
    return "(X3) expects 256 columns, got " + std::to_string(schedule.blockN);
  return std::nullopt;
}

/// Like down, with operands swapped from 8 rows on; few stages fit.
std::optional<std::string> likeDown(const TunedSchedule &schedule) {
  if (schedule.stages.value_or(0) > 4)
    return "(X4) expects at most 4 stages, got " +
           std::to_string(*schedule.stages);
  return std::nullopt;
}

std::optional<std::string> nothing(const TunedSchedule &) {
  return "(X5) expects another GPU";
}

} // namespace

TEST_CASE("a tile that fits is used with its walk and stages", "[foreign]") {
  const TunedConfig config = readTunedConfig(
      "{\"64\": " + tile(64, 128, 128, kWalk) + "}", "f", likeDown);
  TunedSchedule want;
  want.blockM = 64;
  want.blockN = 128;
  want.groupM = 32;
  want.stages = 3;
  CHECK(config.at(64) == want);
  CHECK(config.notes ==
        std::vector<std::string>{
            "num_warps is not used: all of Triton's warps compute, ours follow "
            "from the tile and load as well"});
}

TEST_CASE("fewer than 64 rows are computed with swapped operands",
          "[foreign]") {
  const TunedConfig config = readTunedConfig(
      "{\"1\": " + tile(16, 128, 128) + ", \"32\": " + tile(32, 128, 128) + "}",
      "f", likeDown);
  CHECK(config.at(1).blockM == 16);
  CHECK(config.at(1).swapped);
  CHECK(config.at(32).blockM == 32);
  CHECK(config.notes ==
        std::vector<std::string>{
            "BLOCK_SIZE_M 16 is computed with swapped operands (tokens 1)",
            "BLOCK_SIZE_M 32 is computed with swapped operands (tokens 32)"});
}

TEST_CASE("a tile that cannot be had becomes the nearest one", "[foreign]") {
  const TunedConfig config =
      readTunedConfig("{\"1\": " + tile(16, 128, 128, kWalk) +
                          ", \"2\": " + tile(16, 128, 64, kWalk) +
                          ", \"512\": " + tile(128, 64, 128, kWalk) + "}",
                      "f", likeUp);
  TunedSchedule few, many;
  few.blockM = 64;
  many.blockM = 128;
  few.blockN = many.blockN = 256;
  CHECK(config.at(1) == few);
  CHECK(config.at(2) == few);
  CHECK(config.at(512) == many);
  CHECK(config.notes ==
        std::vector<std::string>{
            "num_warps is not used: all of Triton's warps compute, ours follow "
            "from the tile and load as well",
            "BLOCK_SIZE_M 16 became 64: (X2) expects whole slabs, got 16 "
            "(tokens 1, 2)",
            "BLOCK_SIZE_N 128 became 256: (X3) expects 256 columns, got 128 "
            "(tokens 1, 2)",
            "GROUP_SIZE_M and num_stages are not used where the tile is "
            "another one (tokens 1, 2, 512)",
            "BLOCK_SIZE_K 64 became 128: a K block is one block of scales "
            "(tokens 2)",
            "BLOCK_SIZE_N 64 became 256: (X3) expects 256 columns, got 64 "
            "(tokens 512)"});
}

TEST_CASE("stages that do not fit are left open", "[foreign]") {
  auto [stages, note] = GENERATE(table<std::string, std::string>(
      {{"5", "num_stages 5 is not used: (X4) expects at most 4 stages, got 5 "
             "(tokens 1)"},
       {"1", "num_stages 1 is not used: a ring has at least 2 slots (tokens "
             "1)"}}));
  const TunedConfig config = readTunedConfig(
      "{\"1\": " + tile(64, 128, 128, ", \"num_stages\": " + stages) + "}", "f",
      likeDown);
  CHECK_FALSE(config.at(1).stages);
  CHECK(config.notes == std::vector<std::string>{note});
}

TEST_CASE("what means nothing here is said once", "[foreign]") {
  const std::string more = R"(, "USE_TMA": true, "kpack": {"any": [1]})";
  const TunedConfig config = readTunedConfig(
      R"({"triton_version": "3.5.1", "1": )" + tile(64, 128, 128, more) +
          ", \"2\": " + tile(64, 128, 128, more) + "}",
      "f", likeDown);
  CHECK(config.notes ==
        std::vector<std::string>{
            "triton_version \"3.5.1\" is not used: a measured tile outlives a "
            "compiler",
            "USE_TMA is not used: weights and sorted rows are loaded by "
            "TMA, gathered rows never",
            "kpack is not used: it means nothing here"});
}

TEST_CASE("a note names at most twenty numbers of tokens", "[foreign]") {
  std::string text = "{\"1\": " + tile(16, 128, 128);
  for (int tokens = 2; tokens <= 23; ++tokens)
    text += ", \"" + std::to_string(tokens) + "\": " + tile(16, 128, 128);
  const TunedConfig config = readTunedConfig(text + "}", "f", likeDown);
  REQUIRE(config.notes.size() == 1);
  CHECK(config.notes[0].substr(50) ==
        "(tokens 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, "
        "18, 19, 20 and 3 more)");
}

TEST_CASE("what is read of a foreign file may be written as ours",
          "[foreign]") {
  for (const ScheduleLaw &law : {ScheduleLaw(likeUp), ScheduleLaw(likeDown)})
    for (int rows : {16, 32, 64, 128, 512})
      for (int columns : {16, 64, 256, 1024}) {
        const Schedules schedules =
            readTunedConfig("{\"7\": " + tile(rows, columns, 128) + "}", "f",
                            law)
                .schedules;
        CHECK(
            readTunedConfig(writeTunedConfig(schedules), "g", law).schedules ==
            schedules);
      }
}

TEST_CASE("what Triton could not read either is refused", "[foreign]") {
  auto [entry, law, message] =
      GENERATE(table<std::string, ScheduleLaw, std::string>({
          {"{}", likeDown,
           "1.BLOCK_SIZE_M: expected a multiple of 16 from 16 to 1024, got "
           "nothing"},
          {"3", likeDown, "1: expected an object, got 3"},
          {tile(8, 128, 128), likeDown,
           "1.BLOCK_SIZE_M: expected a multiple of 16 from 16 to 1024, got 8"},
          {tile(48, 128, 128), likeDown,
           "1.BLOCK_SIZE_M: expected a power of two, got 48"},
          {tile(64, 128, 128, R"(, "num_stages": true)"), likeDown,
           "1.num_stages: expected an integer from 1 to 64, got true"},
          {tile(64, 128, 128, R"(, "num_warps": 4.5)"), likeDown,
           "1.num_warps: expected an integer from 1 to 32, got 4.5"},
          {tile(64, 128, 128, R"(, "USE_TMA": "yes")"), likeDown,
           "1.USE_TMA: expected true or false, got \"yes\""},
          {tile(64, 128, 128, R"(, "swapped": false)"), likeDown,
           "1.swapped: expected no such key without \"moe_codegen\": 1 at the "
           "top, got false"},
          {tile(64, 128, 128), nothing,
           "1: expected a tile that the GEMM can have near 64x128, got none: "
           "(X5) expects another GPU"},
      }));
  CHECK_THROWS_WITH(readTunedConfig("{\"1\": " + entry + "}", "f", law),
                    "f: " + message);
}
