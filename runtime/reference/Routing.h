//===- Routing.h - the routing sort, on the host ----------------*- C++ -*-===//
#ifndef MOE_RUNTIME_REFERENCE_ROUTING_H
#define MOE_RUNTIME_REFERENCE_ROUTING_H

#include "runtime/reference/Problem.h"

#include <cstdint>
#include <vector>

namespace moert::reference {

/// (token, slot) pairs sorted by expert, stably, each expert's rows padded to
/// a multiple of the alignment; ids outside 0 ... E-1 are left out.
struct SortedRouting {
  std::vector<std::int32_t> sortedTokenIds; ///< token * S + slot; P: padding.
  std::vector<std::int32_t> expertIds;      ///< One for `alignment` rows.
  std::vector<std::int32_t> blockRows; ///< Pairs among each `alignment` rows.
  std::vector<RowTile> tiles;          ///< Rows in use, 64 at a time.
  std::int64_t rowsInUse = 0;          ///< Pairs of experts that we have.
  std::int64_t activeExperts = 0;      ///< Experts with at least one row.

  /// num_tokens_post_padded.
  std::int64_t paddedRows() const {
    return static_cast<std::int64_t>(sortedTokenIds.size());
  }
};

/// `ids` are [T, S] row major, so pairs come by token, then by slot.
SortedRouting sortByExpert(const std::vector<std::int32_t> &ids,
                           std::int64_t experts, std::int64_t alignment);

/// Where the rows of the last expert begin if they are those of every token's
/// last slot, one a token and in their order; else paddedRows(). `routing` is
/// the sort of T tokens with S slots.
std::int64_t sharedRowsBegin(const SortedRouting &routing, std::int64_t tokens,
                             std::int64_t slots, std::int64_t experts,
                             std::int64_t alignment);

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_ROUTING_H
