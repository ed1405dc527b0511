//===- Page.h - a report as one HTML file -----------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPORT_PAGE_H
#define MOE_RUNTIME_BENCH_REPORT_PAGE_H

#include "runtime/bench/report/Model.h"

namespace moert::bench {

/// The whole page: no script, nothing from elsewhere, light and dark; it is
/// well-formed XML too. Every figure of a table is a `data` element that holds
/// its value in full and its place in report.json, and so are marks of charts.
std::string pageText(const Model &model);

/// The layer's time over T of every series, in one SVG file. Throws InputError
/// if no series has times of the whole layer.
std::string plotText(const Model &model);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_PAGE_H
