//===- LineChart.h - lines and marks over two axes --------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPORT_LINECHART_H
#define MOE_RUNTIME_BENCH_REPORT_LINECHART_H

#include "runtime/bench/report/Frame.h"

namespace moert::bench {

/// A point in the units of the axes.
struct Point {
  double x = 0.0, y = 0.0;
};

/// A measured point.
struct Mark {
  Point at;
  std::string tip;   ///< Shown where the pointer rests.
  std::string label; ///< Beside the mark where there is room; "" for none.
  std::string json;  ///< JSON pointer to the y value; "" for none.
};

struct Line {
  LegendEntry look;
  std::vector<Point> path;
  std::vector<Mark> marks;
  bool thin = false;
  bool labelsBelow = false; ///< Where labels go first: below right of marks,
                            ///< not above left.
};

struct LineChart {
  std::string title;
  Axis x, y;
  std::vector<Line> lines; ///< Later ones over earlier ones.
};

/// The smallest ranges with all paths and marks.
Range rangeOfX(const std::vector<Line> &lines);
Range rangeOfY(const std::vector<Line> &lines);

/// Draws a chart as one svg element. What lies outside the axes is the
/// caller's mistake; it is drawn all the same.
void drawLineChart(Markup &out, const LineChart &chart,
                   const Attributes &placement);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_LINECHART_H
