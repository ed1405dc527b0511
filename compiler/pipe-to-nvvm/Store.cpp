//===- Store.cpp - rows on their way to global memory ---------------------===//

#include "compiler/pipe-to-nvvm/Patterns.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::pipe;

namespace {

constexpr int64_t kBoxColumns = 64, kRowBytes = 128, kChunkBytes = 16;

/// Moves one warp's 16 rows of an accumulator through its staging rows, 64
/// columns at a time: written as wgmma's fragments lie, read as whole lines.
class RowStore {
public:
  RowStore(StoreRowsOp op,
           StoreRowsOp::GenericAdaptor<ArrayRef<ValueRange>> adaptor,
           const Frame &frame, ThreadBuilder &b)
      : op(op), adaptor(adaptor), frame(frame), b(b) {
    Value warp =
        b.sub(frame.warp, b.constant(4)); // the producer has the first 4
    staging =
        b.offset(adaptor.getStaging()[0], b.mul(warp, kWarpRows * kRowBytes));
    everyLane = b.constant(-1);
  }

  void store() {
    int64_t columns = op.getAcc().getType().getColumns();
    for (int64_t box = 0; box < columns / kBoxColumns; ++box) {
      // The lines of the box before have been read.
      NVVM::SyncWarpOp::create(b, everyLane);
      writeFragments(box);
      NVVM::SyncWarpOp::create(b, everyLane);
      storeLines(box);
    }
  }

private:
  /// Two neighbouring registers as one of two bf16, rounded to nearest even.
  Value packed(int64_t i) {
    ValueRange acc = adaptor.getAcc();
    Type pair = VectorType::get({2}, b.getBF16Type());
    Value bf16 = NVVM::ConvertF32x2ToBF16x2Op::create(
        b, pair, /*src_hi=*/acc[i + 1], /*src_lo=*/acc[i],
        /*random_bits=*/Value(), NVVM::FPRoundingMode::RN);
    return LLVM::BitcastOp::create(b, b.getI32Type(), bf16);
  }

  /// stmatrix x4 takes four 8x8 matrices, here rows 0-7 and 8-15 of 8 columns
  /// and the same of the next 8; lane l gives the address of row l mod 8 of
  /// matrix l / 8. Chunks are swizzled, so that neither side meets a bank
  /// twice.
  void writeFragments(int64_t box) {
    Value matrix = b.div(frame.lane, 8), inner = b.rem(frame.lane, 8);
    Value row = b.add(b.mul(b.rem(matrix, 2), 8), inner);
    Value rowStart = b.offset(staging, b.mul(row, kRowBytes));
    for (int64_t pair = 0; pair < kBoxColumns / 16; ++pair) {
      Value chunk = b.add(b.div(matrix, 2), 2 * pair);
      Value to = b.offset(rowStart, b.mul(b.bitXor(chunk, inner), kChunkBytes));
      int64_t first = box * kBoxColumns / 2 + pair * 8;
      Value sources[] = {packed(first), packed(first + 2), packed(first + 4),
                         packed(first + 6)};
      NVVM::StMatrixOp::create(
          b, to, sources, NVVM::MMALayout::row,
          NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8),
          NVVM::LdStMatrixEltType::B16);
    }
  }

  /// Eight lanes take a row of the box, 16 bytes each.
  void storeLines(int64_t box) {
    Value chunk = b.rem(frame.lane, 8), inner = b.div(frame.lane, 8);
    Value column = b.add(
        b.add(b.toI32(adaptor.getColumn()[0]), b.mul(chunk, kChunkBytes / 2)),
        box * kBoxColumns);
    Value inside = b.bitAnd(b.compare(arith::CmpIPredicate::sge, column,
                                      b.toI32(adaptor.getFirst()[0])),
                            b.compare(arith::CmpIPredicate::slt, column,
                                      b.toI32(adaptor.getLast()[0])));
    Type line = VectorType::get({4}, b.getI32Type());
    for (auto [i, target] : llvm::enumerate(adaptor.getRows())) {
      Value row = b.add(inner, 4 * i);
      Value from = b.offset(
          staging, b.add(b.mul(row, kRowBytes),
                         b.mul(b.bitXor(chunk, b.rem(row, 8)), kChunkBytes)));
      Value values = LLVM::LoadOp::create(b, line, from, kChunkBytes);
      Value real = b.compare(arith::CmpIPredicate::sge, target, int64_t(0));
      auto branch = scf::IfOp::create(b, b.bitAnd(real, inside),
                                      /*withElseRegion=*/false);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      LLVM::StoreOp::create(b, values, address(target, column), kChunkBytes);
    }
  }

  Value address(Value row, Value column) {
    int64_t columns = op.getDestination().getType().getDimSize(1);
    Value pitch = arith::ConstantOp::create(b, b.getI64IntegerAttr(columns));
    Value element = b.createOrFold<arith::AddIOp>(
        b.createOrFold<arith::MulIOp>(b.toI64(row), pitch), b.toI64(column));
    return b.element(adaptor.getDestination()[0], b.getBF16Type(), element);
  }

  StoreRowsOp op;
  StoreRowsOp::GenericAdaptor<ArrayRef<ValueRange>> adaptor;
  const Frame &frame;
  ThreadBuilder &b;
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

} // namespace

void mlir::pipe::populateStorePatterns(const TypeConverter &converter,
                                       const Frame &frame,
                                       RewritePatternSet &patterns) {
  patterns.add<LowerStoreRows>(converter, patterns.getContext(), frame);
}
