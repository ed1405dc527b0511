//===- PipeDataOps.cpp - the laws of what works on data -------------------===//

#include "dialect/pipe/PipeLaws.h"

using namespace mlir;
using namespace mlir::pipe;

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

/// Four scales are what a thread copies at a time, if not one.
static bool isScales(TileType tile) {
  return tile.getElementType().isF32() &&
         (tile.getColumns() == 1 || tile.getColumns() == 4);
}

void LoadBoxOp::build(OpBuilder &builder, OperationState &state, Value source,
                      ValueRange indices, Value tile, int64_t rows,
                      int64_t multicast, Value shared) {
  bool all = rows == cast<TileType>(tile.getType()).getRows();
  build(builder, state, source, indices, tile,
        all ? IntegerAttr() : builder.getI64IntegerAttr(rows),
        builder.getI64IntegerAttr(multicast), shared);
}

int64_t LoadBoxOp::getLoadedRows() {
  return getRows().value_or(getTile().getType().getRows());
}

int64_t LoadBoxOp::getBoxRows() {
  TileType tile = getTile().getType();
  ArrayRef<int64_t> box = getSource().getType().getBox();
  int64_t rows = 1;
  for (int64_t extent : box.drop_back())
    rows *= extent;
  // A row of f32 is a column of scales.
  bool column = rows == 1 && tile.getColumns() == 1;
  return column ? box.back() : rows;
}

int64_t LoadBoxOp::getBytes() {
  return getLoadedRows() * getTile().getType().getRowBytes();
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
  int64_t rows = getLoadedRows(), share = getBoxRows() * getMulticast();
  bool divides = share > 0 && rows > 0 && rows % share == 0;
  bool column = tile.getColumns() == 1 && share == rows;
  if (!divides || rows > tile.getRows() ||
      !(column || map.getBox().back() == tile.getColumns()) ||
      map.getElementType() != tile.getElementType())
    return emitOpError("(P14) expects boxes that fill ")
           << rows << " rows of " << tile << ", got " << map;
  ArrayRef<int64_t> box = map.getBox();
  bool ofRows = box.size() > 1 && llvm::all_of(box.drop_back(2), [](int64_t e) {
                  return e == 1;
                });
  if (getBoxRows() < rows && !ofRows)
    return emitOpError("(P14) expects boxes of rows where several fill a tile, "
                       "got ")
           << map;
  // (P24)
  auto tiles = (*this)->getParentOfType<TilesOp>();
  int64_t cluster = tiles ? tiles.getCluster() : 1;
  if (getMulticast() != 1 && getMulticast() != cluster)
    return emitOpError("(P24) expects to multicast to the ")
           << cluster << " blocks of the cluster, got " << getMulticast();
  if (getMulticast() == 1)
    return success();
  if (tiles.getClusterRowTiles() == 1 ||
      getShared() != tiles.getBody().getArguments().back())
    return emitOpError("(P24) expects to multicast if the walk of a pair of "
                       "row tiles says so by its last argument");
  return success();
}

LogicalResult LoadBlockScalesOp::verify() {
  if (failed(verifyInFill(*this)) ||
      failed(verifyInRole(*this, RoleKind::Producer)))
    return failure();
  // (P33)
  TileType tile = getTile().getType();
  int64_t lines = getLines().size();
  if (!isScales(tile) || tile.getRows() != lines)
    return emitOpError("(P33) expects one or four columns of f32 with ")
           << lines << " rows, one for each line, got " << tile;
  return success();
}

LogicalResult LoadRowsOp::verify() {
  if (failed(verifyInFill(*this)))
    return failure();
  // (P15)
  TileType tile = getTile().getType();
  RowsType rows = getRows().getType();
  Type element = getSource().getType().getElementType();
  bool scales = isScales(tile) && element.isF32();
  bool bytes = tile.isSwizzled() && isa<Float8E4M3FNType>(element);
  if (rows.getUse() != RowUse::Gather || rows.getRows() != tile.getRows() ||
      element != tile.getElementType() || !(bytes || scales))
    return emitOpError("(P15) expects rows for gather and a swizzled tile of "
                       "f8E4M3FN, or one or four columns of f32, with as many "
                       "rows, got ")
           << getSource().getType() << ", " << rows << " to " << tile;
  return verifyPacked(*this, getSource().getType());
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// (P6), and (P22) of a slab: who uses which rows.
static LogicalResult verifyRows(Operation *op, RowsType rows, int64_t slab) {
  bool gather = rows.getUse() == RowUse::Gather;
  if (failed(
          verifyInRole(op, gather ? RoleKind::Producer : RoleKind::Consumer)))
    return failure();
  return gather ? success() : verifySlab(op, slab);
}

LogicalResult ReadRowsOp::verify() {
  return verifyRows(*this, getType(), getSlab());
}

LogicalResult RowRangeOp::verify() {
  // (P44)
  if (getLimit() && getType().getUse() != RowUse::Store)
    return emitOpError(
               "(P44) expects a limit only of rows for store, got it of ")
           << getType();
  return verifyRows(*this, getType(), getSlab());
}

LogicalResult ReadRowWeightsOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  return verifySlab(*this, getSlab());
}

LogicalResult ReadRowSlotsOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  // (P45)
  constexpr int64_t bits = 32;
  if (getSlots() < 1 || getSlots() > bits)
    return emitOpError("(P45) expects 1 to ")
           << bits << " slots, got " << getSlots();
  return verifySlab(*this, getSlab());
}

LogicalResult ReadRowScalesOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  // (P16)
  TileType tile = getTile().getType();
  if (!tile.getElementType().isF32() ||
      (tile.getColumns() == 1) == bool(getColumn()))
    return emitOpError(
               "(P16) expects f32 and, with more than one column, to be "
               "told which, got ")
           << tile;
  return verifySlab(*this, getSlab());
}

LogicalResult ReadBlockScaleOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  // (P34)
  TileType tile = getTile().getType();
  if (!tile.getElementType().isF32() || getRow() < 0 ||
      getRow() >= tile.getRows() ||
      (tile.getColumns() == 1) == bool(getColumn()))
    return emitOpError("(P34) expects f32 with a row ")
           << getRow()
           << " and, with more than one column, to be told which, got " << tile;
  return success();
}

//===----------------------------------------------------------------------===//
// Stores
//===----------------------------------------------------------------------===//

/// What staging rows of an element are wider than what they hold.
static int64_t paddingOf(Type element) {
  return 16 * 8 / element.getIntOrFloatBitWidth();
}

int64_t StoreRowsOp::getColumns(int64_t warpgroups) {
  int64_t columns = 0;
  for (Value acc : getAccs())
    columns += cast<AccType>(acc.getType()).getColumns();
  return columns * (isTurned() ? warpgroups : 1);
}

bool StoreRowsOp::isTurned() {
  return !getAccs().empty() &&
         cast<AccType>(getAccs().front().getType()).getTurned();
}

/// (P32)
static LogicalResult verifyOutbox(StoreRowsOp store, int64_t groups) {
  for (Operation *user : store.getStaging().getUsers())
    if (auto other = dyn_cast<StoreRowsOp>(user);
        other && other.getOutbox() != store.getOutbox())
      return store.emitOpError("(P32) expects all stores via its staging to be "
                               "by the same outbox, or none");
  if (!store.getOutbox())
    return success();
  OutboxType type = store.getOutbox().getType();
  int64_t rows = store.getRows().getType().getRows();
  int64_t senders = store.isTurned() ? 1 : groups;
  if (type.getSenders() != senders || type.getRows() != rows)
    return store.emitOpError("(P32) expects an outbox of ")
           << senders << " senders and " << rows << " rows, got " << type;
  for (Operation *user : store.getOutbox().getUsers()) {
    auto other = cast<StoreRowsOp>(user);
    if (other.getAdd() != store.getAdd() ||
        other.getStaging() != store.getStaging())
      return store.emitOpError("(P32) expects all stores by the outbox to use "
                               "one staging, and all or none to add");
  }
  return success();
}

LogicalResult StoreRowsOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  // (P20)
  RowsType rows = getRows().getType();
  bool fits = !getAccs().empty() && rows.getUse() == RowUse::Store;
  for (Value acc : getAccs()) {
    auto type = cast<AccType>(acc.getType());
    fits &= type.getColumns() % 16 == 0 && type.getRows() == rows.getRows() &&
            type.getTurned() == isTurned();
  }
  if (!fits)
    return emitOpError("(P20) expects columns in multiples of 16 and row "
                       "numbers for store, one a row, got ")
           << getAccs().getTypes() << " and " << rows;
  // (P21)
  TileType staging = getStaging().getType();
  Type element = getDestination().getType().getElementType();
  int64_t groups = (*this)->getParentOfType<RoleOp>().getWarpgroups();
  int64_t wantRows = isTurned() ? rows.getRows() : 64 * groups;
  int64_t wantColumns = getColumns(groups) + paddingOf(element);
  if (staging.getElementType() != element || staging.getRows() != wantRows ||
      staging.getColumns() < wantColumns)
    return emitOpError("(P21) expects staging of ")
           << wantRows << "x" << wantColumns << "x" << element
           << " or wider, rows for all warpgroups and 16 bytes beside each, "
              "got "
           << staging;
  // (P26)
  if (getAdd() && !element.isBF16())
    return emitOpError("(P26) expects to add bf16, got ") << element;
  if (failed(verifyOutbox(*this, groups)))
    return failure();
  return verifyPacked(*this, getDestination().getType());
}

LogicalResult StoreRowScalesOp::verify() {
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  return verifySlab(*this, getSlab());
}

//===----------------------------------------------------------------------===//
// Between kernels
//===----------------------------------------------------------------------===//

LogicalResult NoteStoredOp::verify() {
  return verifyInRole(*this, RoleKind::Consumer);
}

LogicalResult PostRowsOp::verify() {
  return verifyInRole(*this, RoleKind::Producer);
}

LogicalResult AwaitRowsOp::verify() {
  // (P42)
  auto tiles = dyn_cast<TilesOp>((*this)->getParentOp());
  auto role = (*this)->getParentOfType<RoleOp>();
  bool waits = tiles && isa_and_present<WaitEarlierOp>(tiles->getNextNode());
  if (waits && role && role.getKind() == RoleKind::LateProducer)
    return success();
  InFlightDiagnostic diag =
      emitOpError("(P42) expects to stand in the tile loop of a late producer, "
                  "with a pipe.wait_earlier behind that, got ");
  if (!role || role.getKind() != RoleKind::LateProducer)
    return diag << "another role";
  return diag << (tiles ? "no wait" : "it outside the loop");
}
