//===- Mma.cpp - wgmma and the arithmetic on accumulators -----------------===//

#include "compiler/pipe-to-nvvm/AsmTexts.h"
#include "compiler/pipe-to-nvvm/Patterns.h"

using namespace mlir;
using namespace mlir::pipe;

namespace {

constexpr int64_t kRowBytes = 128; ///< Of a tile of A or B.
constexpr int64_t kStepK = 32;     ///< K of one FP8 wgmma.

/// The matrix descriptor of a K-major tile in the 128-byte swizzle (PTX ISA,
/// "Matrix Descriptor Format"): address, stride between groups of 8 rows, and
/// the swizzle, all in units of 16 bytes where bytes are meant.
Value descriptor(Value pointer, Value bytes, ThreadBuilder &b) {
  constexpr int64_t groupStride = 8 * kRowBytes, swizzle128 = 1;
  constexpr int64_t fixed =
      (groupStride >> 4) << 32 | swizzle128 << 62 | int64_t(1) << 16;
  Value address =
      b.add(LLVM::PtrToIntOp::create(b, b.getI32Type(), pointer), bytes);
  Value field = b.div(b.bitAnd(address, b.constant(0x3ffff)), 16);
  return b.createOrFold<arith::OrIOp>(
      b.toI64(field), arith::ConstantOp::create(b, b.getI64IntegerAttr(fixed)));
}

Value advance(Value descriptor, int64_t bytes, ThreadBuilder &b) {
  if (bytes == 0)
    return descriptor;
  return b.createOrFold<arith::AddIOp>(
      descriptor,
      arith::ConstantOp::create(b, b.getI64IntegerAttr(bytes >> 4)));
}

/// Starts one k32 step: the first of a block starts from zero, whatever the
/// registers hold.
class WgmmaStep {
public:
  WgmmaStep(ThreadBuilder &b, int64_t n)
      : b(b), n(n), type(LLVM::LLVMStructType::getLiteral(
                        b.getContext(), SmallVector<Type>(n / 2, b.f32()))) {}

  Value undefined() { return LLVM::UndefOp::create(b, type); }

  Value issue(Value registers, Value a, Value bTile, bool fromZero) {
    auto scaleOut =
        fromZero ? NVVM::WGMMAScaleOut::zero : NVVM::WGMMAScaleOut::one;
    return NVVM::WgmmaMmaAsyncOp::create(
        b, type, registers, a, bTile,
        NVVM::MMAShapeAttr::get(b.getContext(), kSlabRows, n, kStepK),
        NVVM::WGMMATypes::e4m3, NVVM::WGMMATypes::e4m3, NVVM::WGMMATypes::f32,
        scaleOut, NVVM::WGMMAScaleIn::one, NVVM::WGMMAScaleIn::one,
        NVVM::MMALayout::row, NVVM::MMALayout::col,
        /*satfinite=*/NVVM::MMAIntOverflowAttr());
  }

  /// The first step of a block, in the registers of `reuse`. The instruction
  /// is told at run time to start from zero, so that ptxas has to keep these
  /// registers: with a constant it would see that their old contents are dead,
  /// and hold two temporaries at once.
  Value issueInto(ValueRange reuse, Value a, Value bTile) {
    // The grid has one layer, which ptxas cannot know.
    Value zero = NVVM::BlockIdZOp::create(b, b.getI32Type());
    return pack(b.tiedAsm(wgmmaIntoText(n), reuse, {a, bTile, zero}, "llr"));
  }

  Value pack(ArrayRef<Value> registers) {
    Value all = undefined();
    for (auto [i, value] : llvm::enumerate(registers))
      all = LLVM::InsertValueOp::create(b, all, value, i);
    return all;
  }

  SmallVector<Value> unpack(Value all) {
    SmallVector<Value> registers;
    for (int64_t i = 0; i < n / 2; ++i)
      registers.push_back(LLVM::ExtractValueOp::create(b, all, i));
    return registers;
  }

private:
  ThreadBuilder &b;
  int64_t n;
  LLVM::LLVMStructType type;
};

struct LowerMma : FramePattern<MmaOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(MmaOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    // Turned, wgmma multiplies this warpgroup's columns of B by all rows of A.
    bool turned = op.getPending().getType().getTurned();
    TileType aType = op.getA().getType();
    Value row = turned ? b.mul(frame.consumer(b), kSlabRows)
                       : frame.slabRow(b, op.getSlab(), aType.getRows());
    Value left = adaptor.getA()[0], right = adaptor.getB()[0];
    if (turned)
      std::swap(left, right);
    Value a = descriptor(left, b.mul(row, kRowBytes), b);
    Value tile = descriptor(right, b.constant(0), b);

    WgmmaStep step(b, turned ? aType.getRows()
                             : op.getPending().getType().getColumns());
    NVVM::WgmmaFenceAlignedOp::create(b);
    Value all;
    for (int64_t k = 0; k < aType.getColumns(); k += kStepK) {
      Value aStep = advance(a, k, b), bStep = advance(tile, k, b);
      if (k == 0 && op.getReuse())
        all = step.issueInto(adaptor.getReuse(), aStep, bStep);
      else
        all = step.issue(k ? all : step.undefined(), aStep, bStep,
                         /*fromZero=*/k == 0);
    }
    NVVM::WgmmaGroupSyncAlignedOp::create(b);
    rewriter.replaceOpWithMultiple(op, {step.unpack(all)});
    return success();
  }
};

/// The wait redefines the registers: nothing that reads them can move above
/// it. It costs no instruction; the plain op lets LLVM hoist the adds, and
/// ptxas then serialises the wgmma.
struct LowerMmaWait : OpConversionPattern<MmaWaitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(MmaWaitOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> all;
    for (ValueRange registers : adaptor.getPending())
      llvm::append_range(all, registers);
    SmallVector<Value> done = b.tiedAsm(wgmmaWaitText(0), all);
    SmallVector<ValueRange> results;
    ArrayRef<Value> rest = done;
    for (ValueRange registers : adaptor.getPending()) {
      results.push_back(rest.take_front(registers.size()));
      rest = rest.drop_front(registers.size());
    }
    rewriter.replaceOpWithMultiple(op, results);
    return success();
  }
};

struct LowerZeros : OpConversionPattern<ZerosOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ZerosOp op, OneToNOpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
    AccType type = op.getType();
    SmallVector<Value> zeros(type.getRows() * type.getColumns() / kWarpgroup,
                             zero);
    rewriter.replaceOpWithMultiple(op, {zeros});
    return success();
  }
};

/// Which of a thread's rows register i of an accumulator belongs to.
Value rowOf(size_t i, AccType type, ValueRange rows) {
  return rows[rowNumber(i, type)];
}

struct LowerScaleAdd : OpConversionPattern<ScaleAddOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ScaleAddOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> scales;
    for (Value row : adaptor.getRowScales())
      scales.push_back(LLVM::FMulOp::create(b, row, adaptor.getScale()[0]));
    SmallVector<Value> results;
    for (auto [i, pair] : llvm::enumerate(
             llvm::zip_equal(adaptor.getPart(), adaptor.getAcc()))) {
      auto [part, sum] = pair;
      results.push_back(LLVM::FMAOp::create(
          b, part, rowOf(i, op.getAcc().getType(), scales), sum));
    }
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

struct LowerScaleRows : OpConversionPattern<ScaleRowsOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ScaleRowsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> results;
    for (auto [i, value] : llvm::enumerate(adaptor.getAcc()))
      results.push_back(LLVM::FMulOp::create(
          b, value, rowOf(i, op.getAcc().getType(), adaptor.getRowScales())));
    rewriter.replaceOpWithMultiple(op, {results});
    return success();
  }
};

} // namespace

void mlir::pipe::populateMmaPatterns(const TypeConverter &converter,
                                     const Frame &frame,
                                     RewritePatternSet &patterns) {
  patterns.add<LowerMma>(converter, patterns.getContext(), frame);
  patterns.add<LowerMmaWait, LowerZeros, LowerScaleAdd, LowerScaleRows>(
      converter, patterns.getContext());
}
