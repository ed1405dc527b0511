//===- KernelCheck.cpp - kernels against the bit-exact model --------------===//
#include "tuner/KernelCheck.h"

#include "runtime/bench/Regions.h"
#include "runtime/bench/StageChecks.h"
#include "runtime/reference/DeviceGemm.h"

#include <fmt/format.h>

namespace moert::tune {

using namespace bench;
using namespace reference;

namespace {

struct CaseKind {
  std::int64_t tokens;
  const char *routing;
};
constexpr CaseKind kCases[] = {{37, "uniform"}, {515, "power_law:1.5"}};

RoutedTokens drawFor(const CaseKind &kind, const LayerDescription &layer,
                     std::uint64_t seed) {
  return RoutingSource(parseRouting(kind.routing), layer, seed)
      .draw(kind.tokens);
}

void copy(void *to, const void *from, std::size_t bytes, cudaStream_t stream) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream),
        "copying h");
}

} // namespace

/// A call, and what the model makes of it.
struct KernelCheck::Case {
  Case(std::shared_ptr<const FusedMoe> moe, const CaseKind &kind,
       const Weights &weights, std::uint64_t seed, cudaStream_t stream)
      : moe(moe), run(*this->moe, weights, kind.tokens, seed, stream),
        routed(drawFor(kind, run.layer(), seed)),
        state((run.setRouting(routed), run), scratch, routed, stream),
        codes(state.extents.rows * state.extents.intermediate),
        scales(state.extents.rows * state.extents.groups() * sizeof(float)),
        partials(run.pairs() * state.extents.hidden * sizeof(std::uint16_t)) {}

  QuantisedH h() const {
    return {codes.as<std::uint8_t>(), scales.as<float>()};
  }
  /// Route and quantise, in memory that holds nothing of another kernel.
  void begin() {
    run.poison();
    for (Stage stage : {Stage::route, Stage::quantise})
      run.runStage(stage);
  }

  std::shared_ptr<const FusedMoe> moe; ///< Whose small kernels these are.
  Execution run;
  RoutedTokens routed;
  Scratch scratch;
  CheckState state;
  DeviceMemory codes, scales, partials; ///< By the model.
};

KernelCheck::KernelCheck(const Weights &weights, std::uint64_t seed,
                         cudaStream_t stream)
    : weights(weights), seed(seed), stream(stream) {}

KernelCheck::~KernelCheck() = default;

KernelCheck::Case &
KernelCheck::caseOf(const std::shared_ptr<const FusedMoe> &moe, int index) {
  const std::int64_t padding = moe->manifest().plans.front().rowAlignment;
  std::unique_ptr<Case> &one = cases[{padding, index}];
  if (one)
    return *one;
  one = std::make_unique<Case>(moe, kCases[index], weights, seed, stream);
  CheckState &state = one->state;
  one->run.poison();
  for (Stage stage : {Stage::route, Stage::quantise}) {
    one->run.runStage(stage);
    one->run.wait();
    const CheckLine line = checkStage(stage, state);
    if (!line.passed)
      throw std::runtime_error(
          fmt::format("{} with rows padded to {}: {}: nothing can be tuned",
                      line.name, padding, line.detail));
  }
  auto *sums = state.scratch.values.as<float>();
  modelGemm(state.up(), state.tiles(), state.tileCount(), sums, stream);
  activate(state.extents, sums, state.sortedRows(), one->h(), stream);
  modelGemm(state.down(one->h()), state.tiles(), state.tileCount(),
            one->partials.as<std::uint16_t>(), stream);
  return *one;
}

static std::string faultOfUp(const CheckState &state, QuantisedH want) {
  const QuantisedH got = state.hOfLayer();
  const BitDifference codes = compareBits(
      got.codes, want.codes, state.extents.rows, state.extents.intermediate,
      sizeof *got.codes, state.sortedRows(), state.stream);
  const BitDifference scales = compareScales(state, got.scales, want.scales);
  if (passed(codes) && passed(scales))
    return "";
  return fmt::format("h: {}; scales: {}", describe(codes), describe(scales));
}

static std::string faultOfDown(CheckState &state, const void *want) {
  if (state.atomic()) {
    const CheckLine line = checkStage(Stage::down, state);
    return line.passed ? "" : line.detail;
  }
  const void *got = state.run.tensor<void>(state.run.layout().partials);
  const BitDifference bits =
      compareBits(got, want, state.run.pairs(), state.extents.hidden,
                  sizeof(std::uint16_t), state.downRows(), state.stream);
  const std::int64_t stray = countStrayWrites(
      got, state.run.pairs(), state.extents.hidden * sizeof(std::uint16_t),
      state.downRows(), state.stream);
  if (passed(bits) && stray == 0)
    return "";
  return fmt::format("partials: {}; {} bytes written of pairs without an "
                     "expert",
                     describe(bits), stray);
}

std::string KernelCheck::faultIn(Case &one, const FusedMoe &moe, Gemm gemm) {
  one.begin();
  const Stage stage = gemm == Gemm::up ? Stage::up : Stage::down;
  if (gemm == Gemm::down) { // on the right h, whoever could have made it
    const WorkspaceLayout &layout = one.run.layout();
    copy(one.run.tensor<void>(layout.h), one.codes.data(), one.codes.size(),
         stream);
    copy(one.run.tensor<void>(layout.hScales), one.scales.data(),
         one.scales.size(), stream);
  }
  one.run.wait();
  const std::uint64_t before = hashForeign(stage, one.run, stream);
  moe.runStage(stage, one.run.args(), stream);
  one.run.wait();
  if (hashForeign(stage, one.run, stream) != before)
    return "wrote to a tensor of another stage";
  return gemm == Gemm::up ? faultOfUp(one.state, one.h())
                          : faultOfDown(one.state, one.partials.data());
}

std::optional<std::string>
KernelCheck::fault(std::shared_ptr<const FusedMoe> moe, Gemm gemm) {
  for (int i = 0; i < static_cast<int>(std::size(kCases)); ++i) {
    Case &one = caseOf(moe, i);
    const std::string fault = faultIn(one, *moe, gemm);
    if (!fault.empty())
      return fmt::format("{} tokens, {} routing: {}", kCases[i].tokens,
                         kCases[i].routing, fault);
  }
  return std::nullopt;
}

} // namespace moert::tune
