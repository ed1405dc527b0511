//===- Schedule.h - how a grouped GEMM is cut up ----------------*- C++ -*-===//
//
// Plain numbers and their laws: no MLIR, so that the tuner can walk thousands
// of schedules. #moe.schedule holds the same numbers and asks the same laws.
//
//===----------------------------------------------------------------------===//
#ifndef COMPILER_SCHEDULE_SCHEDULE_H
#define COMPILER_SCHEDULE_SCHEDULE_H

#include <cstdint>
#include <optional>
#include <string>

namespace mlir::moe {

/// Columns of K that share an activation scale, side of a weight block, and K
/// of one trip through the ring.
inline constexpr int64_t kScaleBlock = 128;
/// Rows of one wgmma: what a consumer warpgroup computes at a time.
inline constexpr int64_t kSlabRows = 64;
/// Threads of a warpgroup.
inline constexpr int64_t kWarpgroup = 128;

/// What the kernel computes, as far as a schedule depends on it.
struct GemmShape {
  int64_t parts = 1; ///< Equal parts of N with a scale grid each (gate, up).
  int64_t partN = 0; ///< Columns of one part.
  int64_t k = 0;
  int64_t nOffset = 0;   ///< Where each part starts in its first scale block.
  int64_t kOffset = 0;   ///< Where K starts in its first scale block.
  bool gathered = false; ///< A is gathered by rows, not sorted.
  /// SwiGLU joins both parts and the result is quantised: a tile holds the same
  /// columns of both, and all those of a scale group.
  bool quantised = false;
  bool added = false;    ///< Rows are added to the result, in memory.
  bool combined = false; ///< The rows of all slots are added to a token's own.
};

struct Schedule {
  int64_t blockM = 128; ///< Rows of a tile: 64, 128 or 256; swapped 8 … 64.
  int64_t blockN = 128; ///< Columns of B of a tile: 64, 128 or 256.
  int64_t blockK = kScaleBlock;
  int64_t stages = 4; ///< Slots of the ring.
  /// Consumer warpgroups; the rows are split among them, swapped the columns.
  int64_t consumers = 2;
  int64_t groupM = 16; ///< Row tiles walked before the column tile changes.
  int64_t producerRegisters = 40; ///< A thread, after setmaxnreg.
  int64_t consumerRegisters = 232;
  /// Blocks that walk neighbouring row tiles of an expert together, so that
  /// each tile of B is read once for all of them. Swapped: blocks that share
  /// the columns of a scale group of the result.
  int64_t cluster = 1;
  /// Columns of B are the rows of wgmma, and rows of A its columns: a tile of
  /// few rows then costs no more than they do.
  bool swapped = false;
  /// Rows of sorted A are copied by the producer's threads, as gathered ones
  /// are, not loaded as boxes by TMA.
  bool copiedRows = false;

  int64_t threads() const { return kWarpgroup * (consumers + 1); }
  /// Rows that a cluster has in hand; experts are padded to multiples of it.
  int64_t clusterRows() const { return swapped ? blockM : blockM * cluster; }
  /// True if each block of a cluster has half of the columns of every scale
  /// group of the result. Such clusters have few tiles, all of about the same
  /// length, which are dealt out in turn, not taken from a counter.
  bool halvesGroups() const { return swapped && cluster > 1; }
  /// Slabs of rows of one consumer warpgroup: of 64, swapped all rows.
  int64_t slabs() const {
    return swapped ? 1 : blockM / (kSlabRows * consumers);
  }

  bool operator==(const Schedule &) const = default;
};

/// The tiles of N: pieces of `pieceN` columns that start on the scale grid.
/// With two parts and two pieces a tile holds the same piece of both parts;
/// otherwise the pieces follow each other, part after part.
struct ColumnTiling {
  ColumnTiling(const GemmShape &gemm, const Schedule &schedule);

  int64_t pieceN;     ///< Columns of B with one scale: those of one wgmma, or
                      ///< swapped 64 for each consumer warpgroup.
  int64_t pieces;     ///< Of a tile.
  int64_t firstPiece; ///< Pieces of the first scale block before column 0.
  int64_t partPieces; ///< Pieces that hold a column of one part.
  bool paired;        ///< A tile holds one piece of each part.
  bool narrowLast; ///< The last of several tiles has columns in the first half
                   ///< of its pieces only: nothing else is loaded for it.
  int64_t tiles;   ///< Column tiles of the whole GEMM; those that a cluster
                   ///< shares follow each other.
};

/// Trips through the ring for one tile: K blocks on the scale grid.
int64_t kBlocks(const GemmShape &gemm);

/// True if the producer's threads copy A row by row: always where it is
/// gathered, which TMA cannot do, and where the schedule says so.
bool copiesRows(const GemmShape &gemm, const Schedule &schedule);

/// True if the kernel may count the rows that it stores, for the next one to
/// begin with: those of two warpgroups whose rows are gathered. Fewer rows are
/// for where memory binds, and the producer has no time to count.
bool mayCountRows(const GemmShape &gemm, const Schedule &schedule);

/// The first law of #moe.schedule that is broken, with its number, what was
/// wanted and what was got; none if the schedule is legal by itself.
std::optional<std::string> brokenLaw(const Schedule &schedule);

/// As above, for the laws that depend on the GEMM (and on nothing else).
std::optional<std::string> brokenLaw(const Schedule &schedule,
                                     const GemmShape &gemm);

/// What somebody asks of a schedule; the rest is chosen to fit.
struct ScheduleRequest {
  std::optional<int64_t> blockM, blockN, stages, consumers, groupM,
      producerRegisters, consumerRegisters, cluster,
      swapped,    ///< 0 or 1.
      copiedRows; ///< 0 or 1.
};

/// The schedule of a kernel: what was asked for, the rest by rule. It may be
/// illegal if what was asked for is; ask brokenLaw.
Schedule chooseSchedule(const GemmShape &gemm,
                        const ScheduleRequest &request = {});

/// The same schedule with the rows of A copied, or loaded by TMA. Registers
/// that follow the rule go on to do so.
Schedule withCopiedRows(const GemmShape &gemm, Schedule schedule, bool copied);

} // namespace mlir::moe

#endif // COMPILER_SCHEDULE_SCHEDULE_H
