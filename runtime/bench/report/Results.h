//===- Results.h - what was measured, as files keep it ----------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPORT_RESULTS_H
#define MOE_RUNTIME_BENCH_REPORT_RESULTS_H

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moert::bench {

/// What a record may be of, in the order in which they are shown.
inline constexpr std::array<std::string_view, 6> kTimed{
    "route", "quantise", "up", "down", "combine", "layer"};

/// Where and how times were measured; "" or nothing where it is not known.
struct Run {
  std::string gpu;    ///< Name of the card.
  std::string date;   ///< ISO 8601, UTC.
  std::string driver; ///< "580.159.03".
  std::string cuda;   ///< Newest CUDA of that driver, "13.0".
  std::optional<std::int64_t> multiprocessors;
  std::optional<double> maxSmClockMhz, memoryClockMhz; ///< Of the card, not
                                                       ///< those of the run.
  std::optional<double> copyTbps;          ///< Device-to-device copy, TB/s.
  std::optional<double> calibrationTflops; ///< As --calibration gave it.
  std::optional<std::int64_t> repeats, seed;
  std::optional<double> pauseMs; ///< Without work before each timed replay.
  std::optional<bool> programmaticLaunch;
  /// By layer, who chose its schedules: "up: installed, E=….json; down: cost
  /// model". A layer that does not say is not there.
  std::map<std::string, std::string> configurations;
  bool operator==(const Run &) const = default;
};

/// The times of one stage, or of the layer, at one T: microseconds of replays
/// that start right after a write of 256 MB.
struct Record {
  std::string layer; ///< File name under configs/models, without its end.
  std::int64_t tokens = 0;
  std::string routing = "uniform";    ///< As typed.
  double drop = 0.0;                  ///< Fraction of routed ids that are -1.
  std::string mode = "deterministic"; ///< Or "atomic".
  std::string stage;                  ///< One of kTimed.
  std::string kernel; ///< "up_t64 64x256x128"; "" where no GEMM is one stage.
  double medianUs = 0.0;
  std::optional<double> minUs;
  std::optional<double> tflops;  ///< Useful ones; 0 where nothing multiplies.
  std::optional<double> gbps;    ///< GB/s, each tensor read or written once.
  std::optional<double> floorUs; ///< Nothing where the floor has the stage
                                 ///< fused into its neighbours.
  std::optional<double> error;   ///< Against double precision, if checked.
  std::optional<double> sglangUs, deepgemmUs; ///< At this very T.
  bool operator==(const Record &) const = default;

  /// Times of other libraries were measured on such routing, and no other.
  bool isUniform() const { return routing == "uniform" && drop == 0.0; }
};

struct Results {
  std::string origin; ///< The file; "" if measured just now. Not written.
  Run run;
  std::vector<Record> records;
};

/// {"run": {...}, "records": [...]}. A record is {"layer", "tokens", "routing",
/// "drop", "mode", "stage", "kernel", "median_us", "min_us", "tflops", "gbps",
/// "floor_us", "error", "sglang_us", "sglang_ratio", "deepgemm_us",
/// "deepgemm_ratio"}. A ratio is our median to theirs: below 1 we are faster.
/// What is not known is null.
std::string resultsText(const Results &results);

/// Reads that, or an array of records about whose run nothing is known. Throws
/// InputError naming `origin`, the record, the key and what was wanted.
Results readResults(const std::string &text, const std::string &origin);
Results loadResults(const std::filesystem::path &path);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPORT_RESULTS_H
