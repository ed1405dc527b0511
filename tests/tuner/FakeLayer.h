//===- FakeLayer.h - a layer, a source and a GPU that are made up -*- C++
//-*-===//
#ifndef MOE_TESTS_TUNER_FAKELAYER_H
#define MOE_TESTS_TUNER_FAKELAYER_H

#include "tuner/Journal.h"
#include "tuner/Measure.h"
#include "tuner/Progress.h"

#include <filesystem>
#include <functional>
#include <map>
#include <set>

namespace moert::tune {

/// One rank of DeepSeek-V3: 256 + 1 experts, top 8, H = 7168, I = 256.
LayerDescription exampleLayer();
mlir::moe::LayerProblem exampleProblem();

/// Has every kernel but those that are taken out.
class FakeSource : public KernelSource {
public:
  std::set<std::string> missing; ///< Offered, and not to be had.
  std::set<std::string> unknown; ///< Not offered.
  std::string cubin = "1";       ///< Checksum of all.
  std::set<std::string> asked;

  bool offers(const Variant &variant) const override {
    return !unknown.count(variant.name());
  }
  void want(const std::vector<Variant> &) override {}
  const Kernel *get(const Variant &variant) override;
  std::vector<std::string> dropped() const override { return {}; }

private:
  std::map<std::string, Kernel> kernels;
};

/// Times by formula, and counts what is asked of it.
class FakeGpu : public Measure {
public:
  /// µs of a kernel; by default the cost model's prediction.
  std::function<double(const Variant &, std::int64_t tokens)> us;
  /// Added to a layer, beside both kernels.
  std::function<double(const Pair &)> between = [](const Pair &) { return 10; };
  std::set<std::string> wrong;
  std::map<std::string, int> quick, full, checked; ///< Calls by name.
  int layers = 0;
  double spent = 0; ///< Seconds, 0.01 a call.

  FakeGpu();
  double microseconds(const Pair &pair, Region region, std::int64_t tokens,
                      Effort effort) override;
  std::optional<std::string> fault(const Pair &pair, Gemm gemm) override;
  int calls() const;
};

/// A folder that goes away with this object.
class Folder {
public:
  Folder();
  ~Folder();
  const std::filesystem::path path;
};

/// Everything a search needs, with a journal in `folder`.
struct Bench {
  explicit Bench(const std::filesystem::path &folder,
                 const std::string &uuid = "a");

  mlir::moe::LayerProblem problem = exampleProblem();
  mlir::moe::Space space{problem};
  FakeSource source;
  FakeGpu gpu;
  Journal journal;
  Clock clock = [this] { return gpu.spent; };
  Progress progress{clock, [](const std::string &) {}};
};

/// What serves `tokens` tokens of the example without tuning.
Pair untunedPair(std::int64_t tokens);

} // namespace moert::tune

#endif // MOE_TESTS_TUNER_FAKELAYER_H
