//===- Staging.cpp - accumulators into staging rows -----------------------===//
//
// Rows are 16 bytes longer than what they hold, which keeps the banks of 8
// neighbouring rows apart.
//
//===----------------------------------------------------------------------===//

#include "compiler/pipe-to-nvvm/Staging.h"

using namespace mlir;
using namespace mlir::pipe;

Value mlir::pipe::bf16Pair(ValueRange acc, size_t i, ThreadBuilder &b) {
  Type pair = VectorType::get({2}, b.getBF16Type());
  Value bf16 = NVVM::ConvertF32x2ToBF16x2Op::create(
      b, pair, /*src_hi=*/acc[i + 1], /*src_lo=*/acc[i],
      /*random_bits=*/Value(), NVVM::FPRoundingMode::RN);
  return LLVM::BitcastOp::create(b, b.getI32Type(), bf16);
}

/// Two neighbouring registers as two e4m3 in an i16.
static Value e4m3Pair(ValueRange acc, size_t i, Type element,
                      ThreadBuilder &b) {
  return NVVM::ConvertF32x2ToF8x2Op::create(
      b, b.getI16Type(), /*upper=*/acc[i + 1], /*lower=*/acc[i],
      NVVM::FPRoundingMode::RN, NVVM::SaturationMode::SATFINITE,
      /*relu=*/false, element);
}

/// `layout` col has each 8x8 matrix transposed on its way.
static void storeMatrices(Value to, ArrayRef<Value> sources,
                          NVVM::MMALayout layout, ThreadBuilder &b) {
  NVVM::StMatrixOp::create(b, to, sources, layout,
                           NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8),
                           NVVM::LdStMatrixEltType::B16);
}

//===----------------------------------------------------------------------===//
// Upright
//===----------------------------------------------------------------------===//

/// stmatrix x4 takes four 8x8 matrices, here rows 0-7 and 8-15 of 8 columns and
/// the same of the next 8; lane l gives the address of row l mod 8 of matrix
/// l / 8.
static void writeBf16(ValueRange acc, int64_t column, const StagingRows &to,
                      const Frame &frame, ThreadBuilder &b) {
  Value matrix = b.div(frame.lane, 8), inner = b.rem(frame.lane, 8);
  Value row = b.add(b.mul(b.rem(matrix, 2), 8), inner);
  Value start = b.offset(
      to.start, b.add(b.mul(row, to.rowBytes), b.mul(b.div(matrix, 2), 16)));
  for (size_t i = 0; i < acc.size(); i += 8)
    storeMatrices(b.offset(start, (column + 2 * i) * 2),
                  {bf16Pair(acc, i, b), bf16Pair(acc, i + 2, b),
                   bf16Pair(acc, i + 4, b), bf16Pair(acc, i + 6, b)},
                  NVVM::MMALayout::row, b);
}

/// A thread has two neighbouring columns of two rows in each 8 columns.
static void writeE4m3(ValueRange acc, int64_t column, const StagingRows &to,
                      const Frame &frame, ThreadBuilder &b) {
  Value row = b.div(frame.lane, 4), inner = b.mul(b.rem(frame.lane, 4), 2);
  Value start = b.offset(to.start, b.add(b.mul(row, to.rowBytes), inner));
  for (size_t i = 0; i < acc.size(); i += 2) {
    int64_t bytes = (i / 2 % 2) * 8 * to.rowBytes + column + i / 4 * 8;
    LLVM::StoreOp::create(b, e4m3Pair(acc, i, to.element, b),
                          b.offset(start, bytes), /*alignment=*/2);
  }
}

void mlir::pipe::writeUpright(ArrayRef<ValueRange> accs, const StagingRows &to,
                              const Frame &frame, ThreadBuilder &b) {
  int64_t column = 0;
  for (ValueRange acc : accs) {
    if (to.element.isBF16())
      writeBf16(acc, column, to, frame, b);
    else
      writeE4m3(acc, column, to, frame, b);
    column += 2 * acc.size();
  }
}

//===----------------------------------------------------------------------===//
// Turned
//===----------------------------------------------------------------------===//

/// What lies as 8 columns by 8 rows in the registers of a warp is transposed by
/// stmatrix: columns 0-7 and 8-15 of 8 rows, and where there are 8 more rows
/// the same of these; lane l gives the address of row l mod 8 of matrix l / 8.
static void writeTurnedBf16(ValueRange acc, Value column, const StagingRows &to,
                            const Frame &frame, ThreadBuilder &b) {
  Value matrix = b.div(frame.lane, 8), inner = b.rem(frame.lane, 8);
  Value row = b.add(b.mul(b.div(matrix, 2), 8), inner);
  Value inRow = b.add(b.mul(column, 2), b.mul(b.rem(matrix, 2), 16));
  Value start = b.offset(to.start, b.add(b.mul(row, to.rowBytes), inRow));
  for (size_t i = 0; i < acc.size(); i += 8) {
    SmallVector<Value> sources;
    for (size_t of = i; of < std::min(i + 8, acc.size()); of += 2)
      sources.push_back(bf16Pair(acc, of, b));
    storeMatrices(b.offset(start, i / 4 * 8 * to.rowBytes), sources,
                  NVVM::MMALayout::col, b);
  }
}

/// A thread has two neighbouring rows of two columns in each 8 rows.
static void writeTurnedE4m3(ValueRange acc, Value column, const StagingRows &to,
                            const Frame &frame, ThreadBuilder &b) {
  Value row = b.mul(b.rem(frame.lane, 4), 2);
  Value inRow = b.add(column, b.div(frame.lane, 4));
  Value start = b.offset(to.start, b.add(b.mul(row, to.rowBytes), inRow));
  Type i8 = b.getI8Type();
  for (size_t i = 0; i < acc.size(); i += 2) {
    Value codes = e4m3Pair(acc, i, to.element, b);
    Value eight = arith::ConstantOp::create(b, b.getI16IntegerAttr(8));
    Value upper = arith::ShRUIOp::create(b, codes, eight);
    int64_t bytes = i / 4 * 8 * to.rowBytes + (i / 2 % 2) * 8;
    LLVM::StoreOp::create(b, arith::TruncIOp::create(b, i8, codes),
                          b.offset(start, bytes), /*alignment=*/1);
    LLVM::StoreOp::create(b, arith::TruncIOp::create(b, i8, upper),
                          b.offset(start, bytes + to.rowBytes),
                          /*alignment=*/1);
  }
}

void mlir::pipe::writeTurned(ArrayRef<ValueRange> accs, const StagingRows &to,
                             const Frame &frame, ThreadBuilder &b) {
  Value column = b.sub(frame.turnedColumn(b), b.div(frame.lane, 4));
  for (ValueRange acc : accs) {
    if (to.element.isBF16())
      writeTurnedBf16(acc, column, to, frame, b);
    else
      writeTurnedE4m3(acc, column, to, frame, b);
    column = b.add(column, frame.consumers * kSlabRows);
  }
}
