//===- SearchAlone.cpp - each kernel of a search alone --------------------===//
#include "tuner/TokensSearch.h"

#include <algorithm>
#include <limits>

namespace moert::tune {

using mlir::moe::sameTile;
using mlir::moe::SpaceGroup;

/// Up and down in turn, the most promising first.
std::vector<Variant> TokensSearch::variantsOf(const SpaceGroup &group) const {
  std::vector<Variant> result;
  for (std::size_t i = 0; i < std::max(group.up.size(), group.down.size()); ++i)
    for (Gemm gemm : kGemms)
      if (i < group.of(gemm).size())
        result.push_back(group.of(gemm)[i]);
  return result;
}

const std::vector<Variant> &
TokensSearch::partnersOf(const Variant &variant) const {
  return groups.at(variant.rowAlignment).of(other(variant.gemm));
}

/// The kernel beside one that is right and makes a layer of it: whichever, as
/// one alone is timed. Nothing if one of them cannot be used.
std::optional<Pair> TokensSearch::pairWith(const Variant &variant) {
  const std::vector<Variant> &partners = partnersOf(variant);
  if (!search.usable(variant, partners))
    return std::nullopt;
  for (const Variant &partner : partners)
    if (search.usable(partner, {variant}))
      return variant.gemm == Gemm::up ? Pair{variant, partner}
                                      : Pair{partner, variant};
  return std::nullopt;
}

double TokensSearch::fastest(Gemm gemm) const {
  double least = std::numeric_limits<double>::infinity();
  for (const Timed &one : timed[indexOf(gemm)])
    least = std::min(least, one.us);
  return least;
}

void TokensSearch::timeFully(const Variant &variant, const Pair &pair,
                             const Kernel &kernel) {
  const double us = search.measure.microseconds(pair, regionOf(variant.gemm),
                                                tokens, options.full);
  timed[indexOf(variant.gemm)].push_back({variant, us, true});
  search.journal.addTime(tokens, variant.name(),
                         {us, false, kernel.record.cubinChecksum});
}

void TokensSearch::tryAlone(const Variant &variant) {
  if (!tried.insert(variant.name()).second)
    return;
  search.progress.step();
  std::vector<Timed> &mine = timed[indexOf(variant.gemm)];
  if (!mine.empty() && expired()) {
    cutShort = true;
    return;
  }
  const auto pair = pairWith(variant);
  if (!pair)
    return;
  const Kernel *kernel = search.source.get(variant);
  const std::string &cubin = kernel->record.cubinChecksum;
  if (auto known = search.journal.time(tokens, variant.name(), cubin)) {
    if (!known->dropped)
      mine.push_back(
          {variant, known->us * scale[indexOf(variant.gemm)], false});
    return;
  }
  const double us = search.measure.microseconds(*pair, regionOf(variant.gemm),
                                                tokens, options.quick);
  if (us > options.dropAt * fastest(variant.gemm)) {
    search.journal.addTime(tokens, variant.name(), {us, true, cubin});
    return;
  }
  timeFully(variant, *pair, *kernel);
}

/// Times that are remembered were taken on another day or another card: the
/// three fastest are taken again, and what they changed by is what the others
/// are taken to have changed by.
void TokensSearch::timeRememberedAgain() {
  struct Known {
    double us;
    Variant variant;
    const Kernel *kernel;
  };
  if (search.journal.remembered() == 0)
    return;
  for (Gemm gemm : kGemms) {
    std::vector<Known> known;
    auto look = [&](const Variant &variant) {
      const Kernel *kernel =
          search.source.offers(variant) ? search.source.get(variant) : nullptr;
      if (!kernel)
        return;
      auto time = search.journal.time(tokens, variant.name(),
                                      kernel->record.cubinChecksum);
      if (time && !time->dropped)
        known.push_back({time->us, variant, kernel});
    };
    for (const auto &[padding, group] : groups)
      for (const Variant &variant : group.of(gemm)) {
        look(variant);
        // Only a tile that was among the fastest has been refined.
        for (const Variant &finer : search.space.refine(variant))
          if (search.journal.knows(tokens, finer.name()))
            look(finer);
      }
    std::sort(known.begin(), known.end(),
              [](const Known &a, const Known &b) { return a.us < b.us; });
    double before = 0, now = 0;
    for (std::size_t i = 0; i < known.size() && i < options.timedAgain; ++i) {
      const auto pair = pairWith(known[i].variant);
      if (!pair || !tried.insert(known[i].variant.name()).second)
        continue;
      search.progress.step();
      timeFully(known[i].variant, *pair, *known[i].kernel);
      before += known[i].us;
      now += timed[indexOf(gemm)].back().us;
    }
    if (before > 0)
      scale[indexOf(gemm)] = now / before;
  }
}

/// Other depths and orders of the fastest tiles, where the fastest pairs are.
void TokensSearch::refine() {
  std::vector<Finalist> best = pairs();
  std::set<std::int64_t> paddings;
  for (const Finalist &pair : best)
    if (paddings.size() < options.refinedPaddings)
      paddings.insert(pair.pair.up.rowAlignment);
  std::vector<Variant> finer;
  for (std::int64_t padding : paddings)
    for (Gemm gemm : kGemms) {
      std::vector<Timed> ones = timed[indexOf(gemm)];
      std::sort(ones.begin(), ones.end(),
                [](const Timed &a, const Timed &b) { return a.us < b.us; });
      std::vector<Schedule> tiles;
      for (const Timed &one : ones) {
        const bool known =
            std::any_of(tiles.begin(), tiles.end(), [&](const Schedule &tile) {
              return sameTile(tile, one.variant.schedule);
            });
        if (one.variant.rowAlignment != padding || known ||
            tiles.size() == options.refinedTiles)
          continue;
        tiles.push_back(one.variant.schedule);
        for (const Variant &variant : search.space.refine(one.variant))
          if (search.source.offers(variant) && !tried.count(variant.name()))
            finer.push_back(variant);
      }
    }
  search.source.want(finer);
  search.progress.add(finer.size());
  for (const Variant &variant : finer)
    tryAlone(variant);
}

} // namespace moert::tune
