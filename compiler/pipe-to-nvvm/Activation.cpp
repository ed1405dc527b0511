//===- Activation.cpp - SwiGLU and quantisation of accumulators -----------===//

#include "compiler/pipe-to-nvvm/Exchange.h"
#include "compiler/pipe-to-nvvm/Patterns.h"

using namespace mlir;
using namespace mlir::pipe;

namespace {

Value constant(double value, ThreadBuilder &b) {
  return arith::ConstantOp::create(b, b.getF32FloatAttr(value));
}

struct LowerSwiglu : OpConversionPattern<SwigluOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(SwigluOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    Value minusLog2e = constant(-1.4426950408889634, b);
    Value one = constant(1, b);
    SmallVector<Value> results;
    for (auto [gate, up] :
         llvm::zip_equal(adaptor.getGate(), adaptor.getUp())) {
      Value power = LLVM::FMulOp::create(b, gate, minusLog2e);
      Value exponential =
          LLVM::CallIntrinsicOp::create(
              b, b.f32(), b.getStringAttr("llvm.nvvm.ex2.approx.ftz.f"),
              ValueRange(power))
              .getResult(0);
      Value sigmoid = NVVM::RcpApproxFtzF32Op::create(
          b, b.f32(), LLVM::FAddOp::create(b, one, exponential));
      results.push_back(
          LLVM::FMulOp::create(b, LLVM::FMulOp::create(b, gate, sigmoid), up));
    }
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

/// The first and the last column are multiples of 16, so each run of 8 columns
/// of an accumulator is kept or dropped as one; turned, all that a thread has.
struct LowerKeepColumns : FramePattern<KeepColumnsOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(KeepColumnsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    Value column = b.toI32(adaptor.getColumn()[0]);
    Value first = b.toI32(adaptor.getFirst()[0]);
    Value last = b.toI32(adaptor.getLast()[0]);
    Value zero = constant(0, b), kept;
    bool turned = op.getAcc().getType().getTurned();
    if (turned)
      column = b.add(column, frame.turnedColumn(b));
    SmallVector<Value> results;
    for (auto [i, value] : llvm::enumerate(adaptor.getAcc())) {
      if (turned ? i == 0 : i % 4 == 0) {
        Value here = b.add(column, 2 * i);
        kept = b.bitAnd(b.compare(arith::CmpIPredicate::sge, here, first),
                        b.compare(arith::CmpIPredicate::slt, here, last));
      }
      results.push_back(b.select(kept, value, zero));
    }
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

struct LowerQuantiseRows : FramePattern<QuantiseRowsOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(QuantiseRowsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    ValueRange acc = adaptor.getAcc();
    AccType type = op.getAcc().getType();
    SmallVector<Value> largest = largestOfWarp(acc, type, b);
    if (op.getExchange())
      largest = RowExchangeLowering(op.getExchange().getType(),
                                    adaptor.getExchange(), frame, b)
                    .largest(largest);
    SmallVector<Value> scales, factors;
    for (Value of : largest) {
      auto [scale, factor] = choose(of, op.getPow2(), b);
      scales.push_back(scale);
      factors.push_back(factor);
    }
    SmallVector<Value> results;
    for (auto [i, value] : llvm::enumerate(acc))
      results.push_back(
          LLVM::FMulOp::create(b, value, factors[rowNumber(i, type)]));
    rewriter.replaceOpWithMultiple(op, {results, scales});
    return success();
  }

private:
  /// The largest magnitude of each of this thread's rows, over the threads of
  /// the warp that share it: four neighbours, turned the eight that lie four
  /// apart. maxnum passes over a NaN.
  static SmallVector<Value> largestOfWarp(ValueRange acc, AccType type,
                                          ThreadBuilder &b) {
    SmallVector<Value> results(type.getTurned() ? type.getRows() / 4 : 2);
    for (auto [i, value] : llvm::enumerate(acc)) {
      Value &result = results[rowNumber(i, type)];
      Value magnitude = LLVM::FAbsOp::create(b, value);
      result = result ? Value(LLVM::MaxNumOp::create(b, result, magnitude))
                      : magnitude;
    }
    SmallVector<int64_t> steps = {1, 2};
    if (type.getTurned())
      steps = {4, 8, 16};
    for (Value &result : results)
      for (int64_t step : steps) {
        Value other = NVVM::ShflOp::create(
            b, b.f32(), b.constant(-1), result, b.constant(step),
            b.constant(31), NVVM::ShflKind::bfly,
            /*return_value_and_is_valid=*/UnitAttr());
        result = LLVM::MaxNumOp::create(b, result, other);
      }
    return results;
  }

  /// The scale and what the row is multiplied by.
  static std::pair<Value, Value> choose(Value largest, bool pow2,
                                        ThreadBuilder &b) {
    Value most = constant(448, b); // of e4m3
    Value a = LLVM::MaxNumOp::create(b, largest, constant(1e-10, b));
    Value scale = LLVM::FDivOp::create(b, a, most);
    if (!pow2)
      return {scale, LLVM::FDivOp::create(b, most, a)};
    // Any fraction bit carries into the exponent.
    Value bits = LLVM::BitcastOp::create(b, b.getI32Type(), scale);
    bits = b.bitAnd(b.add(bits, 0x7fffff), b.constant(int32_t(0xff800000)));
    scale = LLVM::BitcastOp::create(b, b.f32(), bits);
    return {scale, LLVM::FDivOp::create(b, constant(1, b), scale)};
  }
};

} // namespace

void mlir::pipe::populateActivationPatterns(const TypeConverter &converter,
                                            const Frame &frame,
                                            RewritePatternSet &patterns) {
  patterns.add<LowerSwiglu>(converter, patterns.getContext());
  patterns.add<LowerKeepColumns, LowerQuantiseRows>(
      converter, patterns.getContext(), frame);
}
