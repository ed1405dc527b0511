//===- RowCounts.h - how many rows experts have -----------------*- C++ -*-===//
//
// What uniform routing leaves of T tokens at each expert of a rank, as expected
// values: no drawing, so that two predictions of one case are equal. Or what
// was counted of other routing.
//
//===----------------------------------------------------------------------===//
#ifndef COMPILER_SCHEDULE_ROWCOUNTS_H
#define COMPILER_SCHEDULE_ROWCOUNTS_H

#include <cstdint>
#include <vector>

namespace mlir::moe {

/// The experts that a rank holds, and how tokens choose among all of them.
struct Routing {
  int64_t experts = 0;       ///< Routed experts of this rank.
  int64_t sharedExperts = 0; ///< Experts that every token visits.
  int64_t globalExperts = 0; ///< Experts that routing draws from.
  int64_t topK = 0;          ///< Of which each token visits so many.
};

/// Row tiles to expect, by what they cost.
struct RowTiles {
  /// [n - 1]: tiles with rows in n runs of 64, the last of them in part.
  std::vector<double> bySlabs;
  /// Those of them that leave the second block of a pair without rows.
  std::vector<double> lone;
  /// Without a row: there because experts are padded to more than a tile.
  double empty = 0;

  double withRows() const;
};

/// Experts by their number of rows, for one number of tokens.
class RowCounts {
public:
  RowCounts(const Routing &routing, int64_t tokens);
  /// The mean of several calls of `tokens` tokens: for each call the rows of
  /// each expert.
  RowCounts(int64_t tokens, const std::vector<std::vector<int64_t>> &calls);

  int64_t tokens() const { return tokenCount; }
  /// Rows of all experts of the rank.
  double rows() const;
  /// Experts with at least one row.
  double touchedExperts() const;
  /// Row tiles of `tileRows` rows where each expert is padded to `alignment`,
  /// a multiple of that. Slabs are counted in the first `blockM` rows of a
  /// tile: where a cluster shares it, those of the block that has most to do.
  RowTiles tiles(int64_t tileRows, int64_t blockM, int64_t alignment) const;

private:
  struct Group {
    int64_t rows;
    double experts;
  };
  std::vector<Group> groups; ///< Those without rows left out.
  int64_t tokenCount;
};

} // namespace mlir::moe

#endif // COMPILER_SCHEDULE_ROWCOUNTS_H
