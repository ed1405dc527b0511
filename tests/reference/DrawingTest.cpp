#include "runtime/bench/InputError.h"
#include "runtime/bench/RoutingSource.h"
#include "tests/reference/TestLayer.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <numeric>
#include <set>
#include <unistd.h>

using namespace moert;
using namespace moert::bench;
using namespace moert::tests;

namespace {

LayerDescription routedLayer() {
  LayerDescription layer = smallLayer(128, 128);
  layer.experts = 32;
  layer.globalExperts = 64;
  layer.topK = 8;
  return layer;
}

/// A version 1 file of int32 ids, removed at the end of the test.
class NpyFile {
public:
  NpyFile(std::int64_t rows, std::int64_t columns,
          const std::vector<std::int32_t> &values)
      : path("drawing-test-" + std::to_string(getpid()) + ".npy") {
    std::string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (" +
                         std::to_string(rows) + ", " + std::to_string(columns) +
                         "), }";
    header.resize(118, ' ');
    std::ofstream file(path, std::ios::binary);
    file << "\x93NUMPY" << '\1' << '\0' << '\x76' << '\0' << header;
    file.write(reinterpret_cast<const char *>(values.data()),
               static_cast<std::streamsize>(4 * values.size()));
  }
  ~NpyFile() { std::remove(path.c_str()); }
  const std::string path;
};

} // namespace

TEST_CASE("the routing of T is the first T rows of one drawing", "[drawing]") {
  auto text = GENERATE(as<std::string>(), "uniform", "power_law:1.2", "one");
  RoutingChoice choice = parseRouting(text);
  choice.drop = 0.25;
  RoutingSource source(choice, routedLayer(), 7);
  RoutedTokens few = source.draw(5), many = source.draw(100);
  many.ids.resize(few.ids.size());
  many.weights.resize(few.weights.size());
  CHECK(few.ids == many.ids);
  CHECK(few.weights == many.weights);
}

TEST_CASE("experts of a token are distinct; other ranks' are -1", "[drawing]") {
  RoutedTokens routed =
      RoutingSource(parseRouting("power_law:1.2"), routedLayer(), 7).draw(500);
  std::int64_t dropped = 0;
  for (int token = 0; token < 500; ++token) {
    std::multiset<std::int32_t> ids(routed.ids.begin() + token * 8,
                                    routed.ids.begin() + token * 8 + 8);
    dropped += static_cast<std::int64_t>(ids.count(-1));
    for (std::int32_t id : ids)
      if (id < -1 || id >= 32 || (id >= 0 && ids.count(id) != 1))
        FAIL("token " << token << " has id " << id);
  }
  CHECK(dropped > 0);
  CHECK(dropped < 500 * 8);
}

TEST_CASE("uniform routing meets every expert alike, a power law does not",
          "[drawing]") {
  LayerDescription layer = routedLayer();
  layer.experts = 64;
  auto shares = [&](const char *text) {
    std::vector<int> counts(64);
    for (std::int32_t id :
         RoutingSource(parseRouting(text), layer, 7).draw(4000).ids)
      ++counts[id];
    std::sort(counts.begin(), counts.end());
    return counts;
  };
  auto uniform = shares("uniform"), skewed = shares("power_law:1.2");
  CHECK(uniform.front() > 400); // 500 expected
  CHECK(uniform.back() < 600);
  CHECK(skewed.front() < 150);
  CHECK(skewed.back() > 3000); // of 4000 tokens
}

TEST_CASE("routed weights add up to 1, a shared expert's undoes the factor",
          "[drawing]") {
  LayerDescription layer = routedLayer();
  layer.sharedExperts = 1;
  layer.routedScalingFactor = 2.5;
  RoutedTokens routed = RoutingSource({}, layer, 7).draw(10);
  for (int token = 0; token < 10; ++token) {
    const float *weights = &routed.weights[token * 9];
    CHECK(std::accumulate(weights, weights + 8, 0.0f) == Approx(1.0f));
    CHECK(*std::min_element(weights, weights + 8) > 0.0f);
    CHECK(weights[8] == 0.4f);
    CHECK(routed.ids[token * 9 + 8] == 32);
  }
}

TEST_CASE("one sends every token to the same single expert", "[drawing]") {
  RoutedTokens routed =
      RoutingSource(parseRouting("one"), routedLayer(), 7).draw(3);
  CHECK(std::count(routed.ids.begin(), routed.ids.end(), 16) == 3);
  CHECK(std::count(routed.ids.begin(), routed.ids.end(), -1) == 21);
}

TEST_CASE("a file of top_k ids names global experts", "[drawing]") {
  LayerDescription layer = smallLayer(128, 128);
  layer.globalExperts = 6; // 3 of them ours
  layer.sharedExperts = 1;
  NpyFile file(2, 2, {0, 5, -1, 2});
  RoutingSource source(parseRouting(file.path), layer, 7);
  CHECK(source.draw(2).ids == std::vector<std::int32_t>{0, -1, 3, -1, 2, 3});
  CHECK_THROWS_WITH(source.draw(3),
                    file.path + ": expected at least 3 tokens, got 2");
}

TEST_CASE("a file of all slots holds the ids of this rank", "[drawing]") {
  LayerDescription layer = smallLayer(128, 128);
  layer.sharedExperts = 1;
  NpyFile file(1, 3, {2, -1, 3});
  RoutingSource source(parseRouting(file.path), layer, 7);
  CHECK(source.draw(1).ids == std::vector<std::int32_t>{2, -1, 3});
}

TEST_CASE("a file that does not fit the layer says what was wanted",
          "[drawing]") {
  const LayerDescription layer = smallLayer(128, 128);
  NpyFile wide(1, 3, {0, 1, 2});
  CHECK_THROWS_WITH(RoutingSource(parseRouting(wide.path), layer, 7),
                    wide.path + ": expected 2 ids a token (top_k), got 3");
  NpyFile high(1, 2, {0, 3});
  CHECK_THROWS_WITH(RoutingSource(parseRouting(high.path), layer, 7),
                    high.path + ": expected ids in -1 ... 2, got 3");
}

TEST_CASE("an unknown routing is refused", "[drawing]") {
  auto text =
      GENERATE(as<std::string>(), "", "zipf", "power_law:", "power_law:x",
               "power_law:-1", "power_law:nan");
  CAPTURE(text);
  CHECK_THROWS_AS(parseRouting(text), InputError);
}
