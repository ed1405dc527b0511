//===- ConfiguredPlansTest.cpp - plans from configurations ----------------===//
#include "compiler/tools/ConfiguredPlans.h"

#include "moert/Error.h"

#include <catch2/catch.hpp>

using namespace moert::config;
using moert::KernelRole;
using namespace mlir::moe;

namespace {

/// DeepSeek-V3 on one of eight ranks.
LayerProblem problem() {
  LayerProblem problem;
  problem.routing = {256, 1, 256, 8};
  problem.up.parts = 2;
  problem.up.partN = 256;
  problem.up.k = 7168;
  problem.up.gathered = problem.up.quantised = true;
  problem.down.partN = 7168;
  problem.down.k = 256;
  return problem;
}

TunedSchedule tile(std::int64_t blockM, std::int64_t blockN,
                   bool swapped = false) {
  TunedSchedule schedule;
  schedule.blockM = blockM;
  schedule.blockN = blockN;
  schedule.swapped = swapped;
  return schedule;
}

FoundConfig given(const Schedules &schedules) {
  return {ConfigSource::given, "f", TunedConfig{schedules, {}}};
}

} // namespace

TEST_CASE("without a configuration the cost model chooses", "[configured]") {
  const LayerProblem layer = problem();
  CHECK(configuredPlans(layer, {}) == choosePlans(layer));
}

TEST_CASE("two configurations make the plans", "[configured]") {
  const LayerProblem layer = problem();
  LayerConfigs configs{
      given({{8, tile(16, 256, true)}, {1024, tile(128, 256)}}),
      given({{8, tile(16, 128, true)}, {2048, tile(64, 128)}})};
  configs.down.config->schedules[8].stages = 3;
  const auto plans = configuredPlans(layer, configs);
  REQUIRE(plans.size() == 3);
  CHECK(plans[0].fromTokens == 0);
  CHECK(plans[1].fromTokens == 517);
  CHECK(plans[2].fromTokens == 1029);
  CHECK(plans[0].up ==
        chooseSchedule(layer.up, {.blockM = 16, .blockN = 256, .swapped = 1}));
  CHECK(plans[0].down.stages == 3);
  CHECK(plans[1].up.blockM == 128);
  CHECK(plans[1].down == plans[0].down);
  CHECK(plans[2].down.blockM == 64);
  CHECK(plans[2].rowAlignment() == 128);
}

TEST_CASE("beside one configuration the other schedule is chosen",
          "[configured]") {
  const LayerProblem layer = problem();
  const Schedule fewRows =
      chooseSchedule(layer.up, {.blockM = 16, .blockN = 256, .swapped = 1});
  const auto upGiven =
      configuredPlans(layer, {given({{1, tile(16, 256, true)}}), {}});
  CHECK(upGiven.size() > 1); // down changes with the tokens
  for (const SchedulePlan &plan : upGiven) {
    CHECK(plan.up == fewRows);
    CHECK(brokenLaw(plan.down, layer.down) == std::nullopt);
    CHECK(plan.rowAlignment() <= kMostRowAlignment);
  }
  const auto downGiven =
      configuredPlans(layer, {{}, given({{64, tile(64, 128)}})});
  for (const SchedulePlan &plan : downGiven)
    CHECK(plan.down.blockM == 64);
}

TEST_CASE("tiles without a common padding are refused", "[configured]") {
  TunedSchedule wide = tile(256, 128);
  wide.cluster = 2;
  const LayerConfigs configs{given({{1, tile(48, 256, true)}}),
                             given({{1, wide}})};
  CHECK_THROWS_WITH(configuredPlans(problem(), configs),
                    "the configurations of up and down for 1 tokens: expected "
                    "row tiles with a common multiple of at most 1024, got 48 "
                    "and 512");
}

TEST_CASE("USE_TMA says who loads the rows of down", "[configured]") {
  const LayerProblem layer = problem();
  const LayerLaw law = lawOf(layer);
  TunedSchedule wanted = tile(128, 256);
  CHECK(requestOf(wanted, layer.down).copiedRows == std::nullopt);
  wanted.useTma = true;
  CHECK(requestOf(wanted, layer.down).copiedRows == 0);
  CHECK(law(KernelRole::down, wanted) == std::nullopt);
  CHECK(law(KernelRole::up, wanted) ==
        "expects USE_TMA false, or none, where rows are gathered, which TMA "
        "cannot do, got true");
  wanted.useTma = false;
  CHECK(requestOf(wanted, layer.down).copiedRows == 1);
  CHECK(requestOf(wanted, layer.up).copiedRows == std::nullopt);
  CHECK(law(KernelRole::down, wanted) == std::nullopt);
  CHECK(law(KernelRole::up, wanted) == std::nullopt);
}

TEST_CASE("rows that are added keep their order unless a file is given",
          "[configured]") {
  LayerProblem layer = problem();
  layer.down.added = true;
  LayerConfigs configs{given({{8, tile(128, 256)}}),
                       given({{8, tile(128, 256)}})};
  configs.down.config->schedules[8].groupM = 4;
  CHECK(configuredPlans(layer, configs).front().down.groupM == 4);
  configs.down.source = ConfigSource::installed;
  CHECK(configuredPlans(layer, configs).front().down.groupM == 1024);
  layer.down.added = false;
  CHECK(configuredPlans(layer, configs).front().down.groupM == 4);
}

TEST_CASE("an error of the reader is text", "[configured]") {
  const ChosenPlans none =
      choosePlansFor(problem(), {"nowhere"}, "NVIDIA H200");
  CHECK(none.error.find("got 'nowhere'") != std::string::npos);
  CHECK(none.plans.empty());
  const ChosenPlans law = choosePlansFor(
      problem(), {R"(up:{"BLOCK_SIZE_M": 128, "BLOCK_SIZE_N": 64})"},
      "NVIDIA H200");
  CHECK(law.error.find("--config of up") == 0);
  CHECK(law.error.find("(S11)") != std::string::npos);
}
