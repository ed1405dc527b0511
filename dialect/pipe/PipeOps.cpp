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

/// (P22): the slab is one of those of a warpgroup.
static LogicalResult verifySlab(Operation *op, int64_t slab) {
  int64_t most = slab;
  auto tiles = op->getParentOfType<TilesOp>();
  if (auto role = op->getParentOfType<RoleOp>(); role && tiles)
    most = tiles.getBlockM() / (64 * role.getWarpgroups()) - 1;
  if (slab >= 0 && slab <= most)
    return success();
  return op->emitOpError("(P22) expects a slab of 0 ... ")
         << std::max<int64_t>(most, 0) << ", got " << slab;
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
  auto isRole = [](Operation *op, RoleKind kind) {
    auto role = dyn_cast_if_present<RoleOp>(op);
    return role && role.getKind() == kind;
  };
  Operation *next = (*this)->getNextNode();
  bool inOrder = producer ? isRole(next, RoleKind::Consumer)
                          : isa_and_present<gpu::ReturnOp>(next);
  if (!inOrder) {
    InFlightDiagnostic diag = emitOpError("(P3) expects ");
    diag << (producer ? "the consumer role" : "gpu.return") << " next";
    if (next)
      diag.attachNote(next->getLoc()) << "this comes next";
    return diag;
  }
  if (!producer && !isRole((*this)->getPrevNode(), RoleKind::Producer))
    return emitOpError("(P3) expects the producer role before the consumers");
  // (P4)
  if (producer && getWarpgroups() != 1)
    return emitOpError("(P4) expects 1 producer warpgroup, got ")
           << getWarpgroups();
  if (getWarpgroups() < 1 || getWarpgroups() > 2)
    return emitOpError("(P4) expects 1 or 2 consumer warpgroups, got ")
           << getWarpgroups();
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
  if (getBlockM() < 1 || getRowAlignment() < 1 ||
      getRowAlignment() % getBlockM())
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

/// (P23): rows lie packed behind each other, so their pitch is a constant.
static LogicalResult verifyPacked(Operation *op, MemRefType type) {
  if (type.getLayout().isIdentity() && !type.isDynamicDim(1))
    return success();
  return op->emitOpError("(P23) expects packed rows of a static length, got ")
         << type;
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
  bool scales = tile.getColumns() == 1 && element.isF32();
  bool bytes = tile.isSwizzled() && isa<Float8E4M3FNType>(element);
  if (rows.getUse() != RowUse::Gather || rows.getRows() != tile.getRows() ||
      element != tile.getElementType() || !(bytes || scales))
    return emitOpError("(P15) expects rows for gather and a swizzled tile of "
                       "f8E4M3FN or a column of f32 with as many rows, got ")
           << getSource().getType() << ", " << rows << " to " << tile;
  return verifyPacked(*this, getSource().getType());
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

LogicalResult ReadRowsOp::verify() {
  bool gather = getType().getUse() == RowUse::Gather;
  if (failed(verifyInRole(*this,
                          gather ? RoleKind::Producer : RoleKind::Consumer)))
    return failure();
  return gather ? success() : verifySlab(*this, getSlab());
}

LogicalResult RowRangeOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  return verifySlab(*this, getSlab());
}

LogicalResult ReadRowWeightsOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  return verifySlab(*this, getSlab());
}

LogicalResult ReadRowScalesOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  // (P16)
  TileType tile = getTile().getType();
  if (!tile.getElementType().isF32() || tile.getColumns() != 1)
    return emitOpError("(P16) expects a tile with one column of f32, got ")
           << tile;
  return verifySlab(*this, getSlab());
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

LogicalResult MmaOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  // (P17)
  TileType a = getA().getType(), b = getB().getType();
  bool f8 = isa<Float8E4M3FNType>(a.getElementType()) &&
            a.getElementType() == b.getElementType();
  if (!f8 || a.getColumns() != 128 || b.getColumns() != 128 ||
      b.getRows() % 8 || b.getRows() < 8 || b.getRows() > 128)
    return emitOpError("(P17) expects f8E4M3FN tiles of 128 columns, b of 8 to "
                       "128 rows in multiples of 8, got ")
           << a << " and " << b;
  // (P18)
  auto fits = [&](auto type) {
    return type.getRows() == 64 && type.getColumns() == b.getRows() &&
           type.getElementType().isF32();
  };
  if (!fits(getPending().getType()))
    return emitOpError("(P18) expects a result of 64x")
           << b.getRows() << "xf32, got " << getPending().getType();
  if (getReuse() && !fits(getReuse().getType()))
    return emitOpError("(P18) expects to reuse 64x")
           << b.getRows() << "xf32, got " << getReuse().getType();
  // (P19)
  if (!getPending().hasOneUse() ||
      !isa<MmaWaitOp>(*getPending().getUsers().begin()))
    return emitOpError("(P19) expects its result to have one use, a "
                       "pipe.mma_wait");
  return verifySlab(*this, getSlab());
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
  return verifyPacked(*this, getDestination().getType());
}
