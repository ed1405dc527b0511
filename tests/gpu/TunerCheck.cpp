//===- TunerCheck.cpp - what the tuner's check of a kernel sees -----------===//
#include "tests/gpu/TunerCheck.h"

#include "compiler/schedule/OfLayer.h"
#include "tuner/KernelCheck.h"
#include "tuner/LoadedPairs.h"
#include "tuner/PackSource.h"

namespace moert::tests {

using namespace tune;

namespace {

std::shared_ptr<const FusedMoe> loadPair(const LayerDescription &layer,
                                         const Kernel &up, const Kernel &down) {
  return std::make_shared<const FusedMoe>(FusedMoe::load(
      manifestOf(layer, up, down), {up.cubin, down.cubin}, "a pair"));
}

/// down with the scales of w13: there are at least as many of them.
Kernel withWrongScales(Kernel down) {
  for (KernelParam &param : down.record.params)
    if (auto *pointer = std::get_if<PointerParam>(&param))
      if (pointer->tensor == Tensor::w2Scales)
        pointer->tensor = Tensor::w13Scales;
  return down;
}

} // namespace

bench::CheckLine checkTunerCheck(const std::filesystem::path &directory,
                                 const bench::Weights &weights,
                                 cudaStream_t stream) {
  const Manifest manifest = loadManifest(directory);
  const Plan &plan = manifest.plans.back();
  PackSource pack(directory);
  const Kernel &up = *pack.get(mlir::moe::variantOf(manifest.kernel(plan.up)));
  const Kernel &down =
      *pack.get(mlir::moe::variantOf(manifest.kernel(plan.down)));
  KernelCheck check(weights, /*seed=*/1, stream);
  const auto right = loadPair(manifest.layer, up, down);
  bench::CheckLine line{"tuner", true, "", std::nullopt};
  for (Gemm gemm : kGemms)
    if (auto fault = check.fault(right, gemm)) {
      line.passed = false;
      line.detail += *fault + "; ";
    }
  const auto wrong = loadPair(manifest.layer, up, withWrongScales(down));
  const auto found = check.fault(wrong, Gemm::down);
  line.passed &= found.has_value();
  line.detail += "wrong scales: " + found.value_or("not found");
  return line;
}

} // namespace moert::tests
