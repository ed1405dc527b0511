//===- Consumer.cpp - the role that drains the ring -----------------------===//

#include "compiler/moe-to-pipe/KernelWriter.h"
#include "compiler/schedule/Resources.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::moe;
using namespace mlir::pipe;

void KernelWriter::writeConsumer() {
  writeRole(RoleKind::Consumer, schedule.consumers, schedule.consumerRegisters,
            [&](const Tile &tile) {
              writeByWidth(tile, [&] { writeTileIfRows(tile); });
            });
}

/// A tile has rows, but perhaps none for the second warpgroup, or for the
/// second block of a cluster. Swapped, all share them.
void KernelWriter::writeTileIfRows(const Tile &tile) {
  if (schedule.consumers * schedule.cluster == 1 || schedule.swapped)
    return writeTile(tile);
  writeIf(
      HoldsRowsOp::create(b, b.getI1Type(), tile.rows),
      [&] { writeTile(tile); }, [&] { writeEmptyDrains(); });
}

void KernelWriter::writeTile(const Tile &tile) {
  SmallVector<ColumnPiece> pieces = columnPieces(tile.column);
  RowTargets targets = readRowTargets(tile.row);
  Accumulators sums = writeKLoop();
  writeEpilogue(sums, targets, tile, pieces);
}

/// A warpgroup without rows only hands the slots back, in step with the others.
void KernelWriter::writeEmptyDrains() {
  auto writeEmptyDrain = [&](Value of, RingType type) {
    auto drain = DrainOp::create(b, TypeRange(), of);
    OpBuilder::InsertionGuard guard(b);
    openSlot(type, drain.getBody());
    YieldOp::create(b);
  };
  forGroups([&](Value) {
    if (!scaleRing)
      return writeEmptyDrain(ring, ringType());
    writeEmptyDrain(scaleRing, scaleRingType());
    forBlocks([&](Value) { writeEmptyDrain(ring, ringType()); });
  });
}

/// The sums slab by slab; and back.
SmallVector<Value> KernelWriter::flatten(const Accumulators &sums) {
  SmallVector<Value> flat;
  for (ArrayRef<Value> slab : sums)
    llvm::append_range(flat, slab);
  return flat;
}

KernelWriter::Accumulators KernelWriter::unflatten(ValueRange flat) {
  Accumulators sums;
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab) {
    sums.emplace_back(flat.take_front(columns.pieces));
    flat = flat.drop_front(columns.pieces);
  }
  return sums;
}

KernelWriter::Accumulators KernelWriter::writeKLoop() {
  Value zero = ZerosOp::create(b, accType());
  Accumulators zeros(schedule.slabs(),
                     SmallVector<Value>(columns.pieces, zero));
  int64_t groups = kBlocks(shape) / scaleGroup(shape);
  return writeLoop(groups, zeros, [&](Value, const Accumulators &sums) {
    return scaleRing ? writeGroup(sums) : writeKBlock(sums, SlotScales());
  });
}

/// A loop that hands sums from one round to the next.
KernelWriter::Accumulators KernelWriter::writeLoop(
    int64_t rounds, const Accumulators &first,
    function_ref<Accumulators(Value, const Accumulators &)> round) {
  auto loop =
      scf::ForOp::create(b, index(0), index(rounds), index(1), flatten(first));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Accumulators sums =
      round(loop.getInductionVar(), unflatten(loop.getRegionIterArgs()));
  scf::YieldOp::create(b, flatten(sums));
  return unflatten(loop.getResults());
}

/// The K blocks whose scales lie in one slot.
KernelWriter::Accumulators KernelWriter::writeGroup(const Accumulators &sums) {
  SmallVector<Type> types(flatten(sums).size(), accType());
  auto drain = DrainOp::create(b, types, scaleRing);
  OpBuilder::InsertionGuard guard(b);
  Block *slot = openSlot(scaleRingType(), drain.getBody());
  Accumulators results = writeLoop(
      scaleGroup(shape), sums, [&](Value block, const Accumulators &sums) {
        return writeKBlock(sums, {slot->getArgument(0), slot->getArgument(1),
                                  /*column=*/block});
      });
  YieldOp::create(b, flatten(results));
  return unflatten(drain.getResults());
}

KernelWriter::Accumulators KernelWriter::writeKBlock(const Accumulators &sums,
                                                     SlotScales scales) {
  // The drain yields parts where their adds can wait until the slot is handed
  // back, sums elsewhere, and the scales that the late adds need.
  SmallVector<Type> types(flatten(sums).size(), accType());
  types.push_back(RowScalesType::of(accType()));
  types.append(columns.pieces, b.getF32Type());
  auto drain = DrainOp::create(b, types, ring);
  writeDrain(drain, sums, scales);

  ValueRange results = drain.getResults();
  ValueRange bScales = results.take_back(columns.pieces);
  results = results.drop_back(columns.pieces);
  Value rowScales = results.back();
  Accumulators next = unflatten(results.drop_back());
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab)
    for (int64_t piece = 0; piece < columns.pieces; ++piece) {
      Value &sum = next[slab][piece];
      if (isAddedLate(slab, piece))
        sum = ScaleAddOp::create(b, sums[slab][piece], /*part=*/sum, rowScales,
                                 bScales[piece]);
    }
  return next;
}

/// Registers hold all parts of a K block beside their sums; else one part.
bool KernelWriter::holdsAllParts() {
  constexpr int64_t most = 128; // columns of a slab
  return schedule.swapped ||
         (schedule.slabs() == 1 && columns.pieces * pieceColumns() <= most);
}

bool KernelWriter::isAddedLate(int64_t slab, int64_t piece) {
  bool last = slab + 1 == schedule.slabs() && piece + 1 == columns.pieces;
  return last || holdsAllParts();
}

void KernelWriter::writeDrain(DrainOp drain, const Accumulators &sums,
                              SlotScales from) {
  OpBuilder::InsertionGuard guard(b);
  Block *slot = openSlot(ringType(), drain.getBody());
  SlotTiles tiles = tilesOf(slot);
  if (!scaleRing)
    from = {tiles.aScales, tiles.bScales, /*column=*/Value()};
  Slabs rowScales;
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab)
    rowScales.push_back(ReadRowScalesOp::create(b, RowScalesType::of(accType()),
                                                from.a, from.column, slab));
  SmallVector<Value> scales;
  for (int64_t piece = 0; piece < columns.pieces; ++piece)
    scales.push_back(ReadBlockScaleOp::create(b, from.b, piece, from.column));
  Accumulators products =
      holdsAllParts() ? writeProductsTogether(tiles)
                      : writeProductsInTurn(tiles, sums, rowScales, scales);
  SmallVector<Value> yielded = flatten(products);
  yielded.push_back(rowScales.back());
  llvm::append_range(yielded, scales);
  YieldOp::create(b, yielded);
}

Value KernelWriter::startProduct(const SlotTiles &tiles, int64_t slab,
                                 int64_t piece, Value reuse) {
  AccType acc = accType();
  auto pending =
      PendingType::get(b.getContext(), acc.getRows(), acc.getColumns(),
                       acc.getElementType(), acc.getTurned());
  return MmaOp::create(b, pending, tiles.a, tiles.b[piece], slab, reuse);
}

KernelWriter::Accumulators
KernelWriter::writeProductsInTurn(const SlotTiles &tiles, Accumulators sums,
                                  const Slabs &rowScales,
                                  ArrayRef<Value> scales) {
  Value part;
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab) {
    for (int64_t piece = 0; piece < columns.pieces; ++piece) {
      // One temporary serves all pieces: `reuse` keeps ptxas from holding two.
      // Of a single K block the parts are the sums: none is over when the next
      // one starts.
      Value reuse = kBlocks(shape) > 1 ? part : Value();
      Value pending = startProduct(tiles, slab, piece, reuse);
      part = MmaWaitOp::create(b, accType(), pending).getAccs()[0];
      Value &sum = sums[slab][piece];
      sum = isAddedLate(slab, piece)
                ? part
                : Value(ScaleAddOp::create(b, sum, part, rowScales[slab],
                                           scales[piece]));
    }
  }
  return sums;
}

/// A small product is over in less time than its start takes: all run at once.
KernelWriter::Accumulators
KernelWriter::writeProductsTogether(const SlotTiles &tiles) {
  SmallVector<Value> pending;
  for (int64_t piece = 0; piece < columns.pieces; ++piece)
    pending.push_back(
        startProduct(tiles, /*slab=*/0, piece, /*reuse=*/Value()));
  SmallVector<Type> types(pending.size(), accType());
  auto wait = MmaWaitOp::create(b, types, pending);
  return {SmallVector<Value>(wait.getAccs())};
}
