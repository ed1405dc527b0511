//===- moert_c.cpp - the C ABI over the C++ API ---------------------------===//
#include "moert/moert_c.h"

#include "moert/moert.h"

#include <fmt/format.h>

struct moert_layer {
  moert::FusedMoe layer;
};

namespace {

thread_local std::string lastError;

/// moert_status lists the codes in the order of ErrorCode, after MOERT_OK.
int statusOf(moert::ErrorCode code) { return static_cast<int>(code) + 1; }
static_assert(static_cast<int>(moert::ErrorCode::invalidArgument) + 1 ==
              MOERT_INVALID_ARGUMENT);
static_assert(static_cast<int>(moert::ErrorCode::cuda) + 1 == MOERT_CUDA_ERROR);

/// Runs `body`; no exception leaves this file.
template <typename Body> int guarded(Body body) noexcept {
  try {
    body();
    return MOERT_OK;
  } catch (const moert::Error &error) {
    lastError = error.what();
    return statusOf(error.code());
  } catch (const std::exception &error) {
    lastError = error.what();
    return MOERT_INTERNAL_ERROR;
  }
}

void requireArgument(const char *name, const void *pointer) {
  if (!pointer)
    throw moert::Error(moert::ErrorCode::invalidArgument,
                       fmt::format("{}: expected a pointer, got null", name));
}

moert::LayerArgs toLayerArgs(const moert_args &args) {
  moert::LayerArgs result;
  result.tokens = args.tokens;
  result.x = args.x;
  result.xQuantised = args.x_quantised;
  result.xScales = args.x_scales;
  result.topkIds = args.topk_ids;
  result.topkWeights = args.topk_weights;
  result.w13 = args.w13;
  result.w13Scales = args.w13_scales;
  result.w2 = args.w2;
  result.w2Scales = args.w2_scales;
  result.out = args.out;
  result.workspace = args.workspace;
  result.workspaceBytes = args.workspace_bytes;
  return result;
}

} // namespace

int moert_load(const char *directory, int checkIds, moert_layer **layer) {
  return guarded([&] {
    requireArgument("layer", layer);
    *layer = nullptr;
    requireArgument("directory", directory);
    moert::LoadOptions options;
    options.checkIds = checkIds != 0;
    *layer = new moert_layer{moert::FusedMoe::load(directory, options)};
  });
}

void moert_free(moert_layer *layer) { delete layer; }

int moert_info(const moert_layer *layer, moert_layer_info *info) {
  return guarded([&] {
    requireArgument("layer", layer);
    requireArgument("info", info);
    const moert::LayerDescription &from = layer->layer.manifest().layer;
    info->name = from.name.c_str();
    info->experts = from.totalExperts();
    info->shared_experts = from.sharedExperts;
    info->slots = from.slots();
    info->hidden = from.hidden;
    info->intermediate = from.intermediate;
    info->scale_offset = from.scaleOffset;
    info->hidden_blocks = from.hiddenBlocks();
    info->intermediate_blocks = from.intermediateBlocks();
    info->routed_scaling_factor = from.routedScalingFactor;
  });
}

int moert_workspace_bytes(const moert_layer *layer, int64_t tokens,
                          size_t *bytes) {
  return guarded([&] {
    requireArgument("layer", layer);
    requireArgument("bytes", bytes);
    *bytes = layer->layer.workspaceBytes(tokens);
  });
}

int moert_run(const moert_layer *layer, const moert_args *args,
              struct CUstream_st *stream) {
  return guarded([&] {
    requireArgument("layer", layer);
    requireArgument("args", args);
    layer->layer.run(toLayerArgs(*args), stream);
  });
}

int moert_run_stage(const moert_layer *layer, int stage, const moert_args *args,
                    struct CUstream_st *stream) {
  return guarded([&] {
    requireArgument("layer", layer);
    requireArgument("args", args);
    if (stage < MOERT_STAGE_ROUTE || stage > MOERT_STAGE_COMBINE)
      throw moert::Error(moert::ErrorCode::invalidArgument,
                         fmt::format("stage: expected {} to {}, got {}",
                                     int(MOERT_STAGE_ROUTE),
                                     int(MOERT_STAGE_COMBINE), stage));
    layer->layer.runStage(moert::kStages[stage], toLayerArgs(*args), stream);
  });
}

const char *moert_last_error(void) { return lastError.c_str(); }
