//===- CandidatesTest.cpp - the schedules worth trying --------------------===//
#include "compiler/schedule/Candidates.h"
#include "tests/compiler/schedule/Layers.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace mlir::moe;

TEST_CASE("every candidate is legal and there once", "[candidates]") {
  auto intermediate = GENERATE(16, 64, 192, 320, 352, 2048);
  auto offset = GENERATE(0, 16, 64, 96);
  auto isUp = GENERATE(true, false);
  auto added = GENERATE(true, false);
  if (isUp && added)
    return;
  GemmShape gemm = isUp ? upShape(4096, intermediate, offset)
                        : downShape(4096, intermediate, offset);
  gemm.added = added;
  CAPTURE(intermediate, offset, isUp, added);

  std::vector<Schedule> all = candidates(gemm);
  CHECK(all.size() >= 24);
  CHECK(all.size() <= 400);
  for (auto at = all.begin(); at != all.end(); ++at) {
    CAPTURE(at->blockM, at->blockN, at->stages, at->consumers, at->groupM,
            at->cluster, at->swapped);
    CHECK_FALSE(at->copiedRows); // slower than boxes
    CHECK(brokenLaw(*at) == std::nullopt);
    CHECK(brokenLaw(*at, gemm) == std::nullopt);
    CHECK(std::find(all.begin(), at, *at) == at);
  }
}

TEST_CASE("what chooseSchedule gives is the first candidate", "[candidates]") {
  for (const NamedLayer &each : modelLayers())
    for (const GemmShape &gemm : {each.problem.up, each.problem.down}) {
      CAPTURE(each.name, gemm.gathered);
      CHECK(candidates(gemm).front() == chooseSchedule(gemm));
      CHECK(candidates(gemm, {.swapped = false}).front() ==
            chooseSchedule(gemm));
      CHECK(candidates(gemm) == candidates(gemm));
    }
}

TEST_CASE("swapped schedules are there unless left out", "[candidates]") {
  GemmShape gemm = GENERATE(upShape(7168, 256), downShape(7168, 256));
  auto swapped = [](const Schedule &s) { return s.swapped; };
  std::vector<Schedule> all = candidates(gemm),
                        upright = candidates(gemm, {.swapped = false});
  CHECK(std::none_of(upright.begin(), upright.end(), swapped));
  CHECK(upright.size() +
            size_t(std::count_if(all.begin(), all.end(), swapped)) ==
        all.size());
  for (int64_t rows : {8, 16, 32, 64})
    CHECK(std::any_of(all.begin(), all.end(), [&](const Schedule &s) {
      return s.swapped && s.blockM == rows;
    }));
}

TEST_CASE("pruning keeps the fastest, in their order", "[candidates]") {
  LayerProblem problem = layer({256, 1, 256, 8}, 7168, 256);
  RowCounts rows(problem.routing, 64);
  auto time = [&](const Schedule &s) {
    return predict(rows, problem.down, s, s.clusterRows()).total;
  };
  std::vector<Schedule> all = candidates(problem.down);
  std::vector<Schedule> kept = prune(all, rows, problem.down, 20);
  REQUIRE(kept.size() == 20);
  for (size_t i = 1; i < kept.size(); ++i)
    CHECK(time(kept[i - 1]) <= time(kept[i]));
  auto faster = std::count_if(all.begin(), all.end(), [&](const Schedule &s) {
    return time(s) < time(kept.back());
  });
  CHECK(faster < 20);
  CHECK(prune(all, rows, problem.down, all.size() + 1).size() == all.size());
}
