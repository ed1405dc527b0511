//===- Batches.h - the routings that kernels are timed on -------*- C++ -*-===//
#ifndef TUNER_BATCHES_H
#define TUNER_BATCHES_H

#include "compiler/schedule/RowCounts.h"
#include "runtime/bench/RoutingSource.h"

#include <cstdint>
#include <string>
#include <vector>

namespace moert::tune {

/// Different routings of T tokens, the same each time they are asked for.
///
/// What is drawn (uniform, power_law:S) gives batch b the tokens from b * T on:
/// one permutation of the experts for all. Of files, each may be another layer
/// or another capture: batch b is cut from file b mod files, the cuts of one
/// file spread evenly over its rows.
class Batches {
public:
  /// `choices` are either one drawing or files. Throws bench::InputError.
  Batches(const std::vector<bench::RoutingChoice> &choices,
          const LayerDescription &layer, std::uint64_t seed, int count);

  /// Up to `count` of them, fewer where files are too short for more. Throws
  /// bench::InputError if a file has less than `tokens` rows.
  std::vector<bench::RoutedTokens> of(std::int64_t tokens) const;

  /// Rows of each expert in them; those of uniform routing if all tokens visit
  /// experts of other ranks only.
  mlir::moe::RowCounts rows(std::int64_t tokens) const;

  /// Throws bench::InputError if a file has less than `tokens` rows.
  void require(std::int64_t tokens) const;

  int count() const { return batches; }
  /// As typed, and of files what is in them.
  std::string text() const;

private:
  LayerDescription layer;
  std::vector<bench::RoutingChoice> choices;
  std::vector<bench::RoutingSource> sources;
  int batches;
};

} // namespace moert::tune

#endif // TUNER_BATCHES_H
