#include "runtime/bench/report/Markup.h"
#include "runtime/bench/report/Cells.h"

#include <catch2/catch.hpp>

using namespace moert::bench;

TEST_CASE("what XML would misread is escaped", "[markup]") {
  CHECK(escape("a < b && \"c\" > 'd'") ==
        "a &lt; b &amp;&amp; &quot;c&quot; &gt; 'd'");
  CHECK(escape("tab\tand \x01") == "tab and  ");
  CHECK(escape("µs – ratio") == "µs – ratio");
}

TEST_CASE("every element ends, the inner one first", "[markup]") {
  Markup out;
  {
    auto group = out.element("g", {{"class", "a&b"}});
    out.empty("circle", {{"r", "2"}});
    out.leaf("title", {}, "<T>");
  }
  CHECK(out.str() == "<g class=\"a&amp;b\">\n<circle r=\"2\"/>\n"
                     "<title>&lt;T&gt;</title>\n</g>\n");
}

TEST_CASE("coordinates are tenths", "[markup]") {
  CHECK(coordinate(12) == "12");
  CHECK(coordinate(12.3456) == "12.3");
  CHECK(coordinate(-0.01) == "0");
}

TEST_CASE("a figure holds its value in full and its place", "[markup]") {
  Markup out;
  writeFigure(out, {62.66, 1, "/records/3/median_us", true});
  CHECK(out.str() == "<data value=\"62.66\" data-json=\"/records/3/median_us\" "
                     "class=\"interpolated\">62.7</data>\n");
}

TEST_CASE("times have a tenth below 100", "[markup]") {
  CHECK(timeDigits(6) == 1);
  CHECK(timeDigits(99.94) == 1);
  CHECK(timeDigits(99.96) == 0); // "100", not "100.0"
}

TEST_CASE("neighbouring columns share the head of their group", "[markup]") {
  Markup out;
  writeTable(out, "Times",
             {{"T", "tokens", "", false},
              {"up", "µs", "median", false},
              {"down", "µs", "median", false}},
             {{{Figure{1, 0, "/a"}, ""}, {}, {std::nullopt, "x"}}});
  const std::string text = out.str();
  CHECK(text.find("<th colspan=\"2\" class=\"group\">median</th>") !=
        std::string::npos);
  CHECK(text.find("<td>\n–</td>") != std::string::npos);
}
