//===- Tables.h - the tables of a report ------------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPORT_TABLES_H
#define MOE_RUNTIME_BENCH_REPORT_TABLES_H

#include "runtime/bench/report/Markup.h"
#include "runtime/bench/report/Model.h"

namespace moert::bench {

/// Where and how the times were measured, a column a file.
void writeFacts(Markup &out, const Model &model);

/// Microseconds of each stage and the layer over T, beside floor and baseline.
void writeTimes(Markup &out, const Series &series);

/// up, down and the layer over T: useful TFLOP/s, TB/s and both ratios.
void writeRates(Markup &out, const Series &series);

/// Our times and the other set's; nothing if there is no other set.
void writeComparison(Markup &out, const Series &series);

/// Where the layer's time falls as T grows, and where it is above the baseline.
void writeCliffs(Markup &out, const Series &series);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_TABLES_H
