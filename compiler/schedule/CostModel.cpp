//===- CostModel.cpp ------------------------------------------------------===//

#include "compiler/schedule/CostModel.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mlir::moe;

namespace {

/// One GEMM with one schedule: what its tiles cost, one by one and together.
class Kernel {
public:
  Kernel(const RowCounts &rows, const GemmShape &gemm, const Schedule &schedule,
         int64_t rowAlignment, const CostTable &table)
      : rows(rows), gemm(gemm), s(schedule), table(table),
        rowTiles(rows.tiles(s.clusterRows(), s.blockM, rowAlignment)) {
    ColumnTiling columns(gemm, s);
    columnTiles = double(columns.tiles);
    if (columns.narrowLast)
      columnTiles -= 1 - table.narrowTile;
    if (s.swapped)
      columnTiles /= double(s.cluster);
  }

  Prediction predict() const {
    Prediction result;
    result.tiles = tilesTime();
    result.l2 =
        bytesToSms() / (s.swapped ? table.l2ToSmsSwapped : table.l2ToSms);
    result.dram = dramTime() + drift();
    double sms = std::max(result.tiles, result.l2), p = table.overlap;
    result.total = table.launch +
                   std::pow(std::pow(sms, p) + std::pow(result.dram, p), 1 / p);
    return result;
  }

private:
  double blockTime(int64_t slabs) const;
  double chainTime(int64_t slabs) const;
  double endTime(int64_t slabs) const;
  double tilesTime() const;
  double bytesToSms() const;
  double rereadShare() const;
  double dramTime() const;
  double loneShare() const;
  double drift() const;

  /// Bytes of A and B that a K block of one tile brings to its SM.
  double blockBytes(int64_t slabs) const {
    int64_t rowsOfA = s.swapped ? s.blockM : slabs * kSlabRows;
    return double((rowsOfA + s.blockN) * kScaleBlock);
  }

  const RowCounts &rows;
  const GemmShape &gemm;
  const Schedule &s;
  const CostTable &table;
  RowTiles rowTiles;  ///< Of a cluster.
  double columnTiles; ///< Of a cluster; a narrow one counts for what it costs.
};

} // namespace

/// What a consumer warpgroup goes through for a K block of a tile with rows in
/// `slabs` slabs: wgmmas and adds, one after the other.
double Kernel::chainTime(int64_t slabs) const {
  if (s.swapped) {
    double products = double(s.blockN) / double(kSlabRows * s.consumers);
    return products *
           (table.swappedBlock + table.swappedRow * double(s.blockM));
  }
  int64_t own = std::min(slabs, s.slabs());
  auto columns = double(own * s.blockN);
  double further = double(own - 1) * table.furtherSlab;
  if (slabs <= s.slabs()) // all in the first consumer
    return table.loneBlock + table.loneColumn * columns + further;
  return table.sharedBlock + table.sharedColumn * columns + further;
}

/// A K block takes as long as the slowest of those who have to do with it.
double Kernel::blockTime(int64_t slabs) const {
  double bytes = blockBytes(slabs);
  double rate =
      std::min(table.bytesPerSm, bytes * double(s.stages) / table.latency);
  auto rowsOfA = double(s.swapped ? s.blockM : slabs * kSlabRows);
  double products = table.product * rowsOfA * double(s.blockN);
  double gather = copiesRows(gemm, s) ? table.gatheredRow * rowsOfA : 0;
  return std::max({chainTime(slabs), bytes / rate, products, gather});
}

/// Between the last K block of a tile and the first of the next one.
double Kernel::endTime(int64_t slabs) const {
  double columns = double(s.blockN);
  if (gemm.quantised) {
    // In proportion to what a thread has of the tile.
    double perThread = s.swapped ? double(s.blockM) * columns /
                                       double(s.consumers * kSlabRows * 256)
                                 : double(s.slabs()) * columns / 256;
    bool alone = slabs <= s.slabs() && !s.swapped;
    return table.tileEnd +
           table.activation * perThread * (alone ? table.loneShare : 1) +
           (s.swapped ? table.exchange : 0);
  }
  if (s.swapped)
    columns *= double(s.blockM) / double(kSlabRows * s.consumers);
  else
    columns *= double(s.slabs());
  double pair = s.cluster > 1 ? table.pairEnd : 0;
  return table.tileEnd + table.tileEndColumn * columns + pair;
}

/// The time in which blocks take all tiles. Few waves end together; of many,
/// whose tiles took a little more or less, half a tile remains at the end.
double Kernel::tilesTime() const {
  double slots = std::floor(table.multiprocessors / double(s.cluster));
  auto kBlocks = double(mlir::moe::kBlocks(gemm));
  double tiles = 0, work = 0;
  for (size_t i = 0; i < rowTiles.bySlabs.size(); ++i) {
    auto slabs = int64_t(i) + 1;
    // Both blocks of a pair walk a lone tile, two columns at a time.
    double lone = rowTiles.lone[i];
    double count = (rowTiles.bySlabs[i] - lone) * columnTiles +
                   lone * std::ceil(columnTiles / 2);
    tiles += count;
    work += count * (kBlocks * blockTime(slabs) + endTime(slabs));
  }
  if (tiles == 0)
    return 0;
  double waves = tiles / slots, alone = 1 / std::ceil(waves);
  double tail = s.halvesGroups() ? 0.5 + table.inTurn : 0.5;
  if (waves > 1)
    waves = alone * std::ceil(waves) + (1 - alone) * (waves + tail);
  else
    waves = 1;
  double empty = rowTiles.empty * columnTiles * table.emptyTile / slots;
  return waves * work / tiles + empty;
}

double Kernel::bytesToSms() const {
  double perRowTile = 0;
  // Blocks of a cluster that have rows of their own share what they load of B.
  double blocks = double(s.cluster), shared = s.swapped ? 1 : blocks;
  for (size_t i = 0; i < rowTiles.bySlabs.size(); ++i) {
    double own = blockBytes(int64_t(i) + 1), lone = rowTiles.lone[i];
    double b = double(s.blockN * kScaleBlock);
    perRowTile +=
        (rowTiles.bySlabs[i] - lone) * blocks * (own - b + b / shared) +
        lone * own;
  }
  return perRowTile * columnTiles * double(mlir::moe::kBlocks(gemm));
}

/// Blocks at work drift apart by up to a tile, so L2 would have to hold the
/// weights of all their tiles; row tiles of an expert have the same.
double Kernel::rereadShare() const {
  double together = rowTiles.withRows() / rows.touchedExperts();
  double panels = table.multiprocessors / together;
  double bytes = panels * double(s.blockN * gemm.k);
  return (s.swapped ? table.rereadSwapped : table.reread) *
         std::max(0.0, 1 - table.l2Held / bytes);
}

/// Weights once for each expert, and in part again for each further row tile
/// of it; A once; the result, and what else has to leave L2 for all this.
double Kernel::dramTime() const {
  auto k = double(gemm.k), n = double(gemm.parts * gemm.partN);
  double touched = rows.touchedExperts(), tiles = rowTiles.withRows();
  double weights = n * k * (touched + rereadShare() * (tiles - touched));
  double a = k * (gemm.gathered ? double(rows.tokens()) : rows.rows());
  double reads = weights + a;
  double writtenBack = std::min(table.l2Held, table.writtenBack * reads);
  double out = rows.rows() * (gemm.quantised ? n / 2 : 2 * n);
  double leaving = std::max(0.0, out - table.l2Held) / table.rowsOut;
  // Rows leave whole where neighbours in N follow each other; what is added to
  // stays in L2 where they do not (see chooseSchedule).
  constexpr int64_t aboutAllRows = 64;
  bool slabMajor = s.groupM > aboutAllRows,
       wanted = gemm.added && gemm.partN >= 4096;
  if (!gemm.quantised && slabMajor != wanted)
    leaving *= table.unordered;
  double inStep = 1 + table.lonePair * loneShare();
  return (reads + writtenBack) * (1 + table.shortRow / k) / table.dram *
             inStep +
         leaving;
}

/// Of the tiles that clusters take, those that leave one block without rows.
double Kernel::loneShare() const {
  double lone =
      std::accumulate(rowTiles.lone.begin(), rowTiles.lone.end(), 0.0);
  return lone > 0 ? lone / rowTiles.withRows() : 0;
}

/// Blocks that stream come to their ends one after the other, a tile apart at
/// most, and the last of them leave DRAM idle: the more, the larger a tile.
double Kernel::drift() const {
  double tiles = rowTiles.withRows() * columnTiles * double(s.cluster);
  double atOnce = std::min(tiles, table.multiprocessors);
  return table.drift * atOnce * double(s.blockN * gemm.k) / table.dram;
}

Prediction mlir::moe::predict(const RowCounts &rows, const GemmShape &gemm,
                              const Schedule &schedule, int64_t rowAlignment,
                              const CostTable &table) {
  return Kernel(rows, gemm, schedule, rowAlignment, table).predict();
}

std::vector<Schedule> mlir::moe::prune(const std::vector<Schedule> &from,
                                       const RowCounts &rows,
                                       const GemmShape &gemm, size_t keep,
                                       const CostTable &table) {
  std::vector<std::pair<double, size_t>> timed; // equals in their order
  for (size_t i = 0; i < from.size(); ++i)
    timed.emplace_back(
        predict(rows, gemm, from[i], from[i].clusterRows(), table).total, i);
  std::sort(timed.begin(), timed.end());
  std::vector<Schedule> kept;
  for (size_t i = 0; i < std::min(keep, timed.size()); ++i)
    kept.push_back(from[timed[i].second]);
  return kept;
}
