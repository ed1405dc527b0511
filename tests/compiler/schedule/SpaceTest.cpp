//===- SpaceTest.cpp - the kernels that a tuner tries ---------------------===//
#include "compiler/schedule/Space.h"
#include "compiler/schedule/OfLayer.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace mlir::moe;

namespace {

/// Of DeepSeek-V3 at TP 8, Mixtral at TP 4 and Qwen3-Next at TP 8.
LayerProblem layerOf(int number) {
  moert::LayerDescription layer;
  auto set = [&](int64_t experts, int64_t shared, int64_t topK, int64_t hidden,
                 int64_t intermediate) {
    layer.experts = layer.globalExperts = experts;
    layer.sharedExperts = shared;
    layer.topK = topK;
    layer.hidden = hidden;
    layer.intermediate = intermediate;
  };
  if (number == 0)
    set(256, 1, 8, 7168, 256);
  if (number == 1)
    set(8, 0, 2, 4096, 3584);
  if (number == 2)
    set(512, 0, 10, 2048, 64);
  return problemOf(layer);
}

double pairTime(const LayerProblem &problem, const Variant &up,
                const Variant &down, int64_t tokens) {
  return predict(problem, {0, up.schedule, down.schedule}, tokens).total();
}

} // namespace

TEST_CASE("every variant is legal and has a partner in its group", "[space]") {
  const LayerProblem problem = layerOf(GENERATE(0, 1, 2));
  const int64_t tokens = GENERATE(1, 24, 512, 4096, 16384);
  const std::vector<SpaceGroup> groups = Space(problem).at(tokens);
  REQUIRE_FALSE(groups.empty());
  for (const SpaceGroup &group : groups)
    for (Gemm gemm : kGemms) {
      const GemmShape &shape = gemm == Gemm::up ? problem.up : problem.down;
      REQUIRE_FALSE(group.of(gemm).empty());
      for (const Variant &one : group.of(gemm)) {
        CHECK(one.gemm == gemm);
        CHECK(one.rowAlignment == group.rowAlignment);
        CHECK_FALSE(brokenLaw(one.schedule));
        CHECK_FALSE(brokenLaw(one.schedule, shape));
        auto plan = planWith(problem, one);
        REQUIRE(plan);
        CHECK(plan->rowAlignment() == one.rowAlignment);
        CHECK(variantOf(*plan, gemm) == one);
      }
    }
}

TEST_CASE("what the model holds best stands first, and little else is kept",
          "[space]") {
  const LayerProblem problem = layerOf(GENERATE(0, 1, 2));
  const int64_t tokens = GENERATE(1, 64, 1024, 4096);
  const SpaceOptions options;
  const std::vector<SpaceGroup> groups = Space(problem, options).at(tokens);
  CHECK(groups.size() <= options.paddings);
  double best = groups.front().predicted;
  // At most what choosePlans found, which allows for a few plans only.
  const SchedulePlan chosen = planOf(choosePlans(problem), tokens);
  CHECK(best <= predict(problem, chosen, tokens).total() * (1 + 1e-9));
  for (const SpaceGroup &group : groups) {
    double least = 1e9;
    for (const Variant &up : group.up)
      for (const Variant &down : group.down)
        if (canPair(up, down))
          least = std::min(least, pairTime(problem, up, down, tokens));
    CHECK(least == Approx(group.predicted));
    CHECK(least >= best * (1 - 1e-9));
    CHECK(least <= best * (1 + options.share));
    CHECK(group.up.size() <= options.most);
    CHECK(group.down.size() <= options.most);
  }
}

TEST_CASE("a group has each tile once; its other depths come by refining",
          "[space]") {
  const LayerProblem problem = layerOf(GENERATE(0, 1, 2));
  const Space space(problem);
  for (int64_t tokens : {1, 256, 4096})
    for (const SpaceGroup &group : space.at(tokens))
      for (Gemm gemm : kGemms)
        for (const Variant &one : group.of(gemm)) {
          CHECK(std::count_if(group.of(gemm).begin(), group.of(gemm).end(),
                              [&](const Variant &each) {
                                return sameTile(each.schedule, one.schedule);
                              }) == 1);
          const std::vector<Variant> finer = space.refine(one);
          CHECK_FALSE(finer.empty());
          for (const Variant &each : finer) {
            CHECK(each != one);
            CHECK(sameTile(each.schedule, one.schedule));
            CHECK(each.rowAlignment == one.rowAlignment);
          }
        }
}

TEST_CASE("all variants have names of their own", "[space]") {
  const LayerProblem problem = layerOf(GENERATE(0, 1, 2));
  const Space space(problem);
  std::set<std::string> names;
  for (const Variant &one : space.all(packedTokens())) {
    CHECK(names.insert(one.name()).second);
    CHECK(one.name().rfind(one.gemm == Gemm::up ? "up_" : "down_", 0) == 0);
  }
  // Enough to choose from, few enough to compile in seconds.
  CHECK(names.size() > 100);
  CHECK(names.size() < 600);
}

TEST_CASE("a name says what the kernel is", "[space]") {
  Schedule schedule;
  schedule.blockM = 8;
  schedule.consumers = 1;
  schedule.cluster = 2;
  schedule.stages = 10;
  schedule.swapped = true;
  CHECK(Variant{Gemm::up, schedule, 24}.name() ==
        "up_8x128_swapped_w1c2s10g16_a24");
}

TEST_CASE("kernels pair only in a plan that pads as they do", "[space]") {
  Schedule low, high;
  low.blockM = 64;
  high.blockM = 128;
  CHECK(canPair({Gemm::up, low, 128}, {Gemm::down, high, 128}));
  CHECK_FALSE(canPair({Gemm::up, low, 128}, {Gemm::down, low, 128}));
  CHECK_FALSE(canPair({Gemm::up, low, 64}, {Gemm::down, high, 128}));
  CHECK_FALSE(canPair({Gemm::down, low, 128}, {Gemm::up, high, 128}));
  CHECK_FALSE(planWith(layerOf(0), {Gemm::up, low, 5 * 64}));
}

TEST_CASE("skewed routing wants other kernels", "[space]") {
  const LayerProblem problem = layerOf(0);
  const Space space(problem);
  // 64 tokens that all visit the same experts, or each its own.
  std::vector<int64_t> same(8, 64), own(256, 2);
  same.push_back(64);
  own.push_back(64);
  const RowCounts crowded(64, {same}), spread(64, {own, own});
  CHECK(crowded.rows() == 9 * 64);
  CHECK(crowded.touchedExperts() == 9);
  CHECK(spread.rows() == Approx(9 * 64));
  CHECK(spread.touchedExperts() == Approx(257));
  CHECK(space.at(crowded).front().rowAlignment == 64);
  CHECK(space.at(spread).front().rowAlignment == 8);
}
