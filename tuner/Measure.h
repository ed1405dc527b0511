//===- Measure.h - what a search asks of a GPU ------------------*- C++ -*-===//
#ifndef TUNER_MEASURE_H
#define TUNER_MEASURE_H

#include "tuner/Kernels.h"

#include <cstdint>
#include <optional>
#include <string>

namespace moert::tune {

/// Kernels of one call. Both pad experts to the same number of rows.
struct Pair {
  Variant up, down;

  const Variant &of(Gemm gemm) const { return gemm == Gemm::up ? up : down; }
  bool operator==(const Pair &) const = default;
};

/// What is timed: one kernel, or the whole layer from routing to output.
enum class Region { up, down, layer };
inline Region regionOf(Gemm gemm) {
  return gemm == Gemm::up ? Region::up : Region::down;
}

/// How often.
struct Effort {
  int batches = 1; ///< Different routings.
  int runs = 1;    ///< Of each.
};

/// Times and checks kernels. The search knows nothing else of the machine.
class Measure {
public:
  virtual ~Measure() = default;

  /// µs of a region with the kernels of `pair` for `tokens` tokens: the mean
  /// over batches of the median over runs, each on a cold L2.
  virtual double microseconds(const Pair &pair, Region region,
                              std::int64_t tokens, Effort effort) = 0;
  /// What is wrong with what `pair`'s kernel for `gemm` computes, against the
  /// bit-exact model; nothing if it is right. The other kernel is not run.
  virtual std::optional<std::string> fault(const Pair &pair, Gemm gemm) = 0;
};

} // namespace moert::tune

#endif // TUNER_MEASURE_H
