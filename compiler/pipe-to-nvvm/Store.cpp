//===- Store.cpp - rows on their way to global memory ---------------------===//

#include "compiler/pipe-to-nvvm/AsmTexts.h"
#include "compiler/pipe-to-nvvm/Patterns.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::pipe;

namespace {

/// Moves one warp's 16 rows of accumulators through its staging rows: written
/// as wgmma's fragments lie, read by one bulk copy a row, which runs on while
/// the warp does something else.
class RowStore {
public:
  RowStore(StoreRowsOp op,
           StoreRowsOp::GenericAdaptor<ArrayRef<ValueRange>> adaptor,
           const Frame &frame, ThreadBuilder &b)
      : op(op), adaptor(adaptor), frame(frame), b(b),
        element(op.getDestination().getType().getElementType()),
        elementBytes(element.getIntOrFloatBitWidth() / 8),
        rowBytes(op.getStaging().getType().getRowBytes()) {
    Value warp =
        b.sub(frame.warp, b.constant(4)); // the producer has the first 4
    staging =
        b.offset(adaptor.getStaging()[0], b.mul(warp, kWarpRows * rowBytes));
    everyLane = b.constant(-1);
  }

  void store() {
    // The copies of the tile before have read these rows.
    NVVM::CpAsyncBulkWaitGroupOp::create(b, /*group=*/uint32_t(0),
                                         /*read=*/b.getUnitAttr());
    NVVM::SyncWarpOp::create(b, everyLane);
    int64_t column = 0;
    for (ValueRange acc : adaptor.getAccs()) {
      if (element.isBF16())
        writeBf16(acc, column);
      else
        writeE4m3(acc, column);
      column += 2 * acc.size();
    }
    // Bulk copies read through the async proxy.
    NVVM::FenceProxyOp::create(
        b, NVVM::ProxyKind::async_shared,
        NVVM::SharedSpaceAttr::get(b.getContext(),
                                   NVVM::SharedSpace::shared_cta));
    NVVM::SyncWarpOp::create(b, everyLane);
    sendRows();
  }

private:
  /// stmatrix x4 takes four 8x8 matrices, here rows 0-7 and 8-15 of 8 columns
  /// and the same of the next 8; lane l gives the address of row l mod 8 of
  /// matrix l / 8. The padding of a row keeps the banks of 8 rows apart.
  void writeBf16(ValueRange acc, int64_t column) {
    Value matrix = b.div(frame.lane, 8), inner = b.rem(frame.lane, 8);
    Value row = b.add(b.mul(b.rem(matrix, 2), 8), inner);
    Value start = b.offset(
        staging, b.add(b.mul(row, rowBytes), b.mul(b.div(matrix, 2), 16)));
    for (size_t i = 0; i < acc.size(); i += 8) {
      Value sources[] = {bf16Pair(acc, i), bf16Pair(acc, i + 2),
                         bf16Pair(acc, i + 4), bf16Pair(acc, i + 6)};
      NVVM::StMatrixOp::create(
          b, b.offset(start, (column + 2 * i) * 2), sources,
          NVVM::MMALayout::row,
          NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8),
          NVVM::LdStMatrixEltType::B16);
    }
  }

  /// Two neighbouring registers as two bf16, rounded to nearest even.
  Value bf16Pair(ValueRange acc, size_t i) {
    Type pair = VectorType::get({2}, b.getBF16Type());
    Value bf16 = NVVM::ConvertF32x2ToBF16x2Op::create(
        b, pair, /*src_hi=*/acc[i + 1], /*src_lo=*/acc[i],
        /*random_bits=*/Value(), NVVM::FPRoundingMode::RN);
    return LLVM::BitcastOp::create(b, b.getI32Type(), bf16);
  }

  /// A thread has two neighbouring columns of two rows in each 8 columns.
  void writeE4m3(ValueRange acc, int64_t column) {
    Value row = b.div(frame.lane, 4), inner = b.mul(b.rem(frame.lane, 4), 2);
    Value start = b.offset(staging, b.add(b.mul(row, rowBytes), inner));
    for (size_t i = 0; i < acc.size(); i += 2) {
      Value codes = NVVM::ConvertF32x2ToF8x2Op::create(
          b, b.getI16Type(), /*upper=*/acc[i + 1], /*lower=*/acc[i],
          NVVM::FPRoundingMode::RN, NVVM::SaturationMode::SATFINITE,
          /*relu=*/false, element);
      int64_t to = (i / 2 % 2) * 8 * rowBytes + column + i / 4 * 8;
      LLVM::StoreOp::create(b, codes, b.offset(start, to), /*alignment=*/2);
    }
  }

  /// One lane sends the columns in [first, last) of each row. What it needs of
  /// other lanes it gets beforehand: a copy by each lane would make ptxas write
  /// a loop over the lanes, with the latency of all its steps in each round.
  void sendRows() {
    Value column = b.toI32(adaptor.getColumn()[0]);
    Value end = b.add(column, op.getColumns());
    Value begin = max(column, b.toI32(adaptor.getFirst()[0]));
    end = b.min(end, b.toI32(adaptor.getLast()[0]));
    Value columns = b.sub(end, begin);
    Value bytes = b.mul(columns, elementBytes);
    Value start = b.offset(staging, b.mul(b.sub(begin, column), elementBytes));
    SmallVector<Value> targets;
    for (int64_t row = 0; row < kWarpRows; ++row)
      targets.push_back(NVVM::ShflOp::create(
          b, b.getI32Type(), everyLane, adaptor.getRows()[0], b.constant(row),
          b.constant(31), NVVM::ShflKind::idx,
          /*return_value_and_is_valid=*/UnitAttr()));

    OpBuilder::InsertionGuard guard(b);
    enter(b.compare(arith::CmpIPredicate::sgt, columns, int64_t(0)));
    enter(NVVM::ElectSyncOp::create(b, b.getI1Type(), Value()));
    for (auto [row, target] : llvm::enumerate(targets)) {
      OpBuilder::InsertionGuard guard(b);
      enter(b.compare(arith::CmpIPredicate::sge, target, int64_t(0)));
      send(address(target, begin), b.offset(start, row * rowBytes), bytes);
    }
    NVVM::CpAsyncBulkCommitGroupOp::create(b);
  }

  void send(Value to, Value from, Value bytes) {
    if (!op.getAdd()) {
      NVVM::CpAsyncBulkSharedCTAToGlobalOp::create(
          b, to, from, bytes, /*l2CacheHint=*/Value(), /*byteMask=*/Value());
      return;
    }
    Value address = LLVM::PtrToIntOp::create(b, b.getI32Type(), from);
    b.memoryAsm(bulkReduceAddText("noftz.bf16"), {to, address, bytes}, "lrr");
  }

  /// Goes on inside a branch on `condition`.
  void enter(Value condition) {
    auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/false);
    b.setInsertionPointToStart(branch.thenBlock());
  }

  Value max(Value a, Value b) {
    return this->b.select(this->b.compare(arith::CmpIPredicate::sgt, a, b), a,
                          b);
  }

  Value address(Value row, Value column) {
    int64_t columns = op.getDestination().getType().getDimSize(1);
    Value pitch = arith::ConstantOp::create(b, b.getI64IntegerAttr(columns));
    Value index = b.createOrFold<arith::AddIOp>(
        b.createOrFold<arith::MulIOp>(b.toI64(row), pitch), b.toI64(column));
    Type type = element.isBF16() ? element : Type(b.getI8Type());
    return b.element(adaptor.getDestination()[0], type, index);
  }

  StoreRowsOp op;
  StoreRowsOp::GenericAdaptor<ArrayRef<ValueRange>> adaptor;
  const Frame &frame;
  ThreadBuilder &b;
  Type element;
  int64_t elementBytes, rowBytes;
  Value staging, everyLane;
};

struct LowerStoreRows : FramePattern<StoreRowsOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(StoreRowsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    RowStore(op, adaptor, frame, b).store();
    rewriter.eraseOp(op);
    return success();
  }
};

/// One of the four threads that hold a row stores its scale.
struct LowerStoreRowScales : FramePattern<StoreRowScalesOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(StoreRowScalesOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    Value first =
        b.compare(arith::CmpIPredicate::eq, b.rem(frame.lane, 4), int64_t(0));
    auto branch = scf::IfOp::create(b, first, /*withElseRegion=*/false);
    b.setInsertionPointToStart(branch.thenBlock());
    Value line = b.createOrFold<arith::MulIOp>(b.toI64(adaptor.getLine()[0]),
                                               b.toI64(adaptor.getPitch()[0]));
    Value row = b.toI32(adaptor.getRow()[0]);
    for (auto [scale, inTile] : llvm::zip_equal(
             adaptor.getScales(),
             frame.accumulatorRows(b, op.getSlab(), frame.blockM))) {
      Value index =
          b.createOrFold<arith::AddIOp>(line, b.toI64(b.add(row, inTile)));
      LLVM::StoreOp::create(
          b, scale, b.element(adaptor.getDestination()[0], b.f32(), index),
          /*alignment=*/4);
    }
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void mlir::pipe::populateStorePatterns(const TypeConverter &converter,
                                       const Frame &frame,
                                       RewritePatternSet &patterns) {
  patterns.add<LowerStoreRows, LowerStoreRowScales>(
      converter, patterns.getContext(), frame);
}
