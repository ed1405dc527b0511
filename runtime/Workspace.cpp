//===- Workspace.cpp - sizes and checks of a call, without CUDA -----------===//
#include "runtime/Workspace.h"

#include "runtime/Routing.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace moert {

namespace {

void checkTokens(const Manifest &manifest, std::int64_t tokens) {
  if (tokens < 0 || tokens > maxTokens(manifest))
    throw Error(ErrorCode::invalidArgument,
                fmt::format("tokens: expected 0 to {} (rows of {} slots a "
                            "token are numbered in 31 bits), got {}",
                            maxTokens(manifest), manifest.layer.slots(),
                            tokens));
}

void checkPointer(const char *field, const void *pointer,
                  std::size_t alignment) {
  if (!pointer)
    throw Error(ErrorCode::invalidArgument,
                fmt::format("{}: expected a device pointer, got null", field));
  if (reinterpret_cast<std::uintptr_t>(pointer) % alignment != 0)
    throw Error(ErrorCode::invalidArgument,
                fmt::format("{}: expected {}-byte alignment, got {}", field,
                            alignment, pointer));
}

/// The most tokens that can be numbered with that alignment.
std::int64_t maxTokens(const LayerDescription &layer,
                       std::int64_t rowAlignment) {
  std::int64_t padding = (layer.totalExperts() + 1) * (rowAlignment - 1);
  return (std::numeric_limits<std::int32_t>::max() - padding) / layer.slots();
}

} // namespace

std::int64_t maxTokens(const Manifest &manifest) {
  std::int64_t most = 0;
  for (std::size_t i = 0; i < manifest.plans.size(); ++i) {
    most = maxTokens(manifest.layer, manifest.plans[i].rowAlignment);
    // A later plan counts only if this one reaches as far as its start.
    if (i + 1 == manifest.plans.size() ||
        most < manifest.plans[i + 1].fromTokens - 1)
      break;
  }
  return most;
}

WorkspaceLayout workspaceLayout(const Manifest &manifest, std::int64_t tokens) {
  checkTokens(manifest, tokens);
  const LayerDescription &layer = manifest.layer;
  const std::int64_t pairs = tokens * layer.slots();

  WorkspaceLayout layout;
  const Plan &plan = manifest.plan(tokens);
  layout.rowAlignment = plan.rowAlignment;
  layout.rows = rowCapacity(pairs, layer.totalExperts(), layout.rowAlignment);
  const std::size_t t = tokens, p = pairs, r = layout.rows;
  const std::size_t hidden = layer.hidden, intermediate = layer.intermediate;

  auto take = [&](std::size_t bytes) {
    std::size_t offset = layout.bytes;
    layout.bytes = roundUp(offset + bytes, kWorkspaceAlignment);
    return offset;
  };
  if (tokens == 0)
    return layout;
  layout.sortedTokenIds = take(r * sizeof(std::int32_t));
  layout.rowWeights = take(r * sizeof(float));
  layout.expertIds = take(r / layout.rowAlignment * sizeof(std::int32_t));
  layout.blockRows = take(r / layout.rowAlignment * sizeof(std::int32_t));
  layout.numTokensPostPadded = take(sizeof(std::int32_t));
  if (!plan.combine.empty())
    layout.downRows = take(sizeof(std::int32_t));
  layout.tileCounters = take(4 * sizeof(std::int32_t));
  layout.hProgress =
      take(progressNumbers(r, layout.rowAlignment) * sizeof(std::int32_t));
  layout.routing =
      take(kFlagBytes + routeScratchBytes(pairs, layer.totalExperts()));
  layout.x = take(t * hidden);
  layout.xScales = take(t * layer.hiddenBlocks() * sizeof(float));
  layout.h = take(r * intermediate);
  layout.hScales = take(layer.intermediateBlocks() * r * sizeof(float));
  // An atomic reduction adds to the caller's output instead.
  const bool ordered = layer.reduction == Reduction::ordered;
  layout.partials = take(ordered ? p * hidden * 2 : 0);
  return layout;
}

std::size_t workspaceBytes(const Manifest &manifest, std::int64_t tokens) {
  checkTokens(manifest, tokens);
  // Within one plan no tensor shrinks as T grows, so its last T needs most.
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < manifest.plans.size(); ++i) {
    if (manifest.plans[i].fromTokens > tokens)
      break;
    std::int64_t last = tokens;
    if (i + 1 < manifest.plans.size())
      last = std::min(last, manifest.plans[i + 1].fromTokens - 1);
    bytes = std::max(bytes, workspaceLayout(manifest, last).bytes);
  }
  return bytes;
}

void checkArguments(const Manifest &manifest, const LayerArgs &args) {
  checkTokens(manifest, args.tokens);
  if (args.tokens == 0)
    return;
  if (args.xQuantised) {
    checkPointer("xQuantised", args.xQuantised, 16);
    checkPointer("xScales", args.xScales, 16);
  } else {
    checkPointer("x", args.x, 16);
  }
  checkPointer("topkIds", args.topkIds, 4);
  checkPointer("topkWeights", args.topkWeights, 4);
  checkPointer("w13", args.w13, 16);
  checkPointer("w13Scales", args.w13Scales, 16);
  checkPointer("w2", args.w2, 16);
  checkPointer("w2Scales", args.w2Scales, 16);
  checkPointer("out", args.out, 16);
  checkPointer("workspace", args.workspace, kWorkspaceAlignment);
  std::size_t wanted = workspaceLayout(manifest, args.tokens).bytes;
  if (args.workspaceBytes < wanted)
    throw Error(ErrorCode::workspaceTooSmall,
                fmt::format("workspaceBytes: expected at least {} for {} "
                            "tokens, got {}",
                            wanted, args.tokens, args.workspaceBytes));
}

} // namespace moert
