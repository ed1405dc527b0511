//===- PipeOps.cpp - the laws of memory and control -----------------------===//

#include "dialect/pipe/PipeLaws.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

using namespace mlir;
using namespace mlir::pipe;

/// `, !pipe.row_scales<16, turned>` where they are not those of a slab of 64
/// rows.
static ParseResult parseTurnedScales(OpAsmParser &parser, Type &type) {
  type = RowScalesType::get(parser.getContext(), /*turnedRows=*/0);
  return parser.parseOptionalComma() ? ParseResult(success())
                                     : parser.parseType(type);
}

static void printTurnedScales(OpAsmPrinter &printer, Operation *,
                              RowScalesType type) {
  if (type.getTurnedRows())
    printer << ", " << type;
}

#define GET_OP_CLASSES
#include "dialect/pipe/Pipeop.cpp.inc"

LogicalResult mlir::pipe::verifyInRole(Operation *op,
                                       std::optional<RoleKind> kind) {
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

LogicalResult mlir::pipe::verifySlab(Operation *op, int64_t slab) {
  int64_t most = slab;
  auto tiles = op->getParentOfType<TilesOp>();
  if (auto role = op->getParentOfType<RoleOp>(); role && tiles)
    most = std::max<int64_t>(
        tiles.getBlockM() / (64 * role.getWarpgroups()) - 1, 0);
  if (slab >= 0 && slab <= most)
    return success();
  return op->emitOpError("(P22) expects a slab of 0 ... ")
         << std::max<int64_t>(most, 0) << ", got " << slab;
}

/// (P1), (P3): directly in the body of a kernel.
static LogicalResult verifyInKernel(Operation *op, StringRef law) {
  if (isa_and_present<gpu::GPUFuncOp>(op->getParentOp()))
    return success();
  return op->emitOpError() << law << " expects to stand in the body of a "
                           << "gpu.func";
}

/// (P9): the region takes the tiles of the ring, for each slot.
static LogicalResult verifySlots(Operation *op, RingType ring, int64_t slots,
                                 Block &body) {
  SmallVector<Type> tiles;
  for (int64_t slot = 0; slot < slots; ++slot)
    llvm::append_range(tiles, ring.getTiles());
  if (llvm::equal(body.getArgumentTypes(), tiles))
    return success();
  auto error = op->emitOpError("(P9) expects a region that takes the ");
  error << tiles.size() << " tiles of ";
  if (slots > 1)
    error << slots << " slots of ";
  return error << ring << ", got " << body.getArgumentTypes();
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

LogicalResult WaitEarlierOp::verify() {
  Operation *parent = (*this)->getParentOp();
  if (isa<TilesOp>(parent))
    parent = parent->getParentOp();
  auto role = dyn_cast<RoleOp>(parent);
  if (role && role.getKind() == RoleKind::LateProducer)
    return success();
  if (failed(verifyInKernel(*this, "(P1)")))
    return failure();
  // (P40)
  for (Operation *op = (*this)->getNextNode(); op; op = op->getNextNode())
    if (isa<RingOp, ExchangeOp, LedgerOp, OutboxOp, TileQueueOp>(op)) {
      InFlightDiagnostic diag =
          emitOpError("(P40) expects rings, exchanges, ledgers, outboxes and "
                      "tile queues before it, got ")
          << op->getName() << " behind it";
      diag.attachNote(op->getLoc()) << "it is this one";
      return diag;
    }
  return success();
}

LogicalResult TileQueueOp::verify() {
  if (failed(verifyInKernel(*this, "(P1)")))
    return failure();
  // (P28)
  MemRefType type = getCounter().getType();
  if (type.getDimSize(0) == 2)
    return success();
  return emitOpError("(P28) expects a counter of two numbers, got ") << type;
}

LogicalResult BufferOp::verify() { return verifyInKernel(*this, "(P1)"); }

LogicalResult ExchangeOp::verify() { return verifyInKernel(*this, "(P1)"); }

LogicalResult LedgerOp::verify() {
  if (failed(verifyInKernel(*this, "(P1)")))
    return failure();
  // (P41)
  auto all =
      cast<gpu::GPUFuncOp>((*this)->getParentOp()).getBody().getOps<LedgerOp>();
  if (!llvm::hasSingleElement(all))
    return emitOpError(
               "(P41) expects to be the only ledger of the kernel, got ")
           << llvm::range_size(all);
  auto gathers = [](Operation *op) {
    auto role = op->getParentOfType<RoleOp>();
    auto stop = [](LoadRowsOp) { return WalkResult::interrupt(); };
    return op->getParentOfType<TilesOp>() && role &&
           role.walk(stop).wasInterrupted();
  };
  if (llvm::any_of(getLedger().getUsers(), [&](Operation *user) {
        return isa<PostRowsOp>(user) && gathers(user);
      }))
    return success();
  auto isPost = [](Operation *user) { return isa<PostRowsOp>(user); };
  return emitOpError("(P41) expects a pipe.post_rows in the tile loop of a "
                     "producer that gathers, got ")
         << (llvm::any_of(getLedger().getUsers(), isPost) ? "it elsewhere"
                                                          : "none");
}

LogicalResult OutboxOp::verify() {
  if (failed(verifyInKernel(*this, "(P1)")))
    return failure();
  // (P31)
  auto all =
      cast<gpu::GPUFuncOp>((*this)->getParentOp()).getBody().getOps<OutboxOp>();
  if (!llvm::hasSingleElement(all))
    return emitOpError("(P31) expects to be the only outbox of the kernel");
  WalkResult gathers = (*this)->getParentOp()->walk(
      [](LoadRowsOp) { return WalkResult::interrupt(); });
  if (gathers.wasInterrupted())
    return emitOpError("(P31) expects a producer that gathers no rows");
  return success();
}

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

static LogicalResult verifyLate(RoleOp late) {
  auto producer = cast<RoleOp>(late->getPrevNode());
  if (producer.getRegisters() != late.getRegisters())
    return late.emitOpError("(P4) expects the registers of the producer, ")
           << producer.getRegisters() << ", got " << late.getRegisters();
  WalkResult gathers = late->getParentOp()->walk(
      [](LoadRowsOp) { return WalkResult::interrupt(); });
  if (gathers.wasInterrupted())
    return late.emitOpError("(P37) expects a kernel that gathers no rows");
  return success();
}

LogicalResult RoleOp::verify() {
  if (failed(verifyInKernel(*this, "(P3)")))
    return failure();
  // (P3)
  bool producer = getKind() == RoleKind::Producer;
  bool late = getKind() == RoleKind::LateProducer;
  auto isRole = [](Operation *op, RoleKind kind) {
    auto role = dyn_cast_if_present<RoleOp>(op);
    return role && role.getKind() == kind;
  };
  Operation *next = (*this)->getNextNode();
  bool inOrder = isa_and_present<gpu::ReturnOp>(next);
  if (producer || late)
    inOrder = isRole(next, RoleKind::Consumer) ||
              (producer && isRole(next, RoleKind::LateProducer));
  if (!inOrder) {
    InFlightDiagnostic diag = emitOpError("(P3) expects ");
    diag << (producer || late ? "the consumer role" : "gpu.return") << " next";
    if (next)
      diag.attachNote(next->getLoc()) << "this comes next";
    return diag;
  }
  Operation *before = (*this)->getPrevNode();
  if (!producer && !isRole(before, RoleKind::Producer) &&
      !isRole(before, RoleKind::LateProducer))
    return emitOpError("(P3) expects the producer role before the consumers");
  // (P4), (P37)
  if (late && failed(verifyLate(*this)))
    return failure();
  if ((producer || late) && getWarpgroups() != 1)
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

/// (P27)
static LogicalResult verifySameWalk(TilesOp op) {
  auto kernel = op->getParentOfType<gpu::GPUFuncOp>();
  TilesOp first;
  if (kernel)
    kernel.walk([&](TilesOp other) {
      first = other;
      return WalkResult::interrupt();
    });
  if (!first ||
      (first->getAttrDictionary() == op->getAttrDictionary() &&
       first.getQueue() == op.getQueue() && first.getRows() == op.getRows()))
    return success();
  InFlightDiagnostic diag = op.emitOpError(
      "(P27) expects the attributes and the queue of the kernel's other walk");
  diag.attachNote(first.getLoc()) << "it is this one";
  return diag;
}

LogicalResult TilesOp::verify() {
  if (failed(verifyInRole(*this)))
    return failure();
  // (P7)
  Block &body = getBody().front();
  bool pairs = getClusterRowTiles() > 1;
  TypeRange types = body.getArgumentTypes();
  if (types.size() != (pairs ? 5 : 4) ||
      !llvm::all_of(types.take_front(4), [](Type t) { return t.isIndex(); }) ||
      (pairs && !types.back().isInteger(1)))
    return emitOpError("(P7) expects a region of four index arguments")
           << (pairs ? " and an i1" : "") << ", got " << types;
  // (P8)
  if (getCluster() < 1 || getCluster() > 2)
    return emitOpError("(P8) expects a cluster of 1 or 2 blocks, got ")
           << getCluster();
  int64_t rows = getBlockM() * getClusterRowTiles();
  if (getBlockM() < 1 || getRowAlignment() < 1 || getRowAlignment() % rows)
    return emitOpError("(P8) expects the rows of a cluster to divide "
                       "row_alignment = ")
           << getRowAlignment() << ", got " << rows;
  if (getColumnTiles() % getClusterColumnTiles())
    return emitOpError("(P8) expects the column tiles of a cluster to divide "
                       "column_tiles = ")
           << getColumnTiles() << ", got " << getClusterColumnTiles();
  for (int64_t count : {getColumnTiles(), getGroupM()})
    if (count < 1)
      return emitOpError("(P8) expects column_tiles and group_m of at least 1, "
                         "got ")
             << count;
  if (getPaced() && getQueue())
    return emitOpError(
        "(P39) expects paced tiles to come from no queue, got one");
  // (P43)
  if (bool(getExpertIds()) == bool(getRows()))
    return emitOpError("(P43) expects experts or a number of rows, got ")
           << (getRows() ? "both" : "none");
  if (getRows() && getCluster() != 1)
    return emitOpError("(P43) expects no cluster where rows belong to nobody, "
                       "got ")
           << getCluster();
  return verifySameWalk(*this);
}

LogicalResult HoldsRowsOp::verify() {
  return verifyInRole(*this, RoleKind::Consumer);
}

bool FillOp::hasRowLoads() {
  return !getBody().front().getOps<LoadRowsOp>().empty();
}

int64_t FillOp::getCopyingThreads() {
  if (hasRowLoads())
    return 128;
  return getBody().front().getOps<LoadBlockScalesOp>().empty() ? 0 : 1;
}

int64_t FillOp::getBoxBytes() {
  int64_t bytes = 0;
  for (LoadBoxOp load : getBody().front().getOps<LoadBoxOp>())
    bytes += load.getBytes();
  return bytes;
}

/// Loads of a tile in a fill.
static int64_t loadsOf(Value tile) {
  return llvm::count_if(tile.getUsers(), [](Operation *user) {
    return isa<LoadBoxOp, LoadRowsOp, LoadBlockScalesOp>(user);
  });
}

/// The fill of the same ring by the other of producer and late producer, if
/// there is one.
static FillOp otherHalf(FillOp fill) {
  auto role = fill->getParentOfType<RoleOp>();
  for (Operation *user : fill.getRing().getUsers())
    if (auto other = dyn_cast<FillOp>(user);
        other && other->getParentOfType<RoleOp>() != role)
      return other;
  return {};
}

LogicalResult FillOp::verify() {
  Block &body = getBody().front();
  auto role = (*this)->getParentOfType<RoleOp>();
  if (!role || role.getKind() != RoleKind::LateProducer)
    if (failed(verifyInRole(*this, RoleKind::Producer)))
      return failure();
  if (failed(verifySlots(*this, getRing().getType(), /*slots=*/1, body)))
    return failure();
  // (P10)
  FillOp other = otherHalf(*this);
  for (BlockArgument tile : body.getArguments()) {
    int64_t loads = loadsOf(tile);
    if (other && tile.getArgNumber() < other.getBody().getNumArguments())
      loads += loadsOf(other.getBody().getArgument(tile.getArgNumber()));
    if (loads != 1)
      return emitOpError("(P10) expects each tile to be loaded once, got ")
             << loads << " loads of tile " << tile.getArgNumber();
  }
  return success();
}

LogicalResult DrainOp::verify() {
  Block &body = getBody().front();
  RingType ring = getRing().getType();
  if (failed(verifyInRole(*this, RoleKind::Consumer)))
    return failure();
  if (getSlots() < 1 || getSlots() > ring.getStages())
    return emitOpError("(P38) expects 1 to ")
           << ring.getStages() << " slots, as many as the ring has, got "
           << getSlots();
  if (failed(verifySlots(*this, ring, getSlots(), body)))
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
