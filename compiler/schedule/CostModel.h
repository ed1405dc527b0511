//===- CostModel.h - the time a kernel should take --------------*- C++ -*-===//
//
// A prediction from bytes, instructions and waves, good enough to rank
// schedules: what is close is for a measurement to decide. All it knows of the
// GPU stands in one table, each number with the measurement it comes from.
//
//===----------------------------------------------------------------------===//
#ifndef COMPILER_SCHEDULE_COSTMODEL_H
#define COMPILER_SCHEDULE_COSTMODEL_H

#include "compiler/schedule/RowCounts.h"
#include "compiler/schedule/Schedule.h"

#include <cstddef>
#include <vector>

namespace mlir::moe {

/// An H200. Times in µs, sizes in bytes, rates in bytes per µs. "Fitted" means
/// to the times of whole kernels that tests/compiler/schedule compares with.
struct CostTable {
  double multiprocessors = 132;

  // What a launch costs whatever it does.
  double launch = 6.5; ///< With the first loads of cold memory; fitted, T = 1.

  // Memory.
  double dram = 4.25e6;   ///< Copy of device to device.
  double drift = 0.15;    ///< Of what all SMs' tiles of weights take, the share
                          ///< that is lost at the end: streams in tiles of 128
                          ///< and 256 columns differ by 9, 10 and 6 µs at T =
                          ///< 16, 64 and 256.
  double shortRow = 16;   ///< Bytes that a row of K costs beside itself: rows
                          ///< of 256 stream at 3.92, of 7168 at 4.21 TB/s,
                          ///< start included.
  double rowsOut = 3.2e6; ///< Scattered rows leaving the SMs, sent by warps of
                          ///< their own; fitted.
  double unordered = 1.26; ///< Times more where they leave slab by slab, or are
                           ///< added row by row: 704 µs to 560.
  double l2ToSms = 9.0e6;  ///< Most that any tile drew; fitted, 64-row tiles.
  double l2ToSmsSwapped = 8.6e6; ///< The same of swapped tiles: loads of nearly
                                 ///< nothing but boxes; fitted, T = 512.
  double l2Held = 42e6;     ///< Bytes that stay in L2 when a kernel ends, and
                            ///< that it finds there dirty when it starts.
  double writtenBack = 0.4; ///< Of a kernel's reads, what dirty lines they
                            ///< replace, as long as there are any; fitted.
  double reread = 0.9;      ///< Of weights that several row tiles read and L2
                            ///< does not hold, the share that comes again from
                            ///< DRAM: up read 1.93 GB, 1.03 would do.
  double rereadSwapped = 0.1;  ///< The same of swapped tiles: an expert's are
                               ///< walked at the same time; fitted, T = 512.
  double bytesPerSm = 0.117e6; ///< Loads of an SM among idle ones: 18 blocks of
                               ///< 256 columns stream up's weights in 16 µs.
  double latency = 1.0; ///< A loaded DRAM's; bytes in flight wait so long.

  // A consumer warpgroup's K block: wgmma, promotion, barriers. Alone on its
  // SM, then beside another one; fixed, and per column of accumulators.
  double loneBlock = 0.08, loneColumn = 0.0021;
  double sharedBlock = 0.20, sharedColumn = 0.0025;
  /// Each further slab of a warpgroup: its wgmmas wait for those before;
  /// fitted, tiles of 256 rows.
  double furtherSlab = 0.35;
  /// wgmma and adds of a whole SM at the rate of a dense block-scaled GEMM,
  /// 1388 TFLOP/s: per row and column of a K block.
  double product = 2.0 * 128 * 132 / 1388e6;
  double gatheredRow = 0.0030; ///< A producer's copies of one row; fitted,
                               ///< tiles of 256 rows.
  // The same of a swapped tile: for each product, and per row; fitted,
  // T = 1.
  double swappedBlock = 0.10, swappedRow = 0.0032;

  // What stands between two tiles: stores, the next tile's number.
  double tileEnd = 0.35, tileEndColumn = 0.0005; ///< Fitted, down.
  double activation = 2.1;  ///< SwiGLU and quantisation of 128x256: 4 % of a
                            ///< tile at H = 7168, 12 % at H = 2048.
  double loneShare = 0.8;   ///< Of that, where one warpgroup is alone.
  double narrowTile = 0.66; ///< Of a tile's time, what a narrow one takes: 0.62
                            ///< to 0.73, I = 192 and 320, T >= 8192.
  double exchange = 0.6;    ///< Row maxima across the warps of a swapped tile,
                            ///< or of a cluster's; a guess.
  double lonePair = 0.15; ///< Two blocks that stream the columns of one tile in
                          ///< step: what memory takes longer; fitted, clusters
                          ///< of 2x128 rows of up, T = 1024 to 16384.
  double pairEnd = 1.1; ///< Until the rows of both blocks of a pair have left;
                        ///< fitted, the same of down.
  double emptyTile = 0.4; ///< Taken, found empty and left; a guess.
  double inTurn = 0.5;    ///< Tiles a cluster waits at the end where they are
                          ///< dealt out, not taken: pairs of row tiles lost
                          ///< 9 % that way; from before any were paced.

  /// How far the time of SMs and that of DRAM overlap: the larger counts, and
  /// the more the nearer they are, as their norm of this order.
  double overlap = 4;
};

inline constexpr CostTable kH200;

/// What a prediction is made of, in µs.
struct Prediction {
  double total = 0;
  double tiles = 0; ///< The SMs' work, cut into waves.
  double l2 = 0;    ///< Bytes to the SMs.
  double dram = 0;  ///< Bytes to and from memory.
};

/// The time of one launch whose experts are padded to `rowAlignment` rows, a
/// multiple of the schedule's clusterRows(); a legal schedule is expected.
Prediction predict(const RowCounts &rows, const GemmShape &gemm,
                   const Schedule &schedule, int64_t rowAlignment,
                   const CostTable &table = kH200);

/// The `keep` schedules of `from` that should take least time, fastest first,
/// each with its experts padded to what it needs itself.
std::vector<Schedule> prune(const std::vector<Schedule> &from,
                            const RowCounts &rows, const GemmShape &gemm,
                            size_t keep, const CostTable &table = kH200);

} // namespace mlir::moe

#endif // COMPILER_SCHEDULE_COSTMODEL_H
