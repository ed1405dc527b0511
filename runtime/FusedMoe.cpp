//===- FusedMoe.cpp - load a layer, run its stages ------------------------===//
#include "moert/moert.h"

#include "runtime/Driver.h"
#include "runtime/GemmKernel.h"
#include "runtime/Workspace.h"
#include "runtime/kernels/Kernels.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <vector>

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

void requireTarget(const Manifest &manifest, const std::string &origin) {
  if (manifest.target != kTarget)
    throw Error(ErrorCode::badCubin,
                fmt::format("{}: target: expected {}, got {}", origin, kTarget,
                            manifest.target));
}

} // namespace

const char *stageName(Stage stage) {
  constexpr const char *names[] = {"route", "quantise", "up", "down",
                                   "combine"};
  return names[static_cast<int>(stage)];
}

struct FusedMoe::Impl {
  /// The arguments of one call, checked, and where its tensors lie.
  struct Call {
    const LayerArgs &args;
    WorkspaceLayout layout;
    CUstream stream;
    Start start; ///< Of every kernel but the first of the call.
  };
  /// The kernels of a plan of the manifest.
  struct LoadedPlan {
    const GemmKernel *up, *down;
    const GemmKernel *combine; ///< Null where the runtime's own combines.
  };

  /// `cubins` are checked already; `origins` are what errors call them.
  Impl(Manifest manifest, const std::vector<std::string> &cubins,
       const std::vector<std::string> &origins, const LoadOptions &options);

  const GemmKernel *kernel(const std::string &name) const;
  const LoadedPlan &planOf(const Call &call) const;

  RouteArgs routeArgs(const Call &call) const;
  QuantiseArgs quantiseArgs(const Call &call) const;
  void routeQuantise(const Call &call) const;
  void quantise(const Call &call) const;
  void gemm(const GemmKernel &kernel, const Call &call) const;
  void combine(const Call &call) const;
  void stage(Stage stage, const Call &call) const;
  void checkIds(const Call &call) const;

  const Manifest manifest;
  const LoadOptions options;
  std::optional<Context> context;
  std::vector<std::unique_ptr<GemmKernel>> kernels; ///< As in the manifest.
  std::vector<LoadedPlan> plans;                    ///< As in the manifest.
};

FusedMoe::Impl::Impl(Manifest loaded, const std::vector<std::string> &cubins,
                     const std::vector<std::string> &origins,
                     const LoadOptions &options)
    : manifest(std::move(loaded)), options(options) {
  context.emplace();
  requireHopper(*context);
  ScopedContext scope(*context);
  loadSmallKernels();
  for (std::size_t i = 0; i < cubins.size(); ++i)
    kernels.push_back(std::make_unique<GemmKernel>(
        *context, manifest.kernels[i], cubins[i], origins[i]));
  for (const Plan &plan : manifest.plans)
    plans.push_back({kernel(plan.up), kernel(plan.down),
                     plan.combine.empty() ? nullptr : kernel(plan.combine)});
}

const GemmKernel *FusedMoe::Impl::kernel(const std::string &name) const {
  return kernels[&manifest.kernel(name) - manifest.kernels.data()].get();
}

const FusedMoe::Impl::LoadedPlan &
FusedMoe::Impl::planOf(const Call &call) const {
  return plans[&manifest.plan(call.args.tokens) - manifest.plans.data()];
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

RouteArgs FusedMoe::Impl::routeArgs(const Call &call) const {
  const LayerDescription &layer = manifest.layer;
  const WorkspaceLayout &layout = call.layout;
  RouteArgs route;
  route.tokens = call.args.tokens;
  route.slots = layer.slots();
  route.experts = layer.totalExperts();
  route.rowAlignment = layout.rowAlignment;
  route.rows = layout.rows;
  route.topkIds = call.args.topkIds;
  route.topkWeights = call.args.topkWeights;
  route.rowWeights = at<float>(call.args, layout.rowWeights);
  route.sortedTokenIds = at<std::int32_t>(call.args, layout.sortedTokenIds);
  route.expertIds = at<std::int32_t>(call.args, layout.expertIds);
  route.blockRows = at<std::int32_t>(call.args, layout.blockRows);
  route.numTokensPostPadded =
      at<std::int32_t>(call.args, layout.numTokensPostPadded);
  route.tileCounters = at<std::int32_t>(call.args, layout.tileCounters);
  route.scratch = at<void>(call.args, layout.routing + kFlagBytes);
  if (planOf(call).up->counts())
    route.progress = at<std::int32_t>(call.args, layout.hProgress);
  if (planOf(call).combine)
    route.downRows = at<std::int32_t>(call.args, layout.downRows);
  if (layer.reduction == Reduction::atomic) // nobody sees the whole sum
    route.weightFactor = static_cast<float>(layer.routedScalingFactor);
  return route;
}

QuantiseArgs FusedMoe::Impl::quantiseArgs(const Call &call) const {
  const LayerDescription &layer = manifest.layer;
  QuantiseArgs quantise;
  quantise.rows = call.args.tokens;
  quantise.columns = layer.hidden;
  quantise.pow2 = layer.activationScale == ActivationScale::pow2;
  quantise.x = call.args.x;
  quantise.q = at<void>(call.args, call.layout.x);
  quantise.scales = at<float>(call.args, call.layout.xScales);
  quantise.zeroed =
      layer.reduction == Reduction::atomic ? call.args.out : nullptr;
  return quantise;
}

void FusedMoe::Impl::quantise(const Call &call) const {
  const LayerDescription &layer = manifest.layer;
  const bool atomic = layer.reduction == Reduction::atomic;
  if (call.args.xQuantised) {
    if (atomic)
      launchZero(call.args.out, call.args.tokens * layer.hidden * 2,
                 call.stream, call.start);
    return;
  }
  launchQuantise(quantiseArgs(call), call.stream, call.start);
}

/// The stages route and quantise, in one launch if that can be.
void FusedMoe::Impl::routeQuantise(const Call &call) const {
  if (!call.args.xQuantised)
    return launchRouteQuantise(routeArgs(call), quantiseArgs(call), call.stream,
                               call.start);
  stage(Stage::route, call);
  stage(Stage::quantise, call);
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
  tensors[Tensor::h] = own(layout.h);
  tensors[Tensor::hScales] = own(layout.hScales);
  tensors[Tensor::w2] = args.w2;
  tensors[Tensor::w2Scales] = args.w2Scales;
  tensors[Tensor::partials] = own(layout.partials);
  tensors[Tensor::out] = args.out;
  tensors[Tensor::sortedTokenIds] = own(layout.sortedTokenIds);
  tensors[Tensor::expertIds] = own(layout.expertIds);
  tensors[Tensor::blockRows] = own(layout.blockRows);
  tensors[Tensor::numTokensPostPadded] = own(layout.numTokensPostPadded);
  tensors[Tensor::topkWeights] = args.topkWeights;
  tensors[Tensor::rowWeights] = own(layout.rowWeights);
  tensors[Tensor::upTiles] = own(layout.tileCounters);
  tensors[Tensor::downTiles] =
      own(layout.tileCounters + 2 * sizeof(std::int32_t));
  tensors[Tensor::topkIds] = args.topkIds;
  const LoadedPlan &plan = planOf(call);
  const bool isDown = &kernel == plan.down;
  if (plan.combine)
    tensors[Tensor::downRows] = own(layout.downRows);
  if (plan.combine && isDown) // the others are combine's
    tensors[Tensor::numTokensPostPadded] = tensors[Tensor::downRows];
  // A down that starts when up is over need not ask.
  const bool asks = call.start == Start::early && plan.up->counts();
  tensors[Tensor::hProgress] =
      !isDown || asks ? own(layout.hProgress) : nullptr;

  CallSizes sizes{args.tokens, layout.rows,
                  args.tokens * manifest.layer.slots()};
  kernel.launch(tensors, sizes, call.start, call.stream);
}

void FusedMoe::Impl::combine(const Call &call) const {
  const LayerDescription &layer = manifest.layer;
  if (layer.reduction == Reduction::atomic)
    return; // down has added everything
  if (const GemmKernel *kernel = planOf(call).combine)
    return gemm(*kernel, call);
  CombineArgs combine;
  combine.tokens = call.args.tokens;
  combine.slots = layer.slots();
  combine.experts = layer.totalExperts();
  combine.hidden = layer.hidden;
  combine.factor = static_cast<float>(layer.routedScalingFactor);
  combine.topkIds = call.args.topkIds;
  combine.partials = at<void>(call.args, call.layout.partials);
  combine.out = call.args.out;
  launchCombine(combine, call.stream, call.start);
}

void FusedMoe::Impl::stage(Stage stage, const Call &call) const {
  switch (stage) {
  case Stage::route:
    return launchRoute(routeArgs(call), call.stream, call.start);
  case Stage::quantise:
    return quantise(call);
  case Stage::up:
    return gemm(*planOf(call).up, call);
  case Stage::down:
    return gemm(*planOf(call).down, call);
  case Stage::combine:
    return combine(call);
  }
}

// What is wrong with files is said first, without a GPU.
FusedMoe FusedMoe::load(const std::filesystem::path &directory,
                        const LoadOptions &options) {
  return load(directory, loadManifest(directory), options);
}

FusedMoe FusedMoe::load(const std::filesystem::path &directory,
                        const Manifest &manifest, const LoadOptions &options) {
  requireTarget(manifest, (directory / "manifest.json").string());
  std::vector<std::string> cubins, origins;
  for (const KernelRecord &record : manifest.kernels) {
    cubins.push_back(readCubin(directory, record));
    origins.push_back((directory / record.cubin).string());
  }
  return FusedMoe(std::make_unique<Impl>(manifest, cubins, origins, options));
}

FusedMoe FusedMoe::load(const Manifest &given,
                        const std::vector<std::string> &cubins,
                        const std::string &origin, const LoadOptions &options) {
  Manifest manifest = readManifest(writeManifest(given), origin);
  requireTarget(manifest, origin);
  if (cubins.size() != manifest.kernels.size())
    throw Error(ErrorCode::badCubin,
                fmt::format("{}: expected {} cubins, got {}", origin,
                            manifest.kernels.size(), cubins.size()));
  std::vector<std::string> origins;
  for (std::size_t i = 0; i < cubins.size(); ++i) {
    origins.push_back(origin + ": " + manifest.kernels[i].name);
    checkCubin(cubins[i], manifest.kernels[i], origins.back());
  }
  return FusedMoe(
      std::make_unique<Impl>(std::move(manifest), cubins, origins, options));
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
  return moert::workspaceBytes(impl->manifest, tokens);
}

void FusedMoe::run(const LayerArgs &args, CUstream stream) const {
  checkArguments(impl->manifest, args);
  if (args.tokens == 0)
    return;
  ScopedContext scope(*impl->context);
  const Start start =
      impl->options.programmaticLaunch ? Start::early : Start::afterAll;
  Impl::Call call{args, workspaceLayout(args.tokens), stream, start};
  if (impl->options.checkIds)
    impl->checkIds(call);
  impl->routeQuantise(call);
  for (Stage stage : {Stage::up, Stage::down, Stage::combine})
    impl->stage(stage, call);
}

void FusedMoe::runStage(Stage stage, const LayerArgs &args,
                        CUstream stream) const {
  checkArguments(impl->manifest, args);
  if (args.tokens == 0)
    return;
  ScopedContext scope(*impl->context);
  // What stands before it on the stream is anything, so nothing starts early.
  Impl::Call call{args, workspaceLayout(args.tokens), stream, Start::afterAll};
  if (impl->options.checkIds && stage == Stage::route)
    impl->checkIds(call);
  impl->stage(stage, call);
}

} // namespace moert
