//===- StageChecks.cpp - each stage against its reference -----------------===//
#include "runtime/bench/StageChecks.h"

#include "runtime/reference/DeviceGemm.h"

#include <fmt/format.h>

namespace moert::bench {

using namespace reference;

namespace {

/// Adds a complaint to a line and fails it.
void complain(CheckLine &line, const std::string &what) {
  line.passed = false;
  line.detail += (line.detail.empty() ? "" : "; ") + what;
}

/// Bytes of sorted rows behind the last padded one that somebody wrote.
void checkUnusedRows(CheckLine &line, const CheckState &state,
                     std::size_t offset, std::int64_t rowBytes) {
  const std::int64_t used = state.routing.paddedRows();
  // All rows from there on are padding to the filter, so it takes none.
  const RowFilter unused{state.sortedTokenIds() + used, state.run.pairs()};
  std::int64_t stray = countStrayWrites(
      state.run.tensor<std::uint8_t>(offset + used * rowBytes),
      state.extents.rows - used, rowBytes, unused, state.stream);
  if (stray)
    complain(line, fmt::format("{} bytes written behind row {}", stray, used));
}

/// Compares `got` with the front of what the GPU made of `want`'s tensor.
void compareIntegers(CheckLine &line, const CheckState &state, const char *name,
                     std::size_t offset,
                     const std::vector<std::int32_t> &want) {
  auto got =
      download<std::int32_t>(state.run.tensor<void>(offset), want.size());
  for (std::size_t i = 0; i < want.size(); ++i)
    if (got[i] != want[i])
      return complain(line, fmt::format("{}[{}]: want {}, got {}", name, i,
                                        want[i], got[i]));
}

CheckLine checkRoute(CheckState &state) {
  CheckLine line{"route", true, "", std::nullopt};
  const WorkspaceLayout &layout = state.run.layout();
  const SortedRouting &want = state.routing;
  const std::int64_t rows = want.paddedRows();
  if (rows > layout.rows) {
    complain(line, fmt::format("{} rows do not fit the capacity of {}", rows,
                               layout.rows));
    return line;
  }
  compareIntegers(line, state, "num_tokens_post_padded",
                  layout.numTokensPostPadded,
                  {static_cast<std::int32_t>(rows)});
  compareIntegers(line, state, "sorted_token_ids", layout.sortedTokenIds,
                  want.sortedTokenIds);
  compareIntegers(line, state, "expert_ids", layout.expertIds, want.expertIds);
  checkUnusedRows(line, state, layout.sortedTokenIds, sizeof(std::int32_t));
  if (line.passed)
    line.detail = fmt::format("{} rows of {} experts, {} with padding",
                              want.rowsInUse, want.activeExperts, rows);
  return line;
}

CheckLine checkQuantise(CheckState &state) {
  const LayerExtents &extents = state.extents;
  const std::int64_t blocks = state.run.layer().hiddenBlocks();
  Scratch &scratch = state.scratch;
  quantise(extents, state.run.x(), scratch.x.as<std::uint8_t>(),
           scratch.xScales.as<float>(), state.stream);
  BitDifference codes = compareBits(
      state.run.tensor<void>(state.run.layout().x), scratch.x.data(),
      extents.tokens, extents.hidden, sizeof(std::uint8_t), {}, state.stream);
  BitDifference scales =
      compareBits(state.run.tensor<void>(state.run.layout().xScales),
                  scratch.xScales.data(), extents.tokens, blocks, sizeof(float),
                  {}, state.stream);
  return {"quantise", passed(codes) && passed(scales),
          describe(codes) + "; scales: " + describe(scales), std::nullopt};
}

/// A GEMM's whole output against the model, bit for bit, and against double.
CheckLine checkGemm(const char *name, CheckState &state,
                    const GroupedGemm &gemm, const std::uint16_t *out,
                    std::int64_t rows, RowFilter filter) {
  Scratch &scratch = state.scratch;
  auto *bits = scratch.bits.as<std::uint16_t>();
  auto *values = scratch.values.as<float>();
  modelGemm(gemm, state.tiles(), state.tileCount(), bits, state.stream);
  BitDifference model =
      compareBits(out, bits, rows, gemm.n, sizeof *out, filter, state.stream);
  doubleGemm(gemm, state.tiles(), state.tileCount(), values, state.stream);
  NormDifference exact = compareNorms(out, values, rows, gemm.n, kGemmTolerance,
                                      filter, state.stream);
  return {name, passed(model) && passed(exact),
          "model: " + describe(model) + "; double: " + describe(exact),
          exact.error};
}

CheckLine checkUp(CheckState &state) {
  const std::size_t offset = state.run.layout().gateUp;
  CheckLine line = checkGemm("up", state, state.up(),
                             state.run.tensor<std::uint16_t>(offset),
                             state.extents.rows, state.sortedRows());
  checkUnusedRows(line, state, offset,
                  2 * state.extents.intermediate * sizeof(std::uint16_t));
  return line;
}

/// The double-precision layer goes on from what checkUp left in the scratch.
void activateInDouble(CheckState &state) {
  const WorkspaceLayout &layout = state.run.layout();
  Scratch &scratch = state.scratch;
  const QuantisedH ofLayer{state.run.tensor<std::uint8_t>(layout.h),
                           state.run.tensor<float>(layout.hScales)};
  const QuantisedH h{scratch.h.as<std::uint8_t>(), scratch.hScales.as<float>()};
  activate(state.extents, scratch.values.as<float>(), state.sortedRows(),
           ofLayer, h, state.stream);
}

CheckLine checkActivation(CheckState &state) {
  const WorkspaceLayout &layout = state.run.layout();
  ActivationDifference seen = compareActivation(
      state.extents, state.run.tensor<std::uint16_t>(layout.gateUp),
      state.run.tensor<std::uint8_t>(layout.h),
      state.run.tensor<float>(layout.hScales), state.sortedRows(),
      state.stream);
  CheckLine line{"activation", seen.badCodes == 0 && seen.badScales == 0,
                 fmt::format("{} elements: {} codes wrong, {} not the nearest; "
                             "{} groups: {} scales wrong",
                             seen.elements, seen.badCodes, seen.notNearest,
                             seen.groups, seen.badScales),
                 std::nullopt};
  if (!line.passed)
    complain(line, fmt::format("first wrong row {}", seen.firstBadRow));
  checkUnusedRows(line, state, layout.h, state.extents.intermediate);
  activateInDouble(state);
  return line;
}

CheckLine checkDown(CheckState &state) {
  const WorkspaceLayout &layout = state.run.layout();
  const auto *partials = state.run.tensor<std::uint16_t>(layout.partials);
  CheckLine line =
      checkGemm("down", state,
                state.down(state.run.tensor<std::uint8_t>(layout.h),
                           state.run.tensor<float>(layout.hScales)),
                partials, state.run.pairs(), state.pairRows());
  std::int64_t stray = countStrayWrites(partials, state.run.pairs(),
                                        state.extents.hidden * sizeof *partials,
                                        state.pairRows(), state.stream);
  if (stray)
    complain(line,
             fmt::format("{} bytes written of pairs without an expert", stray));
  return line;
}

CheckLine checkCombine(CheckState &state) {
  auto *combined = state.scratch.combined.as<std::uint16_t>();
  combine(state.extents,
          state.run.tensor<std::uint16_t>(state.run.layout().partials),
          state.run.ids(), combined, state.stream);
  BitDifference out =
      compareBits(state.run.out(), combined, state.extents.tokens,
                  state.extents.hidden, sizeof *combined, {}, state.stream);
  return {"combine", passed(out), describe(out), std::nullopt};
}

} // namespace

CheckLine checkStage(Stage stage, CheckState &state) {
  switch (stage) {
  case Stage::route:
    return checkRoute(state);
  case Stage::quantise:
    return checkQuantise(state);
  case Stage::up:
    return checkUp(state);
  case Stage::activation:
    return checkActivation(state);
  case Stage::down:
    return checkDown(state);
  case Stage::combine:
    return checkCombine(state);
  }
  return {"unknown stage", false, "", std::nullopt};
}

CheckLine checkLayer(CheckState &state) {
  Scratch &scratch = state.scratch;
  auto *partials = scratch.values.as<float>();
  auto *values = scratch.outValues.as<float>();
  doubleGemm(
      state.down(scratch.h.as<std::uint8_t>(), scratch.hScales.as<float>()),
      state.tiles(), state.tileCount(), partials, state.stream);
  combineInDouble(state.extents, partials, state.run.ids(), values,
                  state.stream);
  NormDifference exact =
      compareNorms(state.run.out(), values, state.extents.tokens,
                   state.extents.hidden, kLayerTolerance, {}, state.stream);
  return {"layer", passed(exact), "double: " + describe(exact), exact.error};
}

} // namespace moert::bench
