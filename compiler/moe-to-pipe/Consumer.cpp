//===- Consumer.cpp - the role that drains the ring -----------------------===//

#include "compiler/moe-to-pipe/KernelWriter.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::moe;
using namespace mlir::pipe;

void KernelWriter::writeConsumer() {
  writeRole(RoleKind::Consumer, schedule.consumers, schedule.consumerRegisters,
            [&](Value expert, Value row, Value column) {
              SmallVector<ColumnPiece> pieces = columnPieces(column);
              RowTargets targets = readRowTargets(row);
              Accumulators sums = writeKLoop(expert, pieces);
              writeEpilogue(sums, targets, pieces);
            });
}

/// All values of `sums`, slab by slab, and back.
static SmallVector<Value> flatten(ArrayRef<SmallVector<Value>> sums) {
  SmallVector<Value> flat;
  for (ArrayRef<Value> slab : sums)
    llvm::append_range(flat, slab);
  return flat;
}

static SmallVector<SmallVector<Value>> unflatten(ValueRange flat,
                                                 int64_t slabs) {
  SmallVector<SmallVector<Value>> sums;
  size_t pieces = flat.size() / slabs;
  for (int64_t slab = 0; slab < slabs; ++slab)
    sums.emplace_back(flat.slice(slab * pieces, pieces));
  return sums;
}

KernelWriter::Accumulators
KernelWriter::writeKLoop(Value expert, ArrayRef<ColumnPiece> pieces) {
  Value zero = ZerosOp::create(b, accType());
  SmallVector<Value> zeros(schedule.slabs() * schedule.pieces(), zero);
  auto loop =
      scf::ForOp::create(b, index(0), index(kBlocks(shape)), index(1), zeros);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Accumulators sums =
      writeKBlock(loop.getInductionVar(), expert, pieces,
                  unflatten(loop.getRegionIterArgs(), schedule.slabs()));
  scf::YieldOp::create(b, flatten(sums));
  return unflatten(loop.getResults(), schedule.slabs());
}

KernelWriter::Accumulators
KernelWriter::writeKBlock(Value k, Value expert, ArrayRef<ColumnPiece> pieces,
                          Accumulators sums) {
  auto scales = llvm::map_to_vector(pieces, [&](const ColumnPiece &piece) {
    return Value(memref::LoadOp::create(b, operands.bScales,
                                        ValueRange{expert, piece.scaleRow, k}));
  });

  // The drain yields every sum but the last, whose part it yields instead with
  // the scales of its rows: the slot goes back before the last adds.
  SmallVector<Type> types(schedule.slabs() * schedule.pieces(), accType());
  types.push_back(RowScalesType::get(b.getContext()));
  auto drain = DrainOp::create(b, types, ring);
  writeDrain(drain, scales, sums);

  ValueRange results = drain.getResults();
  Value rowScales = results.back(), part = results.drop_back().back();
  Value lastSum = sums.back().back();
  sums = unflatten(results.drop_back(), schedule.slabs());
  sums.back().back() =
      ScaleAddOp::create(b, lastSum, part, rowScales, scales.back());
  return sums;
}

void KernelWriter::writeDrain(DrainOp drain, ArrayRef<Value> scales,
                              Accumulators sums) {
  OpBuilder::InsertionGuard guard(b);
  Block *slot = b.createBlock(&drain.getBody());
  for (Type tile : ringType().getTiles())
    slot->addArgument(tile, drain.getLoc());
  Value aTile = slot->getArguments().front();
  auto bTiles = slot->getArguments().drop_front().drop_back();
  auto pendingType = PendingType::get(b.getContext(), kSlabRows,
                                      schedule.pieceN(), b.getF32Type());

  Slabs rowScales;
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab)
    rowScales.push_back(
        ReadRowScalesOp::create(b, RowScalesType::get(b.getContext()),
                                slot->getArguments().back(), slab));

  Value part;
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab) {
    for (int64_t piece = 0; piece < schedule.pieces(); ++piece) {
      // One temporary serves all pieces: `reuse` keeps ptxas from holding two.
      Value pending = MmaOp::create(b, pendingType, aTile, bTiles[piece], slab,
                                    /*reuse=*/part);
      part = MmaWaitOp::create(b, accType(), pending);
      Value &sum = sums[slab][piece];
      bool last =
          slab + 1 == schedule.slabs() && piece + 1 == schedule.pieces();
      sum = last ? part
                 : Value(ScaleAddOp::create(b, sum, part, rowScales[slab],
                                            scales[piece]));
    }
  }
  SmallVector<Value> yielded = flatten(sums);
  yielded.push_back(rowScales.back());
  YieldOp::create(b, yielded);
}
