//===- Cells.h - tables whose figures say where they come from --*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPORT_CELLS_H
#define MOE_RUNTIME_BENCH_REPORT_CELLS_H

#include "runtime/bench/report/Markup.h"

#include <optional>
#include <string>
#include <vector>

namespace moert::bench {

/// A figure of the page: its value as report.json has it, and how many digits
/// after the point are shown.
struct Figure {
  double value = 0.0;
  int digits = 0;
  std::string json;          ///< JSON pointer into report.json.
  bool interpolated = false; ///< Shown in italics.
};

/// Microseconds: with a tenth below 100.
int timeDigits(double us);

/// `<data value="42.42" data-json="/records/3/median_us">42.4</data>`.
void writeFigure(Markup &out, const Figure &figure);

/// A cell: a figure, or words, or a dash for neither.
struct Cell {
  std::optional<Figure> figure;
  std::string text;
};

struct Column {
  std::string title;
  std::string unit;    ///< Under the title; "" for none.
  std::string group;   ///< Over it, shared with neighbours; "" for none.
  bool isText = false; ///< Set to the left, not to the right.
};

/// A table in a frame of its own, which scrolls where it is too large.
void writeTable(Markup &out, const std::string &caption,
                const std::vector<Column> &columns,
                const std::vector<std::vector<Cell>> &rows);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_CELLS_H
