//===- KernelWriter.h - one grouped GEMM as a kernel ------------*- C++ -*-===//
//
// Shared by the files of this folder: the frame (MoeToPipe.cpp) makes the
// kernel and its ring, Producer.cpp writes the role that fills it,
// Consumer.cpp the role that drains it, Epilogue.cpp what happens to the sums,
// and Combine.cpp what a kernel that ends the layer does besides.
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
      blockRows, rowMap, pairs, rowWeights, tileCounter, progress, partials,
      topkIds, ownRows, tokens;
};

/// A tile of the walk, as index values: its expert, first row, column tile, and
/// how many of its rows are no padding. Where a cluster has a pair of row
/// tiles, `shared` says whether both blocks need the same columns of B; else it
/// is null. `rowOfA` is the first row of A: `row`, unless rows are tokens.
struct Tile {
  Value expert, row, column, rows, shared, rowOfA;
};

/// Where one piece of a column tile lies, as index values.
struct ColumnPiece {
  Value row;      ///< First row of B, and column of C; may start outside.
  Value scaleRow; ///< Row of b_scales.
  Value first;    ///< The rows of B that are its part: first ... last - 1.
  Value last;
};

/// Boxes side by side that make a tile of rows of slots.
inline constexpr int64_t kPartialTiles = 2;

/// Rows and columns that progress counts as one.
inline constexpr int64_t kRowUnit = 16;

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
  /// True if the kernel counts the rows that it stores, or waits for those that
  /// it reads by what another one counted.
  static bool postsRows(GroupedGemmOp gemm);
  static bool awaitsRows(GroupedGemmOp gemm);
  /// Types of the arguments that TMA reads.
  static pipe::TensorMapType mapOfA(GroupedGemmOp gemm);
  static pipe::TensorMapType mapOfAScales(GroupedGemmOp gemm);
  static pipe::TensorMapType mapOfB(GroupedGemmOp gemm);
  static pipe::TensorMapType mapOfPartials(GroupedGemmOp gemm);

private:
  using Slabs = SmallVector<Value>;                     ///< By slab.
  using Accumulators = SmallVector<SmallVector<Value>>; ///< By slab and piece.
  /// The tiles of a slot of the ring: of one K block.
  struct SlotTiles {
    Value a;
    ValueRange b;           ///< By piece.
    Value aScales, bScales; ///< Null where there is a ring of scales.
  };
  /// Where the scales of a K block lie: in a column of tiles, or all of them.
  struct SlotScales {
    Value a, b, column;
  };
  struct RowTargets {
    Slabs rows;    ///< Where each row of C goes.
    Slabs weights; ///< The weight of each row; empty if not weighted.
  };

  // Producer.cpp
  void writeProducer();
  void writeLateProducer();
  void writeFills(const Tile &tile, Value rows, ArrayRef<ColumnPiece> pieces);
  void writeScaleFill(Value k, const Tile &tile, Value rows,
                      ArrayRef<ColumnPiece> pieces);
  void loadBlockScales(Value k, const Tile &tile, ArrayRef<ColumnPiece> pieces,
                       Value to);
  void writeLateFill(Value k, const Tile &tile);
  void loadScaleBox(Value k, const Tile &tile, const SlotTiles &tiles);
  void postWhenFull(Value firstBlock, const Tile &tile,
                    const ColumnPiece &piece);
  void postRows(const Tile &tile, const ColumnPiece &piece);
  /// The first column of A and B in K block `k`.
  Value columnOf(Value k);
  /// The rows of A that the producer's threads copy; null where boxes do it.
  Value copiedRows(const Tile &tile);
  void writeFill(Value k, const Tile &tile, Value rows,
                 ArrayRef<ColumnPiece> pieces);

  // Consumer.cpp
  void writeConsumer();
  void writeTile(const Tile &tile);
  void writeTileIfRows(const Tile &tile);
  Accumulators writeKLoop();
  Accumulators
  writeLoop(int64_t end, int64_t step, const Accumulators &first,
            function_ref<Accumulators(Value, const Accumulators &)> round);
  Accumulators writeGroup(const Accumulators &sums);
  /// K blocks that are drained together, from `scales` on.
  Accumulators writeKBlocks(const Accumulators &sums, SlotScales scales);
  SmallVector<Type> typesOfDrain();
  void writeDrain(pipe::DrainOp drain, const Accumulators &sums,
                  SlotScales from);
  Slabs readRowScales(const SlotScales &from);
  SmallVector<Value> readBlockScales(const SlotScales &from);
  /// The products of a slot's tiles, added to their sums or, where they are
  /// added late, in their places.
  Accumulators writeProductsInTurn(const SlotTiles &tiles, Accumulators sums,
                                   const Slabs &rowScales,
                                   ArrayRef<Value> scales);
  /// The products of all slots' tiles, slot by slot.
  SmallVector<Value> writeProductsTogether(ArrayRef<SlotTiles> tiles);
  Value startProduct(const SlotTiles &tiles, int64_t slab, int64_t piece,
                     Value reuse);
  bool holdsAllParts();
  bool isAddedLate(int64_t slab, int64_t piece);
  SmallVector<Value> flatten(const Accumulators &sums);
  Accumulators unflatten(ValueRange flat);
  void writeEmptyDrains();
  /// What the warp stored before has arrived: once in each tile.
  void noteStored();

  // Epilogue.cpp
  RowTargets readRowTargets(Value row);
  void writeEpilogue(const Accumulators &sums, const RowTargets &targets,
                     const Tile &tile, ArrayRef<ColumnPiece> pieces);
  void writeSwigluQuant(ArrayRef<Value> sums, Value rows, int64_t slab,
                        const Tile &tile, ArrayRef<ColumnPiece> pieces);

  // Combine.cpp
  /// What all roles know: where the rows of A begin, and how many slots are in
  /// `partials`.
  void readOwnRows();
  void writeSlotFills(const Tile &tile);
  void writeCombine(const Tile &tile, const ColumnPiece &piece);
  Value writeSlotSums(Value bits);

  // MoeToPipe.cpp
  pipe::RingType slotRingType();
  pipe::RingType ringType();
  pipe::RingType scaleRingType();
  SmallVector<Type> scaleTiles();
  SlotTiles tilesOf(ValueRange tiles);
  SlotTiles tilesOf(Block *slot) { return tilesOf(slot->getArguments()); }
  /// Opens the region of a fill, or of a drain of so many slots.
  Block *openSlot(pipe::RingType type, Region &body, int64_t slots = 1);
  /// K blocks that are drained together: a divisor of those that share a slot
  /// of scales, or of all.
  int64_t blocksAtOnce();
  /// Loops over the first K block of each group, and over the blocks of one.
  void forGroups(function_ref<void(Value)> body);
  void forBlocks(function_ref<void(Value)> body);
  /// Opens a role and its tile loop; `body` writes one tile.
  void writeRole(pipe::RoleKind kind, int64_t warpgroups, int64_t registers,
                 function_ref<void(const Tile &)> body);
  pipe::TileType stagingType();
  SmallVector<ColumnPiece> columnPieces(Value column);
  ColumnPiece columnPiece(Value part, Value piece);
  Value index(int64_t value);
  pipe::AccType accType();
  /// Columns of each piece in the tile being written.
  int64_t pieceColumns() const {
    return narrow ? columns.pieceN / 2 : columns.pieceN;
  }
  /// Writes `body` for tiles with all columns and, if the last tile has fewer,
  /// for that one, in two branches.
  void writeByWidth(const Tile &tile, function_ref<void()> body);
  void writeIf(Value condition, function_ref<void()> then,
               function_ref<void()> otherwise);

  GroupedGemmOp gemm;
  gpu::GPUFuncOp kernel;
  KernelOperands operands;
  Schedule schedule;
  GemmShape shape;
  ColumnTiling columns;
  /// The tile being written is the last one, of half of the columns.
  bool narrow = false;
  ImplicitLocOpBuilder b;
  Value ring, staging;
  Value scaleRing; ///< Null where scales lie in the ring, with the products'.
  Value slotRing;  ///< Of rows of slots; null where they are not added up.
  Value firstOwnRow, addedSlots; ///< See readOwnRows; null there, too.
  Value ledger;                  ///< Null where nobody waits for single rows.
  Value outbox;   ///< Null where the producer has no warps to send rows.
  Value exchange; ///< Null where rows lie in one warp each.
  Value queue;    ///< Null where tiles are dealt out in turn.
};

} // namespace mlir::moe

#endif // COMPILER_MOETOPIPE_KERNELWRITER_H
