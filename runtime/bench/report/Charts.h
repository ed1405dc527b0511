//===- Charts.h - the charts of one layer -----------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPORT_CHARTS_H
#define MOE_RUNTIME_BENCH_REPORT_CHARTS_H

#include "runtime/bench/report/LineChart.h"
#include "runtime/bench/report/Model.h"

namespace moert::bench {

// Each draws one svg element. The first three return false, and draw nothing,
// where the series has nothing to show.

/// The layer's microseconds over T beside the floor and the baseline.
bool drawTimes(Markup &out, const Series &series, const Attributes &placement);

/// up and down: useful TFLOP/s over useful operations a byte, under the
/// ceilings of Ceilings.h.
bool drawRoofline(Markup &out, const Series &series,
                  const Attributes &placement);

/// Our time to the other set's over T: layer, up and down.
bool drawComparison(Markup &out, const Series &series,
                    const Attributes &placement);

/// What each stage takes of the sum of stages, a bar a T; of many T a dozen.
bool drawStages(Markup &out, const Series &series, const Attributes &placement);

/// At most `most` of the T, the first and the last among them, about evenly
/// spread on a logarithmic axis. The T ascend and are above 0.
std::vector<std::int64_t> someOf(const std::vector<std::int64_t> &tokens,
                                 std::size_t most);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_CHARTS_H
