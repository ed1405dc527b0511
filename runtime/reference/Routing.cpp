//===- Routing.cpp - the routing sort, on the host ------------------------===//
#include "runtime/reference/Routing.h"

#include "runtime/Routing.h"

#include <algorithm>

namespace moert::reference {

namespace {

/// Appends one expert's pairs, the padding behind them and their tiles.
void appendExpert(SortedRouting &routing, std::int32_t expert,
                  const std::vector<std::int32_t> &pairs, std::int32_t padding,
                  std::int64_t alignment) {
  const auto first = routing.paddedRows();
  const auto rows = static_cast<std::int64_t>(pairs.size());
  const std::int64_t groups = (rows + alignment - 1) / alignment;
  auto &sorted = routing.sortedTokenIds;
  sorted.insert(sorted.end(), pairs.begin(), pairs.end());
  sorted.resize(first + groups * alignment, padding);
  routing.expertIds.insert(routing.expertIds.end(), groups, expert);
  for (std::int64_t group = 0; group < groups; ++group)
    routing.blockRows.push_back(static_cast<std::int32_t>(
        std::min(alignment, rows - group * alignment)));
  for (std::int64_t row = 0; row < rows; row += kRowsPerTile)
    routing.tiles.push_back({expert, static_cast<std::int32_t>(first + row),
                             static_cast<std::int32_t>(std::min<std::int64_t>(
                                 kRowsPerTile, rows - row))});
  routing.rowsInUse += rows;
  routing.activeExperts += rows > 0;
}

} // namespace

SortedRouting sortByExpert(const std::vector<std::int32_t> &ids,
                           std::int64_t experts, std::int64_t alignment) {
  std::vector<std::vector<std::int32_t>> pairs(experts);
  for (std::size_t pair = 0; pair < ids.size(); ++pair)
    if (ids[pair] >= 0 && ids[pair] < experts)
      pairs[ids[pair]].push_back(static_cast<std::int32_t>(pair));
  SortedRouting routing;
  for (std::int64_t expert = 0; expert < experts; ++expert)
    appendExpert(routing, static_cast<std::int32_t>(expert), pairs[expert],
                 static_cast<std::int32_t>(ids.size()), alignment);
  return routing;
}

std::int64_t sharedRowsBegin(const SortedRouting &routing, std::int64_t tokens,
                             std::int64_t slots, std::int64_t experts,
                             std::int64_t alignment) {
  const std::int64_t none = routing.paddedRows();
  const std::int64_t begin = none - roundUp(tokens, alignment);
  const std::int64_t block = begin / alignment;
  const auto last = static_cast<std::int32_t>(experts - 1);
  if (begin < 0 || routing.expertIds[block] != last ||
      (block > 0 && routing.expertIds[block - 1] == last))
    return none;
  for (std::int64_t token = 0; token < tokens; ++token)
    if (routing.sortedTokenIds[begin + token] != (token + 1) * slots - 1)
      return none;
  return begin;
}

} // namespace moert::reference
