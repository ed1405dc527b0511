//===- Data.h - the report's figures as JSON and CSV ------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPORT_DATA_H
#define MOE_RUNTIME_BENCH_REPORT_DATA_H

#include "runtime/bench/report/Model.h"
#include "runtime/bench/report/ResultsJson.h"

namespace moert::bench {

/// {"sources", "baseline", "ceilings", "records", "falls", "slower"}: the text
/// of report.json, whose places the page's figures name.
OrderedJson reportJson(const Model &model);

/// "records" of that as CSV (RFC 4180): a line of names, then a line a record.
/// What is not known is empty.
std::string reportCsv(const OrderedJson &report);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_DATA_H
