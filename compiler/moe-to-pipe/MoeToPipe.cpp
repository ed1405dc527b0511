//===- MoeToPipe.cpp - the frame of a kernel ------------------------------===//

#include "compiler/moe-to-pipe/KernelWriter.h"
#include "compiler/passes/Passes.h"
#include "compiler/schedule/Resources.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace mlir::moe {
#define GEN_PASS_DEF_CONVERTMOETOPIPE
#include "compiler/passes/Passes.h.inc"
} // namespace mlir::moe

using namespace mlir;
using namespace mlir::moe;
using namespace mlir::pipe;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

static TensorMapType mapOf(Value operand, ArrayRef<int64_t> box) {
  auto type = cast<MemRefType>(operand.getType());
  return TensorMapType::get(type.getContext(), type.getShape(),
                            type.getElementType(), box);
}

TensorMapType KernelWriter::mapOfA(GroupedGemmOp gemm) {
  return mapOf(gemm.getA(), {gemm.getSchedule()->getBlockM(), kScaleBlock});
}

TensorMapType KernelWriter::mapOfAScales(GroupedGemmOp gemm) {
  return mapOf(gemm.getAScales(), {1, gemm.getSchedule()->getBlockM()});
}

TensorMapType KernelWriter::mapOfB(GroupedGemmOp gemm) {
  Schedule schedule = gemm.getSchedule()->getSchedule();
  ColumnTiling columns(gemm.getShape(), schedule);
  // Each block of a cluster loads its share of the rows, and a narrow tile half
  // of them.
  int64_t boxes = columns.narrowLast ? 2 : sharingBlocks(schedule);
  return mapOf(gemm.getB(), {1, columns.pieceN / boxes, kScaleBlock});
}

/// Half of a tile's columns, which are as long as a row of the swizzle.
TensorMapType KernelWriter::mapOfPartials(GroupedGemmOp gemm) {
  Schedule schedule = gemm.getSchedule()->getSchedule();
  return mapOf(gemm.getPartials(),
               {schedule.blockM, 1, schedule.blockN / kPartialTiles});
}

/// Counted are slabs, one of each warpgroup. Where the walk goes through all
/// rows for a few columns, none would be done early.
bool KernelWriter::postsRows(GroupedGemmOp gemm) {
  Schedule schedule = gemm.getSchedule()->getSchedule();
  constexpr int64_t manyRowTiles = 64;
  return gemm.getProgress() && mayCountRows(gemm.getShape(), schedule) &&
         schedule.slabs() == 1 && schedule.groupM <= manyRowTiles;
}

/// Where the producer's threads copy rows they wait for the whole kernel; and
/// of few rows, as swapped tiles are for, nobody counts.
bool KernelWriter::awaitsRows(GroupedGemmOp gemm) {
  Schedule schedule = gemm.getSchedule()->getSchedule();
  return gemm.getProgress() && !copiesRows(gemm.getShape(), schedule) &&
         !schedule.swapped && schedule.cluster == 1;
}

RingType KernelWriter::ringType() {
  MLIRContext *context = b.getContext();
  Type f8 = Float8E4M3FNType::get(context);
  SmallVector<Type> tiles = {
      TileType::get(context, schedule.blockM, kScaleBlock, f8)};
  tiles.append(columns.pieces,
               TileType::get(context, columns.pieceN, kScaleBlock, f8));
  if (scaleGroup(shape) == 1)
    llvm::append_range(tiles, scaleTiles());
  return RingType::get(context, schedule.stages, tiles);
}

RingType KernelWriter::slotRingType() {
  Type tile = TileType::get(b.getContext(), schedule.blockM,
                            schedule.blockN / kPartialTiles, b.getBF16Type());
  return RingType::get(b.getContext(), sumStages(schedule, shape),
                       SmallVector<Type>(kPartialTiles, tile));
}

RingType KernelWriter::scaleRingType() {
  return RingType::get(b.getContext(), scaleStages(schedule, shape),
                       scaleTiles());
}

/// Of A, a row each; of B, a piece each.
SmallVector<Type> KernelWriter::scaleTiles() {
  auto tile = [&](int64_t rows) {
    return TileType::get(b.getContext(), rows, scaleGroup(shape),
                         b.getF32Type());
  };
  return {tile(schedule.blockM), tile(columns.pieces)};
}

Block *KernelWriter::openSlot(RingType type, Region &body, int64_t slots) {
  Block *block = b.createBlock(&body);
  for (int64_t slot = 0; slot < slots; ++slot)
    for (Type tile : type.getTiles())
      block->addArgument(tile, b.getLoc());
  return block;
}

static void forEach(int64_t count, int64_t step, ImplicitLocOpBuilder &b,
                    function_ref<void(Value)> body) {
  auto index = [&](int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  };
  auto loop = scf::ForOp::create(b, index(0), index(count), index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void KernelWriter::forGroups(function_ref<void(Value)> body) {
  forEach(kBlocks(shape), scaleGroup(shape), b, body);
}

void KernelWriter::forBlocks(function_ref<void(Value)> body) {
  forEach(scaleGroup(shape), 1, b, body);
}

KernelWriter::SlotTiles KernelWriter::tilesOf(ValueRange tiles) {
  SlotTiles result = {tiles.front(), tiles.slice(1, columns.pieces), {}, {}};
  if (!scaleRing) {
    result.aScales = tiles.drop_back().back();
    result.bScales = tiles.back();
  }
  return result;
}

AccType KernelWriter::accType() {
  if (schedule.swapped)
    return AccType::get(b.getContext(), schedule.blockM, kSlabRows,
                        b.getF32Type(), /*turned=*/true);
  return AccType::get(b.getContext(), kSlabRows, pieceColumns(), b.getF32Type(),
                      /*turned=*/false);
}

TileType KernelWriter::stagingType() {
  Type element = gemm.getC().getType().getElementType();
  int64_t padding = kStagingPadding * 8 / element.getIntOrFloatBitWidth();
  int64_t rows =
      schedule.swapped ? schedule.blockM : kSlabRows * schedule.consumers;
  return TileType::get(b.getContext(), rows,
                       storedColumns(schedule, shape) + padding, element);
}

//===----------------------------------------------------------------------===//
// The body
//===----------------------------------------------------------------------===//

KernelWriter::KernelWriter(GroupedGemmOp gemm, gpu::GPUFuncOp kernel,
                           const KernelOperands &operands)
    : gemm(gemm), kernel(kernel), operands(operands),
      schedule(gemm.getSchedule()->getSchedule()), shape(gemm.getShape()),
      columns(shape, schedule), b(gemm.getLoc(), gemm.getContext()) {}

void KernelWriter::write() {
  b.setInsertionPointToStart(&kernel.getBody().front());
  ring = RingOp::create(b, ringType(), /*offsets=*/DenseI64ArrayAttr());
  if (scaleGroup(shape) > 1)
    scaleRing =
        RingOp::create(b, scaleRingType(), /*offsets=*/DenseI64ArrayAttr());
  if (shape.combined)
    slotRing =
        RingOp::create(b, slotRingType(), /*offsets=*/DenseI64ArrayAttr());
  staging = BufferOp::create(b, stagingType(), /*offset=*/IntegerAttr());
  if (int64_t count = senders(schedule, shape))
    outbox = OutboxOp::create(
        b, OutboxType::get(b.getContext(), count, rowsOfSender(schedule)),
        /*offset=*/IntegerAttr());
  if (exchangeBytes(schedule, shape))
    exchange =
        ExchangeOp::create(b,
                           RowExchangeType::get(b.getContext(), schedule.blockM,
                                                exchangeParties(schedule)),
                           /*offset=*/IntegerAttr());
  if (postsRows(gemm))
    ledger = LedgerOp::create(b, LedgerType::get(b.getContext()),
                              /*offset=*/IntegerAttr());
  // Where tiles are dealt out the first answer of the counter would come later
  // than what it saves.
  if (operands.tileCounter && !schedule.halvesGroups())
    queue = TileQueueOp::create(b, TileQueueType::get(b.getContext()),
                                operands.tileCounter, /*offset=*/IntegerAttr());
  if (shape.combined)
    readOwnRows();
  // What is gathered and by whom, the kernel before this one says; h is all
  // that the other GEMM has from there.
  bool copies = copiesRows(shape, schedule);
  if (copies)
    WaitEarlierOp::create(b);
  writeProducer();
  if (!copies)
    writeLateProducer();
  writeConsumer();
  gpu::ReturnOp::create(b);
}

void KernelWriter::writeRole(RoleKind kind, int64_t warpgroups,
                             int64_t registers,
                             function_ref<void(const Tile &)> body) {
  auto role = RoleOp::create(b, kind, warpgroups, registers);
  b.createBlock(&role.getBody());
  // Half scale groups are for the fewest rows, where memory binds; a tile that
  // fits the ring is on its way before anybody could be slower.
  bool halves = schedule.halvesGroups();
  bool paced = halves && kBlocks(shape) > schedule.stages;
  Value none;
  bool ofTokens = shape.combined;
  auto tiles = TilesOp::create(
      b, queue, ofTokens ? none : operands.expertIds,
      ofTokens ? none : operands.usedRows, ofTokens ? none : operands.blockRows,
      operands.tokens, schedule.blockM, *gemm.getRowAlignment(), columns.tiles,
      schedule.groupM, schedule.cluster, /*by_columns=*/halves, paced);
  // Where the role has no tile: every block waits.
  bool late = kind == RoleKind::LateProducer;
  if (late)
    WaitEarlierOp::create(b);
  YieldOp::create(b);
  Block *tile = b.createBlock(&tiles.getBody());
  for (int i = 0; i < 4; ++i)
    tile->addArgument(b.getIndexType(), tiles.getLoc());
  Value shared;
  if (tiles.getClusterRowTiles() > 1)
    shared = tile->addArgument(b.getI1Type(), tiles.getLoc());
  Tile own = {tile->getArgument(0),
              tile->getArgument(1),
              tile->getArgument(2),
              tile->getArgument(3),
              shared,
              /*rowOfA=*/tile->getArgument(1)};
  if (ofTokens) {
    own.expert = index(gemm.getB().getType().getDimSize(0) - 1);
    own.rowOfA = arith::AddIOp::create(b, firstOwnRow, own.row);
  }
  // What the loop reads of its first tile comes under the earlier kernel.
  if (late && awaitsRows(gemm))
    AwaitRowsOp::create(b, operands.progress, own.row, own.rows,
                        *gemm.getRowAlignment(), shape.k / kRowUnit);
  else if (late && !ofTokens) // h was there before the earlier kernel began
    WaitEarlierOp::create(b);
  body(own);
  YieldOp::create(b);
  b.setInsertionPointAfter(role);
}

void KernelWriter::writeByWidth(const Tile &tile, function_ref<void()> body) {
  if (!columns.narrowLast)
    return body();
  Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, tile.column,
                                       index(columns.tiles - 1));
  auto writeNarrow = [&] {
    narrow = true;
    body();
    narrow = false;
  };
  writeIf(isLast, writeNarrow, body);
}

void KernelWriter::writeIf(Value condition, function_ref<void()> then,
                           function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  then();
  b.setInsertionPointToStart(branch.elseBlock());
  otherwise();
}

Value KernelWriter::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

SmallVector<ColumnPiece> KernelWriter::columnPieces(Value column) {
  SmallVector<ColumnPiece> pieces;
  Value perPart = index(columns.partPieces);
  for (int64_t i = 0; i < columns.pieces; ++i) {
    if (columns.paired) {
      pieces.push_back(columnPiece(index(i), column));
      continue;
    }
    Value piece = arith::AddIOp::create(
        b, arith::MulIOp::create(b, column, index(columns.pieces)), index(i));
    if (shape.parts == 1)
      pieces.push_back(columnPiece(index(0), piece));
    else
      pieces.push_back(columnPiece(arith::DivUIOp::create(b, piece, perPart),
                                   arith::RemUIOp::create(b, piece, perPart)));
  }
  return pieces;
}

/// The piece numbered `piece` among those of `part` that hold a column.
ColumnPiece KernelWriter::columnPiece(Value part, Value piece) {
  int64_t pieceN = columns.pieceN;
  int64_t scaleRows =
      llvm::divideCeil(shape.nOffset + shape.partN, kScaleBlock);
  // Columns counted from the start of the part's first scale block.
  Value gridColumn =
      arith::AddIOp::create(b, arith::MulIOp::create(b, piece, index(pieceN)),
                            index(columns.firstPiece * pieceN));
  // The last tile may hold a piece past the end: it reads zeros and stores
  // nothing, but its scale must be somewhere.
  Value scaleRow = arith::MinUIOp::create(
      b, arith::DivUIOp::create(b, gridColumn, index(kScaleBlock)),
      index(scaleRows - 1));

  ColumnPiece result;
  result.first = arith::MulIOp::create(b, part, index(shape.partN));
  result.last = arith::AddIOp::create(b, result.first, index(shape.partN));
  result.row = arith::SubIOp::create(
      b, arith::AddIOp::create(b, result.first, gridColumn),
      index(shape.nOffset));
  result.scaleRow = arith::AddIOp::create(
      b, arith::MulIOp::create(b, part, index(scaleRows)), scaleRow);
  return result;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

/// The type of a function argument inside the kernel: a tensor map if TMA
/// reads it.
Type kernelType(GroupedGemmOp gemm, Value argument) {
  if (argument == gemm.getB())
    return KernelWriter::mapOfB(gemm);
  if (argument == gemm.getA() &&
      !copiesRows(gemm.getShape(), gemm.getSchedule()->getSchedule()))
    return KernelWriter::mapOfA(gemm);
  if (!gemm.isGathered() && argument == gemm.getAScales())
    return KernelWriter::mapOfAScales(gemm);
  if (argument == gemm.getPartials())
    return KernelWriter::mapOfPartials(gemm);
  return argument.getType();
}

KernelOperands mapOperands(GroupedGemmOp gemm, const IRMapping &map) {
  auto at = [&](Value operand) { return map.lookupOrNull(operand); };
  auto optional = [&](Value operand) {
    return operand ? at(operand) : Value();
  };
  return {at(gemm.getA()),
          at(gemm.getAScales()),
          at(gemm.getB()),
          at(gemm.getBScales()),
          at(gemm.getC()),
          optional(gemm.getCScales()),
          optional(gemm.getCScalePitch()),
          at(gemm.getExpertIds()),
          at(gemm.getUsedRows()),
          at(gemm.getBlockRows()),
          optional(gemm.getRowMap()),
          optional(gemm.getPairs()),
          optional(gemm.getRowWeights()),
          optional(gemm.getTileCounter()),
          optional(gemm.getProgress()),
          optional(gemm.getPartials()),
          optional(gemm.getTopkIds()),
          optional(gemm.getOwnRows()),
          optional(gemm.getTokens())};
}

/// Replaces `function`, which holds `gemm`, by a module with the kernel.
LogicalResult convert(func::FuncOp function, GroupedGemmOp gemm) {
  if (!gemm.getSchedule())
    return gemm.emitOpError("expects a schedule (run moe-assign-schedule)");
  for (Value operand : gemm.getOperands())
    if (!isa<BlockArgument>(operand) ||
        operand.getParentBlock() != &function.front())
      return gemm.emitOpError("expects operands that are arguments of '")
             << function.getName() << "'";

  ImplicitLocOpBuilder b(gemm.getLoc(), function);
  auto module = gpu::GPUModuleOp::create(b, function.getName());
  b.setInsertionPointToStart(module.getBody());
  auto types =
      llvm::map_to_vector(function.getArguments(), [&](Value argument) {
        return kernelType(gemm, argument);
      });
  auto kernel = gpu::GPUFuncOp::create(b, function.getName(),
                                       b.getFunctionType(types, {}));
  kernel->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
  int64_t threads = gemm.getSchedule()->getSchedule().threads();
  kernel.setKnownBlockSizeAttr(
      b.getDenseI32ArrayAttr({int32_t(threads), 1, 1}));
  kernel->setAttr("moe.schedule", *gemm.getSchedule());
  kernel->setAttr("moe.row_alignment", gemm.getRowAlignmentAttr());
  if (Attribute name = function->getAttr("moe.kernel"))
    kernel->setAttr("moe.kernel", name);
  if (ArrayAttr attrs = function.getAllArgAttrs())
    kernel.setAllArgAttrs(attrs);

  IRMapping map;
  map.map(function.getArguments(), kernel.getArguments());
  KernelWriter(gemm, kernel, mapOperands(gemm, map)).write();
  // Whether a kernel has this argument tells the runtime whether it counts.
  Value progress = gemm.getProgress();
  if (progress && !KernelWriter::postsRows(gemm) &&
      !KernelWriter::awaitsRows(gemm))
    if (failed(
            kernel.eraseArgument(cast<BlockArgument>(progress).getArgNumber())))
      return failure();
  function.erase();
  return success();
}

struct ConvertMoeToPipe
    : mlir::moe::impl::ConvertMoeToPipeBase<ConvertMoeToPipe> {
  void runOnOperation() override {
    for (auto function :
         llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
      auto gemms = llvm::to_vector(function.getOps<GroupedGemmOp>());
      if (gemms.empty())
        continue;
      if (gemms.size() != 1) {
        function.emitOpError("expects one moe.grouped_gemm, got ")
            << gemms.size();
        return signalPassFailure();
      }
      if (failed(convert(function, gemms.front())))
        return signalPassFailure();
    }
  }
};

} // namespace
