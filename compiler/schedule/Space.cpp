//===- Space.cpp ----------------------------------------------------------===//

#include "compiler/schedule/Space.h"
#include "compiler/schedule/Candidates.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>
#include <tuple>

using namespace mlir::moe;

std::string Variant::name() const {
  const Schedule &s = schedule;
  auto text = [](int64_t value) { return std::to_string(value); };
  std::string name = gemm == Gemm::up ? "up_" : "down_";
  name += text(s.blockM) + "x" + text(s.blockN);
  if (s.swapped)
    name += "_swapped";
  if (s.copiedRows)
    name += "_copied";
  return name + "_w" + text(s.consumers) + "c" + text(s.cluster) + "s" +
         text(s.stages) + "g" + text(s.groupM) + "_a" + text(rowAlignment);
}

bool mlir::moe::sameTile(const Schedule &a, const Schedule &b) {
  Schedule other = b;
  other.stages = a.stages;
  other.groupM = a.groupM;
  return a == other;
}

static bool canPair(const Schedule &a, const Schedule &b, int64_t padding) {
  return std::lcm(a.clusterRows(), b.clusterRows()) == padding;
}

bool mlir::moe::canPair(const Variant &up, const Variant &down) {
  return up.gemm == Gemm::up && down.gemm == Gemm::down &&
         up.rowAlignment == down.rowAlignment &&
         ::canPair(up.schedule, down.schedule, up.rowAlignment);
}

Space::Space(const LayerProblem &problem, const SpaceOptions &options)
    : problem(problem), options(options), up(candidates(problem.up)),
      down(candidates(problem.down)) {
  constexpr int64_t most = 1024; // what the sort can pad to
  std::set<int64_t> found;
  for (const Schedule &u : up)
    for (const Schedule &d : down)
      if (int64_t both = std::lcm(u.clusterRows(), d.clusterRows());
          both <= most)
        found.insert(both);
  paddings.assign(found.begin(), found.end());
}

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// A candidate for one padding: its time, and that of its best pair.
struct Predicted {
  const Schedule *schedule;
  double alone;
  double paired = kNever;
};

} // namespace

static std::vector<Predicted> predictAll(const std::vector<Schedule> &from,
                                         const RowCounts &rows,
                                         const GemmShape &gemm,
                                         int64_t padding) {
  std::vector<Predicted> result;
  for (const Schedule &schedule : from)
    if (padding % schedule.clusterRows() == 0)
      result.push_back(
          {&schedule, predict(rows, gemm, schedule, padding).total});
  return result;
}

/// Finds each one's fastest partner. Few row counts divide a padding, so the
/// fastest for each of them is all that is asked.
static void findPartners(std::vector<Predicted> &ones,
                         const std::vector<Predicted> &others,
                         int64_t padding) {
  std::vector<const Predicted *> fastest; // one for each number of rows
  for (const Predicted &candidate : others) {
    auto same =
        std::find_if(fastest.begin(), fastest.end(), [&](const Predicted *p) {
          return p->schedule->clusterRows() ==
                 candidate.schedule->clusterRows();
        });
    if (same == fastest.end())
      fastest.push_back(&candidate);
    else if (candidate.alone < (*same)->alone)
      *same = &candidate;
  }
  for (Predicted &one : ones)
    for (const Predicted *partner : fastest)
      if (::canPair(*one.schedule, *partner->schedule, padding))
        one.paired = std::min(one.paired, one.alone + partner->alone);
}

/// The variants that stay, fastest pair first; of equals in their order.
static std::vector<Variant> keep(std::vector<Predicted> from, Gemm gemm,
                                 int64_t padding, double limit, size_t most) {
  // Of a tile the first candidate stays: the rule's own.
  std::vector<Predicted> tiles;
  for (const Predicted &one : from)
    if (std::none_of(tiles.begin(), tiles.end(), [&](const Predicted &tile) {
          return sameTile(*tile.schedule, *one.schedule);
        }))
      tiles.push_back(one);
  from = std::move(tiles);
  std::sort(from.begin(), from.end(), [](const auto &a, const auto &b) {
    return std::tie(a.paired, a.schedule) < std::tie(b.paired, b.schedule);
  });
  std::vector<Variant> kept;
  for (const Predicted &one : from)
    if (one.paired <= limit && kept.size() < most)
      kept.push_back({gemm, *one.schedule, padding});
  return kept;
}

std::vector<SpaceGroup> Space::at(int64_t tokens) const {
  return at(RowCounts(problem.routing, tokens));
}

std::vector<SpaceGroup> Space::at(const RowCounts &rows) const {
  struct Both {
    int64_t padding;
    double best;
    std::vector<Predicted> up, down;
  };
  std::vector<Both> all;
  for (int64_t padding : paddings) {
    Both both{padding, kNever, predictAll(up, rows, problem.up, padding),
              predictAll(down, rows, problem.down, padding)};
    findPartners(both.up, both.down, padding);
    findPartners(both.down, both.up, padding);
    for (const Predicted &one : both.up)
      both.best = std::min(both.best, one.paired);
    all.push_back(std::move(both));
  }
  std::sort(all.begin(), all.end(), [](const Both &a, const Both &b) {
    return std::tie(a.best, a.padding) < std::tie(b.best, b.padding);
  });
  const double limit = all.front().best * (1 + options.share);
  std::vector<SpaceGroup> groups;
  for (const Both &both : all)
    if (both.best <= limit && groups.size() < options.paddings)
      groups.push_back(
          {both.padding, both.best,
           keep(both.up, Gemm::up, both.padding, limit, options.most),
           keep(both.down, Gemm::down, both.padding, limit, options.most)});
  return groups;
}

std::vector<Variant> Space::refine(const Variant &variant) const {
  std::vector<Variant> result;
  for (const Schedule &schedule : variant.gemm == Gemm::up ? up : down)
    if (schedule != variant.schedule && sameTile(schedule, variant.schedule))
      result.push_back({variant.gemm, schedule, variant.rowAlignment});
  return result;
}

std::vector<Variant> Space::all(const std::vector<int64_t> &tokens) const {
  std::vector<Variant> result;
  std::set<std::string> known;
  auto add = [&](const std::vector<Variant> &variants) {
    for (const Variant &variant : variants)
      if (known.insert(variant.name()).second)
        result.push_back(variant);
  };
  for (int64_t count : tokens) {
    const std::vector<SpaceGroup> groups = at(count);
    for (const SpaceGroup &group : groups) {
      add(group.up);
      add(group.down);
    }
    for (size_t i = 0; i < std::min(options.refined, groups.size()); ++i)
      for (Gemm gemm : kGemms) {
        const std::vector<Variant> &tiles = groups[i].of(gemm);
        for (size_t j = 0; j < std::min(options.refined, tiles.size()); ++j)
          add(refine(tiles[j]));
      }
  }
  return result;
}

Variant mlir::moe::variantOf(const SchedulePlan &plan, Gemm gemm) {
  return {gemm, gemm == Gemm::up ? plan.up : plan.down, plan.rowAlignment()};
}

std::optional<SchedulePlan> mlir::moe::planWith(const LayerProblem &problem,
                                                const Variant &variant) {
  const bool up = variant.gemm == Gemm::up;
  for (const Schedule &partner : candidates(up ? problem.down : problem.up)) {
    SchedulePlan plan{0, up ? variant.schedule : partner,
                      up ? partner : variant.schedule};
    if (plan.rowAlignment() == variant.rowAlignment)
      return plan;
  }
  return std::nullopt;
}

std::vector<int64_t> mlir::moe::tunedTokens() {
  return {1,  2,   4,   8,   16,   24,   32,   48,   64,
          96, 128, 256, 512, 1024, 1536, 2048, 3072, 4096};
}

std::vector<int64_t> mlir::moe::packedTokens() {
  std::vector<int64_t> tokens = tunedTokens();
  tokens.insert(tokens.end(), {8192, 16384});
  return tokens;
}
