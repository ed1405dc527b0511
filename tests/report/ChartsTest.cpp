#include "runtime/bench/report/Charts.h"
#include "runtime/bench/InputError.h"
#include "runtime/bench/report/Page.h"

#include <catch2/catch.hpp>

using namespace moert::bench;

namespace {

Model modelOf(std::vector<std::pair<std::int64_t, std::string>> measured,
              const std::string &layer = "tiny") {
  ModelInputs inputs;
  inputs.results.resize(1);
  for (const auto &[tokens, stage] : measured) {
    Record record;
    record.layer = layer;
    record.tokens = tokens;
    record.stage = stage;
    record.medianUs = 10.0 * tokens;
    inputs.results[0].records.push_back(record);
  }
  return makeModel(inputs);
}

bool holds(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("of many T a few are shown, the ends among them", "[charts]") {
  std::vector<std::int64_t> tokens;
  for (std::int64_t t = 1; t <= 1024; ++t)
    tokens.push_back(t);
  CHECK(someOf(tokens, 6) ==
        std::vector<std::int64_t>{1, 4, 16, 64, 256, 1024});
  CHECK(someOf({1, 2, 3}, 6) == std::vector<std::int64_t>{1, 2, 3});
  CHECK(someOf({1, 2, 1024}, 2) == std::vector<std::int64_t>{1, 1024});
  CHECK(someOf({5}, 6) == std::vector<std::int64_t>{5});
}

TEST_CASE("a chart that has nothing to show draws nothing", "[charts]") {
  const Model model = modelOf({{1, "route"}});
  Markup out;
  CHECK_FALSE(drawTimes(out, model.series[0], {}));
  CHECK_FALSE(drawRoofline(out, model.series[0], {}));
  CHECK_FALSE(drawComparison(out, model.series[0], {}));
  CHECK(out.str().empty());
  CHECK(drawStages(out, model.series[0], {}));
}

TEST_CASE("one T alone can be drawn", "[charts]") {
  const Model model = modelOf({{16, "up"}, {16, "layer"}});
  Markup out;
  CHECK(drawTimes(out, model.series[0], {}));
  CHECK(holds(out.str(), "layer, T = 16: 160 µs"));
  CHECK_FALSE(holds(out.str(), "nan"));
  CHECK_FALSE(holds(out.str(), "inf"));
}

TEST_CASE("axes say what they show and in what unit", "[charts]") {
  const Model model = modelOf({{1, "layer"}, {16, "layer"}});
  Markup out;
  drawTimes(out, model.series[0], {});
  CHECK(holds(out.str(), ">tokens T<"));
  CHECK(holds(out.str(), ">time of the layer, µs<"));
}

TEST_CASE("names of layers cannot break a page or a plot", "[charts]") {
  const Model model = modelOf({{1, "layer"}}, "<b>&");
  for (const std::string &text : {pageText(model), plotText(model)}) {
    CHECK(holds(text, "&lt;b&gt;&amp;"));
    CHECK_FALSE(holds(text, "<b>"));
  }
}

TEST_CASE("a plot is light or dark as its reader is, and names no report",
          "[charts]") {
  const std::string plot = plotText(modelOf({{1, "layer"}, {2, "layer"}}));
  CHECK(holds(plot, "@media (prefers-color-scheme: dark)"));
  CHECK_FALSE(holds(plot, "data-json"));
  CHECK_FALSE(holds(plot, "var(")); // few programs but browsers know it
}

TEST_CASE("a plot without times of a layer is refused", "[charts]") {
  CHECK_THROWS_WITH(plotText(modelOf({{1, "up"}})),
                    "--plot: expected times of a whole layer, got only those "
                    "of its stages");
}
