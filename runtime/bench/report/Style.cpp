//===- Style.cpp - colours and lines of the charts ------------------------===//
#include "runtime/bench/report/Style.h"

#include <fmt/format.h>

namespace moert::bench {

namespace {

/// One colour of the charts.
struct Colour {
  const char *selector, *property, *light, *dark;
};

// Hues stay apart for the colour-blind, and lines also differ in dash and mark.
constexpr Colour kColours[] = {
    {".paper", "fill", "#ffffff", "#15181d"},
    {".chart text", "fill", "#1c2128", "#e3e7ec"},
    {".chart .faint", "fill", "#59636e", "#9aa4b0"},
    {".grid", "stroke", "#e3e6ea", "#2a3038"},
    {".frame", "stroke", "#8a94a0", "#6b7683"},
    {".ours", "color", "#0b5cad", "#6db3ff"},
    {".up", "color", "#0f7b74", "#4fd1c5"},
    {".baseline, .down", "color", "#c2500a", "#ff9c57"},
    {".floor, .route", "color", "#6b7280", "#9aa4b2"},
    {".quantise", "color", "#86690a", "#e0c255"},
    {".combine", "color", "#7b3fb0", "#c79bff"},
    {".hollow", "fill", "#ffffff", "#15181d"},
    {".chart .on", "fill", "#ffffff", "#15181d"},
    {".chart .halo", "stroke", "#ffffff", "#15181d"},
};

constexpr const char *kShapes = R"(
.chart text { font: 12px system-ui, sans-serif; }
.chart .title { font-weight: 600; font-size: 15px; }
.chart .halo { fill: currentColor; font-size: 11px; stroke-width: 3px; paint-order: stroke; stroke-linejoin: round; }
.grid, .frame { fill: none; stroke-width: 1; }
.line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
.thin { stroke-width: 1; }
.dashed { stroke-dasharray: 7 4; }
.solid { fill: currentColor; }
.hollow { stroke: currentColor; stroke-width: 1.6; }
)";

} // namespace

std::string chartStyle() {
  std::string light, dark;
  for (const Colour &c : kColours) {
    light += fmt::format("{} {{ {}: {}; }}\n", c.selector, c.property, c.light);
    dark += fmt::format("{} {{ {}: {}; }}\n", c.selector, c.property, c.dark);
  }
  return light + "@media (prefers-color-scheme: dark) {\n" + dark + "}" +
         kShapes;
}

const char *lookOf(const std::string &stage) {
  for (const char *look :
       {look::kRoute, look::kQuantise, look::kUp, look::kDown, look::kCombine})
    if (stage == look)
      return look;
  return look::kOurs;
}

} // namespace moert::bench
