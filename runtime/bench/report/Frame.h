//===- Frame.h - what stands around a chart's data --------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPORT_FRAME_H
#define MOE_RUNTIME_BENCH_REPORT_FRAME_H

#include "runtime/bench/report/Axis.h"
#include "runtime/bench/report/Markup.h"

#include <string>
#include <vector>

namespace moert::bench {

/// Every chart has this size; whoever places it may scale it.
inline constexpr double kChartWidth = 640, kChartHeight = 400;

enum class Shape { none, disc, square, triangle, bar };

/// How a thing looks in the chart and in its legend.
struct LegendEntry {
  std::string name;
  std::string look;          ///< A class of chartStyle().
  Shape shape = Shape::none; ///< Of its marks; hollow but for disc and bar.
  bool dashed = false;
};

/// Where the data go; pixels of the chart, y downwards.
struct Box {
  double left = 0.0, top = 0.0, right = 0.0, bottom = 0.0;
  double x(double fraction) const { return left + fraction * (right - left); }
  double y(double fraction) const { return bottom - fraction * (bottom - top); }
};

/// Starts a chart: an svg element with `placement` (x, y, width, height), which
/// holds all that is drawn before the result goes out of scope.
[[nodiscard]] Markup::Element startChart(Markup &out, const std::string &title,
                                         const Attributes &placement);

/// Draws the title and the legend under it; returns the box left for the data.
Box drawHeading(Markup &out, const std::string &title,
                const std::vector<LegendEntry> &entries);

/// Draws grid, frame, numbers and titles of the axes.
void drawAxes(Markup &out, const Box &box, const Axis &x, const Axis &y);

/// One mark of a shape, with a tip where the pointer rests and further
/// attributes.
void drawMark(Markup &out, const LegendEntry &look, double x, double y,
              double radius, const std::string &tip = "",
              const Attributes &more = {});

/// Words at a place; `anchor` is start, middle or end.
void drawText(Markup &out, double x, double y, const std::string &text,
              const std::string &anchor, const std::string &looks = "");

/// About as wide as the text is at 12 pixels.
double textWidth(const std::string &text);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_FRAME_H
