//===- PipeOps.cpp - the laws of pipe -------------------------------------===//

#include "dialect/pipe/PipeDialect.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

using namespace mlir;
using namespace mlir::pipe;

#define GET_OP_CLASSES
#include "dialect/pipe/Pipeop.cpp.inc"

//===----------------------------------------------------------------------===//
// Where an op may stand
//===----------------------------------------------------------------------===//

/// (P1), (P3): directly in the body of a kernel.
static LogicalResult verifyInKernel(Operation *op, StringRef law) {
  if (isa_and_present<gpu::GPUFuncOp>(op->getParentOp()))
    return success();
  return op->emitOpError() << law << " expects to stand in the body of a "
                           << "gpu.func";
}

/// (P6): inside a role, of `kind` if one is given.
static LogicalResult verifyInRole(Operation *op,
                                  std::optional<RoleKind> kind = {}) {
  auto role = op->getParentOfType<RoleOp>();
  if (role && (!kind || role.getKind() == *kind))
    return success();
  InFlightDiagnostic diag = op->emitOpError("(P6) expects to stand in ");
  diag << (kind ? stringifyRoleKind(*kind) : StringRef("any")) << " role";
  if (role)
    diag.attachNote(role.getLoc())
        << "it stands in this " << stringifyRoleKind(role.getKind());
  return diag;
}

/// (P9): the region takes the tiles of the ring.
static LogicalResult verifySlot(Operation *op, RingType ring, Block &body) {
  if (llvm::equal(body.getArgumentTypes(), ring.getTiles()))
    return success();
  return op->emitOpError("(P9) expects a region that takes the ")
         << ring.getTiles().size() << " tiles of " << ring << ", got "
         << body.getArgumentTypes();
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

LogicalResult RingOp::verify() {
  if (failed(verifyInKernel(*this, "(P1)")))
    return failure();
  if (!getOffsets())
    return success();
  // (P2)
  ArrayRef<Type> tiles = getType().getTiles();
  ArrayRef<int64_t> offsets = *getOffsets();
  if (offsets.size() != tiles.size() + 1)
    return emitOpError("(P2) expects ")
           << tiles.size() + 1
           << " offsets, one for each tile and one for the barriers, got "
           << offsets.size();
  for (auto [tile, offset] : llvm::zip(tiles, offsets))
    if (cast<TileType>(tile).isSwizzled() && offset % 1024)
      return emitOpError("(P2) expects the offset of ")
             << tile << " to be a multiple of 1024, got " << offset;
  return success();
}

LogicalResult BufferOp::verify() { return verifyInKernel(*this, "(P1)"); }

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

LogicalResult RoleOp::verify() {
  if (failed(verifyInKernel(*this, "(P3)")))
    return failure();
  // (P3)
  bool producer = getKind() == RoleKind::Producer;
  Operation *next = (*this)->getNextNode();
  bool inOrder = producer
                     ? isa_and_present<RoleOp>(next) &&
                           cast<RoleOp>(next).getKind() == RoleKind::Consumer
                     : isa_and_present<gpu::ReturnOp>(next);
  if (!inOrder) {
    InFlightDiagnostic diag = emitOpError("(P3) expects ");
    diag << (producer ? "the consumer role" : "gpu.return") << " next";
    if (next)
      diag.attachNote(next->getLoc()) << "this comes next";
    return diag;
  }
  // (P4)
  int64_t most = producer ? 1 : 2;
  if (getWarpgroups() < 1 || int64_t(getWarpgroups()) > most)
    return emitOpError("(P4) expects 1 to ")
           << most << " warpgroups, got " << getWarpgroups();
  // (P5)
  int64_t registers = getRegisters();
  if (registers % 8 || registers < 24 || registers > 240)
    return emitOpError("(P5) expects registers to be a multiple of 8 in 24 ... "
                       "240, got ")
           << registers;
  return success();
}

LogicalResult TilesOp::verify() {
  if (failed(verifyInRole(*this)))
    return failure();
  // (P7)
  Block &body = getBody().front();
  if (body.getNumArguments() != 3 ||
      !llvm::all_of(body.getArgumentTypes(),
                    [](Type t) { return t.isIndex(); }))
    return emitOpError("(P7) expects a region of three index arguments, got ")
           << body.getArgumentTypes();
  // (P8)
  if (int64_t(getBlockM()) < 1 || getRowAlignment() % getBlockM())
    return emitOpError("(P8) expects block_m to divide row_alignment = ")
           << getRowAlignment() << ", got " << getBlockM();
  for (int64_t count : {getColumnTiles(), getGroupM()})
    if (count < 1)
      return emitOpError("(P8) expects column_tiles and group_m of at least 1, "
                         "got ")
             << count;
  return success();
}

bool FillOp::hasRowLoads() {
  return !getBody().front().getOps<LoadRowsOp>().empty();
}

int64_t FillOp::getBoxBytes() {
  int64_t bytes = 0;
  for (LoadBoxOp load : getBody().front().getOps<LoadBoxOp>())
    bytes += load.getTile().getType().getBytes();
  return bytes;
}

LogicalResult FillOp::verify() {
  Block &body = getBody().front();
  if (failed(verifyInRole(*this, RoleKind::Producer)) ||
      failed(verifySlot(*this, getRing().getType(), body)))
    return failure();
  // (P10)
  for (BlockArgument tile : body.getArguments()) {
    int64_t loads = llvm::count_if(tile.getUsers(), [](Operation *user) {
      return isa<LoadBoxOp, LoadRowsOp>(user);
    });
    if (loads != 1)
      return emitOpError("(P10) expects each tile to be loaded once, got ")
             << loads << " loads of tile " << tile.getArgNumber();
  }
  return success();
}

LogicalResult DrainOp::verify() {
  Block &body = getBody().front();
  if (failed(verifyInRole(*this, RoleKind::Consumer)) ||
      failed(verifySlot(*this, getRing().getType(), body)))
    return failure();
  // (P11)
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield || !llvm::equal(yield->getOperandTypes(), getResultTypes()))
    return emitOpError("(P11) expects to yield ")
           << getResultTypes() << ", got "
           << body.getTerminator()->getOperandTypes();
  for (Type type : getResultTypes())
    if (isa<TileType, PendingType>(type))
      return emitOpError("(P11) expects values that outlive the slot, got ")
             << type;
  return success();
}

//===----------------------------------------------------------------------===//
// Loads
//===----------------------------------------------------------------------===//

/// (P12)
static LogicalResult verifyInFill(Operation *op) {
  if (isa<FillOp>(op->getParentOp()))
    return success();
  return op->emitOpError("(P12) expects to stand in a pipe.fill");
}

LogicalResult LoadBoxOp::verify() {
  if (failed(verifyInFill(*this)))
    return failure();
  // (P13)
  TensorMapType map = getSource().getType();
  if (getIndices().size() != map.getShape().size())
    return emitOpError("(P13) expects ")
           << map.getShape().size() << " indices into " << map << ", got "
           << getIndices().size();
  // (P14)
  TileType tile = getTile().getType();
  int64_t rows = 1;
  for (int64_t extent : map.getBox().drop_back())
    rows *= extent;
  int64_t columns = map.getBox().back();
  bool same =
      (rows == tile.getRows() && columns == tile.getColumns()) ||
      (rows == 1 && tile.getColumns() == 1 && columns == tile.getRows());
  if (!same || map.getElementType() != tile.getElementType())
    return emitOpError("(P14) expects a box that fills ")
           << tile << ", got " << map;
  return success();
}

LogicalResult LoadRowsOp::verify() {
  if (failed(verifyInFill(*this)))
    return failure();
  // (P15)
  TileType tile = getTile().getType();
  RowsType rows = getRows().getType();
  Type element = getSource().getType().getElementType();
  bool scales = tile.getColumns() == 1 && tile.getElementType().isF32();
  if (rows.getUse() != RowUse::Gather || rows.getRows() != tile.getRows() ||
      element != tile.getElementType() || !(tile.isSwizzled() || scales))
    return emitOpError("(P15) expects rows for gather and a swizzled tile or a "
                       "column of f32 with as many rows, got ")
           << getSource().getType() << ", " << rows << " to " << tile;
  return success();
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

LogicalResult ReadRowsOp::verify() {
  return verifyInRole(*this, getType().getUse() == RowUse::Gather
                                 ? RoleKind::Producer
                                 : RoleKind::Consumer);
}

LogicalResult RowRangeOp::verify() {
  return verifyInRole(*this, RoleKind::Consumer);
}

LogicalResult ReadRowWeightsOp::verify() {
  return verifyInRole(*this, RoleKind::Consumer);
}

LogicalResult ReadRowScalesOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  // (P16)
  TileType tile = getTile().getType();
  if (!tile.getElementType().isF32() || tile.getColumns() != 1)
    return emitOpError("(P16) expects a tile with one column of f32, got ")
           << tile;
  return success();
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

LogicalResult MmaOp::verify() {
  // (P17)
  TileType a = getA().getType(), b = getB().getType();
  if (a.getColumns() != 128 || b.getColumns() != 128 ||
      a.getElementType() != b.getElementType() || b.getRows() % 8 ||
      b.getRows() < 8 || b.getRows() > 128)
    return emitOpError("(P17) expects tiles of 128 columns of one type, b of 8 "
                       "to 128 rows in multiples of 8, got ")
           << a << " and " << b;
  // (P18)
  PendingType result = getPending().getType();
  auto fits = [&](auto type) {
    return type.getRows() == 64 && type.getColumns() == b.getRows() &&
           type.getElementType().isF32();
  };
  if (!fits(result) || (getReuse() && !fits(getReuse().getType())))
    return emitOpError("(P18) expects 64x")
           << b.getRows() << "xf32, got " << result;
  // (P19)
  if (!getPending().hasOneUse() ||
      !isa<MmaWaitOp>(*getPending().getUsers().begin()))
    return emitOpError("(P19) expects its result to have one use, a "
                       "pipe.mma_wait");
  return success();
}

LogicalResult MmaWaitOp::verify() {
  PendingType pending = getPending().getType();
  AccType acc = getAcc().getType();
  if (pending.getRows() != acc.getRows() ||
      pending.getColumns() != acc.getColumns() ||
      pending.getElementType() != acc.getElementType())
    return emitOpError("(P18) expects a result of the shape of ")
           << pending << ", got " << acc;
  return success();
}

//===----------------------------------------------------------------------===//
// Stores
//===----------------------------------------------------------------------===//

LogicalResult StoreRowsOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  // (P20)
  AccType acc = getAcc().getType();
  RowsType rows = getRows().getType();
  if (acc.getColumns() % 64 || rows.getUse() != RowUse::Store ||
      rows.getRows() != acc.getRows())
    return emitOpError("(P20) expects columns in multiples of 64 and row "
                       "numbers for store, one a row, got ")
           << acc << " and " << rows;
  // (P21)
  TileType staging = getStaging().getType();
  int64_t want = 64 * (*this)->getParentOfType<RoleOp>().getWarpgroups();
  if (!staging.getElementType().isBF16() || staging.getColumns() != 64 ||
      staging.getRows() != want)
    return emitOpError("(P21) expects staging of ")
           << want << "x64xbf16, 64 rows for each warpgroup, got " << staging;
  return success();
}
