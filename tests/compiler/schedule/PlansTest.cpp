//===- PlansTest.cpp - which schedules serve how many tokens --------------===//
#include "compiler/schedule/Plans.h"
#include "tests/compiler/schedule/Layers.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace mlir::moe;

static double time(const LayerProblem &problem, const SchedulePlan &plan,
                   int64_t tokens) {
  return predict(problem, plan, tokens).total();
}

TEST_CASE("plans cover all numbers of tokens, few and different", "[plans]") {
  PlanOptions options{.swapped = GENERATE(false, true)};
  for (const NamedLayer &each : modelLayers()) {
    CAPTURE(each.name, options.swapped);
    std::vector<SchedulePlan> plans = choosePlans(each.problem, options);
    REQUIRE_FALSE(plans.empty());
    CHECK(plans.size() <= options.most);
    CHECK(plans.front().fromTokens == 0);
    for (size_t i = 0; i < plans.size(); ++i) {
      const SchedulePlan &plan = plans[i];
      CHECK(brokenLaw(plan.up, each.problem.up) == std::nullopt);
      CHECK(brokenLaw(plan.down, each.problem.down) == std::nullopt);
      CHECK(plan.rowAlignment() % plan.up.clusterRows() == 0);
      CHECK(plan.rowAlignment() % plan.down.clusterRows() == 0);
      CHECK(plan.rowAlignment() <= 1024);
      if (i == 0)
        continue;
      CHECK(plan.fromTokens > plans[i - 1].fromTokens);
      CHECK((plan.up != plans[i - 1].up || plan.down != plans[i - 1].down));
    }
    CHECK(choosePlans(each.problem, options) == plans);
  }
}

TEST_CASE("a schedule is chosen beside a given one", "[plans]") {
  const LayerProblem problem = layer({256, 1, 256, 8}, 7168, 256);
  for (int64_t tokens : {1, 64, 4096}) {
    const SchedulePlan free = planOf(choosePlans(problem), tokens);
    const SchedulePlan up = planBeside(problem, free.up, {}, tokens);
    const SchedulePlan down = planBeside(problem, {}, free.down, tokens);
    CHECK(up.up == free.up);
    CHECK(down.down == free.down);
    // What the free choice would have been is among those tried.
    CHECK(time(problem, up, tokens) <= time(problem, free, tokens));
    CHECK(time(problem, down, tokens) <= time(problem, free, tokens));
    const SchedulePlan both = planBeside(problem, free.up, free.down, tokens);
    CHECK(both.up == free.up);
    CHECK(both.down == free.down);
  }
  // 48 rows and clusters of 2 x 256 would be padded to 1536.
  const Schedule cluster = chooseSchedule(
      problem.down, {.blockM = 256, .blockN = 128, .cluster = 2});
  const SchedulePlan wide = planBeside(problem, {}, cluster, 4096);
  CHECK(wide.down == cluster);
  CHECK(wide.rowAlignment() <= kMostRowAlignment);
}

TEST_CASE("a plan gains over its neighbours", "[plans]") {
  PlanOptions options{.swapped = GENERATE(false, true)};
  for (const NamedLayer &each : modelLayers()) {
    std::vector<SchedulePlan> plans = choosePlans(each.problem, options);
    for (size_t i = 1; i < plans.size(); ++i) {
      // Somewhere in its range the one before it would be slower.
      int64_t end =
          i + 1 < plans.size() ? plans[i + 1].fromTokens : kMostTokens + 1;
      double most = 0;
      for (int64_t t = plans[i].fromTokens; t < end; t += (t + 1) / 2)
        most = std::max(most, time(each.problem, plans[i - 1], t) /
                                  time(each.problem, plans[i], t));
      CAPTURE(each.name, plans[i].fromTokens, options.swapped);
      CHECK(most > 1 + options.worth / 2);
    }
  }
}

TEST_CASE("what takes no time has one plan", "[plans]") {
  CHECK(
      choosePlans(layer({5, 0, 5, 2}, 384, 192), {.leastGain = 1000}).size() ==
      1);
}

TEST_CASE("no plan loses much to the rule's schedules", "[plans]") {
  PlanOptions options{.swapped = GENERATE(false, true)};
  for (const NamedLayer &each : modelLayers()) {
    SchedulePlan rule{0, chooseSchedule(each.problem.up),
                      chooseSchedule(each.problem.down)};
    auto plans = choosePlans(each.problem, options);
    for (int64_t tokens = 1; tokens <= kMostTokens; tokens *= 2) {
      CAPTURE(each.name, tokens);
      CHECK(time(each.problem, planOf(plans, tokens), tokens) <
            1.06 * time(each.problem, rule, tokens));
    }
  }
}

TEST_CASE("many tokens keep the schedules of the rule", "[plans]") {
  for (const char *name : {"deepseek-v3-tp8", "qwen3-30b-a3b-tp1",
                           "qwen3-235b-a22b-tp4", "mixtral-8x7b-tp4"})
    for (const NamedLayer &each : modelLayers()) {
      if (each.name != std::string(name))
        continue;
      CAPTURE(each.name);
      auto plans = choosePlans(each.problem);
      for (int64_t tokens : {2048, 16384}) {
        CHECK(planOf(plans, tokens).up == chooseSchedule(each.problem.up));
        CHECK(planOf(plans, tokens).down == chooseSchedule(each.problem.down));
      }
    }
}

TEST_CASE("without swapped schedules no plan has one", "[plans]") {
  for (const NamedLayer &each : modelLayers())
    for (const SchedulePlan &plan :
         choosePlans(each.problem, {.swapped = false})) {
      CHECK_FALSE(plan.up.swapped);
      CHECK_FALSE(plan.down.swapped);
    }
}

TEST_CASE("few rows an expert take swapped schedules, many do not", "[plans]") {
  auto plans =
      choosePlans(layer({256, 1, 256, 8}, 7168, 256), {.swapped = true});
  CHECK(planOf(plans, 1).up.swapped);
  CHECK_FALSE(planOf(plans, 16384).up.swapped);
  CHECK_FALSE(planOf(plans, 16384).down.swapped);
}

TEST_CASE("a plan serves from its tokens up to the next one", "[plans]") {
  std::vector<SchedulePlan> plans = {{.fromTokens = 0}, {.fromTokens = 64}};
  CHECK(planOf(plans, 0).fromTokens == 0);
  CHECK(planOf(plans, 63).fromTokens == 0);
  CHECK(planOf(plans, 64).fromTokens == 64);
  CHECK(planOf(plans, 1 << 20).fromTokens == 64);
}

TEST_CASE("experts are padded to what both kernels can walk", "[plans]") {
  SchedulePlan plan;
  plan.up.blockM = 24;
  plan.up.swapped = true;
  plan.up.cluster = 2;
  plan.down.blockM = 64;
  CHECK(plan.rowAlignment() == 192);
}
