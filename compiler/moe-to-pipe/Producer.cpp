//===- Producer.cpp - the role that fills the ring ------------------------===//

#include "compiler/moe-to-pipe/KernelWriter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::moe;
using namespace mlir::pipe;

void KernelWriter::writeProducer() {
  writeRole(
      RoleKind::Producer, /*warpgroups=*/1, schedule.producerRegisters,
      [&](const Tile &tile) {
        SmallVector<ColumnPiece> pieces = columnPieces(tile.column);
        Value rows;
        if (shape.gathered)
          rows = ReadRowsOp::create(
              b, RowsType::get(b.getContext(), schedule.blockM, RowUse::Gather),
              operands.rowMap, tile.row, operands.pairs,
              /*divisor=*/gemm.getSlots(), /*slab=*/0);
        auto loop =
            scf::ForOp::create(b, index(0), index(kBlocks(shape)), index(1));
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToStart(loop.getBody());
        writeFill(loop.getInductionVar(), tile, rows, pieces);
      });
}

void KernelWriter::writeFill(Value k, const Tile &tile, Value rows,
                             ArrayRef<ColumnPiece> pieces) {
  auto fill = FillOp::create(b, ring);
  OpBuilder::InsertionGuard guard(b);
  Block *slot = b.createBlock(&fill.getBody());
  for (Type type : ringType().getTiles())
    slot->addArgument(type, fill.getLoc());

  // K blocks start on the scale grid, the first one perhaps before column 0.
  Value column = arith::MulIOp::create(b, k, index(kScaleBlock));
  if (shape.kOffset)
    column = arith::SubIOp::create(b, column, index(shape.kOffset));

  Value aTile = slot->getArguments().front();
  Value scaleTile = slot->getArguments().back();
  if (shape.gathered) {
    LoadRowsOp::create(b, operands.a, rows, column, aTile);
    LoadRowsOp::create(b, operands.aScales, rows, k, scaleTile);
  } else {
    LoadBoxOp::create(b, operands.a, ValueRange{tile.row, column}, aTile,
                      /*multicast=*/1);
    LoadBoxOp::create(b, operands.aScales, ValueRange{k, tile.row}, scaleTile,
                      /*multicast=*/1);
  }
  auto bTiles = slot->getArguments().drop_front().drop_back();
  for (auto [piece, bTile] : llvm::zip_equal(pieces, bTiles))
    LoadBoxOp::create(b, operands.b, ValueRange{tile.expert, piece.row, column},
                      bTile, sharingBlocks(schedule));
  YieldOp::create(b);
}
