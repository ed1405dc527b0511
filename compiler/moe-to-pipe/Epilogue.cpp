//===- Epilogue.cpp - what happens to the sums of a tile ------------------===//

#include "compiler/moe-to-pipe/KernelWriter.h"

using namespace mlir;
using namespace mlir::moe;
using namespace mlir::pipe;

/// Read before the K loop, so that the loads are over when they are needed.
KernelWriter::RowTargets KernelWriter::readRowTargets(Value row) {
  RowTargets targets;
  auto rowsType =
      RowsType::get(b.getContext(), accType().getRows(), RowUse::Store);
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab) {
    if (!gemm.isScattered()) {
      targets.rows.push_back(
          RowRangeOp::create(b, rowsType, row, /*limit=*/Value(), slab));
      continue;
    }
    targets.rows.push_back(
        ReadRowsOp::create(b, rowsType, operands.rowMap, row, operands.pairs,
                           gemm.isAdded() ? gemm.getSlots() : 1, slab));
    if (gemm.isWeighted())
      targets.weights.push_back(ReadRowWeightsOp::create(
          b, RowScalesType::of(accType()), operands.rowWeights, row, slab));
  }
  return targets;
}

void KernelWriter::writeEpilogue(const Accumulators &sums,
                                 const RowTargets &targets, const Tile &tile,
                                 ArrayRef<ColumnPiece> pieces) {
  for (auto [slab, slabSums] : llvm::enumerate(sums)) {
    Value rows = targets.rows[slab];
    if (gemm.isQuantised()) {
      writeSwigluQuant(slabSums, rows, slab, tile, pieces);
      continue;
    }
    SmallVector<Value> results(slabSums);
    if (!targets.weights.empty())
      for (Value &result : results)
        result = ScaleRowsOp::create(b, result, targets.weights[slab]);
    auto store = [&](ValueRange accs, const ColumnPiece &piece) {
      StoreRowsOp::create(b, accs, staging, operands.c, rows, piece.row,
                          piece.first, piece.last, outbox,
                          /*add=*/gemm.isAdded());
    };
    // Pieces of one part follow each other, those of two lie apart.
    if (shape.parts == 1)
      store(results, pieces.front());
    else
      for (auto [result, piece] : llvm::zip_equal(results, pieces))
        store(result, piece);
  }
}

void KernelWriter::noteStored() {
  if (ledger)
    NoteStoredOp::create(b, ledger);
}

/// The tile holds a scale group of gate and the same of up. Columns outside the
/// part (the first and the last group may reach over its ends) belong to
/// somebody else, and must not count for the scale.
void KernelWriter::writeSwigluQuant(ArrayRef<Value> sums, Value rows,
                                    int64_t slab, const Tile &tile,
                                    ArrayRef<ColumnPiece> pieces) {
  const ColumnPiece &gate = pieces.front();
  Value h = SwigluOp::create(b, sums[0], sums[1]);
  // A narrow tile is the last of several, and then no other is.
  bool mayBeFirst = !narrow, mayBeLast = narrow || !columns.narrowLast;
  bool startsBefore = mayBeFirst && shape.nOffset != 0;
  bool endsBehind =
      mayBeLast && (shape.nOffset + shape.partN) % pieceColumns() != 0;
  if (startsBefore || endsBehind)
    h = KeepColumnsOp::create(b, h, gate.row, gate.first, gate.last);
  bool pow2 = gemm.getActivationScale() == ActivationScale::Pow2;
  auto quantised = QuantiseRowsOp::create(
      b, h.getType(), RowScalesType::of(accType()), h, exchange, pow2);
  noteStored();
  StoreRowsOp::create(b, quantised.getResult(), staging, operands.c, rows,
                      gate.row, gate.first, gate.last, outbox, /*add=*/false);
  // Gate is the first part: its rows of scales are the groups of h.
  StoreRowScalesOp::create(b, quantised.getScales(), operands.cScales,
                           gate.scaleRow, tile.row, operands.cScalePitch, slab);
}
