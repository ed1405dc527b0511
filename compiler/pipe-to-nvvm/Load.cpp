//===- Load.cpp - the loads of a fill -------------------------------------===//

#include "compiler/pipe-to-nvvm/AsmTexts.h"
#include "compiler/pipe-to-nvvm/Patterns.h"

using namespace mlir;
using namespace mlir::pipe;

namespace {

/// The boxes of one tile. With multicast each block has a share of them.
class BoxLoad {
public:
  BoxLoad(LoadBoxOp load, Value barrier, ThreadBuilder &b)
      : load(load), barrier(barrier), b(b), tile(load.getTile().getType()) {
    Type mapType = LLVM::LLVMPointerType::get(b.getContext());
    map = b.asRegisters(load.getSource(), mapType)[0];
    target = b.asRegisters(load.getTile(), b.sharedPtr())[0];
    // The instruction names the innermost coordinate first.
    for (Value index : llvm::reverse(load.getIndices()))
      coordinates.push_back(b.toI32(index));
  }

  /// All boxes, for this block only.
  void copy() {
    for (int64_t row = 0; row < load.getLoadedRows(); row += load.getBoxRows())
      copy(b.constant(row), /*blocks=*/Value());
  }
  /// This block's share, for all blocks of the cluster.
  void multicast(const Frame &frame) {
    int64_t share = load.getLoadedRows() / load.getMulticast();
    Value first = b.mul(frame.rank(b), share);
    Value blocks = arith::ConstantOp::create(
        b, b.getI16IntegerAttr((1 << load.getMulticast()) - 1));
    for (int64_t row = 0; row < share; row += load.getBoxRows())
      copy(b.add(first, row), blocks);
  }

private:
  void copy(Value row, Value blocks) {
    Value to = target;
    SmallVector<Value> from = coordinates;
    if (load.getBoxRows() < load.getLoadedRows()) {
      from[1] = b.add(from[1], row);
      to = b.offset(to, b.mul(row, tile.getRowBytes()));
    }
    if (blocks)
      to = LLVM::AddrSpaceCastOp::create(b, b.clusterPtr(), to);
    NVVM::CpAsyncBulkTensorGlobalToSharedClusterOp::create(
        b, to, map, from, barrier, /*im2colOffsets=*/ValueRange(), blocks,
        /*l2CacheHint=*/Value(), NVVM::TMALoadMode::TILE,
        /*isCTAOnly=*/!blocks, /*group=*/NVVM::CTAGroupKindAttr(),
        /*predicate=*/Value());
  }

  LoadBoxOp load;
  Value barrier;
  ThreadBuilder &b;
  TileType tile;
  Value map, target;
  SmallVector<Value> coordinates;
};

} // namespace

void mlir::pipe::lowerLoadBox(LoadBoxOp load, Value barrier, const Frame &frame,
                              ThreadBuilder &b) {
  BoxLoad box(load, barrier, b);
  if (load.getMulticast() == 1) {
    box.copy();
  } else {
    b.ifElse(
        load.getShared(), [&] { box.multicast(frame); }, [&] { box.copy(); });
  }
  load.erase();
}

namespace {

/// Copies `bytes` to shared memory, or writes as many zeros if not `valid`.
void copyOrZero(Value to, Value from, Value valid, int64_t bytes,
                ThreadBuilder &b) {
  Value size = b.select(valid, b.constant(bytes), b.constant(0));
  // Sixteen bytes go past L1: the rows are not read again from this SM.
  auto cache = bytes == 16 ? NVVM::LoadCacheModifierKind::CG
                           : NVVM::LoadCacheModifierKind::CA;
  NVVM::CpAsyncOp::create(b, to, from, uint32_t(bytes), cache, size);
}

class RowLoad {
public:
  RowLoad(LoadRowsOp load, const Frame &frame, ThreadBuilder &b)
      : load(load), frame(frame), b(b), tile(load.getTile().getType()),
        share(tile.getRows()),
        columns(load.getSource().getType().getDimSize(1)),
        column(b.toI32(load.getColumn())) {
    SmallVector<Type> types(share.chunkRows + share.ownRows, b.getI32Type());
    rows = b.asRegisters(load.getRows(), types);
    source = b.asRegisters(load.getSource(), b.globalPtr())[0];
    target = b.asRegisters(load.getTile(), b.sharedPtr())[0];
  }

  /// Eight threads a row, 16 bytes each, into the 128-byte swizzle.
  void copyChunks() {
    constexpr int64_t chunkBytes = 16, rowBytes = 128;
    Value chunk = b.rem(frame.thread, 8), row = b.div(frame.thread, 8);
    Value swizzled = b.bitXor(chunk, b.rem(row, 8));
    Value to = b.offset(
        target, b.add(b.mul(row, rowBytes), b.mul(swizzled, chunkBytes)));
    Value from = b.add(column, b.mul(chunk, chunkBytes));
    // Unsigned, so that columns before the first are out of bounds too.
    Value inside = b.compare(arith::CmpIPredicate::ult, from, columns);
    from = b.select(inside, from, b.constant(0));
    // Where pairs of blocks share the weights, keeping rows gains nothing.
    bool keeps = frame.writers == 1;
    // Copies to an address whose part is in a uniform register take longer, and
    // with a policy ptxas (13.0) encodes some that the hardware refuses.
    Value address;
    if (keeps)
      address = b.perThread(LLVM::PtrToIntOp::create(b, b.getI32Type(), to));
    for (int64_t i = 0; i < share.chunkRows; ++i) {
      OpBuilder::InsertionGuard guard(b);
      if ((i + 1) * 16 > tile.getRows())
        b.enterIf(
            b.compare(arith::CmpIPredicate::ult, row, tile.getRows() - i * 16));
      int64_t bytes = i * 16 * rowBytes;
      if (keeps)
        copyKept(b.add(address, bytes), rows[i], from, inside);
      else
        copy(b.offset(to, bytes), rows[i], from, inside, chunkBytes);
    }
  }

  /// One f32 of each row, or four.
  void copyScales() {
    int64_t bytes = tile.getRowBytes();
    Value always = arith::ConstantOp::create(b, b.getBoolAttr(true));
    OpBuilder::InsertionGuard guard(b);
    if (tile.getRows() < kWarpgroup)
      b.enterIf(
          b.compare(arith::CmpIPredicate::ult, frame.thread, tile.getRows()));
    Value to = b.offset(target, b.mul(frame.thread, bytes));
    for (int64_t i = 0; i < share.ownRows; ++i)
      copy(b.offset(to, i * kWarpgroup * bytes), rows[share.chunkRows + i],
           column, always, bytes);
  }

private:
  /// Copies the element at (row, from); zeros if the row is padding (negative)
  /// or `inside` is false.
  void copy(Value to, Value row, Value from, Value inside, int64_t bytes) {
    auto [start, valid] = element(row, from, inside);
    copyOrZero(to, start, valid, bytes, b);
  }

  /// The same of 16 bytes, for L2 to keep: other blocks copy the row for other
  /// columns and other experts, while weights stream past it.
  void copyKept(Value address, Value row, Value from, Value inside) {
    auto [start, valid] = element(row, from, inside);
    Value size = b.select(valid, b.constant(16), b.constant(0));
    b.memoryAsm(kCopyByPolicyText, {address, start, size, b.keepInL2()},
                "rlrl");
  }

  /// Where (row, from) lies, and whether it is to be read.
  std::pair<Value, Value> element(Value row, Value from, Value inside) {
    Value real = b.compare(arith::CmpIPredicate::sge, row, int64_t(0));
    Value first = b.toI64(b.select(real, row, b.constant(0)));
    Value pitch = arith::ConstantOp::create(b, b.getI64IntegerAttr(columns));
    Type type = tile.getElementType().isF32() ? b.f32() : Type(b.getI8Type());
    Value rowStart =
        b.element(source, type, b.createOrFold<arith::MulIOp>(first, pitch));
    return {b.element(rowStart, type, b.toI64(from)), b.bitAnd(real, inside)};
  }

  LoadRowsOp load;
  const Frame &frame;
  ThreadBuilder &b;
  TileType tile;
  GatherShare share;
  int64_t columns;
  Value column, source, target;
  ValueRange rows;
};

} // namespace

void mlir::pipe::lowerLoadRows(LoadRowsOp load, const Frame &frame,
                               ThreadBuilder &b) {
  RowLoad lowering(load, frame, b);
  if (load.getTile().getType().isSwizzled())
    lowering.copyChunks();
  else
    lowering.copyScales();
  load.erase();
}

/// One thread copies all: it is the only one of the role, or the first.
void mlir::pipe::lowerLoadBlockScales(LoadBlockScalesOp load,
                                      const Frame &frame, ThreadBuilder &b) {
  int64_t bytes = load.getTile().getType().getRowBytes();
  OpBuilder::InsertionGuard guard(b);
  if (frame.gathers) {
    Value first = b.compare(arith::CmpIPredicate::eq, frame.thread, int64_t(0));
    b.enterIf(first);
  }
  MemRefType type = load.getSource().getType();
  auto pitch = [&](unsigned dimension) -> Value {
    return arith::ConstantOp::create(
        b, b.getI64IntegerAttr(type.getDimSize(dimension)));
  };
  auto index = [&](Value outer, unsigned dimension, Value inner) {
    return b.createOrFold<arith::AddIOp>(
        b.createOrFold<arith::MulIOp>(outer, pitch(dimension)), b.toI64(inner));
  };
  Value source = b.asRegisters(load.getSource(), b.globalPtr())[0];
  Value tile = b.asRegisters(load.getTile(), b.sharedPtr())[0];
  Value always = arith::ConstantOp::create(b, b.getBoolAttr(true));
  for (auto [i, line] : llvm::enumerate(load.getLines())) {
    Value element =
        index(index(b.toI64(load.getExpert()), 1, line), 2, load.getK());
    copyOrZero(b.offset(tile, int64_t(i) * bytes),
               b.element(source, b.f32(), element), always, bytes, b);
  }
  load.erase();
}
