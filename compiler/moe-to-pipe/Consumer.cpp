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
              // for the second block of a cluster. Swapped, all share them.
              if (schedule.consumers * schedule.cluster == 1 ||
                  schedule.swapped)
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
  // The drain yields parts where their adds can wait until the slot is handed
  // back, sums elsewhere, and the scales of the rows.
  SmallVector<Type> types = llvm::map_to_vector(
      flatten(state), [](Value value) { return value.getType(); });
  types.push_back(RowScalesType::of(accType()));
  auto drain = DrainOp::create(b, types, ring);
  writeDrain(drain, state, readNextScales);

  ValueRange results = drain.getResults();
  KState next = unflatten(results.drop_back());
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab)
    for (int64_t piece = 0; piece < columns.pieces; ++piece) {
      Value &sum = next.sums[slab][piece];
      if (isAddedLate(slab, piece))
        sum = ScaleAddOp::create(b, state.sums[slab][piece], /*part=*/sum,
                                 /*row_scales=*/results.back(),
                                 state.scales[piece]);
    }
  return next;
}

/// Swapped there are registers for all parts of a K block; else for one.
bool KernelWriter::isAddedLate(int64_t slab, int64_t piece) {
  bool last = slab + 1 == schedule.slabs() && piece + 1 == columns.pieces;
  return schedule.swapped || last;
}

void KernelWriter::writeDrain(
    DrainOp drain, KState state,
    function_ref<SmallVector<Value>()> readNextScales) {
  OpBuilder::InsertionGuard guard(b);
  Block *slot = b.createBlock(&drain.getBody());
  for (Type tile : ringType().getTiles())
    slot->addArgument(tile, drain.getLoc());
  Slabs rowScales;
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab)
    rowScales.push_back(ReadRowScalesOp::create(
        b, RowScalesType::of(accType()), slot->getArguments().back(), slab));
  if (schedule.swapped)
    state = writeProductsTogether(slot, state, readNextScales);
  else
    state = writeProductsInTurn(slot, state, rowScales, readNextScales);
  SmallVector<Value> yielded = flatten(state);
  yielded.push_back(rowScales.back());
  YieldOp::create(b, yielded);
}

Value KernelWriter::startProduct(Block *slot, int64_t slab, int64_t piece,
                                 Value reuse) {
  AccType acc = accType();
  auto pending =
      PendingType::get(b.getContext(), acc.getRows(), acc.getColumns(),
                       acc.getElementType(), acc.getTurned());
  return MmaOp::create(b, pending, slot->getArgument(0),
                       slot->getArgument(1 + piece), slab, reuse);
}

KernelWriter::KState KernelWriter::writeProductsInTurn(
    Block *slot, KState state, const Slabs &rowScales,
    function_ref<SmallVector<Value>()> readNextScales) {
  Value part;
  SmallVector<Value> scales = state.scales;
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab) {
    for (int64_t piece = 0; piece < columns.pieces; ++piece) {
      // One temporary serves all pieces: `reuse` keeps ptxas from holding two.
      Value pending = startProduct(slot, slab, piece, /*reuse=*/part);
      // Scales of B are read one block ahead, beside the first product: they
      // must not be in flight at the fence that follows the next wait.
      if (!part)
        state.scales = readNextScales();
      part = MmaWaitOp::create(b, accType(), pending).getAccs()[0];
      Value &sum = state.sums[slab][piece];
      sum = isAddedLate(slab, piece)
                ? part
                : Value(ScaleAddOp::create(b, sum, part, rowScales[slab],
                                           scales[piece]));
    }
  }
  return state;
}

/// With few rows a product is over in less time than its start takes: all run
/// at once.
KernelWriter::KState KernelWriter::writeProductsTogether(
    Block *slot, KState state,
    function_ref<SmallVector<Value>()> readNextScales) {
  SmallVector<Value> pending;
  for (int64_t piece = 0; piece < columns.pieces; ++piece)
    pending.push_back(startProduct(slot, /*slab=*/0, piece, /*reuse=*/Value()));
  state.scales = readNextScales();
  SmallVector<Type> types(pending.size(), accType());
  auto wait = MmaWaitOp::create(b, types, pending);
  state.sums[0].assign(wait.getAccs().begin(), wait.getAccs().end());
  return state;
}
