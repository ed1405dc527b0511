//===- Page.cpp - a report as one HTML file -------------------------------===//
#include "runtime/bench/report/Page.h"

#include "runtime/bench/report/Charts.h"
#include "runtime/bench/report/Style.h"
#include "runtime/bench/report/Tables.h"

#include <fmt/format.h>

namespace moert::bench {

namespace {

constexpr const char *kPageStyle = R"(
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c2128; --faint: #59636e; --rule: #d9dee3; --head: #f4f6f8; }
@media (prefers-color-scheme: dark) {
:root { --paper: #15181d; --ink: #e3e7ec; --faint: #9aa4b0; --rule: #343b44; --head: #1e232a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 82rem; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .75rem; padding-top: 1rem; border-top: 2px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .25rem; }
p { margin: .4rem 0; max-width: 60rem; }
nav ul { padding-left: 1.2rem; margin: .5rem 0; }
a { color: inherit; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 34rem), 1fr)); gap: 1rem; }
.charts svg { display: block; width: 100%; height: auto; border: 1px solid var(--rule); border-radius: 6px; }
.side { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: flex-start; }
.table { width: fit-content; max-width: 100%; max-height: 46rem; overflow: auto; margin: 1rem 0; border: 1px solid var(--rule); border-radius: 6px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .87rem; }
caption { text-align: left; font-weight: 600; padding: .5rem .75rem; }
th, td { padding: .22rem .55rem; text-align: right; white-space: nowrap; }
th { font-weight: 600; vertical-align: bottom; }
th { overflow-wrap: anywhere; }
th small { display: block; font-weight: 400; color: var(--faint); }
th.group { text-align: center; border-bottom: 1px solid var(--rule); }
thead { position: sticky; top: 0; z-index: 1; background: var(--head); }
th:first-child, td:first-child { position: sticky; left: 0; background: var(--paper); }
thead th:first-child { background: var(--head); }
tbody tr { border-top: 1px solid var(--rule); }
th.text, td.text { text-align: left; }
td.text:not(:first-child) { white-space: normal; overflow-wrap: anywhere; }
.interpolated { font-style: italic; }
.note { color: var(--faint); font-size: .9rem; }
@media print { .table { max-height: none; overflow: visible; } }
)";

void writeHead(Markup &out, const std::string &title) {
  auto head = out.element("head");
  out.empty("meta", {{"charset", "utf-8"}});
  out.empty("meta", {{"name", "viewport"},
                     {"content", "width=device-width, initial-scale=1"}});
  out.leaf("title", {}, title);
  auto style = out.element("style");
  out.raw(kPageStyle + chartStyle());
}

std::string anchorOf(std::size_t series) {
  return "layer-" + std::to_string(series);
}

void writeContents(Markup &out, const Model &model) {
  if (model.series.size() < 2)
    return;
  auto nav = out.element("nav", {{"aria-label", "Layers"}});
  auto list = out.element("ul");
  for (std::size_t i = 0; i < model.series.size(); ++i) {
    auto item = out.element("li");
    out.leaf("a", {{"href", fmt::format("#{}", anchorOf(i))}},
             model.series[i].name());
  }
}

void writeNotes(Markup &out, const Model &model) {
  std::string baseline = "times of sglang's Triton kernels, without a routing "
                         "sort, at the T where they were measured";
  if (!model.baselineFile.empty())
    baseline += " (" + model.baselineFile + ")";
  for (const std::string &note :
       {std::string("Times are medians in µs of CUDA graph replays, each right "
                    "after a 256 MB write that flushes L2. A stage's time "
                    "is that of the stage alone, flush and launch included, so "
                    "the layer's is not their sum."),
        std::string("Floor: the least time that operations, bytes and stores "
                    "allow on an H200. Baseline: " +
                    baseline +
                    "; between these T linear, which is shown in italics. A "
                    "ratio is our time to theirs."),
        std::string("TFLOP/s and TB/s count useful work: no padding, each "
                    "tensor read or written once. The same figures are in "
                    "report.json and report.csv.")})
    out.leaf("p", {{"class", "note"}}, note);
}

/// The kernels that serve each range of T, as far as the records name them.
void writeKernels(Markup &out, const Series &series) {
  for (const char *stage : {"up", "down"}) {
    std::string text, last;
    for (const Entry &entry : series.entries) {
      const Record &record = entry.record;
      if (record.stage != stage || record.kernel.empty() ||
          record.kernel == last)
        continue;
      text += fmt::format("{}{} from T = {}", text.empty() ? "" : "; ",
                          record.kernel, record.tokens);
      last = record.kernel;
    }
    if (!text.empty())
      out.leaf("p", {{"class", "note"}},
               fmt::format("Kernel of {}: {}.", stage, text));
  }
}

void writeSeries(Markup &out, const Series &series, std::size_t number) {
  auto section = out.element("section", {{"id", anchorOf(number)}});
  out.leaf("h2", {}, series.name());
  writeKernels(out, series);
  {
    auto charts = out.element("div", {{"class", "charts"}});
    drawTimes(out, series, {});
    drawRoofline(out, series, {});
    drawStages(out, series, {});
    drawComparison(out, series, {});
  }
  writeTimes(out, series);
  writeRates(out, series);
  writeComparison(out, series);
  writeCliffs(out, series);
}

} // namespace

std::string pageText(const Model &model) {
  Markup out;
  out.raw("<!DOCTYPE html>\n");
  {
    auto html = out.element(
        "html", {{"lang", "en"}, {"xmlns", "http://www.w3.org/1999/xhtml"}});
    writeHead(out, "moe-bench report");
    auto body = out.element("body");
    {
      auto header = out.element("header");
      out.leaf("h1", {}, "moe-bench report");
      writeFacts(out, model);
      writeNotes(out, model);
      writeContents(out, model);
    }
    auto main = out.element("main");
    for (std::size_t i = 0; i < model.series.size(); ++i)
      writeSeries(out, model.series[i], i);
  }
  return out.str();
}

} // namespace moert::bench
