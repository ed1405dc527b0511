//===- Baselines.h - what other libraries took ------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_BASELINES_H
#define MOE_RUNTIME_BENCH_BASELINES_H

#include "runtime/bench/Curve.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>

namespace moert::bench {

/// Median microseconds of one stage, or of the layer, where they are known.
struct BaselineTimes {
  std::optional<double> sglang;   ///< Its Triton kernels.
  std::optional<double> deepgemm; ///< Contiguous or masked, whichever is less.
};

/// Times measured elsewhere on the same kind of GPU, uniform routing, by layer
/// (file name under configs/models without its end), T and stage.
class Baselines {
public:
  /// None.
  Baselines() = default;

  /// Reads an object with one or both of the arrays
  ///   "sglang_triton": {"layer", "tokens", "up", "down", "layer_us"}
  ///   "deepgemm": {"layer", "tokens", "gemm", "skewed", "contiguous",
  ///                "masked"}, gemm "up" or "down"; skewed ones are left out.
  /// Other keys are passed over; a time may be null. Throws InputError naming
  /// `origin`, the record, the key and what was wanted.
  static Baselines read(const std::string &text, const std::string &origin);
  static Baselines load(const std::filesystem::path &path);

  /// `stage` is "up", "down" or "layer"; others have no times.
  BaselineTimes of(const std::string &layer, std::int64_t tokens,
                   const std::string &stage) const;

  /// sglang's times over T, as the map is ordered: by ascending T.
  Curve sglangCurve(const std::string &layer, const std::string &stage) const;

private:
  using Key = std::tuple<std::string, std::int64_t, std::string>;
  std::map<Key, BaselineTimes> times;
};

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_BASELINES_H
