//===- LineChart.cpp - lines and marks over two axes ----------------------===//
#include "runtime/bench/report/LineChart.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

namespace moert::bench {

namespace {

constexpr std::size_t kManyMarks = 40; ///< From here on they are small.

/// Which places of a chart are taken; labels go where none is.
class Room {
public:
  explicit Room(const Box &box) : box(box) {}

  void take(const Box &place) { taken.push_back(place); }

  /// Takes the first free place around a mark; nothing if there is none.
  std::optional<Box> label(double x, double y, const std::string &text,
                           bool below) {
    const double width = textWidth(text) * 11 / 12, height = 11, gap = 5;
    const double side = below ? 1 : -1; // of the mark, right and down
    for (double turn : {0.0, 0.5, 1.0}) // beyond it, beside it, opposite
      for (double across : {side, 0.0, -side}) {
        const double left = x - width / 2 + across * (gap + width / 2);
        const double top =
            y - height / 2 + side * (1 - 2 * turn) * (gap + height / 2);
        const Box place{left, top, left + width, top + height};
        if (!isFree(place))
          continue;
        take(place);
        return place;
      }
    return std::nullopt;
  }

private:
  bool isFree(const Box &place) const {
    if (place.left < box.left + 2 || place.right > box.right - 2 ||
        place.top < box.top + 2 || place.bottom > box.bottom - 2)
      return false;
    for (const Box &other : taken)
      if (place.left < other.right && other.left < place.right &&
          place.top < other.bottom && other.top < place.bottom)
        return false;
    return true;
  }

  Box box;
  std::vector<Box> taken;
};

class Drawing {
public:
  Drawing(Markup &out, const LineChart &chart, const Box &box)
      : out(out), chart(chart), box(box), room(box) {}

  void draw() {
    drawAxes(out, box, chart.x, chart.y);
    for (const Line &line : chart.lines) {
      for (const Mark &mark : line.marks)
        takeAround(x(mark.at), y(mark.at), 4);
      for (std::size_t i = 1; i < line.path.size(); ++i)
        takeSegment(line.path[i - 1], line.path[i]);
    }
    for (const Line &line : chart.lines)
      draw(line);
    for (const Line &line : chart.lines)
      label(line);
  }

private:
  double x(const Point &at) const { return box.x(chart.x.fraction(at.x)); }
  double y(const Point &at) const { return box.y(chart.y.fraction(at.y)); }

  void draw(const Line &line) {
    auto group = out.element("g", {{"class", line.look.look}});
    std::string looks = "line";
    if (line.look.dashed)
      looks += " dashed";
    if (line.thin)
      looks += " thin";
    std::string points;
    for (const Point &point : line.path)
      points += fmt::format("{}{},{}", points.empty() ? "" : " ",
                            coordinate(x(point)), coordinate(y(point)));
    if (line.path.size() > 1)
      out.empty("polyline", {{"class", looks}, {"points", points}});
    const double radius = line.marks.size() > kManyMarks ? 2 : 4;
    for (const Mark &mark : line.marks) {
      Attributes more;
      if (!mark.json.empty())
        more = {{"data-json", mark.json},
                {"data-value", fmt::format("{}", mark.at.y)}};
      drawMark(out, line.look, x(mark.at), y(mark.at), radius, mark.tip, more);
    }
  }

  void label(const Line &line) {
    auto group = out.element("g", {{"class", line.look.look}});
    for (const Mark &mark : line.marks) {
      if (mark.label.empty())
        continue;
      if (auto place =
              room.label(x(mark.at), y(mark.at), mark.label, line.labelsBelow))
        drawText(out, place->left, place->bottom - 2, mark.label, "start",
                 "halo");
    }
  }

  void takeAround(double atX, double atY, double radius) {
    room.take({atX - radius, atY - radius, atX + radius, atY + radius});
  }

  /// A label on a line would be hard to read, and hide the line.
  void takeSegment(const Point &a, const Point &b) {
    const double wide = x(b) - x(a), high = y(b) - y(a);
    const int steps = 1 + std::max(std::abs(wide), std::abs(high)) / 5;
    for (int i = 0; i <= steps; ++i)
      takeAround(x(a) + wide * i / steps, y(a) + high * i / steps, 1);
  }

  Markup &out;
  const LineChart &chart;
  Box box;
  Room room;
};

template <class Take> Range rangeOf(const std::vector<Line> &lines, Take take) {
  std::vector<double> values;
  for (const Line &line : lines) {
    for (const Point &point : line.path)
      values.push_back(take(point));
    for (const Mark &mark : line.marks)
      values.push_back(take(mark.at));
  }
  return bench::rangeOf(values);
}

} // namespace

Range rangeOfX(const std::vector<Line> &lines) {
  return rangeOf(lines, [](const Point &point) { return point.x; });
}

Range rangeOfY(const std::vector<Line> &lines) {
  return rangeOf(lines, [](const Point &point) { return point.y; });
}

void drawLineChart(Markup &out, const LineChart &chart,
                   const Attributes &placement) {
  auto svg = startChart(out, chart.title, placement);
  std::vector<LegendEntry> legend;
  for (const Line &line : chart.lines)
    if (!line.look.name.empty())
      legend.push_back(line.look);
  const Box box = drawHeading(out, chart.title, legend);
  Drawing(out, chart, box).draw();
}

} // namespace moert::bench
