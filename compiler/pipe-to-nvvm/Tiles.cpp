//===- Tiles.cpp - the persistent tile loop -------------------------------===//

#include "compiler/pipe-to-nvvm/Patterns.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::pipe;

namespace {

/// Where tile number `tile` lies: groups of group_m row tiles are walked column
/// by column, so that the weights of a column stay in L2 for the group.
struct TilePlace {
  Value rowTile, column;
};

TilePlace tilePlace(TilesOp op, Value tile, Value rowTiles, ThreadBuilder &b) {
  int64_t groupM = op.getGroupM();
  int64_t perGroup = groupM * op.getColumnTiles();
  Value inGroup = b.rem(tile, perGroup);
  Value first = b.mul(b.div(tile, perGroup), groupM);
  // The last group may be lower.
  Value height = b.min(b.sub(rowTiles, first), b.constant(groupM));
  return {b.add(first, b.rem(inGroup, height)), b.div(inGroup, height)};
}

void lower(TilesOp op) {
  ThreadBuilder b(op.getLoc(), op);
  Type i32 = b.getI32Type();
  Value usedRows = b.asRegisters(op.getUsedRows(), b.globalPtr())[0];
  Value expertIds = b.asRegisters(op.getExpertIds(), b.globalPtr())[0];
  Value rowTiles =
      b.div(b.loadConstant(i32, usedRows, 4), int64_t(op.getBlockM()));
  Value tiles = b.mul(rowTiles, int64_t(op.getColumnTiles()));
  auto loop = scf::ForOp::create(b, NVVM::BlockIdXOp::create(b, i32), tiles,
                                 NVVM::GridDimXOp::create(b, i32));

  b.setInsertionPointToStart(loop.getBody());
  TilePlace place = tilePlace(op, loop.getInductionVar(), rowTiles, b);
  Value row = b.mul(place.rowTile, int64_t(op.getBlockM()));
  Value entry = b.toI64(b.div(row, int64_t(op.getRowAlignment())));
  Value expert = b.loadConstant(i32, b.element(expertIds, i32, entry), 4);
  Value here = b.compare(arith::CmpIPredicate::sge, expert, int64_t(0));
  Value arguments[] = {b.toIndex(expert), b.toIndex(row),
                       b.toIndex(place.column)};
  auto branch = scf::IfOp::create(b, here, /*withElseRegion=*/false);

  Block &body = op.getBody().front();
  body.getTerminator()->erase();
  IRRewriter(b).inlineBlockBefore(&body, branch.thenBlock()->getTerminator(),
                                  arguments);
  op.erase();
}

} // namespace

void mlir::pipe::lowerTiles(LLVM::LLVMFuncOp kernel, const Frame &) {
  SmallVector<TilesOp> ops;
  kernel.walk([&](TilesOp op) { ops.push_back(op); });
  for (TilesOp op : ops)
    lower(op);
}
