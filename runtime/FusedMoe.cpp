//===- FusedMoe.cpp - load a layer, run its stages ------------------------===//
#include "moert/moert.h"

#include "runtime/Driver.h"
#include "runtime/GemmKernel.h"
#include "runtime/Workspace.h"
#include "runtime/kernels/Kernels.h"

#include <fmt/format.h>

#include <optional>

namespace moert {

namespace {

constexpr const char *kTarget = "sm_90a"; // what the small kernels are for

template <typename T> T *at(const LayerArgs &args, std::size_t offset) {
  return reinterpret_cast<T *>(static_cast<char *>(args.workspace) + offset);
}

void requireHopper(const Context &context) {
  int major = context.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
  int minor = context.attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  if (major != 9 || minor != 0)
    throw Error(ErrorCode::noDevice,
                fmt::format("{}: expected compute capability 9.0 (Hopper), got "
                            "{}.{}",
                            context.deviceName(), major, minor));
}

} // namespace

const char *stageName(Stage stage) {
  constexpr const char *names[] = {"route",      "quantise", "up",
                                   "activation", "down",     "combine"};
  return names[static_cast<int>(stage)];
}

struct FusedMoe::Impl {
  /// The arguments of one call, checked, and where its tensors lie.
  struct Call {
    const LayerArgs &args;
    WorkspaceLayout layout;
    CUstream stream;
  };

  Impl(const std::filesystem::path &directory, const LoadOptions &options);

  void route(const Call &call) const;
  void quantise(const Call &call) const;
  void gemm(const GemmKernel &kernel, const Call &call) const;
  void activation(const Call &call) const;
  void combine(const Call &call) const;
  void stage(Stage stage, const Call &call) const;
  void checkIds(const Call &call) const;

  const Manifest manifest;
  const LoadOptions options;
  std::optional<Context> context;
  std::optional<GemmKernel> up, down;
  int multiprocessors = 0;
};

FusedMoe::Impl::Impl(const std::filesystem::path &directory,
                     const LoadOptions &options)
    : manifest(loadManifest(directory)), options(options) {
  // Files first: what is wrong with them can be said without a GPU.
  if (manifest.target != kTarget)
    throw Error(ErrorCode::badCubin,
                fmt::format("{}: target: expected {}, got {}",
                            (directory / "manifest.json").string(), kTarget,
                            manifest.target));
  const KernelRecord &upRecord = manifest.kernel(KernelRole::up);
  const KernelRecord &downRecord = manifest.kernel(KernelRole::down);
  std::string upCubin = readCubin(directory, upRecord);
  std::string downCubin = readCubin(directory, downRecord);

  context.emplace();
  requireHopper(*context);
  multiprocessors =
      context->attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  ScopedContext scope(*context);
  loadSmallKernels();
  up.emplace(*context, upRecord, upCubin,
             (directory / upRecord.cubin).string());
  down.emplace(*context, downRecord, downCubin,
               (directory / downRecord.cubin).string());
}

/// Debug mode: waits for the answer, unlike everything else here.
void FusedMoe::Impl::checkIds(const Call &call) const {
  const LayerDescription &layer = manifest.layer;
  const LayerArgs &args = call.args;
  const std::int64_t pairs = args.tokens * layer.slots();
  auto *flag = at<std::int32_t>(args, call.layout.routing);
  launchCheckIds(args.topkIds, pairs, layer.totalExperts(), flag, call.stream);

  auto read = [&](const std::int32_t *source) {
    std::int32_t value = 0;
    checkCuda(cudaMemcpyAsync(&value, source, sizeof value,
                              cudaMemcpyDeviceToHost, call.stream),
              "cudaMemcpyAsync of checkIds");
    checkCuda(cudaStreamSynchronize(call.stream),
              "cudaStreamSynchronize of checkIds");
    return value;
  };
  std::int64_t bad = read(flag);
  if (bad != pairs)
    throw Error(ErrorCode::invalidArgument,
                fmt::format("topkIds: expected -1 to {}, got {} at token {}, "
                            "slot {}",
                            layer.totalExperts() - 1, read(args.topkIds + bad),
                            bad / layer.slots(), bad % layer.slots()));
}

void FusedMoe::Impl::route(const Call &call) const {
  const LayerDescription &layer = manifest.layer;
  const WorkspaceLayout &layout = call.layout;
  RouteArgs route;
  route.tokens = call.args.tokens;
  route.slots = layer.slots();
  route.experts = layer.totalExperts();
  route.rowAlignment = manifest.rowAlignment;
  route.rows = layout.rows;
  route.topkIds = call.args.topkIds;
  route.sortedTokenIds = at<std::int32_t>(call.args, layout.sortedTokenIds);
  route.expertIds = at<std::int32_t>(call.args, layout.expertIds);
  route.numTokensPostPadded =
      at<std::int32_t>(call.args, layout.numTokensPostPadded);
  route.scratch = at<void>(call.args, layout.routing + kFlagBytes);
  launchRoute(route, call.stream);
}

void FusedMoe::Impl::quantise(const Call &call) const {
  if (call.args.xQuantised)
    return;
  QuantiseArgs quantise;
  quantise.rows = call.args.tokens;
  quantise.columns = manifest.layer.hidden;
  quantise.pow2 = manifest.layer.activationScale == ActivationScale::pow2;
  quantise.x = call.args.x;
  quantise.q = at<void>(call.args, call.layout.x);
  quantise.scales = at<float>(call.args, call.layout.xScales);
  launchQuantise(quantise, call.stream);
}

void FusedMoe::Impl::gemm(const GemmKernel &kernel, const Call &call) const {
  const LayerArgs &args = call.args;
  const WorkspaceLayout &layout = call.layout;
  auto own = [&](std::size_t offset) { return at<const void>(args, offset); };
  TensorPointers tensors;
  tensors[Tensor::x] = args.xQuantised ? args.xQuantised : own(layout.x);
  tensors[Tensor::xScales] =
      args.xQuantised ? args.xScales : own(layout.xScales);
  tensors[Tensor::w13] = args.w13;
  tensors[Tensor::w13Scales] = args.w13Scales;
  tensors[Tensor::gateUp] = own(layout.gateUp);
  tensors[Tensor::h] = own(layout.h);
  tensors[Tensor::hScales] = own(layout.hScales);
  tensors[Tensor::w2] = args.w2;
  tensors[Tensor::w2Scales] = args.w2Scales;
  tensors[Tensor::partials] = own(layout.partials);
  tensors[Tensor::sortedTokenIds] = own(layout.sortedTokenIds);
  tensors[Tensor::expertIds] = own(layout.expertIds);
  tensors[Tensor::numTokensPostPadded] = own(layout.numTokensPostPadded);
  tensors[Tensor::topkWeights] = args.topkWeights;

  CallSizes sizes{args.tokens, layout.rows,
                  args.tokens * manifest.layer.slots()};
  kernel.launch(tensors, sizes, multiprocessors, call.stream);
}

void FusedMoe::Impl::activation(const Call &call) const {
  const LayerDescription &layer = manifest.layer;
  const WorkspaceLayout &layout = call.layout;
  ActivationArgs activation;
  activation.rows = layout.rows;
  activation.intermediate = layer.intermediate;
  activation.scaleOffset = layer.scaleOffset;
  activation.pow2 = layer.activationScale == ActivationScale::pow2;
  activation.numTokensPostPadded =
      at<std::int32_t>(call.args, layout.numTokensPostPadded);
  activation.gateUp = at<void>(call.args, layout.gateUp);
  activation.h = at<void>(call.args, layout.h);
  activation.hScales = at<float>(call.args, layout.hScales);
  launchActivation(activation, call.stream);
}

void FusedMoe::Impl::combine(const Call &call) const {
  const LayerDescription &layer = manifest.layer;
  CombineArgs combine;
  combine.tokens = call.args.tokens;
  combine.slots = layer.slots();
  combine.experts = layer.totalExperts();
  combine.hidden = layer.hidden;
  combine.factor = static_cast<float>(layer.routedScalingFactor);
  combine.topkIds = call.args.topkIds;
  combine.partials = at<void>(call.args, call.layout.partials);
  combine.out = call.args.out;
  launchCombine(combine, call.stream);
}

void FusedMoe::Impl::stage(Stage stage, const Call &call) const {
  switch (stage) {
  case Stage::route:
    return route(call);
  case Stage::quantise:
    return quantise(call);
  case Stage::up:
    return gemm(*up, call);
  case Stage::activation:
    return activation(call);
  case Stage::down:
    return gemm(*down, call);
  case Stage::combine:
    return combine(call);
  }
}

FusedMoe FusedMoe::load(const std::filesystem::path &directory,
                        const LoadOptions &options) {
  return FusedMoe(std::make_unique<Impl>(directory, options));
}

FusedMoe::FusedMoe(std::unique_ptr<Impl> impl) : impl(std::move(impl)) {}
FusedMoe::FusedMoe(FusedMoe &&) noexcept = default;
FusedMoe &FusedMoe::operator=(FusedMoe &&) noexcept = default;
FusedMoe::~FusedMoe() = default;

const Manifest &FusedMoe::manifest() const { return impl->manifest; }

WorkspaceLayout FusedMoe::workspaceLayout(std::int64_t tokens) const {
  return moert::workspaceLayout(impl->manifest, tokens);
}

std::size_t FusedMoe::workspaceBytes(std::int64_t tokens) const {
  return workspaceLayout(tokens).bytes;
}

void FusedMoe::run(const LayerArgs &args, CUstream stream) const {
  checkArguments(impl->manifest, args);
  if (args.tokens == 0)
    return;
  ScopedContext scope(*impl->context);
  Impl::Call call{args, workspaceLayout(args.tokens), stream};
  if (impl->options.checkIds)
    impl->checkIds(call);
  for (Stage stage : kStages)
    impl->stage(stage, call);
}

void FusedMoe::runStage(Stage stage, const LayerArgs &args,
                        CUstream stream) const {
  checkArguments(impl->manifest, args);
  if (args.tokens == 0)
    return;
  ScopedContext scope(*impl->context);
  Impl::Call call{args, workspaceLayout(args.tokens), stream};
  if (impl->options.checkIds && stage == Stage::route)
    impl->checkIds(call);
  impl->stage(stage, call);
}

} // namespace moert
