//===- RowCounts.cpp ------------------------------------------------------===//

#include "compiler/schedule/RowCounts.h"
#include "compiler/schedule/Schedule.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

using namespace mlir::moe;

static int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

double RowTiles::withRows() const {
  return std::accumulate(bySlabs.begin(), bySlabs.end(), 0.0);
}

/// P(n successes of `trials` at `p`).
static double binomial(int64_t trials, int64_t n, double p) {
  if (p >= 1)
    return n == trials ? 1 : 0;
  double choose = std::lgamma(trials + 1) - std::lgamma(n + 1) -
                  std::lgamma(trials - n + 1);
  return std::exp(choose + n * std::log(p) + (trials - n) * std::log1p(-p));
}

/// A token visits topK different experts, each with the same probability, and
/// tokens do not know of each other: the rows of one expert are binomial.
RowCounts::RowCounts(const Routing &routing, int64_t tokens)
    : tokenCount(tokens) {
  constexpr double reach = 8; // standard deviations: beyond lie 1e-15
  double p = double(routing.topK) / double(routing.globalExperts);
  double mean = double(tokens) * p;
  double width = reach * std::sqrt(mean * (1 - p)) + reach;
  auto first = std::max<int64_t>(1, int64_t(mean - width));
  int64_t last = std::min<int64_t>(tokens, int64_t(mean + width));
  for (int64_t rows = first; rows <= last; ++rows)
    groups.push_back(
        {rows, double(routing.experts) * binomial(tokens, rows, p)});
  if (routing.sharedExperts && tokens)
    groups.push_back({tokens, double(routing.sharedExperts)});
}

RowCounts::RowCounts(int64_t tokens,
                     const std::vector<std::vector<int64_t>> &calls)
    : tokenCount(tokens) {
  std::map<int64_t, double> experts; // by their rows
  for (const std::vector<int64_t> &call : calls)
    for (int64_t rows : call)
      if (rows > 0)
        experts[rows] += 1 / double(calls.size());
  for (auto [rows, count] : experts)
    groups.push_back({rows, count});
}

double RowCounts::rows() const {
  double sum = 0;
  for (const Group &group : groups)
    sum += group.experts * double(group.rows);
  return sum;
}

double RowCounts::touchedExperts() const {
  double sum = 0;
  for (const Group &group : groups)
    sum += group.experts;
  return sum;
}

RowTiles RowCounts::tiles(int64_t tileRows, int64_t blockM,
                          int64_t alignment) const {
  RowTiles result;
  result.bySlabs.resize(ceilDiv(blockM, kSlabRows));
  result.lone.resize(result.bySlabs.size());
  auto slabsOf = [&](int64_t rows) {
    return ceilDiv(std::min(rows, blockM), kSlabRows);
  };
  for (const Group &group : groups) {
    int64_t full = group.rows / tileRows, rest = group.rows % tileRows;
    result.bySlabs.back() += group.experts * double(full);
    if (rest)
      result.bySlabs[slabsOf(rest) - 1] += group.experts;
    if (rest && tileRows > blockM && rest <= blockM)
      result.lone[slabsOf(rest) - 1] += group.experts;
    int64_t padded = ceilDiv(group.rows, alignment) * (alignment / tileRows);
    result.empty +=
        group.experts * double(padded - ceilDiv(group.rows, tileRows));
  }
  return result;
}
