#include "runtime/bench/Baselines.h"
#include "runtime/bench/InputError.h"
#include "runtime/bench/Records.h"
#include "runtime/bench/Table.h"

#include <catch2/catch.hpp>

using namespace moert;
using namespace moert::bench;

namespace {

constexpr const char *kFile = R"({
  "device": "NVIDIA H200",
  "sglang_triton": [
    {"layer": "tiny", "tokens": 16, "up": 100.0, "down": 58.9, "sum": 5,
     "layer_us": 170.5}
  ],
  "deepgemm": [
    {"layer": "tiny", "tokens": 16, "gemm": "up", "skewed": false,
     "contiguous": 131.5, "masked": 129.0},
    {"layer": "tiny", "tokens": 16, "gemm": "up", "skewed": true,
     "contiguous": 1.5, "masked": null},
    {"layer": "tiny", "tokens": 16, "gemm": "down", "skewed": false,
     "contiguous": 70, "masked": null},
    {"layer": "tiny-routed", "tokens": 1, "gemm": "up", "skewed": false,
     "contiguous": 19.5, "masked": 39.5}
  ]
})";

} // namespace

TEST_CASE("other libraries' times are found by layer, T and stage",
          "[baselines]") {
  const Baselines baselines = Baselines::read(kFile, "f");
  CHECK(baselines.of("tiny", 16, "up").sglang == 100.0);
  CHECK(baselines.of("tiny", 16, "down").sglang == 58.9);
  CHECK(baselines.of("tiny", 16, "layer").sglang == 170.5);
  // The faster of DeepGEMM's two kernels; not the skewed routing.
  CHECK(baselines.of("tiny", 16, "up").deepgemm == 129.0);
  CHECK(baselines.of("tiny", 16, "down").deepgemm == 70.0);
  CHECK(baselines.of("tiny-routed", 1, "up").deepgemm == 19.5);
}

TEST_CASE("a layer's times make a curve over T", "[baselines]") {
  const Baselines baselines = Baselines::read(R"({"sglang_triton": [
    {"layer": "tiny", "tokens": 64, "layer_us": 9, "up": null},
    {"layer": "tiny", "tokens": 8, "layer_us": 5, "up": 3},
    {"layer": "other", "tokens": 1, "layer_us": 1}]})",
                                              "f");
  CHECK(baselines.sglangCurve("tiny", "layer") == Curve{{8, 5}, {64, 9}});
  CHECK(baselines.sglangCurve("tiny", "up") == Curve{{8, 3}});
  CHECK(baselines.sglangCurve("tiny", "combine").empty());
}

TEST_CASE("what was not measured has no time", "[baselines]") {
  const Baselines baselines = Baselines::read(kFile, "f");
  CHECK_FALSE(baselines.of("tiny", 17, "up").sglang);
  CHECK_FALSE(baselines.of("tiny-routed", 1, "up").sglang);
  CHECK_FALSE(baselines.of("tiny", 16, "layer").deepgemm);
  CHECK_FALSE(baselines.of("tiny", 16, "route").sglang);
  CHECK_FALSE(Baselines().of("tiny", 16, "up").sglang);
}

TEST_CASE("a bad file of baselines is refused by name", "[baselines]") {
  auto [text, message] = GENERATE(table<std::string, std::string>({
      {"", "f: expected well-formed JSON"},
      {"[]", "f: expected an object with sglang_triton or deepgemm"},
      {R"({"deepgemm": 3})", "f: deepgemm: expected an array"},
      {R"({"deepgemm": [3]})", "f: deepgemm[0]: expected an object"},
      {R"({"deepgemm": [{"gemm": "left"}]})",
       "f: deepgemm[0].gemm: expected up or down"},
      {R"({"deepgemm": [{"gemm": "up", "skewed": 1}]})",
       "f: deepgemm[0].skewed: expected true or false"},
      {R"({"sglang_triton": [{"layer": 1}]})",
       "f: sglang_triton[0].layer: expected a string"},
      {R"({"sglang_triton": [{"layer": "a", "tokens": "1"}]})",
       "f: sglang_triton[0].tokens: expected an integer"},
      {R"({"sglang_triton": [{"layer": "a", "tokens": 1, "up": -2}]})",
       "f: sglang_triton[0].up: expected a time above 0 or null"},
  }));
  CHECK_THROWS_WITH(Baselines::read(text, "f"), message);
}

TEST_CASE("a file of baselines that is not there is refused", "[baselines]") {
  CHECK_THROWS_WITH(Baselines::load("no/such.json"),
                    "no/such.json: cannot be read");
}

TEST_CASE("table and record show the ratio of our time to theirs",
          "[baselines]") {
  StageTime up{"up", {2e9, 4e6, 1.5}, {3.0, 2.9}, {2.0, 1.9}, {}, {4.0, 2.0}};
  StageTime route{"route", {0, 4e6, {}}, {3.0, 2.9}, {2.0, 1.9}, {}, {}};
  CHECK(timingText({up, route}) ==
        "  stage      median us    min us median read    min read  TFLOP/s"
        "    GB/s floor us  ratio   /sglang /DeepGEMM\n"
        "  up               3.0       2.9         2.0         1.9      667"
        "    1333      1.5   2.00      0.75      1.50\n"
        "  route            3.0       2.9         2.0         1.9        -"
        "    1333        -      -         -         -\n");
  const std::string json =
      resultsText({"", {}, recordsOf({"tiny", 7, "uniform", {up}})});
  CHECK(json.find("\"sglang_us\": 4.0,\n      \"sglang_ratio\": 0.75,\n      "
                  "\"deepgemm_us\": 2.0,\n      \"deepgemm_ratio\": 1.5\n") !=
        std::string::npos);
}
