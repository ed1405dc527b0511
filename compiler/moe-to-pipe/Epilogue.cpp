//===- Epilogue.cpp - what happens to the sums of a tile ------------------===//

#include "compiler/moe-to-pipe/KernelWriter.h"

using namespace mlir;
using namespace mlir::moe;
using namespace mlir::pipe;

/// Read before the K loop, so that the loads are over when they are needed.
KernelWriter::RowTargets KernelWriter::readRowTargets(Value row) {
  RowTargets targets;
  auto rowsType = RowsType::get(b.getContext(), kSlabRows, RowUse::Store);
  for (int64_t slab = 0; slab < schedule.slabs(); ++slab) {
    if (!gemm.isScattered()) {
      targets.rows.push_back(RowRangeOp::create(b, rowsType, row, slab));
      continue;
    }
    targets.rows.push_back(ReadRowsOp::create(b, rowsType, operands.rowMap, row,
                                              operands.pairs, /*divisor=*/1,
                                              slab));
    if (gemm.getEpilogue() == Epilogue::Weighted)
      targets.weights.push_back(ReadRowWeightsOp::create(
          b, RowScalesType::get(b.getContext()), operands.rowWeights,
          operands.rowMap, row, operands.pairs, slab));
  }
  return targets;
}

void KernelWriter::writeEpilogue(const Accumulators &sums,
                                 const RowTargets &targets,
                                 ArrayRef<ColumnPiece> pieces) {
  for (auto [slab, slabSums] : llvm::enumerate(sums)) {
    for (auto [sum, piece] : llvm::zip_equal(slabSums, pieces)) {
      Value result = sum;
      if (!targets.weights.empty())
        result = ScaleRowsOp::create(b, sum, targets.weights[slab]);
      StoreRowsOp::create(b, result, staging, operands.c, targets.rows[slab],
                          piece.row, piece.first, piece.last);
    }
  }
}
