//===- Report.h - the files that --plot and --report ask for ----*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPORT_REPORT_H
#define MOE_RUNTIME_BENCH_REPORT_REPORT_H

#include "runtime/bench/report/Model.h"

#include <filesystem>

namespace moert::bench {

/// Writes report.html, report.json and report.csv into a directory, which is
/// made if it is not there. Throws InputError naming what cannot be written.
void writeReport(const std::filesystem::path &directory, const Model &model);

/// Writes the SVG file of plotText. Throws InputError.
void writePlot(const std::filesystem::path &file, const Model &model);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_REPORT_H
