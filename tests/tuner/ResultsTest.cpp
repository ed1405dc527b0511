//===- ResultsTest.cpp - what a tuning found ------------------------------===//
#include "tuner/Results.h"
#include "compiler/tools/ConfiguredPlans.h"
#include "tests/tuner/FakeLayer.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace moert;
using namespace moert::tune;

namespace {

std::vector<TokensResult> exampleResults() {
  TokensResult first, second;
  first.tokens = 1;
  first.tuned = first.untuned = untunedPair(1);
  first.tunedUs = {20, 12, 40};
  first.untunedUs = first.tunedUs;
  second.tokens = 4096;
  second.tuned = untunedPair(4096);
  second.untuned = untunedPair(64);
  second.tunedUs = {300, 200, 800};
  second.untunedUs = {400, 225, 1000};
  return {first, second};
}

} // namespace

TEST_CASE("how fast untuned is follows from the times", "[results]") {
  std::vector<TokensResult> results = exampleResults();
  CHECK(untunedOf(results[1]).layer == Approx(0.8));
  CHECK(untunedOf(results[1]).kernels == Approx(0.8));
  CHECK(untunedOf(results).layer == Approx(std::sqrt(0.8)));
  results[0].untunedUs.reset(); // says nothing
  CHECK(untunedOf(results).layer == Approx(0.8));
}

TEST_CASE("the table has every number of tokens and the mean", "[results]") {
  const std::string table = tableText(exampleResults());
  CHECK(table.find("     1  8x128s w1 c2 s10 g16  8x256s w2 c1 s6 g16 ") !=
        std::string::npos);
  CHECK(
      table.find("   300.0   200.0   800.0     400.0   225.0  1000.0          "
                 "   0.800    0.800\n") != std::string::npos);
  CHECK(table.find("geometric mean: 0.894 of layers") != std::string::npos);
}

TEST_CASE("the JSON has the numbers of the table", "[results]") {
  const auto json = nlohmann::json::parse(
      jsonText({"example", "NVIDIA H200", "0123", "uniform", 4, 12.5},
               exampleResults()));
  CHECK(json["geometric_mean_untuned_speed"]["layer"] ==
        Approx(std::sqrt(0.8)));
  CHECK(json["results"].size() == 2);
  CHECK(json["results"][1]["tokens"] == 4096);
  CHECK(json["results"][1]["untuned"]["layer_us"] == 1000);
  CHECK(json["results"][1]["untuned_speed"]["kernels"] == Approx(0.8));
}

TEST_CASE("both configuration files are written and load", "[results]") {
  Folder folder;
  const std::vector<TokensResult> results = exampleResults();
  const auto paths =
      writeConfigs(folder.path / "new", exampleLayer(), "NVIDIA H200", results);
  REQUIRE(paths.size() == 2);
  CHECK(paths[0].filename() ==
        "E=257,N=256,device_name=NVIDIA_H200,dtype=fp8_w8a8,block_shape=[128, "
        "128].json");
  CHECK(paths[1].filename() ==
        "E=257,N=256,device_name=NVIDIA_H200,dtype=fp8_w8a8,block_shape=[128, "
        "128]_down.json");
  const config::TunedConfig up = config::loadTunedConfig(paths[0], nullptr),
                            down = config::loadTunedConfig(paths[1], nullptr);
  for (const TokensResult &result : results) {
    CHECK(up.at(result.tokens) == tunedOf(result.tuned.up.schedule, Gemm::up));
    CHECK(down.at(result.tokens) ==
          tunedOf(result.tuned.down.schedule, Gemm::down));
  }
}

TEST_CASE("a schedule and what a file says of it are the same", "[results]") {
  const mlir::moe::LayerProblem layer = exampleProblem();
  for (const mlir::moe::GemmShape &gemm : {layer.up, layer.down})
    for (const mlir::moe::ScheduleRequest &asked :
         {mlir::moe::ScheduleRequest{},
          mlir::moe::ScheduleRequest{.blockM = 16, .swapped = 1},
          mlir::moe::ScheduleRequest{.stages = 3,
          .copiedRows = !gemm.gathered}}) {
      const Schedule schedule = mlir::moe::chooseSchedule(gemm, asked);
      const config::TunedSchedule tuned =
          tunedOf(schedule, gemm.gathered ? Gemm::up : Gemm::down);
      CHECK(mlir::moe::chooseSchedule(
                gemm, mlir::moe::requestOf(tuned, gemm)) == schedule);
      CHECK(tuned.useTma == (!gemm.gathered && !schedule.copiedRows));
    }
}
