//===- Plans.cpp ----------------------------------------------------------===//

#include "compiler/schedule/Plans.h"
#include "compiler/schedule/Candidates.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

using namespace mlir::moe;

int64_t SchedulePlan::rowAlignment() const {
  return std::lcm(up.clusterRows(), down.clusterRows());
}

static PlanTimes timesOf(const LayerProblem &problem, const SchedulePlan &plan,
                         const RowCounts &rows) {
  int64_t alignment = plan.rowAlignment();
  return {predict(rows, problem.up, plan.up, alignment).total,
          predict(rows, problem.down, plan.down, alignment).total};
}

PlanTimes mlir::moe::predict(const LayerProblem &problem,
                             const SchedulePlan &plan, int64_t tokens) {
  return timesOf(problem, plan, RowCounts(problem.routing, tokens));
}

/// A gain in units of what is worth a change: a share of `time`, and no less
/// than options.leastGain.
static double worthOf(double gain, double time, double share,
                      const PlanOptions &options) {
  return gain / std::max(share * time, options.leastGain);
}

//===----------------------------------------------------------------------===//
// The best plan for one number of tokens
//===----------------------------------------------------------------------===//

namespace {

/// The schedules of both kernels to choose from, the rule's own first.
struct Choices {
  Choices(const LayerProblem &problem, const PlanOptions &options)
      : up(candidates(problem.up, {options.swapped})),
        down(candidates(problem.down, {options.swapped})) {
    for (const Schedule &u : up)
      for (const Schedule &d : down)
        if (int64_t both = std::lcm(u.clusterRows(), d.clusterRows());
            both <= kMostRowAlignment)
          alignments.insert(both);
  }

  SchedulePlan rule() const { return {0, up.front(), down.front()}; }

  std::vector<Schedule> up, down;
  std::set<int64_t> alignments; ///< That some pair of them needs.
};

} // namespace

/// The fastest of `from` that can walk experts padded to `alignment` rows;
/// the first of them unless another is faster by more than loyalty to it.
static const Schedule *fastest(const std::vector<Schedule> &from,
                               const RowCounts &rows, const GemmShape &gemm,
                               int64_t alignment, const PlanOptions &options) {
  const Schedule *best = nullptr;
  double least = std::numeric_limits<double>::infinity(), first = least;
  for (const Schedule &schedule : from) {
    if (alignment % schedule.clusterRows() != 0)
      continue;
    double time = predict(rows, gemm, schedule, alignment).total;
    if (&schedule == &from.front())
      first = time;
    if (time < least) {
      least = time;
      best = &schedule;
    }
  }
  return best && worthOf(first - least, least, options.loyalty, options) <= 1
             ? &from.front()
             : best;
}

/// Low tiles of one kernel make the other, if its tiles are high, walk tiles
/// without rows; so both are chosen for each padding that some pair needs.
static SchedulePlan bestPlan(const LayerProblem &problem,
                             const Choices &choices, const RowCounts &rows,
                             const PlanOptions &options) {
  const SchedulePlan rule = choices.rule();
  const double ofRule = timesOf(problem, rule, rows).total();
  SchedulePlan best = rule;
  PlanTimes least = timesOf(problem, best, rows);
  for (int64_t alignment : choices.alignments) {
    const Schedule *up =
        fastest(choices.up, rows, problem.up, alignment, options);
    const Schedule *down =
        fastest(choices.down, rows, problem.down, alignment, options);
    if (!up || !down)
      continue;
    SchedulePlan plan{0, *up, *down};
    PlanTimes times = timesOf(problem, plan, rows);
    if (times.total() < least.total()) {
      least = times;
      best = plan;
    }
  }
  // Measured by the kernels that would change: the other has no error in this.
  double changed = (best.up == rule.up ? 0 : least.up) +
                   (best.down == rule.down ? 0 : least.down);
  double gain = ofRule - least.total();
  return worthOf(gain, changed, options.loyalty, options) <= 1 ? rule : best;
}

//===----------------------------------------------------------------------===//
// From a plan for each number of tokens to a few
//===----------------------------------------------------------------------===//

namespace {

/// Numbers of tokens that are looked at: 1, 2, 3, 4, 6, 8, 12 …
std::vector<int64_t> tokenGrid() {
  std::vector<int64_t> grid;
  for (int64_t tokens = kFewestTokens; tokens <= kMostTokens; tokens *= 2) {
    grid.push_back(tokens);
    if (tokens > 1 && tokens < kMostTokens)
      grid.push_back(tokens + tokens / 2);
  }
  return grid;
}

/// Neighbouring numbers of tokens that one plan serves.
struct Range {
  size_t first, last;
  SchedulePlan plan;
};

class PlanTable {
public:
  PlanTable(const LayerProblem &problem, const PlanOptions &options)
      : problem(problem), options(options), grid(tokenGrid()) {
    Choices choices(problem, options);
    for (size_t i = 0; i < grid.size(); ++i) {
      rows.emplace_back(problem.routing, grid[i]);
      ranges.push_back({i, i, bestPlan(problem, choices, rows[i], options)});
      least.push_back(timesOf(problem, ranges[i].plan, rows[i]).total());
    }
  }

  /// Joins the two neighbours that lose least by it, again and again.
  void merge() {
    while (ranges.size() > 1) {
      size_t where = 0;
      Range joined = join(0);
      for (size_t i = 1; i + 1 < ranges.size(); ++i)
        if (Range other = join(i); loss(other) < loss(joined)) {
          joined = other;
          where = i;
        }
      if (loss(joined) >= 1 && ranges.size() <= options.most)
        return;
      ranges[where] = joined;
      ranges.erase(ranges.begin() + int64_t(where) + 1);
    }
  }

  std::vector<SchedulePlan> plans() const {
    std::vector<SchedulePlan> result;
    for (const Range &range : ranges) {
      result.push_back(range.plan);
      result.back().fromTokens = range.first == 0 ? 0 : grid[range.first];
    }
    return result;
  }

private:
  /// Range `i` and the next with the plan of one of them.
  Range join(size_t i) const {
    Range left{ranges[i].first, ranges[i + 1].last, ranges[i].plan};
    Range right{left.first, left.last, ranges[i + 1].plan};
    return loss(right) < loss(left) ? right : left;
  }

  /// The most that the best plan of one of a range's numbers of tokens would
  /// gain over the range's.
  double loss(const Range &range) const {
    double most = 0;
    for (size_t i = range.first; i <= range.last; ++i) {
      double time = timesOf(problem, range.plan, rows[i]).total();
      most = std::max(
          most, worthOf(time - least[i], least[i], options.worth, options));
    }
    return most;
  }

  const LayerProblem &problem;
  const PlanOptions &options;
  std::vector<int64_t> grid;
  std::vector<RowCounts> rows; ///< By number of tokens.
  std::vector<double> least;   ///< µs, by number of tokens.
  std::vector<Range> ranges;
};

} // namespace

std::vector<SchedulePlan> mlir::moe::choosePlans(const LayerProblem &problem,
                                                 const PlanOptions &options) {
  PlanTable table(problem, options);
  table.merge();
  return table.plans();
}

SchedulePlan mlir::moe::planBeside(const LayerProblem &problem,
                                   const std::optional<Schedule> &up,
                                   const std::optional<Schedule> &down,
                                   int64_t tokens) {
  using List = std::vector<Schedule>;
  const List ups = up ? List{*up} : candidates(problem.up);
  const List downs = down ? List{*down} : candidates(problem.down);
  RowCounts rows(problem.routing, tokens);
  SchedulePlan best{0, ups.front(), downs.front()};
  double least = std::numeric_limits<double>::infinity();
  if (ups.size() * downs.size() == 1)
    return best;
  for (const Schedule &u : ups)
    for (const Schedule &d : downs) {
      SchedulePlan plan{0, u, d};
      if (plan.rowAlignment() > kMostRowAlignment)
        continue;
      if (double time = timesOf(problem, plan, rows).total(); time < least) {
        least = time;
        best = plan;
      }
    }
  return best;
}

const SchedulePlan &mlir::moe::planOf(const std::vector<SchedulePlan> &plans,
                                      int64_t tokens) {
  const SchedulePlan *found = &plans.front();
  for (const SchedulePlan &plan : plans)
    if (plan.fromTokens <= tokens)
      found = &plan;
  return *found;
}
