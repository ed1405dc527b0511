//===- Store.cpp - rows on their way to global memory ---------------------===//

#include "compiler/pipe-to-nvvm/Outbox.h"
#include "compiler/pipe-to-nvvm/Patterns.h"
#include "compiler/pipe-to-nvvm/Staging.h"

using namespace mlir;
using namespace mlir::pipe;

namespace {

/// Moves rows of accumulators through staging rows: written as wgmma's
/// fragments lie, read by one bulk copy a row, which runs on while the warp
/// does something else. A warp has 16 rows to itself; turned, all warps of the
/// consumers write to all rows, and the first of them send 16 each. Where there
/// is an outbox, another warp sends them.
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
    rowsOfWarp =
        b.offset(adaptor.getStaging()[0], b.mul(warp, kWarpRows * rowBytes));
    everyLane = b.constant(-1);
  }

  void store() {
    if (op.getOutbox())
      return storeByOutbox();
    // The copies of the tile before have read these rows.
    NVVM::CpAsyncBulkWaitGroupOp::create(b, /*group=*/uint32_t(0),
                                         /*read=*/b.getUnitAttr());
    syncWriters();
    writeRows();
    syncWriters();
    auto range = op.getRows().getDefiningOp<RowRangeOp>();
    if (range && !range.getLimit())
      sendRange();
    else
      sendRows();
  }

private:
  void storeByOutbox() {
    OutboxLowering outbox(op.getOutbox().getType(), adaptor.getOutbox(), frame,
                          b);
    outbox.open();
    writeRows();
    Span span = columnsToSend();
    Value row = adaptor.getRows()[0];
    Value target =
        LLVM::PtrToIntOp::create(b, b.getI64Type(), address(row, span.begin));
    Value real = b.compare(arith::CmpIPredicate::sge, row, int64_t(0));
    outbox.post(real, target, span.skippedBytes, span.bytes);
  }

  void writeRows() {
    if (op.isTurned())
      writeTurned(adaptor.getAccs(),
                  {adaptor.getStaging()[0], rowBytes, element}, frame, b);
    else
      writeUpright(adaptor.getAccs(), {rowsOfWarp, rowBytes, element}, frame,
                   b);
    // Bulk copies read through the async proxy.
    NVVM::FenceProxyOp::create(
        b, NVVM::ProxyKind::async_shared,
        NVVM::SharedSpaceAttr::get(b.getContext(),
                                   NVVM::SharedSpace::shared_cta));
  }

  /// Waits for all that write to the same rows.
  void syncWriters() {
    if (!op.isTurned()) {
      NVVM::SyncWarpOp::create(b, everyLane);
      return;
    }
    constexpr int64_t ofConsumers = 1; // The block's own barrier is 0.
    NVVM::BarrierOp::create(b, /*res=*/TypeRange(), b.constant(ofConsumers),
                            b.constant(frame.consumers * kWarpgroup),
                            /*reductionOp=*/NVVM::BarrierReductionAttr(),
                            /*reductionPredicate=*/Value());
  }

  /// The columns of the tile that lie in [first, last): the first of them, the
  /// bytes of each staging row before it, and those to send (none if below 1).
  struct Span {
    Value begin, skippedBytes, bytes;
  };
  Span columnsToSend() {
    Value column = b.toI32(adaptor.getColumn()[0]);
    Value end = b.add(column, op.getColumns(frame.consumers));
    Value begin = max(column, b.toI32(adaptor.getFirst()[0]));
    end = b.min(end, b.toI32(adaptor.getLast()[0]));
    return {begin, b.mul(b.sub(begin, column), elementBytes),
            b.mul(b.sub(end, begin), elementBytes)};
  }

  /// One lane sends rows that follow each other: all of the warp, or those of 8
  /// that the tile has.
  void sendRange() {
    constexpr int64_t group = 8;
    Span span = columnsToSend();
    Value start = b.offset(rowsOfWarp, span.skippedBytes);
    Value first = rowOfLane(0);
    Value warp =
        op.isTurned() ? b.sub(frame.warp, b.constant(4)) : b.constant(0);
    OpBuilder::InsertionGuard guard(b);
    b.enterIf(b.compare(arith::CmpIPredicate::sgt, span.bytes, int64_t(0)));
    b.enterIf(NVVM::ElectSyncOp::create(b, b.getI1Type(), Value()));
    for (int64_t row = 0; row < kWarpRows; row += group) {
      OpBuilder::InsertionGuard guard(b);
      Value inTile = b.add(b.mul(warp, kWarpRows), row);
      if (op.isTurned())
        b.enterIf(b.compare(arith::CmpIPredicate::slt, inTile, frame.blockM));
      for (int64_t i = row; i < row + group; ++i)
        sendRow(address(b.add(first, i), span.begin),
                b.offset(start, i * rowBytes), span.bytes, op.getAdd(), b);
    }
    NVVM::CpAsyncBulkCommitGroupOp::create(b);
  }

  Value rowOfLane(int64_t lane) {
    return NVVM::ShflOp::create(b, b.getI32Type(), everyLane,
                                adaptor.getRows()[0], b.constant(lane),
                                b.constant(31), NVVM::ShflKind::idx,
                                /*return_value_and_is_valid=*/UnitAttr());
  }

  /// One lane sends the rows of the warp. What it needs of other lanes it gets
  /// beforehand: a copy by each lane would make ptxas write a loop over the
  /// lanes, with the latency of all its steps in each round.
  void sendRows() {
    Span span = columnsToSend();
    Value start = b.offset(rowsOfWarp, span.skippedBytes);
    SmallVector<Value> targets;
    for (int64_t row = 0; row < kWarpRows; ++row)
      targets.push_back(rowOfLane(row));

    OpBuilder::InsertionGuard guard(b);
    b.enterIf(b.compare(arith::CmpIPredicate::sgt, span.bytes, int64_t(0)));
    b.enterIf(NVVM::ElectSyncOp::create(b, b.getI1Type(), Value()));
    for (auto [row, target] : llvm::enumerate(targets)) {
      OpBuilder::InsertionGuard guard(b);
      b.enterIf(b.compare(arith::CmpIPredicate::sge, target, int64_t(0)));
      sendRow(address(target, span.begin), b.offset(start, row * rowBytes),
              span.bytes, op.getAdd(), b);
    }
    NVVM::CpAsyncBulkCommitGroupOp::create(b);
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
  Value rowsOfWarp, everyLane;
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

/// One of the threads that hold a row stores its scale: of four neighbours the
/// first; turned, the first four lanes of the cluster's first consumer warp.
struct LowerStoreRowScales : FramePattern<StoreRowScalesOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(StoreRowScalesOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    int64_t turnedRows = op.getScales().getType().getTurnedRows();
    b.enterIf(turnedRows ? isFirstWarp(b) : isFirstOfFour(b));
    Value line = b.createOrFold<arith::MulIOp>(b.toI64(adaptor.getLine()[0]),
                                               b.toI64(adaptor.getPitch()[0]));
    Value row = b.toI32(adaptor.getRow()[0]);
    for (auto [scale, inTile] : llvm::zip_equal(
             adaptor.getScales(),
             frame.scaleRows(b, turnedRows, op.getSlab(), frame.blockM))) {
      Value index =
          b.createOrFold<arith::AddIOp>(line, b.toI64(b.add(row, inTile)));
      LLVM::StoreOp::create(
          b, scale, b.element(adaptor.getDestination()[0], b.f32(), index),
          /*alignment=*/4);
    }
    rewriter.eraseOp(op);
    return success();
  }

private:
  Value isFirstOfFour(ThreadBuilder &b) const {
    return b.compare(arith::CmpIPredicate::eq, b.rem(frame.lane, 4),
                     int64_t(0));
  }

  Value isFirstWarp(ThreadBuilder &b) const {
    Value warp = b.compare(arith::CmpIPredicate::eq,
                           b.add(frame.warp, b.mul(frame.rank(b), 64)), 4);
    Value lane = b.compare(arith::CmpIPredicate::ult, frame.lane, int64_t(4));
    return b.bitAnd(warp, lane);
  }
};

} // namespace

void mlir::pipe::populateStorePatterns(const TypeConverter &converter,
                                       const Frame &frame,
                                       RewritePatternSet &patterns) {
  patterns.add<LowerStoreRows, LowerStoreRowScales>(
      converter, patterns.getContext(), frame);
}
