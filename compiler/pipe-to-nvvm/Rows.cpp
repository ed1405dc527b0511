//===- Rows.cpp - row numbers, row scales and scalar loads ----------------===//

#include "compiler/pipe-to-nvvm/Patterns.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::pipe;

namespace {

/// The row that this thread sends off: one of its warp's, twice.
Value storeRow(const Frame &frame, ThreadBuilder &b, int64_t slab,
               int64_t blockM) {
  return b.add(b.add(frame.slabRow(b, slab, blockM),
                     b.mul(frame.warpOfGroup(b), kWarpRows)),
               b.rem(frame.lane, kWarpRows));
}

/// Whether the tile has the row at all; null where there are rows for all
/// consumers.
Value insideTile(Value row, const Frame &frame, ThreadBuilder &b) {
  if (frame.blockM >= kSlabRows * frame.consumers)
    return {};
  return b.compare(arith::CmpIPredicate::ult, row, frame.blockM);
}

/// The rows that this producer thread copies: see GatherShare. One past the
/// tile is another row of it, which is not copied.
SmallVector<Value> gatherRows(const Frame &frame, ThreadBuilder &b,
                              int64_t rows) {
  GatherShare share(rows);
  SmallVector<Value> result;
  for (int64_t i = 0; i < share.chunkRows; ++i)
    result.push_back(b.rem(b.add(b.div(frame.thread, 8), 16 * i), rows));
  for (int64_t i = 0; i < share.ownRows; ++i)
    result.push_back(b.rem(b.add(frame.thread, kWarpgroup * i), rows));
  return result;
}

Value loadAt(ThreadBuilder &b, Type type, Value pointer, Value index) {
  return b.load(type, b.element(pointer, type, b.toI64(index)));
}

struct LowerReadRows : FramePattern<ReadRowsOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(ReadRowsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    RowsType type = op.getType();
    SmallVector<Value> mine = type.getUse() == RowUse::Gather
                                  ? gatherRows(frame, b, type.getRows())
                                  : SmallVector<Value>{storeRow(
                                        frame, b, op.getSlab(), frame.blockM)};
    Value first = b.toI32(adaptor.getRow()[0]);
    Value limit = b.toI32(adaptor.getLimit()[0]);
    SmallVector<Value> results;
    for (Value row : mine) {
      Value inside;
      if (type.getUse() == RowUse::Store)
        inside = insideTile(row, frame, b);
      if (inside)
        row = b.select(inside, row, b.constant(0));
      Value id =
          loadAt(b, b.getI32Type(), adaptor.getMap()[0], b.add(first, row));
      Value real = b.compare(arith::CmpIPredicate::ult, id, limit);
      if (inside)
        real = b.bitAnd(real, inside);
      results.push_back(
          b.select(real, b.div(id, int64_t(op.getDivisor())), b.constant(-1)));
    }
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

struct LowerHoldsRows : FramePattern<HoldsRowsOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(HoldsRowsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, b.compare(arith::CmpIPredicate::slt,
                                     frame.slabRow(b, 0, frame.blockM),
                                     b.toI32(adaptor.getRows()[0])));
    return success();
  }
};

struct LowerRowRange : FramePattern<RowRangeOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(RowRangeOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    Value first = b.toI32(adaptor.getRow()[0]);
    if (op.getType().getUse() == RowUse::Gather) {
      SmallVector<Value> mine = gatherRows(frame, b, op.getType().getRows());
      for (Value &row : mine)
        row = b.add(first, row);
      rewriter.replaceOpWithMultiple(op, {mine});
      return success();
    }
    Value row = storeRow(frame, b, op.getSlab(), frame.blockM);
    Value result = b.add(first, row), beyond = b.constant(-1);
    if (op.getLimit()) {
      Value limit = b.toI32(adaptor.getLimit()[0]);
      Value below = b.compare(arith::CmpIPredicate::slt, result, limit);
      result = b.select(below, result, beyond);
    }
    if (Value inside = insideTile(row, frame, b))
      result = b.select(inside, result, beyond);
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct LowerReadRowWeights : FramePattern<ReadRowWeightsOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(ReadRowWeightsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    Value first = b.toI32(adaptor.getRow()[0]);
    SmallVector<Value> results;
    for (Value row :
         frame.scaleRows(b, op.getScales().getType().getTurnedRows(),
                         op.getSlab(), frame.blockM))
      results.push_back(
          loadAt(b, b.f32(), adaptor.getWeights()[0], b.add(first, row)));
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

/// The ids of a token follow each other, so a thread reads those of its rows
/// in a few lines.
struct LowerReadRowSlots : FramePattern<ReadRowSlotsOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(ReadRowSlotsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    Value first = b.toI32(adaptor.getRow()[0]);
    Value limit = b.toI32(adaptor.getLimit()[0]);
    SmallVector<Value> results;
    for (Value inTile : frame.accumulatorRows(b, op.getSlab(), frame.blockM)) {
      Value row = b.add(first, inTile);
      Value inside = b.compare(arith::CmpIPredicate::slt, row, limit);
      row = b.select(inside, row, b.constant(0));
      Value bits = readBits(op, adaptor.getIds()[0], row, b);
      results.push_back(b.select(inside, bits, b.constant(0)));
    }
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }

private:
  static Value readBits(ReadRowSlotsOp op, Value ids, Value row,
                        ThreadBuilder &b) {
    Value own = b.mul(row, int64_t(op.getSlots())), bits = b.constant(0);
    for (int64_t slot = 0; slot < int64_t(op.getSlots()); ++slot) {
      Value id = loadAt(b, b.getI32Type(), ids, b.add(own, slot));
      Value taken =
          b.compare(arith::CmpIPredicate::ult, id, int64_t(op.getExperts()));
      Value bit = b.select(taken, b.constant(int32_t(uint32_t(1) << slot)),
                           b.constant(0));
      bits = b.createOrFold<arith::OrIOp>(bits, bit);
    }
    return bits;
  }
};

/// Where a column of a tile of f32 starts; none is named where there is but
/// one.
Value columnOf(Value tile, ValueRange column, ThreadBuilder &b) {
  return column.empty() ? tile : b.offset(tile, b.mul(b.toI32(column[0]), 4));
}

struct LowerReadRowScales : FramePattern<ReadRowScalesOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(ReadRowScalesOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    TileType tile = op.getTile().getType();
    Value start = columnOf(adaptor.getTile()[0], adaptor.getColumn(), b);
    SmallVector<Value> results;
    for (Value row :
         frame.scaleRows(b, op.getScales().getType().getTurnedRows(),
                         op.getSlab(), tile.getRows()))
      results.push_back(LLVM::LoadOp::create(
          b, b.f32(), b.offset(start, b.mul(row, tile.getRowBytes())),
          /*alignment=*/4));
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

struct LowerReadBlockScale : OpConversionPattern<ReadBlockScaleOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ReadBlockScaleOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    int64_t rowBytes = op.getTile().getType().getRowBytes();
    Value start = columnOf(adaptor.getTile()[0], adaptor.getColumn(), b);
    rewriter.replaceOpWithNewOp<LLVM::LoadOp>(
        op, b.f32(), b.offset(start, rowBytes * op.getRow()),
        /*alignment=*/4);
    return success();
  }
};

/// A scalar of a packed tensor in global memory that no kernel writes.
struct LowerScalarLoad : OpConversionPattern<memref::LoadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(memref::LoadOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    MemRefType type = op.getMemRefType();
    if (!type.getLayout().isIdentity())
      return rewriter.notifyMatchFailure(op, "memref is not packed");
    if (llvm::any_of(type.getShape().drop_front(), ShapedType::isDynamic))
      return rewriter.notifyMatchFailure(op, "inner extent is dynamic");
    Value linear = arith::ConstantOp::create(b, b.getI64IntegerAttr(0));
    for (auto [extent, index] :
         llvm::zip_equal(type.getShape(), adaptor.getIndices())) {
      Value pitch = arith::ConstantOp::create(b, b.getI64IntegerAttr(extent));
      linear = b.createOrFold<arith::AddIOp>(
          b.createOrFold<arith::MulIOp>(linear, pitch), b.toI64(index[0]));
    }
    rewriter.replaceOp(
        op, b.loadConstant(type.getElementType(),
                           b.element(adaptor.getMemref()[0],
                                     type.getElementType(), linear)));
    return success();
  }
};

} // namespace

void mlir::pipe::populateRowPatterns(const TypeConverter &converter,
                                     const Frame &frame,
                                     RewritePatternSet &patterns) {
  patterns.add<LowerReadRows, LowerHoldsRows, LowerRowRange,
               LowerReadRowWeights, LowerReadRowSlots, LowerReadRowScales>(
      converter, patterns.getContext(), frame);
  patterns.add<LowerScalarLoad, LowerReadBlockScale>(converter,
                                                     patterns.getContext());
}
