//===- Cells.cpp - tables whose figures say where they come from ----------===//
#include "runtime/bench/report/Cells.h"

#include <fmt/format.h>

#include <algorithm>

namespace moert::bench {

namespace {

/// The heads of neighbouring columns of one group, as one cell.
void writeGroups(Markup &out, const std::vector<Column> &columns) {
  auto row = out.element("tr");
  for (std::size_t first = 0; first < columns.size();) {
    std::size_t end = first + 1;
    while (end < columns.size() && columns[end].group == columns[first].group)
      ++end;
    Attributes attributes{{"colspan", std::to_string(end - first)}};
    if (!columns[first].group.empty())
      attributes.push_back({"class", "group"});
    out.leaf("th", attributes, columns[first].group);
    first = end;
  }
}

Attributes looksOf(const Column &column) {
  return column.isText ? Attributes{{"class", "text"}} : Attributes{};
}

void writeHead(Markup &out, const std::vector<Column> &columns) {
  auto head = out.element("thead");
  if (std::any_of(columns.begin(), columns.end(),
                  [](const Column &column) { return !column.group.empty(); }))
    writeGroups(out, columns);
  auto row = out.element("tr");
  for (const Column &column : columns) {
    auto cell = out.element("th", looksOf(column));
    out.text(column.title);
    if (!column.unit.empty())
      out.leaf("small", {}, column.unit);
  }
}

void writeCell(Markup &out, const Column &column, const Cell &cell) {
  auto element = out.element("td", looksOf(column));
  if (cell.figure)
    writeFigure(out, *cell.figure);
  else
    out.text(cell.text.empty() ? "–" : cell.text);
}

} // namespace

int timeDigits(double us) { return us < 99.95 ? 1 : 0; }

void writeFigure(Markup &out, const Figure &figure) {
  Attributes attributes{{"value", fmt::format("{}", figure.value)},
                        {"data-json", figure.json}};
  if (figure.interpolated)
    attributes.push_back({"class", "interpolated"});
  out.leaf("data", attributes,
           fmt::format("{:.{}f}", figure.value, figure.digits));
}

void writeTable(Markup &out, const std::string &caption,
                const std::vector<Column> &columns,
                const std::vector<std::vector<Cell>> &rows) {
  // A region that scrolls must be reachable by the keyboard.
  auto frame = out.element("div", {{"class", "table"},
                                   {"role", "region"},
                                   {"tabindex", "0"},
                                   {"aria-label", caption}});
  auto table = out.element("table");
  out.leaf("caption", {}, caption);
  writeHead(out, columns);
  auto body = out.element("tbody");
  for (const std::vector<Cell> &cells : rows) {
    auto row = out.element("tr");
    for (std::size_t i = 0; i < cells.size(); ++i)
      writeCell(out, columns[i], cells[i]);
  }
}

} // namespace moert::bench
