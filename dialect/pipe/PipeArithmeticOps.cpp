//===- PipeArithmeticOps.cpp - the laws of what consumers compute ---------===//

#include "dialect/pipe/PipeLaws.h"

using namespace mlir;
using namespace mlir::pipe;

/// (P17)
static LogicalResult verifyMmaTiles(MmaOp op, bool turned) {
  TileType a = op.getA().getType(), b = op.getB().getType();
  // What becomes the columns of wgmma.
  int64_t n = turned ? a.getRows() : b.getRows(), most = turned ? 64 : 128;
  int64_t slabs = 64 * op->getParentOfType<RoleOp>().getWarpgroups();
  bool f8 = isa<Float8E4M3FNType>(a.getElementType()) &&
            a.getElementType() == b.getElementType();
  if (f8 && a.getColumns() == 128 && b.getColumns() == 128 && n % 8 == 0 &&
      n >= 8 && n <= most && (!turned || b.getRows() == slabs))
    return success();
  InFlightDiagnostic diag =
      op.emitOpError("(P17) expects f8E4M3FN tiles of 128 columns, ");
  if (turned)
    diag << "a of 8 to 64 rows in multiples of 8 and b of " << slabs;
  else
    diag << "b of 8 to 128 rows in multiples of 8";
  return diag << ", got " << a << " and " << b;
}

LogicalResult MmaOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  bool turned = getPending().getType().getTurned();
  if (failed(verifyMmaTiles(*this, turned)))
    return failure();
  // (P18)
  int64_t rows = turned ? getA().getType().getRows() : 64;
  int64_t columns = turned ? 64 : getB().getType().getRows();
  bool halves = !turned && columns % 16 == 0; // into what wgmma can have
  if (halves && 2 * getPending().getType().getColumns() == columns)
    columns /= 2;
  auto fits = [&](auto type) {
    return type.getRows() == rows && type.getColumns() == columns &&
           type.getTurned() == turned && type.getElementType().isF32();
  };
  if (!fits(getPending().getType()))
    return emitOpError("(P18) expects a result of ")
           << rows << "x" << columns << "xf32, got " << getPending().getType();
  if (getReuse() && !fits(getReuse().getType()))
    return emitOpError("(P18) expects to reuse ")
           << rows << "x" << columns << "xf32, got " << getReuse().getType();
  // (P19)
  if (!getPending().hasOneUse() ||
      !isa<MmaWaitOp>(*getPending().getUsers().begin()))
    return emitOpError("(P19) expects its result to have one use, a "
                       "pipe.mma_wait");
  return verifySlab(*this, getSlab());
}

LogicalResult MmaWaitOp::verify() {
  auto fits = [](PendingType pending, AccType acc) {
    return AccType::get(acc.getContext(), pending.getRows(),
                        pending.getColumns(), pending.getElementType(),
                        pending.getTurned()) == acc;
  };
  bool all = getPending().size() == getAccs().size() && !getAccs().empty();
  for (auto [pending, acc] : llvm::zip(getPending(), getAccs()))
    all &= fits(cast<PendingType>(pending.getType()),
                cast<AccType>(acc.getType()));
  if (all)
    return success();
  return emitOpError("(P18) expects results of the shapes of ")
         << getPending().getTypes() << ", got " << getAccs().getTypes();
}

LogicalResult AddTilesOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  // (P46)
  int64_t rows = 64 * (*this)->getParentOfType<RoleOp>().getWarpgroups();
  int64_t columns = 0;
  bool fits = !getAcc().getType().getTurned();
  for (Value tile : getTiles()) {
    auto type = cast<TileType>(tile.getType());
    fits &= type.getElementType().isBF16() && type.isSwizzled() &&
            type.getRows() == rows;
    columns += type.getColumns();
  }
  if (fits && columns == getAcc().getType().getColumns())
    return success();
  return emitOpError("(P46) expects swizzled tiles of ")
         << rows << " rows of bf16 with the columns of " << getAcc().getType()
         << ", got " << getTiles().getTypes();
}

LogicalResult QuantiseRowsOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  // (P30)
  AccType acc = getAcc().getType();
  if (!acc.getTurned()) {
    if (!getExchange())
      return success();
    return emitOpError("(P30) expects no exchange for rows that lie in one "
                       "warp each, got ")
           << getExchange().getType();
  }
  auto tiles = (*this)->getParentOfType<TilesOp>();
  int64_t blocks = tiles ? tiles.getClusterColumnTiles() : 1;
  int64_t groups = (*this)->getParentOfType<RoleOp>().getWarpgroups();
  auto want =
      RowExchangeType::get(getContext(), acc.getRows(), 4 * groups * blocks);
  if (getExchange() && getExchange().getType() == want)
    return success();
  InFlightDiagnostic diag = emitOpError("(P30) expects ") << want << ", got ";
  if (!getExchange())
    return diag << "none";
  return diag << getExchange().getType();
}
