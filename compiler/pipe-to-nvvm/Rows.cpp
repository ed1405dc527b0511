//===- Rows.cpp - row numbers, row scales and scalar loads ----------------===//

#include "compiler/pipe-to-nvvm/Patterns.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::pipe;

namespace {

/// The rows, in the block's tile, of the two row groups of an accumulator that
/// this thread holds (PTX ISA, wgmma register fragments).
SmallVector<Value> accumulatorRows(const Frame &frame, ThreadBuilder &b,
                                   int64_t slab, int64_t blockM) {
  Value first = b.add(b.add(frame.slabRow(b, slab, blockM),
                            b.mul(frame.warpOfGroup(b), kWarpRows)),
                      b.div(frame.lane, 4));
  return {first, b.add(first, 8)};
}

/// The rows that this thread stores: 8 threads a row, 4 rows at a time.
SmallVector<Value> storeRows(const Frame &frame, ThreadBuilder &b, int64_t slab,
                             int64_t blockM) {
  Value first = b.add(b.add(frame.slabRow(b, slab, blockM),
                            b.mul(frame.warpOfGroup(b), kWarpRows)),
                      b.div(frame.lane, 8));
  SmallVector<Value> rows;
  for (int64_t i = 0; i < kWarpRows; i += 4)
    rows.push_back(b.add(first, i));
  return rows;
}

/// The rows that this producer thread copies: see GatherShare.
SmallVector<Value> gatherRows(const Frame &frame, ThreadBuilder &b,
                              int64_t rows) {
  GatherShare share(rows);
  SmallVector<Value> result;
  for (int64_t i = 0; i < share.chunkRows; ++i)
    result.push_back(b.add(b.div(frame.thread, 8), 16 * i));
  for (int64_t i = 0; i < share.ownRows; ++i)
    result.push_back(b.rem(b.add(frame.thread, kWarpgroup * i), rows));
  return result;
}

Value loadAt(ThreadBuilder &b, Type type, Value pointer, Value index) {
  return b.loadConstant(type, b.element(pointer, type, b.toI64(index)), 4);
}

struct LowerReadRows : FramePattern<ReadRowsOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(ReadRowsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    RowsType type = op.getType();
    SmallVector<Value> mine =
        type.getUse() == RowUse::Gather
            ? gatherRows(frame, b, type.getRows())
            : storeRows(frame, b, op.getSlab(), frame.blockM);
    Value first = b.toI32(adaptor.getRow()[0]);
    Value limit = b.toI32(adaptor.getLimit()[0]);
    SmallVector<Value> results;
    for (Value row : mine) {
      Value id =
          loadAt(b, b.getI32Type(), adaptor.getMap()[0], b.add(first, row));
      Value real = b.compare(arith::CmpIPredicate::ult, id, limit);
      results.push_back(
          b.select(real, b.div(id, int64_t(op.getDivisor())), b.constant(-1)));
    }
    rewriter.replaceOpWithMultiple(op, {results});
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
    SmallVector<Value> results;
    for (Value row : storeRows(frame, b, op.getSlab(), frame.blockM))
      results.push_back(b.add(first, row));
    rewriter.replaceOpWithMultiple(op, {results});
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
    Value limit = b.toI32(adaptor.getLimit()[0]);
    Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
    SmallVector<Value> results;
    for (Value row : accumulatorRows(frame, b, op.getSlab(), frame.blockM)) {
      Value id =
          loadAt(b, b.getI32Type(), adaptor.getMap()[0], b.add(first, row));
      Value real = b.compare(arith::CmpIPredicate::ult, id, limit);
      Value weight = loadAt(b, b.f32(), adaptor.getWeights()[0],
                            b.select(real, id, b.constant(0)));
      results.push_back(b.select(real, weight, zero));
    }
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

struct LowerReadRowScales : FramePattern<ReadRowScalesOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(ReadRowScalesOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    int64_t blockM = op.getTile().getType().getRows();
    SmallVector<Value> results;
    for (Value row : accumulatorRows(frame, b, op.getSlab(), blockM))
      results.push_back(LLVM::LoadOp::create(
          b, b.f32(), b.offset(adaptor.getTile()[0], b.mul(row, 4)),
          /*alignment=*/4));
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

/// A scalar of a packed tensor in global memory.
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
    rewriter.replaceOp(op,
                       b.loadConstant(type.getElementType(),
                                      b.element(adaptor.getMemref()[0],
                                                type.getElementType(), linear),
                                      4));
    return success();
  }
};

} // namespace

void mlir::pipe::populateRowPatterns(const TypeConverter &converter,
                                     const Frame &frame,
                                     RewritePatternSet &patterns) {
  patterns.add<LowerReadRows, LowerRowRange, LowerReadRowWeights,
               LowerReadRowScales>(converter, patterns.getContext(), frame);
  patterns.add<LowerScalarLoad>(converter, patterns.getContext());
}
