//===- TuningTest.cpp - a layer over all its numbers of tokens ------------===//
#include "tuner/Tuning.h"
#include "tests/tuner/FakeLayer.h"

#include <catch2/catch.hpp>

using namespace moert::tune;

namespace {

Tuning run(Bench &bench, const TuningOptions &options) {
  return tune({bench.problem, bench.space, bench.source, bench.gpu,
               bench.journal, bench.progress, bench.clock,
               [&](std::int64_t tokens) {
                 return mlir::moe::RowCounts(bench.problem.routing, tokens);
               }},
              options, [](const TokensResult &) {});
}

} // namespace

TEST_CASE("every number of tokens has a result, ascending", "[tuning]") {
  Folder folder;
  Bench bench(folder.path);
  TuningOptions options;
  options.tokens = {64, 1, 4096};
  const Tuning tuning = run(bench, options);
  REQUIRE(tuning.results.size() == 3);
  CHECK(tuning.results[0].tokens == 1);
  CHECK(tuning.results[2].tokens == 4096);
  CHECK(tuning.faults.empty());
  CHECK(tuning.without.empty());
  for (const TokensResult &result : tuning.results)
    CHECK(result.complete);
}

TEST_CASE("where the model is right nothing is changed", "[tuning]") {
  Folder folder;
  Bench bench(folder.path);
  const Tuning tuning = run(bench, {});
  CHECK(tuning.results.size() == 18);
  int changed = 0;
  for (const TokensResult &result : tuning.results) {
    CHECK(result.tunedUs.layer <= result.untunedUs->layer);
    changed += result.tuned != result.untuned;
  }
  // Its plans serve ranges, so at some numbers of tokens another is better.
  CHECK(changed < 6);
}

TEST_CASE("the budget is kept, and every number of tokens has its share",
          "[tuning]") {
  Folder folder;
  Bench bench(folder.path);
  TuningOptions options;
  options.seconds = GENERATE(0.0, 2.0, 20.0);
  const Tuning tuning = run(bench, options);
  CHECK(tuning.results.size() == 18);
  // Beyond it only what every number of tokens needs at least: a kernel of each
  // GEMM twice, three pairs twice, and what is reported of two of them.
  CHECK(bench.gpu.spent < options.seconds + 18 * 0.01 * (4 + 6 + 4) + 1e-9);
  if (options.seconds == 0.0)
    for (const TokensResult &result : tuning.results)
      CHECK_FALSE(result.complete);
}

TEST_CASE("numbers of tokens without kernels are named", "[tuning]") {
  Folder folder;
  Bench bench(folder.path);
  TuningOptions options;
  options.tokens = {1, 4096};
  for (const auto &variant : bench.space.all({1}))
    bench.source.missing.insert(variant.name());
  for (Gemm gemm : kGemms)
    bench.source.missing.insert(untunedPair(1).of(gemm).name());
  const Tuning tuning = run(bench, options);
  CHECK(tuning.without == std::vector<std::int64_t>{1});
  REQUIRE(tuning.results.size() == 1);
  CHECK(tuning.results[0].tokens == 4096);
}
