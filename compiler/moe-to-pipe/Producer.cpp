//===- Producer.cpp - the role that fills the ring ------------------------===//

#include "compiler/moe-to-pipe/KernelWriter.h"
#include "compiler/schedule/Resources.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::moe;
using namespace mlir::pipe;

Value KernelWriter::copiedRows(const Tile &tile) {
  auto type = RowsType::get(b.getContext(), schedule.blockM, RowUse::Gather);
  if (shape.gathered)
    return ReadRowsOp::create(b, type, operands.rowMap, tile.row,
                              operands.pairs, /*divisor=*/gemm.getSlots(),
                              /*slab=*/0);
  if (schedule.copiedRows)
    return RowRangeOp::create(b, type, tile.row, /*limit=*/Value(),
                              /*slab=*/0);
  return Value();
}

void KernelWriter::writeProducer() {
  writeRole(RoleKind::Producer, /*warpgroups=*/1, schedule.producerRegisters,
            [&](const Tile &tile) {
              SmallVector<ColumnPiece> pieces = columnPieces(tile.column);
              Value rows = copiedRows(tile);
              writeByWidth(tile, [&] { writeFills(tile, rows, pieces); });
            });
}

/// Of the columns of the piece those in first ... last - 1 are stored, of the
/// rows the slabs that hold one.
void KernelWriter::postRows(const Tile &tile, const ColumnPiece &piece) {
  Value end = arith::MinSIOp::create(
      b, arith::AddIOp::create(b, piece.row, index(columns.pieceN)),
      piece.last);
  Value begin = arith::MaxSIOp::create(b, piece.row, piece.first);
  Value units = arith::DivSIOp::create(b, arith::SubIOp::create(b, end, begin),
                                       index(kRowUnit));
  Value slabs = arith::CeilDivUIOp::create(b, tile.rows, index(kSlabRows));
  slabs = arith::MinUIOp::create(b, slabs, index(schedule.consumers));
  Value count = arith::MulIOp::create(
      b, arith::MulIOp::create(b, slabs, index(kSlabRows / kRowUnit)), units);
  PostRowsOp::create(b, ledger, operands.progress, tile.row, count,
                     *gemm.getRowAlignment());
}

void KernelWriter::writeFills(const Tile &tile, Value rows,
                              ArrayRef<ColumnPiece> pieces) {
  forGroups([&](Value firstBlock) {
    if (ledger)
      postWhenFull(firstBlock, tile, pieces.front());
    if (!scaleRing)
      return writeFill(firstBlock, tile, rows, pieces);
    writeScaleFill(firstBlock, tile, rows, pieces);
    forBlocks([&](Value block) {
      Value k = arith::AddIOp::create(b, firstBlock, block);
      writeFill(k, tile, rows, pieces);
    });
  });
}

/// Once the ring is full of the tile: the consumers are at the end of the one
/// before, so the producer has time. But before the tile's last K block, behind
/// which they might note one more.
void KernelWriter::postWhenFull(Value firstBlock, const Tile &tile,
                                const ColumnPiece &piece) {
  int64_t group = scaleGroup(shape), groups = kBlocks(shape) / group;
  int64_t full = llvm::divideCeil(schedule.stages, group);
  Value at = index(std::min(full, groups - 1) * group);
  Value isThere =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, firstBlock, at);
  auto branch = scf::IfOp::create(b, isThere, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  postRows(tile, piece);
}

/// Scales of a group of K blocks.
void KernelWriter::writeScaleFill(Value k, const Tile &tile, Value rows,
                                  ArrayRef<ColumnPiece> pieces) {
  auto fill = FillOp::create(b, scaleRing);
  OpBuilder::InsertionGuard guard(b);
  Block *slot = openSlot(scaleRingType(), fill.getBody());
  LoadRowsOp::create(b, operands.aScales, rows, k, slot->getArgument(0));
  loadBlockScales(k, tile, pieces, slot->getArgument(1));
  YieldOp::create(b);
}

void KernelWriter::loadBlockScales(Value k, const Tile &tile,
                                   ArrayRef<ColumnPiece> pieces, Value to) {
  auto lines = llvm::map_to_vector(
      pieces, [](const ColumnPiece &piece) { return piece.scaleRow; });
  LoadBlockScalesOp::create(b, operands.bScales, tile.expert, lines, k, to);
}

void KernelWriter::writeFill(Value k, const Tile &tile, Value rows,
                             ArrayRef<ColumnPiece> pieces) {
  auto fill = FillOp::create(b, ring);
  OpBuilder::InsertionGuard guard(b);
  Block *slot = openSlot(ringType(), fill.getBody());

  Value column = columnOf(k);
  SlotTiles tiles = tilesOf(slot);
  for (auto [piece, bTile] : llvm::zip_equal(pieces, tiles.b))
    LoadBoxOp::create(b, operands.b, ValueRange{tile.expert, piece.row, column},
                      bTile, pieceColumns(), sharingBlocks(schedule),
                      tile.shared);
  if (rows)
    LoadRowsOp::create(b, operands.a, rows, column, tiles.a);
  if (shape.gathered && !scaleRing)
    LoadRowsOp::create(b, operands.aScales, rows, k, tiles.aScales);
  // Those of sorted rows stand K block by K block: a box, whoever loads A.
  if (!shape.gathered && rows)
    loadScaleBox(k, tile, tiles);
  if (!scaleRing)
    loadBlockScales(k, tile, pieces, tiles.bScales);
  YieldOp::create(b);
}

/// K blocks start on the scale grid, the first one perhaps before column 0.
Value KernelWriter::columnOf(Value k) {
  Value column = arith::MulIOp::create(b, k, index(kScaleBlock));
  if (shape.kOffset)
    column = arith::SubIOp::create(b, column, index(shape.kOffset));
  return column;
}

/// A, which the kernel before this one writes, into the slots that the producer
/// fills with B.
void KernelWriter::writeLateProducer() {
  writeRole(RoleKind::LateProducer, /*warpgroups=*/1,
            schedule.producerRegisters, [&](const Tile &tile) {
              forGroups([&](Value k) { writeLateFill(k, tile); });
              if (slotRing)
                writeSlotFills(tile);
            });
}

void KernelWriter::writeLateFill(Value k, const Tile &tile) {
  auto fill = FillOp::create(b, ring);
  OpBuilder::InsertionGuard guard(b);
  SlotTiles tiles = tilesOf(openSlot(ringType(), fill.getBody()));
  LoadBoxOp::create(b, operands.a, ValueRange{tile.rowOfA, columnOf(k)},
                    tiles.a, schedule.blockM, /*multicast=*/1,
                    /*shared=*/Value());
  loadScaleBox(k, tile, tiles);
  YieldOp::create(b);
}

void KernelWriter::loadScaleBox(Value k, const Tile &tile,
                                const SlotTiles &tiles) {
  LoadBoxOp::create(b, operands.aScales, ValueRange{k, tile.rowOfA},
                    tiles.aScales, schedule.blockM, /*multicast=*/1,
                    /*shared=*/Value());
}
