//===- Consumer.cpp - the role that drains the ring -----------------------===//

#include "compiler/moe-to-pipe/KernelWriter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::moe;
using namespace mlir::pipe;

void KernelWriter::writeConsumer() {
  writeRole(RoleKind::Consumer, schedule.consumers, schedule.consumerRegisters,
            [&](const Tile &tile) {
              // A tile has rows, but perhaps none for the second warpgroup, or
              // for the second block of a cluster.
              if (schedule.consumers * schedule.cluster == 1)
                return writeTile(tile);
              Value holds = HoldsRowsOp::create(b, b.getI1Type(), tile.rows);
              auto branch = scf::IfOp::create(b, holds, /*withElse=*/true);
              OpBuilder::InsertionGuard guard(b);
              b.setInsertionPointToStart(branch.thenBlock());
              writeTile(tile);
              b.setInsertionPointToStart(branch.elseBlock());
              writeEmptyDrains();
            });
}

void KernelWriter::writeTile(const Tile &tile) {
  SmallVector<ColumnPiece> pieces = columnPieces(tile.column);
  RowTargets targets = readRowTargets(tile.row);
  Accumulators sums = writeKLoop(tile.expert, pieces);
  writeEpilogue(sums, targets, tile, pieces);
}

/// A warpgroup without rows only hands the slots back, in step with the others.
void KernelWriter::writeEmptyDrains() {
  auto loop = scf::ForOp::create(b, index(0), index(kBlocks(shape)), index(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  auto drain = DrainOp::create(b, TypeRange(), ring);
  Block *slot = b.createBlock(&drain.getBody());
  for (Type tile : ringType().getTiles())
    slot->addArgument(tile, drain.getLoc());
  YieldOp::create(b);
}

/// The sums slab by slab, then the scales; and back.
SmallVector<Value> KernelWriter::flatten(const KState &state) {
  SmallVector<Value> flat;
  for (ArrayRef<Value> slab : state.sums)
    llvm::append_range(flat, slab);
  llvm::append_range(flat, state.scales);
  return flat;
}

KernelWriter::KState KernelWriter::unflatten(ValueRange flat) {
  KState state;
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab) {
    state.sums.emplace_back(flat.take_front(columns.pieces));
    flat = flat.drop_front(columns.pieces);
  }
  llvm::append_range(state.scales, flat);
  return state;
}

KernelWriter::Accumulators
KernelWriter::writeKLoop(Value expert, ArrayRef<ColumnPiece> pieces) {
  KState first;
  Value zero = ZerosOp::create(b, accType());
  first.sums.assign(schedule.slabs(), SmallVector<Value>(columns.pieces, zero));
  first.scales = readScales(index(0), expert, pieces);
  int64_t blocks = kBlocks(shape);
  auto loop =
      scf::ForOp::create(b, index(0), index(blocks), index(1), flatten(first));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value next = arith::MinUIOp::create(
      b, arith::AddIOp::create(b, loop.getInductionVar(), index(1)),
      index(blocks - 1));
  KState state = writeKBlock(unflatten(loop.getRegionIterArgs()),
                             [&] { return readScales(next, expert, pieces); });
  scf::YieldOp::create(b, flatten(state));
  return unflatten(loop.getResults()).sums;
}

SmallVector<Value> KernelWriter::readScales(Value k, Value expert,
                                            ArrayRef<ColumnPiece> pieces) {
  return llvm::map_to_vector(pieces, [&](const ColumnPiece &piece) {
    return Value(memref::LoadOp::create(b, operands.bScales,
                                        ValueRange{expert, piece.scaleRow, k}));
  });
}

KernelWriter::KState
KernelWriter::writeKBlock(const KState &state,
                          function_ref<SmallVector<Value>()> readNextScales) {
  // The drain yields every sum but the last, whose part it yields instead, and
  // the scales of its rows: the slot goes back before the last adds.
  SmallVector<Type> types = llvm::map_to_vector(
      flatten(state), [](Value value) { return value.getType(); });
  types.push_back(RowScalesType::get(b.getContext()));
  auto drain = DrainOp::create(b, types, ring);
  writeDrain(drain, state, readNextScales);

  ValueRange results = drain.getResults();
  KState next = unflatten(results.drop_back());
  Value &last = next.sums.back().back();
  last = ScaleAddOp::create(b, state.sums.back().back(), /*part=*/last,
                            /*row_scales=*/results.back(), state.scales.back());
  return next;
}

void KernelWriter::writeDrain(
    DrainOp drain, KState state,
    function_ref<SmallVector<Value>()> readNextScales) {
  OpBuilder::InsertionGuard guard(b);
  Block *slot = b.createBlock(&drain.getBody());
  for (Type tile : ringType().getTiles())
    slot->addArgument(tile, drain.getLoc());
  Value aTile = slot->getArguments().front();
  auto bTiles = slot->getArguments().drop_front().drop_back();
  auto pendingType = PendingType::get(b.getContext(), kSlabRows, columns.pieceN,
                                      b.getF32Type());

  Slabs rowScales;
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab)
    rowScales.push_back(
        ReadRowScalesOp::create(b, RowScalesType::get(b.getContext()),
                                slot->getArguments().back(), slab));

  Value part;
  SmallVector<Value> scales = state.scales;
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab) {
    for (int64_t piece = 0; piece < columns.pieces; ++piece) {
      // One temporary serves all pieces: `reuse` keeps ptxas from holding two.
      Value pending = MmaOp::create(b, pendingType, aTile, bTiles[piece], slab,
                                    /*reuse=*/part);
      // Scales of B are read one block ahead, beside the first product: they
      // must not be in flight at the fence that follows the next wait.
      if (!part)
        state.scales = readNextScales();
      part = MmaWaitOp::create(b, accType(), pending);
      Value &sum = state.sums[slab][piece];
      bool last = slab + 1 == schedule.slabs() && piece + 1 == columns.pieces;
      sum = last ? part
                 : Value(ScaleAddOp::create(b, sum, part, rowScales[slab],
                                            scales[piece]));
    }
  }
  SmallVector<Value> yielded = flatten(state);
  yielded.push_back(rowScales.back());
  YieldOp::create(b, yielded);
}
