//===- TokensSearch.cpp - the pairs of a search ---------------------------===//
#include "tuner/TokensSearch.h"

#include <algorithm>
#include <limits>

namespace moert::tune {

using mlir::moe::canPair;
using mlir::moe::SpaceGroup;

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

void addOnce(std::vector<Variant> &to, const Variant &variant) {
  if (std::find(to.begin(), to.end(), variant) == to.end())
    to.push_back(variant);
}

} // namespace

TokensSearch::TokensSearch(Search &search, std::int64_t tokens,
                           std::vector<SpaceGroup> given, const Pair &untuned,
                           const std::optional<Pair> &neighbour,
                           const Expired &expired)
    : search(search), options(search.options), tokens(tokens), untuned(untuned),
      neighbour(neighbour), expired(expired) {
  for (SpaceGroup &group : given) {
    order.push_back(group.rowAlignment);
    groups[group.rowAlignment] = std::move(group);
  }
  // What serves without tuning is always looked at.
  const std::int64_t padding = untuned.up.rowAlignment;
  if (!groups.count(padding))
    order.push_back(padding);
  SpaceGroup &group = groups[padding];
  group.rowAlignment = padding;
  addOnce(group.up, untuned.up);
  addOnce(group.down, untuned.down);
}

std::optional<TokensResult> TokensSearch::run() {
  timeRememberedAgain();
  for (std::int64_t padding : order)
    for (const Variant &variant : variantsOf(groups[padding]))
      tryAlone(variant);
  refine();
  std::vector<Finalist> layers = finalists();
  if (layers.empty())
    return std::nullopt;
  // In turn, so that a card that warms up does so for all of them.
  for (Finalist &layer : layers)
    layer.us = 0;
  for (int round = 0; round < 2; ++round)
    for (Finalist &layer : layers)
      layer.us += search.measure.microseconds(layer.pair, Region::layer, tokens,
                                              options.whole) /
                  2;
  return choose(layers);
}

/// All pairs of what was timed alone, by the sum of both times.
std::vector<TokensSearch::Finalist> TokensSearch::pairs() const {
  std::vector<Finalist> result;
  for (const Timed &up : timed[0])
    for (const Timed &down : timed[1])
      if (canPair(up.variant, down.variant))
        result.push_back({{up.variant, down.variant}, up.us + down.us});
  std::sort(result.begin(), result.end(),
            [](const Finalist &a, const Finalist &b) { return a.us < b.us; });
  return result;
}

void TokensSearch::addIfUsable(const Pair &pair, std::vector<Finalist> &to) {
  for (const Finalist &known : to)
    if (known.pair == pair)
      return;
  if (search.usable(pair.up, {pair.down}) &&
      search.usable(pair.down, {pair.up}))
    to.push_back({pair, kNever});
}

std::vector<TokensSearch::Finalist> TokensSearch::finalists() {
  std::vector<Finalist> result = pairs();
  const std::size_t most = cutShort ? 1 : options.finalists;
  if (result.size() > most)
    result.resize(most);
  addIfUsable(untuned, result);
  if (neighbour)
    addIfUsable(*neighbour, result);
  return result;
}

const TokensSearch::Timed *TokensSearch::timedOf(const Variant &variant) const {
  for (const Timed &one : timed[indexOf(variant.gemm)])
    if (one.variant == variant && one.fresh)
      return &one;
  return nullptr;
}

PairTimes TokensSearch::timesOf(const Finalist &layer) {
  auto alone = [&](Gemm gemm) {
    if (const Timed *known = timedOf(layer.pair.of(gemm)))
      return known->us;
    return search.measure.microseconds(layer.pair, regionOf(gemm), tokens,
                                       options.full);
  };
  return {alone(Gemm::up), alone(Gemm::down), layer.us};
}

TokensResult TokensSearch::choose(const std::vector<Finalist> &layers) {
  auto find = [&](const std::optional<Pair> &pair) {
    return std::find_if(
        layers.begin(), layers.end(),
        [&](const Finalist &layer) { return pair && layer.pair == *pair; });
  };
  auto chosen = std::min_element(
      layers.begin(), layers.end(),
      [](const Finalist &a, const Finalist &b) { return a.us < b.us; });
  const double limit = chosen->us * (1 + options.loyalty);
  const auto model = find(untuned), before = find(neighbour);
  if (model != layers.end() && model->us <= limit)
    chosen = model;
  else if (before != layers.end() && before->us <= limit)
    chosen = before;

  TokensResult result;
  result.tokens = tokens;
  result.tuned = chosen->pair;
  result.untuned = untuned;
  result.tunedUs = timesOf(*chosen);
  if (model != layers.end())
    result.untunedUs = model == chosen ? result.tunedUs : timesOf(*model);
  result.complete = !cutShort;
  search.journal.addChoice(tokens, result.tuned.up.name(),
                           result.tuned.down.name(), result.tunedUs.layer);
  return result;
}

} // namespace moert::tune
