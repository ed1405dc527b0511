//===- Style.h - colours and lines of the charts ----------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPORT_STYLE_H
#define MOE_RUNTIME_BENCH_REPORT_STYLE_H

#include <string>

namespace moert::bench {

/// What the charts mean by a colour; a class of chartStyle() each. Text that
/// stands on one, as in a bar, is of the class `on`.
namespace look {
inline constexpr const char *kOurs = "ours", *kFloor = "floor",
                            *kBaseline = "baseline", *kRoute = "route",
                            *kQuantise = "quantise", *kUp = "up",
                            *kDown = "down", *kCombine = "combine";
} // namespace look

/// CSS of every chart, in light and, where the reader prefers that, in dark. No
/// custom properties: not every program that shows SVG knows them.
std::string chartStyle();

/// The look of a stage or of the layer.
const char *lookOf(const std::string &stage);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_STYLE_H
