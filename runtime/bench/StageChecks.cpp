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

/// Compares the tensor at `offset` with `want`, and what follows with `rest`,
/// `count` elements in all.
void compareIntegers(CheckLine &line, const CheckState &state, const char *name,
                     std::size_t offset, std::vector<std::int32_t> want,
                     std::size_t count, std::int32_t rest = 0) {
  want.resize(count, rest);
  auto got = download<std::int32_t>(state.run.tensor<void>(offset), count);
  for (std::size_t i = 0; i < count; ++i)
    if (got[i] != want[i])
      return complain(line, fmt::format("{}[{}]: want {}, got {}", name, i,
                                        want[i], got[i]));
}

/// The weight of each sorted row that holds a pair: the caller's, times the
/// layer's factor if nobody applies it later.
void checkRowWeights(CheckLine &line, const CheckState &state) {
  const auto &ids = state.routing.sortedTokenIds;
  const std::int32_t pairs = static_cast<std::int32_t>(state.run.pairs());
  const std::vector<float> &weights = state.pairWeights;
  auto got = download<float>(
      state.run.tensor<float>(state.run.layout().rowWeights), ids.size());
  for (std::size_t row = 0; row < ids.size(); ++row)
    if (ids[row] < pairs && got[row] != weights[ids[row]])
      return complain(line, fmt::format("row_weights[{}]: want {}, got {}", row,
                                        weights[ids[row]], got[row]));
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
  const std::size_t blocks = layout.rows / layout.rowAlignment;
  compareIntegers(line, state, "num_tokens_post_padded",
                  layout.numTokensPostPadded, {static_cast<std::int32_t>(rows)},
                  1);
  if (state.run.combines())
    compareIntegers(line, state, "down_rows", layout.downRows,
                    {static_cast<std::int32_t>(state.sharedRowsBegin)}, 1);
  compareIntegers(line, state, "sorted_token_ids", layout.sortedTokenIds,
                  want.sortedTokenIds, rows);
  compareIntegers(line, state, "expert_ids", layout.expertIds, want.expertIds,
                  blocks, -1);
  compareIntegers(line, state, "block_rows", layout.blockRows, want.blockRows,
                  blocks);
  checkUnusedRows(line, state, layout.sortedTokenIds, sizeof(std::int32_t));
  checkRowWeights(line, state);
  if (line.passed)
    line.detail = fmt::format("{} rows of {} experts, {} with padding",
                              want.rowsInUse, want.activeExperts, rows);
  return line;
}

/// down is going to add to the output.
void checkZeroed(CheckLine &line, const CheckState &state) {
  const DeviceMemory &zeros = state.scratch.out;
  check(cudaMemsetAsync(zeros.data(), 0, zeros.size(), state.stream),
        "clearing");
  BitDifference out = compareBits(state.run.out(), zeros.data(),
                                  state.extents.tokens, state.extents.hidden,
                                  sizeof(std::uint16_t), {}, state.stream);
  line.passed &= passed(out);
  line.detail += "; out to zero: " + describe(out);
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
  CheckLine line{"quantise", passed(codes) && passed(scales),
                 describe(codes) + "; scales: " + describe(scales),
                 std::nullopt};
  if (state.atomic())
    checkZeroed(line, state);
  return line;
}

/// Codes and scales by the model, bit for bit, and each against what double
/// precision makes of the model's sums.
void checkHByModel(CheckLine &line, const CheckState &state,
                   const float *sums) {
  const QuantisedH got = state.hOfLayer(), want = state.hOfReference();
  activate(state.extents, sums, state.sortedRows(), want, state.stream);
  BitDifference codes = compareBits(
      got.codes, want.codes, state.extents.rows, state.extents.intermediate,
      sizeof *got.codes, state.sortedRows(), state.stream);
  BitDifference scales = compareScales(state, got.scales, want.scales);
  ActivationDifference exact = compareActivation(
      state.extents, sums, got, state.sortedRows(), state.stream);
  line.passed = passed(codes) && passed(scales) && exact.badCodes == 0 &&
                exact.badScales == 0;
  line.detail = fmt::format(
      "model: {}; scales: {}; its sums in double: {} codes wrong, {} not the "
      "nearest, {} scales wrong",
      describe(codes), describe(scales), exact.badCodes, exact.notNearest,
      exact.badScales);
  if (exact.badCodes || exact.badScales)
    complain(line, fmt::format("first wrong row {}", exact.firstBadRow));
}

/// Against the double-precision layer, whose h stays for checkLayer.
void checkHInDouble(CheckLine &line, const CheckState &state,
                    const float *sums) {
  const QuantisedH got = state.hOfLayer(), want = state.hOfReference();
  activateInDouble(state.extents, sums, state.sortedRows(), got, want,
                   state.stream);
  HDifference far =
      compareH(state.extents, got, want, state.sortedRows(), state.stream);
  line.error = far.error;
  line.detail += fmt::format("; double: error {:.1e}, {} codes and {} scales "
                             "of its own",
                             far.error, far.codes, far.scales);
  if (!(far.error <= kGemmTolerance)) // a NaN is refused
    complain(line, fmt::format("expected an error of at most {:.0e}",
                               kGemmTolerance));
}

CheckLine checkUp(CheckState &state) {
  const LayerExtents &extents = state.extents;
  auto *sums = state.scratch.values.as<float>();
  CheckLine line{"up", true, "", std::nullopt};
  modelGemm(state.up(), state.tiles(), state.tileCount(), sums, state.stream);
  checkHByModel(line, state, sums);
  doubleGemm(state.up(), state.tiles(), state.tileCount(), sums, state.stream);
  checkHInDouble(line, state, sums);
  const WorkspaceLayout &layout = state.run.layout();
  checkUnusedRows(line, state, layout.h, extents.intermediate);
  for (std::int64_t group = 0; group < extents.groups(); ++group)
    checkUnusedRows(line, state,
                    layout.hScales + group * extents.rows * sizeof(float),
                    sizeof(float));
  return line;
}

/// The rows of all pairs by the model, from the layer's own h.
const std::uint16_t *modelOfPartials(CheckState &state) {
  auto *bits = state.scratch.bits.as<std::uint16_t>();
  modelGemm(state.down(state.hOfLayer()), state.tiles(), state.tileCount(),
            bits, state.stream);
  return bits;
}

/// down's whole output against the model, bit for bit, and against double.
CheckLine compareDown(CheckState &state, const std::uint16_t *out) {
  Scratch &scratch = state.scratch;
  const GroupedGemm gemm = state.down(state.hOfLayer());
  auto *values = scratch.values.as<float>();
  BitDifference model =
      compareBits(out, modelOfPartials(state), state.run.pairs(), gemm.n,
                  sizeof *out, state.downRows(), state.stream);
  doubleGemm(gemm, state.tiles(), state.tileCount(), values, state.stream);
  NormDifference exact =
      compareNorms(out, values, state.run.pairs(), gemm.n, kGemmTolerance,
                   state.downRows(), state.stream);
  return {"down", passed(model) && passed(exact),
          "model: " + describe(model) + "; double: " + describe(exact),
          exact.error};
}

/// The rows of the model, by pair, into the scratch's bits.
void makeAddedRows(CheckState &state) {
  modelGemm(state.addedRows(), state.tiles(), state.tileCount(),
            state.scratch.bits.as<std::uint16_t>(), state.stream);
}

/// What down has added up, against the ordered layer's combine of the model's
/// partials.
LimitDifference compareWithOrdered(CheckState &state) {
  Scratch &scratch = state.scratch;
  auto *ordered = scratch.combined.as<std::uint16_t>();
  const std::uint16_t *bits = modelOfPartials(state);
  combine(state.extents, bits, state.run.ids(), ordered, state.stream);
  makeAddedRows(state);
  limitsOfOrdered(state.extents, bits, state.run.ids(), ordered, state.limits(),
                  state.stream);
  return compareLimits(state.run.out(), state.limits(),
                       state.extents.tokens * state.extents.hidden,
                       state.stream);
}

/// The same against the sum in double of the unrounded rows.
NormDifference compareSumsInDouble(CheckState &state) {
  Scratch &scratch = state.scratch;
  auto *rows = scratch.values.as<float>();
  auto *sums = scratch.outValues.as<float>();
  doubleGemm(state.down(state.hOfLayer()), state.tiles(), state.tileCount(),
             rows, state.stream);
  combineInDouble(state.extents, rows, state.run.ids(), sums, state.stream);
  return compareNorms(state.run.out(), sums, state.extents.tokens,
                      state.extents.hidden,
                      atomicTolerance(state.extents.slots), {}, state.stream);
}

/// down and the sum over slots, where they are one.
CheckLine checkAdded(CheckState &state) {
  const std::int64_t hidden = state.extents.hidden;
  const LimitDifference ordered = compareWithOrdered(state);
  makeLimits(state);
  const LimitDifference any =
      compareLimits(state.run.out(), state.limits(),
                    state.extents.tokens * hidden, state.stream);
  const NormDifference exact = compareSumsInDouble(state);
  return {"down", passed(any) && passed(ordered) && passed(exact),
          "out, the model's rows in any order: " + describe(any, hidden) +
              "; in order: " + describe(ordered, hidden) +
              "; double: " + describe(exact),
          exact.error};
}

CheckLine checkDown(CheckState &state) {
  if (state.atomic())
    return checkAdded(state);
  const WorkspaceLayout &layout = state.run.layout();
  const auto *partials = state.run.tensor<std::uint16_t>(layout.partials);
  CheckLine line = compareDown(state, partials);
  std::int64_t stray = countStrayWrites(partials, state.run.pairs(),
                                        state.extents.hidden * sizeof *partials,
                                        state.downRows(), state.stream);
  if (stray)
    complain(line, fmt::format("{} bytes written of pairs without a row of "
                               "down's",
                               stray));
  return line;
}

CheckLine checkCombine(CheckState &state) {
  if (state.atomic()) // that it writes nothing is checked for every stage
    return {"combine", true, "nothing to do: down adds", std::nullopt};
  auto *combined = state.scratch.combined.as<std::uint16_t>();
  // Where combine multiplies some rows itself nobody has stored them.
  const auto *partials =
      state.run.combines()
          ? modelOfPartials(state)
          : state.run.tensor<std::uint16_t>(state.run.layout().partials);
  combine(state.extents, partials, state.run.ids(), combined, state.stream);
  BitDifference out =
      compareBits(state.run.out(), combined, state.extents.tokens,
                  state.extents.hidden, sizeof *combined, {}, state.stream);
  return {"combine", passed(out), describe(out), std::nullopt};
}

} // namespace

/// A group's rows at a time.
BitDifference compareScales(const CheckState &state, const float *got,
                            const float *want) {
  const std::int64_t rows = state.extents.rows;
  BitDifference all;
  for (std::int64_t group = 0; group < state.extents.groups(); ++group) {
    BitDifference one =
        compareBits(got + group * rows, want + group * rows, rows, 1,
                    sizeof *got, state.sortedRows(), state.stream);
    all.elements += one.elements;
    all.differing += one.differing;
    for (Mismatch mismatch : one.first) {
      mismatch.column = group;
      all.first.push_back(mismatch);
    }
  }
  return all;
}

CheckLine checkStage(Stage stage, CheckState &state) {
  switch (stage) {
  case Stage::route:
    return checkRoute(state);
  case Stage::quantise:
    return checkQuantise(state);
  case Stage::up:
    return checkUp(state);
  case Stage::down:
    return checkDown(state);
  case Stage::combine:
    return checkCombine(state);
  }
  return {"unknown stage", false, "", std::nullopt};
}

void makeLimits(CheckState &state) {
  makeAddedRows(state);
  limitsOfAnyOrder(state.extents, state.scratch.bits.as<std::uint16_t>(),
                   state.run.ids(), state.limits(), state.stream);
}

CheckLine checkLayer(CheckState &state) {
  Scratch &scratch = state.scratch;
  auto *partials = scratch.values.as<float>();
  auto *values = scratch.outValues.as<float>();
  doubleGemm(state.down(state.hOfReference()), state.tiles(), state.tileCount(),
             partials, state.stream);
  combineInDouble(state.extents, partials, state.run.ids(), values,
                  state.stream);
  const double tolerance =
      state.atomic() ? atomicTolerance(state.extents.slots) : kLayerTolerance;
  NormDifference exact =
      compareNorms(state.run.out(), values, state.extents.tokens,
                   state.extents.hidden, tolerance, {}, state.stream);
  return {"layer", passed(exact), "double: " + describe(exact), exact.error};
}

} // namespace moert::bench
