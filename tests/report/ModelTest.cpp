#include "runtime/bench/report/Model.h"
#include "runtime/bench/InputError.h"
#include "runtime/bench/report/Data.h"

#include <catch2/catch.hpp>

using namespace moert::bench;

namespace {

Record record(std::int64_t tokens, const std::string &stage, double us) {
  Record record;
  record.layer = "tiny";
  record.tokens = tokens;
  record.stage = stage;
  record.medianUs = us;
  return record;
}

Results results(const std::string &origin, std::vector<Record> records) {
  Results results;
  results.origin = origin;
  results.records = std::move(records);
  return results;
}

ModelInputs inputs(std::vector<Record> records) {
  ModelInputs inputs;
  inputs.results = {results("a.json", std::move(records))};
  return inputs;
}

Baselines baselines() {
  return Baselines::read(R"({"sglang_triton": [
    {"layer": "tiny", "tokens": 1, "layer_us": 40},
    {"layer": "tiny", "tokens": 5, "layer_us": 80}]})",
                         "b");
}

} // namespace

TEST_CASE("records are ordered by T and stage, whatever file they are from",
          "[model]") {
  ModelInputs two = inputs({record(16, "layer", 9), record(16, "up", 5)});
  two.results.push_back(results("b.json", {record(2, "layer", 4)}));
  const Model model = makeModel(two);
  REQUIRE(model.series.size() == 1);
  const Series &series = model.series[0];
  CHECK(series.tokens == std::vector<std::int64_t>{2, 16});
  REQUIRE(series.entries.size() == 3);
  CHECK(series.entries[0].record.tokens == 2);
  CHECK(series.entries[0].source == 1);
  CHECK(series.entries[1].record.stage == "up");
  CHECK(series.find(16, "layer")->at("median_us") == "/records/2/median_us");
  CHECK(series.find(16, "down") == nullptr);
}

TEST_CASE("modes, routings and dropped ids are series of their own",
          "[model]") {
  std::vector<Record> records(4, record(1, "layer", 9));
  records[1].mode = "atomic";
  records[2].routing = "one";
  records[3].drop = 0.5;
  ModelInputs given = inputs(records);
  given.baselines = baselines();
  const Model model = makeModel(given);
  REQUIRE(model.series.size() == 4);
  CHECK(model.series[0].name() == "tiny");
  CHECK(model.series[1].name() == "tiny, atomic");
  CHECK(model.series[2].name() == "tiny, one routing");
  CHECK(model.series[3].name() == "tiny, 0.5 of ids dropped");
  // The baseline was measured with uniform routing and nothing dropped.
  CHECK(model.series[1].entries[0].baseline);
  CHECK_FALSE(model.series[2].entries[0].baseline);
  CHECK_FALSE(model.series[3].entries[0].baseline);
}

TEST_CASE("ratios are our time to theirs", "[model]") {
  Record up = record(3, "up", 2);
  up.tflops = 100;
  up.gbps = 500;
  up.floorUs = 0.5;
  ModelInputs given = inputs({up, record(3, "layer", 30)});
  given.baselines = baselines();
  const Model model = makeModel(given);
  const Entry &first = model.series[0].entries[0];
  CHECK(first.tbps == 0.5);
  CHECK(first.intensity == 200.0); // 100 TFLOP/s at 0.5 TB/s
  CHECK(first.floorRatio == 4.0);
  CHECK_FALSE(first.baselineRatio);
  const Entry &layer = model.series[0].entries[1];
  CHECK(layer.baseline->us == 60);
  CHECK(layer.baseline->interpolated);
  CHECK(layer.baselineRatio == 0.5);
}

TEST_CASE("without a file the records' own baselines are used", "[model]") {
  std::vector<Record> records{record(1, "layer", 50), record(3, "layer", 50),
                              record(5, "layer", 50)};
  records[0].sglangUs = 40;
  records[2].sglangUs = 80;
  const Model model = makeModel(inputs(records));
  CHECK(model.series[0].entries[1].baseline->us == 60);
  REQUIRE(model.series[0].slower.size() == 1);
  CHECK(model.series[0].slower[0].ours.tokens == 1);
}

TEST_CASE("two times of the same thing are refused", "[model]") {
  ModelInputs two = inputs({record(16, "layer", 9)});
  two.results.push_back(results("b.json", {record(16, "layer", 8)}));
  CHECK_THROWS_WITH(makeModel(two),
                    Catch::StartsWith("b.json: expected one time of tiny, T = "
                                      "16, layer, got 9 us and 8 us") ||
                        Catch::StartsWith("a.json: expected one time of tiny"));
}

TEST_CASE("the other set is joined by what was measured", "[model]") {
  ModelInputs given = inputs({record(1, "layer", 9), record(2, "layer", 8)});
  given.against =
      results("u.json", {record(2, "layer", 16), record(4, "layer", 3)});
  const Model model = makeModel(given);
  const Series &series = model.series[0];
  CHECK_FALSE(series.entries[0].againstUs);
  CHECK(series.entries[1].againstUs == 16.0);
  CHECK(series.entries[1].againstRatio == 0.5);
  CHECK(series.entries.size() == 2);
  CHECK(model.sources[1].against);
}

TEST_CASE("another set of nothing in common is refused", "[model]") {
  ModelInputs given = inputs({record(1, "layer", 9)});
  given.against = results("u.json", {record(1, "up", 9)});
  CHECK_THROWS_WITH(makeModel(given),
                    "u.json: expected a layer, routing, mode, T and stage that "
                    "was measured too, got none");
}

TEST_CASE("cliffs are told as lines and lie in the JSON", "[model]") {
  ModelInputs given = inputs(
      {record(1, "layer", 50), record(3, "layer", 61), record(4, "layer", 50)});
  given.baselines = baselines();
  const Model model = makeModel(given);
  CHECK(cliffsText(model) == "tiny, time of the layer\n"
                             "  falls by more than 3 % as T grows: 1 of 2 "
                             "steps\n"
                             "    T = 3 -> 4: 61.0 -> 50.0 us, 0.820\n"
                             "  slower than sglang: 2 of 3 T\n"
                             "    T = 1: 50.0 us, sglang 40.0, 1.250\n"
                             "    T = 3: 61.0 us, sglang 60.0 (interpolated), "
                             "1.017\n");
  const OrderedJson json = reportJson(model);
  CHECK(json["falls"][0]["to_tokens"] == 4);
  CHECK(json["slower"][1]["baseline_us"] == 60.0);
  CHECK(json["slower"][1]["baseline_interpolated"] == true);
}

TEST_CASE("CSV quotes what holds a comma, a quote or an end of line",
          "[model]") {
  std::vector<Record> records{record(1, "layer", 9.5)};
  records[0].routing = "a,\"b\"\n";
  const std::string csv = reportCsv(reportJson(makeModel(inputs(records))));
  CHECK(csv.find("source,layer,routing,") == 0);
  CHECK(csv.find("\r\n0,tiny,\"a,\"\"b\"\"\n\",0.0,deterministic,1,layer,,9.5,"
                 ",") != std::string::npos);
}
