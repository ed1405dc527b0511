//===- Space.h - the kernels that a tuner tries -----------------*- C++ -*-===//
//
// Pure like Candidates: which kernels of a layer are worth measuring for a
// number of tokens. Up and down meet in one number, the rows that experts are
// padded to, so both are looked at together for each such number.
//
//===----------------------------------------------------------------------===//
#ifndef COMPILER_SCHEDULE_SPACE_H
#define COMPILER_SCHEDULE_SPACE_H

#include "compiler/schedule/Plans.h"

#include <string>
#include <vector>

namespace mlir::moe {

/// Which GEMM of a layer.
enum class Gemm { up, down };
inline constexpr Gemm kGemms[] = {Gemm::up, Gemm::down};
inline constexpr Gemm other(Gemm gemm) {
  return gemm == Gemm::up ? Gemm::down : Gemm::up;
}

/// One kernel. What experts are padded to is compiled into it.
struct Variant {
  Gemm gemm = Gemm::up;
  Schedule schedule;
  int64_t rowAlignment = 0; ///< A multiple of schedule.clusterRows().

  /// Its own among all variants of a layer: `up_8x128_swapped_w1c2s10g16_a8`
  /// has 1 consumer warpgroup, clusters of 2, 10 stages, group_m 16, and
  /// experts padded to 8 rows.
  std::string name() const;
  bool operator==(const Variant &) const = default;
};

/// Whether they differ in the depth of the ring and the order of tiles at most.
bool sameTile(const Schedule &a, const Schedule &b);

/// What is tried together: variants padded to the same number of rows, those
/// with the least predicted time of a pair first. Of each tile there is the one
/// with the depth and the order that the rule would choose: the model can
/// hardly tell the others from it, so refine() has them once a tile is among
/// the fastest.
struct SpaceGroup {
  int64_t rowAlignment = 0;
  double predicted = 0; ///< µs of the best pair.
  std::vector<Variant> up, down;

  const std::vector<Variant> &of(Gemm gemm) const {
    return gemm == Gemm::up ? up : down;
  }
};

/// How much is tried at a number of tokens.
struct SpaceOptions {
  double share = 0.2;  ///< A variant stays if some pair with it is predicted to
                       ///< take no longer than the best pair by this share.
  size_t most = 7;     ///< Tiles of a GEMM in a group.
  size_t paddings = 4; ///< Groups.
  size_t refined = 2; ///< Tiles of a GEMM that are refined, and groups in which
                      ///< they are.
};

/// Whether both can stand in one plan: they are padded to the same number of
/// rows, and to no more than the two need.
bool canPair(const Variant &up, const Variant &down);

/// The kernels of a layer that are worth trying.
class Space {
public:
  explicit Space(const LayerProblem &problem, const SpaceOptions &options = {});

  /// The groups for calls with these rows, at least one, or for `tokens` tokens
  /// on uniform routing; the one with the fastest pair first. Each variant has
  /// a partner in its group.
  std::vector<SpaceGroup> at(const RowCounts &rows) const;
  std::vector<SpaceGroup> at(int64_t tokens) const;

  /// Other depths and orders of a variant's tile, padded alike.
  std::vector<Variant> refine(const Variant &variant) const;

  /// What a pack holds for these numbers of tokens: all that at() gives, and
  /// what refine() gives for the tiles that should be fastest. Each once, in
  /// the order in which they are wanted.
  std::vector<Variant> all(const std::vector<int64_t> &tokens) const;

private:
  const LayerProblem problem;
  const SpaceOptions options;
  std::vector<Schedule> up, down; ///< Every candidate.
  std::vector<int64_t> paddings;  ///< That some pair of them needs.
};

/// The numbers of tokens that other tuners' files have, 1 to 4096, and that a
/// tuner looks at unless it is told others.
std::vector<int64_t> tunedTokens();
/// Those, 8192 and 16384: what a pack is for.
std::vector<int64_t> packedTokens();

/// A plan whose kernel for variant.gemm is `variant`: the other schedule is one
/// that makes the plan pad as the variant does. Nothing if none does.
std::optional<SchedulePlan> planWith(const LayerProblem &problem,
                                     const Variant &variant);

/// Both kernels of a plan.
Variant variantOf(const SchedulePlan &plan, Gemm gemm);

} // namespace mlir::moe

#endif // COMPILER_SCHEDULE_SPACE_H
