//===- KernelWriter.h - one grouped GEMM as a kernel ------------*- C++ -*-===//
//
// Shared by the files of this folder: the frame (MoeToPipe.cpp) makes the
// kernel and its ring, Producer.cpp writes the role that fills it,
// Consumer.cpp the role that drains it, Epilogue.cpp what happens to the sums.
//
//===----------------------------------------------------------------------===//
#ifndef COMPILER_MOETOPIPE_KERNELWRITER_H
#define COMPILER_MOETOPIPE_KERNELWRITER_H

#include "dialect/moe/MoeDialect.h"
#include "dialect/pipe/PipeDialect.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::moe {

/// The operands of the GEMM inside the kernel. A tensor that TMA reads is a
/// tensor map, the others are memrefs; absent ones are null.
struct KernelOperands {
  Value a, aScales, b, bScales, c, cScales, cScalePitch, expertIds, usedRows,
      blockRows, rowMap, pairs, rowWeights, tileCounter;
};

/// A tile of the walk, as index values: its expert, first row, column tile, and
/// how many of its rows are no padding.
struct Tile {
  Value expert, row, column, rows;
};

/// Where one piece of a column tile lies, as index values.
struct ColumnPiece {
  Value row;      ///< First row of B, and column of C; may start outside.
  Value scaleRow; ///< Row of b_scales.
  Value first;    ///< The rows of B that are its part: first ... last - 1.
  Value last;
};

class KernelWriter {
public:
  KernelWriter(GroupedGemmOp gemm, gpu::GPUFuncOp kernel,
               const KernelOperands &operands);

  /// Writes the body of the kernel.
  void write();

  /// Blocks of a cluster that need the same tiles of B.
  static int64_t sharingBlocks(const Schedule &schedule) {
    return schedule.swapped ? 1 : schedule.cluster;
  }
  /// Types of the arguments that TMA reads.
  static pipe::TensorMapType mapOfA(GroupedGemmOp gemm);
  static pipe::TensorMapType mapOfAScales(GroupedGemmOp gemm);
  static pipe::TensorMapType mapOfB(GroupedGemmOp gemm);

private:
  using Slabs = SmallVector<Value>;                     ///< By slab.
  using Accumulators = SmallVector<SmallVector<Value>>; ///< By slab and piece.
  /// What one K block hands to the next: the sums, and the scale of B of each
  /// piece for the block to come.
  struct KState {
    Accumulators sums;
    SmallVector<Value> scales;
  };
  struct RowTargets {
    Slabs rows;    ///< Where each row of C goes.
    Slabs weights; ///< The weight of each row; empty if not weighted.
  };

  // Producer.cpp
  void writeProducer();
  void writeFill(Value k, const Tile &tile, Value rows,
                 ArrayRef<ColumnPiece> pieces);

  // Consumer.cpp
  void writeConsumer();
  void writeTile(const Tile &tile);
  Accumulators writeKLoop(Value expert, ArrayRef<ColumnPiece> pieces);
  /// The scale of B of each piece in K block `k`.
  SmallVector<Value> readScales(Value k, Value expert,
                                ArrayRef<ColumnPiece> pieces);
  KState writeKBlock(const KState &state,
                     function_ref<SmallVector<Value>()> readNextScales);
  void writeDrain(pipe::DrainOp drain, KState state,
                  function_ref<SmallVector<Value>()> readNextScales);
  /// The products of a slot's tiles: the state with parts for sums where they
  /// are added late, and the scales of the next K block.
  KState writeProductsInTurn(Block *slot, KState state, const Slabs &rowScales,
                             function_ref<SmallVector<Value>()> readNextScales);
  KState
  writeProductsTogether(Block *slot, KState state,
                        function_ref<SmallVector<Value>()> readNextScales);
  Value startProduct(Block *slot, int64_t slab, int64_t piece, Value reuse);
  bool isAddedLate(int64_t slab, int64_t piece);
  SmallVector<Value> flatten(const KState &state);
  KState unflatten(ValueRange flat);
  void writeEmptyDrains();

  // Epilogue.cpp
  RowTargets readRowTargets(Value row);
  void writeEpilogue(const Accumulators &sums, const RowTargets &targets,
                     const Tile &tile, ArrayRef<ColumnPiece> pieces);
  void writeSwigluQuant(ArrayRef<Value> sums, Value rows, int64_t slab,
                        const Tile &tile, ArrayRef<ColumnPiece> pieces);

  // MoeToPipe.cpp
  pipe::RingType ringType();
  /// Opens a role and its tile loop; `body` writes one tile.
  void writeRole(pipe::RoleKind kind, int64_t warpgroups, int64_t registers,
                 function_ref<void(const Tile &)> body);
  pipe::TileType stagingType();
  SmallVector<ColumnPiece> columnPieces(Value column);
  ColumnPiece columnPiece(Value part, Value piece);
  Value index(int64_t value);
  pipe::AccType accType();

  GroupedGemmOp gemm;
  gpu::GPUFuncOp kernel;
  KernelOperands operands;
  Schedule schedule;
  GemmShape shape;
  ColumnTiling columns;
  ImplicitLocOpBuilder b;
  Value ring, staging;
  Value exchange; ///< Null where rows lie in one warp each.
  Value queue;    ///< Null where tiles are dealt out in turn.
};

} // namespace mlir::moe

#endif // COMPILER_MOETOPIPE_KERNELWRITER_H
