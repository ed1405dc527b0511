//===- Combine.cpp - the product of the last slot and the sum of all ------===//
//
// Tiles are of tokens here. Their own rows, those of the expert that every
// token visits in its last slot, are multiplied as elsewhere; the rows that
// other kernels stored for the other slots come through a ring of their own,
// slot by slot, while that goes on, and are added in the order of the slots.
//
//===----------------------------------------------------------------------===//

#include "compiler/moe-to-pipe/KernelWriter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::moe;
using namespace mlir::pipe;

/// Without rows of its own the kernel adds up all slots; its products are then
/// of rows that are there, and nobody's.
void KernelWriter::readOwnRows() {
  auto read = [&](Value number) {
    Value value = memref::LoadOp::create(b, number, ValueRange(index(0)));
    return arith::IndexCastUIOp::create(b, b.getIndexType(), value);
  };
  Value first = read(operands.ownRows), used = read(operands.usedRows);
  Value some = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, first, used);
  auto slots = int64_t(gemm.getSlots());
  firstOwnRow = arith::SelectOp::create(b, some, first, index(0));
  addedSlots = arith::SelectOp::create(b, some, index(slots - 1), index(slots));
}

/// They are the earlier kernel's; h and the weights are not.
void KernelWriter::writeSlotFills(const Tile &tile) {
  WaitEarlierOp::create(b);
  auto loop = scf::ForOp::create(b, index(0), addedSlots, index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  auto fill = FillOp::create(b, slotRing);
  Block *slot = openSlot(slotRingType(), fill.getBody());
  Value column = columnPieces(tile.column).front().row;
  for (Value part : slot->getArguments()) {
    LoadBoxOp::create(b, operands.partials,
                      ValueRange{tile.row, loop.getInductionVar(), column},
                      part, schedule.blockM, /*multicast=*/1,
                      /*shared=*/Value());
    column = arith::AddIOp::create(b, column,
                                   index(schedule.blockN / kPartialTiles));
  }
  YieldOp::create(b);
}

/// The rows of the slots that other kernels stored.
Value KernelWriter::writeSlotSums(Value bits) {
  Value zero = ZerosOp::create(b, accType());
  auto loop =
      scf::ForOp::create(b, index(0), addedSlots, index(1), ValueRange(zero));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  auto drain = DrainOp::create(b, TypeRange(accType()), slotRing);
  {
    OpBuilder::InsertionGuard inDrain(b);
    Block *slot = openSlot(slotRingType(), drain.getBody());
    Value sum =
        AddTilesOp::create(b, accType(), loop.getRegionIterArgs()[0],
                           slot->getArguments(), bits, loop.getInductionVar());
    YieldOp::create(b, ValueRange(sum));
  }
  scf::YieldOp::create(b, drain.getResults());
  return loop.getResult(0);
}

void KernelWriter::writeCombine(const Tile &tile, const ColumnPiece &piece) {
  Value weights = ReadRowWeightsOp::create(b, RowScalesType::of(accType()),
                                           operands.rowWeights, tile.rowOfA,
                                           /*slab=*/0);
  Value bits = ReadRowSlotsOp::create(
      b, RowSlotsType::get(b.getContext()), operands.topkIds, tile.row,
      operands.tokens, gemm.getSlots(), gemm.getB().getType().getDimSize(0),
      /*slab=*/0);
  Value own = ScaleRowsOp::create(b, writeKLoop()[0][0], weights);
  // With no rows of its own that is a slot no token has.
  Value sum =
      AddRoundedOp::create(b, writeSlotSums(bits), own, bits, addedSlots);
  auto factor = float(gemm.getFactor()->convertToDouble());
  if (factor != 1)
    sum = ScaleOp::create(b, sum, b.getF32FloatAttr(factor));
  auto rows = RowsType::get(b.getContext(), accType().getRows(), RowUse::Store);
  Value tokens =
      RowRangeOp::create(b, rows, tile.row, operands.tokens, /*slab=*/0);
  StoreRowsOp::create(b, ValueRange(sum), staging, operands.c, tokens,
                      piece.row, piece.first, piece.last, outbox,
                      /*add=*/false);
}
