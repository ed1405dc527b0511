//===- Frame.cpp - what stands around a chart's data ----------------------===//
#include "runtime/bench/report/Frame.h"

#include <fmt/format.h>

namespace moert::bench {

namespace {

constexpr double kLeft = 64, kRight = kChartWidth - 18;
constexpr double kTitleY = 22, kLegendY = 44, kLegendRow = 18;
constexpr double kBottom = kChartHeight - 50;

void drawSegment(Markup &out, double x1, double y1, double x2, double y2,
                 const std::string &looks) {
  out.empty("line", {{"class", looks},
                     {"x1", coordinate(x1)},
                     {"y1", coordinate(y1)},
                     {"x2", coordinate(x2)},
                     {"y2", coordinate(y2)}});
}

/// The sample of a legend entry, 24 pixels wide around x.
void drawSample(Markup &out, const LegendEntry &entry, double x, double y) {
  auto group = out.element("g", {{"class", entry.look}});
  if (entry.shape != Shape::bar)
    drawSegment(out, x - 12, y, x + 12, y,
                entry.dashed ? "line dashed" : "line");
  if (entry.shape != Shape::none)
    drawMark(out, entry, x, y, entry.shape == Shape::bar ? 6 : 4);
}

} // namespace

double textWidth(const std::string &text) {
  double width = 0;
  for (char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) == 0x80)
      continue; // goes on with a character of UTF-8
    width += std::string_view(" ,.:;()'/ijlt").find(c) < 13 ? 4.5 : 7.2;
  }
  return width;
}

void drawText(Markup &out, double x, double y, const std::string &text,
              const std::string &anchor, const std::string &looks) {
  Attributes attributes{
      {"x", coordinate(x)}, {"y", coordinate(y)}, {"text-anchor", anchor}};
  if (!looks.empty())
    attributes.push_back({"class", looks});
  out.leaf("text", attributes, text);
}

void drawMark(Markup &out, const LegendEntry &look, double x, double y,
              double radius, const std::string &tip, const Attributes &more) {
  auto drawShape = [&](const char *name, Attributes attributes) {
    const bool solid = look.shape == Shape::disc || look.shape == Shape::bar;
    attributes.push_back({"class", solid ? "solid" : "hollow"});
    attributes.insert(attributes.end(), more.begin(), more.end());
    auto shape = out.element(name, attributes);
    if (!tip.empty())
      out.leaf("title", {}, tip);
  };
  const double r = radius;
  if (look.shape == Shape::disc)
    drawShape(
        "circle",
        {{"cx", coordinate(x)}, {"cy", coordinate(y)}, {"r", coordinate(r)}});
  else if (look.shape == Shape::triangle)
    drawShape("path",
              {{"d", fmt::format("M{} {}h{}l{} {}z", coordinate(x - r),
                                 coordinate(y + 0.8 * r), coordinate(2 * r),
                                 coordinate(-r), coordinate(-1.8 * r))}});
  else if (look.shape != Shape::none)
    drawShape("rect", {{"x", coordinate(x - 0.9 * r)},
                       {"y", coordinate(y - 0.9 * r)},
                       {"width", coordinate(1.8 * r)},
                       {"height", coordinate(1.8 * r)}});
}

Markup::Element startChart(Markup &out, const std::string &title,
                           const Attributes &placement) {
  Attributes attributes{
      {"xmlns", "http://www.w3.org/2000/svg"},
      {"class", "chart"},
      {"viewBox", fmt::format("0 0 {} {}", kChartWidth, kChartHeight)},
      {"role", "img"},
      {"aria-label", title}};
  attributes.insert(attributes.end(), placement.begin(), placement.end());
  return out.element("svg", attributes);
}

Box drawHeading(Markup &out, const std::string &title,
                const std::vector<LegendEntry> &entries) {
  drawText(out, kLeft, kTitleY, title, "start", "title");
  double x = kLeft, y = kLegendY;
  for (const LegendEntry &entry : entries) {
    const double width = 34 + textWidth(entry.name) + 18;
    if (x > kLeft && x + width - 18 > kRight) {
      x = kLeft;
      y += kLegendRow;
    }
    drawSample(out, entry, x + 12, y - 4);
    drawText(out, x + 30, y, entry.name, "start");
    x += width;
  }
  return {kLeft, y + 16, kRight, kBottom};
}

void drawAxes(Markup &out, const Box &box, const Axis &x, const Axis &y) {
  for (const Tick &tick : y.ticks) {
    const double at = box.y(y.fraction(tick.value));
    drawSegment(out, box.left, at, box.right, at, "grid");
    if (!tick.label.empty())
      drawText(out, box.left - 8, at + 4, tick.label, "end", "faint");
  }
  for (const Tick &tick : x.ticks) {
    const double at = box.x(x.fraction(tick.value));
    drawSegment(out, at, box.top, at, box.bottom, "grid");
    if (!tick.label.empty())
      drawText(out, at, box.bottom + 18, tick.label, "middle", "faint");
  }
  out.empty("rect", {{"class", "frame"},
                     {"x", coordinate(box.left)},
                     {"y", coordinate(box.top)},
                     {"width", coordinate(box.right - box.left)},
                     {"height", coordinate(box.bottom - box.top)}});
  drawText(out, (box.left + box.right) / 2, box.bottom + 40, x.title, "middle");
  out.leaf("text",
           {{"transform", fmt::format("translate(16 {}) rotate(-90)",
                                      coordinate((box.top + box.bottom) / 2))},
            {"text-anchor", "middle"}},
           y.title);
}

} // namespace moert::bench
