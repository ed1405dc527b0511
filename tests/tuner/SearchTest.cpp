//===- SearchTest.cpp - the fastest kernels for a number of tokens --------===//
#include "tuner/Search.h"
#include "tests/tuner/FakeLayer.h"

#include <catch2/catch.hpp>

#include <fstream>

using namespace moert::tune;
using mlir::moe::sameTile;
using mlir::moe::SpaceGroup;

namespace {

const Expired kNever = [] { return false; };

std::optional<TokensResult> run(Bench &bench, std::int64_t tokens,
                                const Expired &expired = kNever,
                                const std::optional<Pair> &neighbour = {},
                                std::vector<std::string> *faults = nullptr) {
  Search search(bench.space, bench.source, bench.gpu, bench.journal,
                bench.progress, {});
  auto result = search.run(tokens, bench.space.at(tokens), untunedPair(tokens),
                           neighbour, expired);
  if (faults)
    *faults = search.faults();
  return result;
}

/// A kernel of the space that is not the model's choice.
Variant otherVariant(const Bench &bench, std::int64_t tokens, Gemm gemm) {
  for (const SpaceGroup &group : bench.space.at(tokens))
    for (const Variant &variant : group.of(gemm))
      if (!sameTile(variant.schedule, untunedPair(tokens).of(gemm).schedule))
        return variant;
  FAIL("the space has one tile only");
  return {};
}

} // namespace

TEST_CASE("the fastest pair is found, whatever the model says", "[search]") {
  Folder folder;
  Bench bench(folder.path);
  const auto [tokens, gemm] = GENERATE(table<std::int64_t, Gemm>(
      {{1, Gemm::up}, {64, Gemm::down}, {1024, Gemm::up}, {4096, Gemm::down}}));
  const Variant fast = otherVariant(bench, tokens, gemm);
  const auto model = bench.gpu.us;
  bench.gpu.us = [&](const Variant &variant, std::int64_t count) {
    return variant == fast ? 1 : model(variant, count);
  };
  const auto result = run(bench, tokens);
  REQUIRE(result);
  CHECK(result->tuned.of(gemm) == fast);
  CHECK(result->tuned != result->untuned);
  CHECK(result->untuned == untunedPair(tokens));
  CHECK(result->tunedUs.layer < result->untunedUs->layer);
  CHECK(result->complete);
}

TEST_CASE("another depth of a fast tile is found by refining", "[search]") {
  Folder folder;
  Bench bench(folder.path);
  const Pair untuned = untunedPair(4096);
  const Variant fast = bench.space.refine(untuned.down).back();
  const auto model = bench.gpu.us;
  bench.gpu.us = [&](const Variant &variant, std::int64_t count) {
    return model(variant, count) * (variant == fast ? 0.5 : 1);
  };
  const auto result = run(bench, 4096);
  REQUIRE(result);
  CHECK(result->tuned.down == fast);
}

TEST_CASE("what is gained by less than a hundredth is left", "[search]") {
  Folder folder;
  Bench bench(folder.path);
  const double gain = GENERATE(0.002, 0.05);
  const Pair untuned = untunedPair(512);
  const auto model = bench.gpu.us;
  bench.gpu.us = [](const Variant &, std::int64_t) { return 100; };
  bench.gpu.between = [&](const Pair &pair) {
    return pair == untuned ? 200 : 200 - 400 * gain;
  };
  const auto result = run(bench, 512);
  REQUIRE(result);
  CHECK((result->tuned == untuned) == (gain < 0.01));
}

TEST_CASE("the pair of the tokens before is kept where it is as fast",
          "[search]") {
  Folder folder;
  Bench bench(folder.path);
  const bool slower = GENERATE(false, true);
  const std::vector<SpaceGroup> groups = bench.space.at(1024);
  const SpaceGroup &last = groups.back();
  Pair before;
  for (const Variant &up : last.up)
    for (const Variant &down : last.down)
      if (mlir::moe::canPair(up, down))
        before = {up, down};
  REQUIRE(before.up.rowAlignment != 0);
  bench.gpu.between = [&](const Pair &pair) {
    if (pair == untunedPair(1024))
      return 500.;
    return pair == before && slower ? 400. : 10.;
  };
  bench.gpu.us = [](const Variant &, std::int64_t) { return 100; };
  const auto result = run(bench, 1024, kNever, before);
  REQUIRE(result);
  CHECK((result->tuned == before) == !slower);
}

TEST_CASE("a kernel that is much slower is dropped after a few runs",
          "[search]") {
  Folder folder;
  Bench bench(folder.path);
  const Variant slow = otherVariant(bench, 64, Gemm::down);
  const auto model = bench.gpu.us;
  bench.gpu.us = [&](const Variant &variant, std::int64_t count) {
    return model(variant, count) * (variant == slow ? 3 : 1);
  };
  REQUIRE(run(bench, 64));
  CHECK(bench.gpu.quick[slow.name()] == 1);
  CHECK(bench.gpu.full[slow.name()] == 0);
  const Pair untuned = untunedPair(64);
  CHECK(bench.gpu.full[untuned.up.name()] == 1);
  CHECK(bench.journal.time(64, slow.name(), "1")->dropped);
}

TEST_CASE("a wrong kernel is never timed, and is told of", "[search]") {
  Folder folder;
  Bench bench(folder.path);
  const Variant wrong = untunedPair(64).up;
  bench.gpu.wrong = {wrong.name()};
  std::vector<std::string> faults;
  const auto result = run(bench, 64, kNever, {}, &faults);
  REQUIRE(result);
  CHECK(result->tuned.up != wrong);
  CHECK_FALSE(result->untunedUs);
  CHECK(bench.gpu.quick.count(wrong.name()) == 0);
  CHECK(faults ==
        std::vector<std::string>{wrong.name() + ": 1 element differs"});
  SECTION("nor is it in the next run, which does not check it again") {
    Bench next(folder.path);
    REQUIRE(run(next, 64, kNever, {}, &faults));
    CHECK(next.gpu.checked.empty());
    CHECK(faults.size() == 1);
  }
}

TEST_CASE("each kernel is checked once", "[search]") {
  Folder folder;
  Bench bench(folder.path);
  Search search(bench.space, bench.source, bench.gpu, bench.journal,
                bench.progress, {});
  for (std::int64_t tokens : {64, 96})
    REQUIRE(search.run(tokens, bench.space.at(tokens), untunedPair(tokens), {},
                       kNever));
  for (const auto &[name, count] : bench.gpu.checked) {
    INFO(name);
    CHECK(count == 1);
  }
}

TEST_CASE("kernels that cannot be had are passed by", "[search]") {
  Folder folder;
  Bench bench(folder.path);
  const Pair untuned = untunedPair(64);
  SECTION("one") {
    bench.source.missing = {untuned.up.name()};
    const auto result = run(bench, 64);
    REQUIRE(result);
    CHECK(result->tuned.up != untuned.up);
    CHECK_FALSE(result->untunedUs);
  }
  SECTION("one that a pack does not have is not even asked for") {
    bench.source.unknown = {untuned.down.name()};
    REQUIRE(run(bench, 64));
    CHECK(bench.source.asked.count(untuned.down.name()) == 0);
  }
  SECTION("all") {
    for (const SpaceGroup &group : bench.space.at(64))
      for (const Variant &variant : group.up)
        bench.source.missing.insert(variant.name());
    bench.source.missing.insert(untuned.up.name());
    CHECK_FALSE(run(bench, 64));
  }
}

TEST_CASE("however early time is over, there is a result", "[search]") {
  Folder folder;
  Bench bench(folder.path);
  const auto result = run(bench, 64, [] { return true; });
  REQUIRE(result);
  CHECK_FALSE(result->complete);
  CHECK(result->untunedUs);
  CHECK(bench.gpu.quick.size() == 2); // a kernel of each GEMM
}

TEST_CASE("a resumed run takes the three fastest again, and no more",
          "[search]") {
  Folder folder;
  const std::int64_t tokens = GENERATE(1, 512);
  std::optional<TokensResult> first;
  {
    Bench bench(folder.path);
    first = run(bench, tokens);
  }
  Bench bench(folder.path, "another card");
  REQUIRE(bench.journal.remembered() > 0);
  // That card is slower throughout.
  const auto model = bench.gpu.us;
  bench.gpu.us = [&](const Variant &variant, std::int64_t count) {
    return 1.25 * model(variant, count);
  };
  const auto again = run(bench, tokens);
  REQUIRE(again);
  CHECK(again->tuned == first->tuned);
  CHECK(again->tunedUs.up == Approx(1.25 * first->tunedUs.up));
  CHECK(bench.gpu.quick.empty());
  CHECK(bench.gpu.checked.empty());
  int ups = 0, downs = 0;
  for (const auto &[name, count] : bench.gpu.full)
    (name.rfind("up", 0) == 0 ? ups : downs) += count;
  // Beside the three, what is reported of the untuned pair and the tuned one.
  CHECK(ups >= 3);
  CHECK(ups <= 5);
  CHECK(downs >= 3);
  CHECK(downs <= 5);
}

TEST_CASE("times of another compiler's kernels are not remembered",
          "[search]") {
  Folder folder;
  int before = 0;
  {
    Bench bench(folder.path);
    run(bench, 64);
    before = bench.gpu.calls();
  }
  Bench bench(folder.path);
  bench.source.cubin = "2";
  run(bench, 64);
  CHECK(bench.gpu.calls() == before);
}

TEST_CASE("an interrupted run is gone on with where it stopped", "[search]") {
  Folder folder;
  std::size_t timed = 0;
  {
    Bench bench(folder.path);
    int kernels = 0;
    run(bench, 64, [&] { return ++kernels > 20; });
    timed = bench.gpu.quick.size();
  }
  Bench whole(Folder().path), rest(folder.path);
  run(whole, 64);
  const auto result = run(rest, 64);
  REQUIRE(result);
  CHECK(result->complete);
  CHECK(rest.gpu.quick.size() + timed == whole.gpu.quick.size());
}
