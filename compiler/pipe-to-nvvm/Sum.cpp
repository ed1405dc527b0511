//===- Sum.cpp - the slots of a token, added up ---------------------------===//

#include "compiler/pipe-to-nvvm/Patterns.h"
#include "compiler/pipe-to-nvvm/Staging.h"

using namespace mlir;
using namespace mlir::pipe;

namespace {

/// All ones for each of a thread's rows that takes part in `slot`, else zero.
SmallVector<Value> masksAt(ValueRange slot, ValueRange bits, ThreadBuilder &b) {
  Value at = b.toI32(slot[0]);
  SmallVector<Value> masks;
  for (Value ofRow : bits) {
    Value shifted = b.createOrFold<arith::ShRUIOp>(ofRow, at);
    Value bit = b.bitAnd(shifted, b.constant(1));
    masks.push_back(b.sub(b.constant(0), bit));
  }
  return masks;
}

/// Adds two neighbouring bf16 to registers i and i + 1. What takes no part is
/// added as +0, which changes no sum: one that starts from +0 is never -0.
void addPair(SmallVectorImpl<Value> &acc, size_t i, Value pair, Value mask,
             ThreadBuilder &b) {
  auto add = [&](Value &sum, Value bits) {
    Value term = LLVM::BitcastOp::create(b, b.f32(), bits);
    sum = LLVM::FAddOp::create(b, sum, term);
  };
  pair = b.bitAnd(pair, mask);
  add(acc[i], b.createOrFold<arith::ShLIOp>(pair, b.constant(16)));
  add(acc[i + 1], b.bitAnd(pair, b.constant(int32_t(0xffff0000))));
}

/// Tiles lie in the 128-byte swizzle: 8 columns of bf16 are a chunk of 16
/// bytes, of which four neighbouring lanes have 4 each.
struct LowerAddTiles : FramePattern<AddTilesOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(AddTilesOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    constexpr int64_t rowBytes = 128, chunks = 8, ofChunk = 4; // registers
    ThreadBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> sums(adaptor.getAcc());
    SmallVector<Value> masks = masksAt(adaptor.getSlot(), adaptor.getBits(), b);
    Value row = frame.accumulatorRows(b, /*slab=*/0, frame.blockM)[0];
    Value inRow =
        b.add(b.mul(b.div(frame.lane, 4), 16), b.mul(b.rem(frame.lane, 4), 4));
    Value place = b.add(b.mul(row, rowBytes), inRow);
    for (int64_t chunk = 0; chunk < chunks; ++chunk) {
      Value bytes = b.bitXor(place, 16 * chunk);
      for (auto [i, tile] : llvm::enumerate(adaptor.getTiles())) {
        size_t first = ofChunk * (chunks * i + chunk);
        for (size_t group = 0; group < masks.size(); ++group) {
          Value from =
              b.offset(b.offset(tile[0], bytes), int64_t(group) * 8 * rowBytes);
          addPair(sums, first + 2 * group, b.load(b.getI32Type(), from),
                  masks[group], b);
        }
      }
    }
    rewriter.replaceOpWithMultiple(op, {sums});
    return success();
  }
};

struct LowerAddRounded : OpConversionPattern<AddRoundedOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(AddRoundedOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> sums(adaptor.getAcc());
    SmallVector<Value> masks = masksAt(adaptor.getSlot(), adaptor.getBits(), b);
    for (size_t i = 0; i < sums.size(); i += 2)
      addPair(sums, i, bf16Pair(adaptor.getPart(), i, b), masks[i / 2 % 2], b);
    rewriter.replaceOpWithMultiple(op, {sums});
    return success();
  }
};

struct LowerScale : OpConversionPattern<ScaleOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ScaleOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    Value factor = arith::ConstantOp::create(b, op.getFactorAttr());
    SmallVector<Value> results;
    for (Value value : adaptor.getAcc())
      results.push_back(LLVM::FMulOp::create(b, value, factor));
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

} // namespace

void mlir::pipe::populateSumPatterns(const TypeConverter &converter,
                                     const Frame &frame,
                                     RewritePatternSet &patterns) {
  patterns.add<LowerAddTiles>(converter, patterns.getContext(), frame);
  patterns.add<LowerAddRounded, LowerScale>(converter, patterns.getContext());
}
