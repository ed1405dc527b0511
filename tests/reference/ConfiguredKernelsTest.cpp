//===- ConfiguredKernelsTest.cpp - the kernels of one configuration -------===//
#include "moert/Error.h"
#include "runtime/bench/ConfigBench.h"
#include "runtime/bench/InputError.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace moert;
using namespace moert::bench;

namespace {

KernelRecord kernel(KernelRole role, const std::string &name,
                    std::int64_t blockM, std::int64_t alignment) {
  KernelRecord kernel;
  kernel.role = role;
  kernel.name = name;
  kernel.rowAlignment = alignment;
  kernel.schedule = {blockM, 256, 128, 4, 2, 16, 40, 232, false, false};
  return kernel;
}

KernelRecord copied(KernelRecord kernel, const std::string &name) {
  kernel.name = name;
  kernel.schedule.copiedRows = true;
  kernel.schedule.producerRegisters = 56;
  kernel.schedule.consumerRegisters = 224;
  return kernel;
}

/// A plan padded to 128 and one to 64, each with down loaded both ways.
Manifest package() {
  constexpr KernelRole kUp = KernelRole::up, kDown = KernelRole::down;
  Manifest manifest;
  manifest.layer.name = "tiny";
  manifest.layer.experts = 5;
  manifest.layer.intermediate = 192;
  const KernelRecord down = kernel(kDown, "down", 128, 128),
                     few = kernel(kDown, "down_64", 64, 64);
  manifest.kernels = {
      kernel(kUp, "up", 128, 128),  down, copied(down, "down_copied_rows"),
      kernel(kUp, "up_64", 64, 64), few,  copied(few, "down_64_copied_rows")};
  manifest.plans = {{0, 64, "up_64", "down_64"}, {100, 128, "up", "down"}};
  return manifest;
}

const std::string kWide = R"({"BLOCK_SIZE_M": 128, "BLOCK_SIZE_N": 256})";
const std::string kLow = R"({"BLOCK_SIZE_M": 64, "BLOCK_SIZE_N": 256})";

ConfiguredKernels select(const Manifest &manifest,
                         const std::vector<std::string> &values,
                         std::int64_t tokens = 7) {
  return selectKernels(manifest, readConfigs(values, manifest.layer), tokens,
                       values, "out/tiny");
}

} // namespace

TEST_CASE("a configuration finds its kernels in a package", "[configured]") {
  const ConfiguredKernels wide{128, "up", "down", "down_copied_rows"};
  CHECK(select(package(), {kWide}) == wide);
  CHECK(select(package(), {kLow}) ==
        ConfiguredKernels{64, "up_64", "down_64", "down_64_copied_rows"});
  // Keys that are given count, those of who loads the rows for their own.
  for (const char *keys :
       {R"("num_stages": 4, "GROUP_SIZE_M": 16, "cluster": 1, "consumers": 2)",
        R"("USE_TMA": false)", R"("USE_TMA": false, "producer_registers": 56)",
        R"("producer_registers": 40)"}) {
    const std::string down =
        R"(down:{"BLOCK_SIZE_M": 128, "BLOCK_SIZE_N": 256, )" +
        std::string(keys) + "}";
    CAPTURE(down);
    CHECK(select(package(), {"up:" + kWide, down}) == wide);
  }
}

TEST_CASE("a kernel without a configuration is that of the plan",
          "[configured]") {
  CHECK(select(package(), {"down:" + kWide}, 100).up == "up");
  CHECK(select(package(), {"up:" + kLow}, 99).copiedDown ==
        "down_64_copied_rows");
  // The plan's down of few tokens is padded to 64.
  CHECK_THROWS_WITH(select(package(), {"up:" + kWide}, 99),
                    Catch::Contains("got none that pad alike; they are "
                                    "written by: moe-codegen X.mlir --config"));
}

TEST_CASE("what a package does not have is said with its command",
          "[configured]") {
  Manifest manifest = package();
  manifest.kernels.erase(manifest.kernels.begin() + 2);
  CHECK_THROWS_WITH(
      select(manifest, {kWide}),
      "out/tiny: expected the kernels of the configuration for 7 tokens, got "
      "no down with copied rows; they are written by: moe-codegen X.mlir "
      "--config '{\"BLOCK_SIZE_M\": 128, \"BLOCK_SIZE_N\": 256}' --both-loads "
      "-o 'out/tiny-config' (X.mlir is the description of 'tiny')");
  const auto [key, value] =
      GENERATE(table<std::string, int>({{"num_stages", 3},
                                        {"GROUP_SIZE_M", 8},
                                        {"consumers", 1},
                                        {"cluster", 2},
                                        {"producer_registers", 56},
                                        {"consumer_registers", 224}}));
  const std::string other = "up:{\"BLOCK_SIZE_M\": 128, \"BLOCK_SIZE_N\": 256, "
                            "\"" +
                            key + "\": " + std::to_string(value) + "}";
  CAPTURE(other);
  CHECK_THROWS_WITH(select(package(), {other, "down:" + kWide}),
                    Catch::Contains("got no up; they are written by"));
}

TEST_CASE("of several kernels none is taken", "[configured]") {
  Manifest manifest = package();
  KernelRecord deeper = manifest.kernels[0];
  deeper.name = "up_5";
  deeper.schedule.stages = 5;
  manifest.kernels.push_back(deeper);
  CHECK_THROWS_WITH(select(manifest, {kWide}),
                    "out/tiny: expected one up of the configuration for 7 "
                    "tokens, got up, up_5: give more of its keys");
  CHECK(select(manifest, {R"(up:{"BLOCK_SIZE_M": 128, "BLOCK_SIZE_N": 256,
                              "num_stages": 5})",
                          "down:" + kWide})
            .up == "up_5");
}

TEST_CASE("what is no configuration cannot be timed", "[configured]") {
  CHECK_THROWS_WITH(readConfigs({"none"}, package().layer),
                    "--config: expected a file or an object in braces, got "
                    "none");
  CHECK_THROWS_WITH(readConfigs({"."}, package().layer),
                    "--config: expected a file or an object in braces, got .");
  CHECK_THROWS_AS(readConfigs({"nowhere"}, package().layer), Error);
}

TEST_CASE("numbers of tokens with the same kernels run together",
          "[configured]") {
  Options options;
  options.configs = {"up:" + kWide, "down:" + kWide};
  options.tokens = {1, 512, 64};
  const Manifest manifest = package();
  const auto runs = configuredRuns(options, manifest, "out/tiny");
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].tokens == options.tokens);
  CHECK(runs[0].byTma.plan(7).down == "down");
  CHECK(runs[0].copied.plan(7).down == "down_copied_rows");
  CHECK(runs[0].copied.plan(7).rowAlignment == 128);
  CHECK(runs[0].copied.kernels.size() == 2);
  CHECK(runs[0].copied.configuration ==
        LayerConfiguration{{ScheduleSource::given, ""},
                           {ScheduleSource::given, ""}});
}

TEST_CASE("down stands beside itself without TMA", "[configured]") {
  const auto record = [](const char *layer, std::int64_t tokens,
                         const char *stage, const char *kernel, double us) {
    Record record;
    record.layer = layer;
    record.tokens = tokens;
    record.stage = stage;
    record.kernel = kernel;
    record.medianUs = us;
    return record;
  };
  const std::vector<Record> records{
      record("tiny", 8, "up", "up 128x256x128", 4),
      record("tiny", 8, "down", "down 128x256x128", 2),
      record("tiny-copied-rows", 8, "up", "up 128x256x128", 5),
      record("tiny-copied-rows", 8, "down", "down_copied_rows", 3),
      record("tiny", 9, "up", "up 128x256x128", 4)};
  CHECK(sideBySide("tiny", {8, 9}, records) ==
        "tiny, one configuration; up gathers its rows, which TMA cannot do on "
        "Hopper\n"
        "  tokens  up                                  us  down              "
        "              TMA us copied us copied/TMA\n"
        "       8  up 128x256x128                     4.0  down 128x256x128  "
        "                 2.0       3.0      1.500\n");
}
