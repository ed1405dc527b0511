//===- OwnFileTest.cpp - our files: round trip and refusals ---------------===//
#include "runtime/config/TunedConfig.h"

#include "moert/Error.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <limits>
#include <unistd.h>

using namespace moert;
using namespace moert::config;

namespace {

Schedules exampleSchedules() {
  TunedSchedule few, many;
  few.blockM = 16;
  few.blockN = 128;
  few.swapped = true;
  few.useTma = false;
  many.blockM = 128;
  many.blockN = 256;
  many.groupM = 16;
  many.stages = 4;
  many.consumers = 2;
  many.producerRegisters = 40;
  many.consumerRegisters = 232;
  many.cluster = 1;
  return {{1, few}, {8, few}, {1024, many}, {64, many}};
}

/// A file of ours with one entry of these members.
std::string own(const std::string &members) {
  return R"({"moe_codegen": 1, "64": {)" + members + "}}";
}

const std::string kTile = R"("BLOCK_SIZE_M": 64, "BLOCK_SIZE_N": 128)";

std::optional<std::string> onlySmall(const TunedSchedule &schedule) {
  if (schedule.blockM <= 64)
    return std::nullopt;
  return "(X1) expects at most 64 rows, got " + std::to_string(schedule.blockM);
}

} // namespace

TEST_CASE("a configuration reads back as it was written", "[config]") {
  const Schedules schedules = exampleSchedules();
  const TunedConfig read =
      readTunedConfig(writeTunedConfig(schedules), "f", nullptr);
  CHECK(read.schedules == schedules);
  CHECK(read.notes.empty());
  CHECK(writeTunedConfig(read.schedules) == writeTunedConfig(schedules));
}

TEST_CASE("a configuration is written by ascending tokens", "[config]") {
  Schedules schedules = exampleSchedules();
  schedules.erase(1);
  schedules.erase(64);
  CHECK(writeTunedConfig(schedules) == R"({
    "moe_codegen": 1,
    "8": {
        "BLOCK_SIZE_M": 16,
        "BLOCK_SIZE_N": 128,
        "BLOCK_SIZE_K": 128,
        "USE_TMA": false,
        "swapped": true
    },
    "1024": {
        "BLOCK_SIZE_M": 128,
        "BLOCK_SIZE_N": 256,
        "BLOCK_SIZE_K": 128,
        "GROUP_SIZE_M": 16,
        "num_warps": 12,
        "num_stages": 4,
        "swapped": false,
        "consumers": 2,
        "producer_registers": 40,
        "consumer_registers": 232,
        "cluster": 1
    }
}
)");
}

TEST_CASE("one entry is read and written alone", "[config]") {
  for (const auto &[tokens, schedule] : exampleSchedules())
    CHECK(readTunedEntry(writeTunedEntry(schedule), "e", nullptr) == schedule);
  CHECK(writeTunedEntry(exampleSchedules()[8]) ==
        R"({"BLOCK_SIZE_M":16,"BLOCK_SIZE_N":128,"BLOCK_SIZE_K":128,)"
        R"("USE_TMA":false,"swapped":true})");
  auto [text, message] = GENERATE(table<std::string, std::string>({
      {"{", "e:1:2: expected well-formed JSON, got the end of the file: it is "
            "truncated"},
      {"[]", "e: the configuration: expected an object, got an array of 0"},
      {"{" + kTile + R"(, "stages": 4})",
       "e: stages: expected one of BLOCK_SIZE_M, BLOCK_SIZE_N, BLOCK_SIZE_K, "
       "GROUP_SIZE_M, num_warps, num_stages, USE_TMA, swapped, consumers, "
       "producer_registers, consumer_registers, cluster, got a key that means "
       "nothing"},
      {R"({"BLOCK_SIZE_M": 128, "BLOCK_SIZE_N": 128})",
       "e: the configuration: expected a schedule that the GEMM can have, got "
       "128x128: (X1) expects at most 64 rows, got 128"},
  }));
  CHECK_THROWS_WITH(readTunedEntry(text, "e", onlySmall), message);
}

TEST_CASE("what could not be read is not written", "[config]") {
  CHECK_THROWS_WITH(writeTunedConfig({}),
                    "the configuration to be written: the configuration: "
                    "expected at least one number of tokens as key, got none");
  Schedules schedules = exampleSchedules();
  schedules[8].blockM = 128;
  CHECK_THROWS_WITH(writeTunedConfig(schedules),
                    "the configuration to be written: 8.BLOCK_SIZE_M: expected "
                    "a multiple of 8 from 8 to 64, got 128");
}

TEST_CASE("the nearest number of tokens wins, of two the smaller", "[config]") {
  TunedConfig config;
  for (std::int64_t tokens : {1, 2, 4, 64, 4096})
    config.schedules[tokens].blockM = tokens;
  auto [tokens, key] =
      GENERATE(table<std::int64_t, std::int64_t>({{0, 1},
                                                  {1, 1},
                                                  {2, 2},
                                                  {3, 2},
                                                  {4, 4},
                                                  {34, 4},
                                                  {35, 64},
                                                  {2080, 64},
                                                  {2081, 4096},
                                                  {4096, 4096},
                                                  {1 << 30, 4096}}));
  CHECK(config.at(tokens).blockM == key);
}

TEST_CASE("a schedule serves from half way to its neighbour", "[config]") {
  TunedConfig config;
  for (std::int64_t tokens : {3, 4, 7, 12, 64})
    config.schedules[tokens].blockM = tokens;
  const std::vector<std::int64_t> from = servedFrom(config.schedules);
  CHECK(from == std::vector<std::int64_t>{0, 4, 6, 10, 39});
  auto key = config.schedules.begin();
  for (std::int64_t start : from) {
    CHECK(config.at(start).blockM == key->first);
    if (start > 0)
      CHECK(config.at(start - 1).blockM < key->first);
    ++key;
  }
}

TEST_CASE("a thousand schedules are written and read", "[config]") {
  Schedules schedules;
  for (std::int64_t i = 0; i < 1024; ++i)
    schedules[std::numeric_limits<std::int32_t>::max() - i] =
        exampleSchedules()[1024];
  CHECK(readTunedConfig(writeTunedConfig(schedules), "f", nullptr).schedules ==
        schedules);
  schedules[1] = exampleSchedules()[1];
  CHECK_THROWS_WITH(writeTunedConfig(schedules),
                    "the configuration to be written: the configuration: "
                    "expected at most 1024 numbers of tokens, got 1025");
}

TEST_CASE("a schedule that the layer cannot have is refused", "[config]") {
  const std::string text = writeTunedConfig(exampleSchedules());
  CHECK_THROWS_WITH(readTunedConfig(text, "f.json", onlySmall),
                    "f.json: 64: expected a schedule that the GEMM can have, "
                    "got 128x256: (X1) expects at most 64 rows, got 128");
}

TEST_CASE("a broken entry of ours is refused by its key", "[config]") {
  auto [members, message] = GENERATE(table<std::string, std::string>({
      {R"("BLOCK_SIZE_N": 128)",
       "64.BLOCK_SIZE_M: expected a multiple of 64 from 64 to 256, got "
       "nothing"},
      {R"("BLOCK_SIZE_M": 16, "BLOCK_SIZE_N": 128)",
       "64.BLOCK_SIZE_M: expected a multiple of 64 from 64 to 256, got 16"},
      {R"("BLOCK_SIZE_M": 64.0, "BLOCK_SIZE_N": 128)",
       "64.BLOCK_SIZE_M: expected a multiple of 64 from 64 to 256, got 64.0"},
      {R"("swapped": 1)", "64.swapped: expected true or false, got 1"},
      {kTile + R"(, "BLOCK_SIZE_K": 64)",
       "64.BLOCK_SIZE_K: expected 128, got 64"},
      {kTile + R"(, "BLOCK_SIZE_N": 256)",
       "64.BLOCK_SIZE_N: expected each key once, got it again"},
      {kTile + R"(, "stages": 4)",
       "64.stages: expected one of BLOCK_SIZE_M, BLOCK_SIZE_N, BLOCK_SIZE_K, "
       "GROUP_SIZE_M, num_warps, num_stages, USE_TMA, swapped, consumers, "
       "producer_registers, consumer_registers, cluster, got a key that means "
       "nothing"},
      {kTile + R"(, "num_stages": 1)",
       "64.num_stages: expected an integer from 2 to 64, got 1"},
      {kTile + R"(, "GROUP_SIZE_M": 18446744073709551615)",
       "64.GROUP_SIZE_M: expected an integer from 1 to 1024, got "
       "18446744073709551615"},
      {kTile + R"(, "num_warps": 8)",
       "64.num_warps: expected 'consumers' beside it, from which it follows, "
       "got 8"},
      {kTile + R"(, "num_warps": 8, "consumers": 2)",
       "64.num_warps: expected 12, 4 * (consumers 2 + 1), got 8"},
      {kTile + R"(, "consumer_registers": 236)",
       "64.consumer_registers: expected a multiple of 8 from 24 to 240, got "
       "236"},
      {kTile + R"(, "cluster": "2")",
       "64.cluster: expected an integer from 1 to 8, got \"2\""},
      {kTile + R"(, "USE_TMA": 1)",
       "64.USE_TMA: expected true or false, got 1"},
  }));
  CHECK_THROWS_WITH(readTunedConfig(own(members), "f", nullptr),
                    "f: " + message);
}

TEST_CASE("a broken file is refused", "[config]") {
  const std::string deep(1000, '[');
  auto [text, message] = GENERATE_COPY(table<std::string, std::string>({
      {"", "f:1:1: expected well-formed JSON, got the end of the file: it is "
           "truncated"},
      {"{\"1\": \n {]}", "f:2:3: expected well-formed JSON, got something "
                         "else"},
      {"[]", "f: the configuration: expected an object, got an array of 0"},
      {"{}", "f: the configuration: expected at least one number of tokens as "
             "key, got none"},
      {R"({"moe_codegen": 1})", "f: the configuration: expected at least one "
                                "number of tokens as key, got none"},
      {R"({"moe_codegen": 2, "1": {}})", "f: moe_codegen: expected 1, got 2"},
      {R"({"moe_codegen": 1, "1": []})",
       "f: 1: expected an object, got an array of 0"},
      {R"({"moe_codegen": 1, "triton_version": "3.5.1"})",
       "f: triton_version: expected a number of tokens from 1 to 2147483647 as "
       "key, got triton_version"},
      {R"({"1": {}, "1": {}})", "f: 1: expected each key once, got it again"},
      {R"({"1": 1e999})", "f: the configuration: expected numbers that a "
                          "double can hold, got a larger one"},
      {R"({"1": {"a": )" + deep,
       "f: 1.a: expected at most 32 levels of nesting, got more"},
      {std::string(2 << 20, ' '),
       "f: expected a configuration of at most 1048576 bytes, got more"},
  }));
  CHECK_THROWS_WITH(readTunedConfig(text, "f", nullptr), message);
}

TEST_CASE("a key that is no number of tokens is refused", "[config]") {
  auto [key, got] = GENERATE(table<std::string, std::string>(
      {{"", "\"\""},
       {"0", "0"},
       {"-1", "\"-1\""},
       {"+1", "\"+1\""},
       {"01", "01"},
       {" 1", "\" 1\""},
       {"1e3", "1e3"},
       {"1_000", "1_000"},
       {"2147483648", "2147483648"},
       {"large_M", "large_M"},
       {"\\u00e9\\n", "\"\\u00e9\\n\""},
       {std::string(99, 'x'), std::string(77, 'x') + "..."}}));
  CHECK_THROWS_WITH(readTunedConfig("{\"" + key + "\": {}}", "f", nullptr),
                    "f: " + got +
                        ": expected a number of tokens from 1 to 2147483647 as "
                        "key, got " +
                        got);
}

TEST_CASE("a file is loaded, and what is none is refused", "[config]") {
  const std::string path = "config-test-" + std::to_string(getpid());
  std::ofstream(path) << writeTunedConfig(exampleSchedules());
  CHECK(loadTunedConfig(path, nullptr).schedules == exampleSchedules());
  std::ofstream(path) << std::string(2 << 20, ' ');
  CHECK_THROWS_WITH(loadTunedConfig(path, nullptr),
                    path + ": expected a configuration of at most 1048576 "
                           "bytes, got more");
  std::remove(path.c_str());
  CHECK_THROWS_WITH(loadTunedConfig(path, nullptr),
                    path + ": expected a configuration, got no readable file");
  CHECK_THROWS_WITH(loadTunedConfig(".", nullptr),
                    ".: expected a configuration, got no readable file");
}
