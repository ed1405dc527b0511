#include "runtime/bench/report/Results.h"
#include "runtime/bench/Files.h"
#include "runtime/bench/InputError.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <unistd.h>

using namespace moert::bench;

TEST_CASE("a record has the fields that were promised, in order", "[results]") {
  Results results;
  results.run.gpu = "NVIDIA H200";
  results.run.copyTbps = 4.25;
  results.run.seed = 1;
  results.run.pauseMs = 20;
  Record record;
  record.layer = "tiny";
  record.tokens = 7;
  record.stage = "up";
  record.kernel = "up 64x256x128";
  record.medianUs = 2.0;
  record.minUs = 1.75;
  record.tflops = 1000;
  record.gbps = 2000;
  record.floorUs = 1.5;
  record.error = 0.5;
  record.sglangUs = 4;
  results.records = {record};
  CHECK(resultsText(results) == R"({
  "run": {
    "gpu": "NVIDIA H200",
    "date": null,
    "driver": null,
    "cuda": null,
    "multiprocessors": null,
    "max_sm_clock_mhz": null,
    "memory_clock_mhz": null,
    "copy_tbps": 4.25,
    "calibration_tflops": null,
    "repeats": null,
    "pause_ms": 20.0,
    "seed": 1,
    "programmatic_launch": null,
    "configurations": null
  },
  "records": [
    {
      "layer": "tiny",
      "tokens": 7,
      "routing": "uniform",
      "drop": 0.0,
      "mode": "deterministic",
      "stage": "up",
      "kernel": "up 64x256x128",
      "median_us": 2.0,
      "min_us": 1.75,
      "tflops": 1000.0,
      "gbps": 2000.0,
      "floor_us": 1.5,
      "error": 0.5,
      "sglang_us": 4.0,
      "sglang_ratio": 0.5,
      "deepgemm_us": null,
      "deepgemm_ratio": null
    }
  ]
}
)");
}

TEST_CASE("results read back as they were written", "[results]") {
  Results results;
  results.run = {"NVIDIA H200",
                 "2026-01-02T03:04:05Z",
                 "580.1",
                 "13.0",
                 132,
                 1980,
                 3201,
                 4.28,
                 1388,
                 20,
                 7,
                 1.5,
                 false,
                 {{"tiny", "up: given; down: by hand"}}};
  Record record;
  record.layer = "tiny";
  record.tokens = 300;
  record.routing = "power_law:1.2";
  record.drop = 0.25;
  record.mode = "atomic";
  record.stage = "layer";
  record.medianUs = 62.7;
  record.floorUs = 1.0 / 3;
  record.deepgemmUs = 70;
  results.records = {record, record};
  results.records[1].stage = "combine";
  const Results read = readResults(resultsText(results), "f");
  CHECK(read.origin == "f");
  CHECK(read.run == results.run);
  CHECK(read.records == results.records);
}

TEST_CASE("an array of records is taken as results without a run",
          "[results]") {
  const Results read = readResults(
      R"([{"layer": "tiny", "tokens": 7, "stage": "up", "median_us": 2}])",
      "f");
  REQUIRE(read.records.size() == 1);
  CHECK(read.records[0].medianUs == 2);
  CHECK(read.records[0].mode == "deterministic");
  CHECK(read.run == Run());
}

TEST_CASE("a bad file of results is refused by name", "[results]") {
  auto [text, message] = GENERATE(table<std::string, std::string>({
      {"{", "f: expected well-formed JSON"},
      {"{}", "f: expected an object with records, at least one, as --json "
             "writes it"},
      {"[]", "f: expected an object with records, at least one, as --json "
             "writes it"},
      {"[7]", "f: records[0]: expected an object"},
      {R"([{"layer": 1}])", "f: records[0].layer: expected a string"},
      {R"([{"layer": "a", "tokens": 0}])",
       "f: records[0].tokens: expected at least 1"},
      {R"([{"layer": "a", "tokens": 1, "stage": "sum"}])",
       "f: records[0].stage: expected one of route, quantise, up, down, "
       "combine, layer, got 'sum'"},
      {R"([{"layer": "a", "tokens": 1, "stage": "up"}])",
       "f: records[0].median_us: expected a time above 0"},
      {R"([{"layer": "a", "tokens": 1, "stage": "up", "median_us": 1,
            "tflops": "many"}])",
       "f: records[0].tflops: expected a number from 0 or null"},
  }));
  CHECK_THROWS_WITH(readResults(text, "f"), message);
}

TEST_CASE("a file is written whole or not at all", "[files]") {
  const auto folder = std::filesystem::temp_directory_path() /
                      ("moe-report-test-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  writeWhole(folder / "out.json", "old");
  writeWhole(folder / "out.json", "new");
  CHECK(readWhole(folder / "out.json") == "new");
  const auto missing = folder / "no" / "out.json";
  CHECK_THROWS_AS(writeWhole(missing, "x"), InputError);
  CHECK_THROWS_WITH(readWhole(folder), folder.string() + ": cannot be read");
  // Nothing is left beside it.
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
  std::filesystem::remove_all(folder);
}
