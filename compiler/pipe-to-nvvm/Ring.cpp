//===- Ring.cpp - slots, barriers, fills and drains -----------------------===//
//
// A ring is shared memory, two mbarriers a stage (full, empty) and a cursor in
// each thread. The cursor is a stage and a phase in two stack slots that LLVM
// promotes to registers; a fill waits for the phase before the cursor's, a
// drain for the cursor's, so the first trip finds all slots empty.
//
//===----------------------------------------------------------------------===//

#include "compiler/pipe-to-nvvm/AsmTexts.h"
#include "compiler/pipe-to-nvvm/Patterns.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::pipe;

/// Spins until the phase of `barrier` with this parity is over.
void mlir::pipe::waitFor(Value barrier, Value parity, ThreadBuilder &b,
                         NVVM::MemScopeKind scope) {
  auto loop = scf::WhileOp::create(b, TypeRange(), ValueRange());
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(&loop.getBefore());
  Value done = NVVM::MBarrierTryWaitOp::create(b, b.getI1Type(), barrier,
                                               parity, /*ticks=*/Value(), scope,
                                               /*relaxed=*/false);
  Value again =
      b.bitXor(done, arith::ConstantOp::create(b, b.getBoolAttr(true)));
  scf::ConditionOp::create(b, again, ValueRange());
  b.createBlock(&loop.getAfter());
  scf::YieldOp::create(b);
}

namespace {

constexpr int64_t kBarrierBytes = 8;

class RingLowering {
public:
  RingLowering(RingOp op, LLVM::LLVMFuncOp kernel, const Frame &frame);

  void lower();

private:
  void initialise();
  void lowerFill(FillOp fill);
  void lowerDrain(DrainOp drain);

  /// Where the cursor stands.
  struct Cursor {
    Value stage, phase;
  };
  Cursor readCursor(ThreadBuilder &b);
  void advance(Cursor cursor, ThreadBuilder &b);
  void handBack(Value barrier, ThreadBuilder &b);
  Value full(Value stage, ThreadBuilder &b);
  Value empty(Value stage, ThreadBuilder &b);
  /// The tiles of slot `stage`, as values of their types.
  SmallVector<Value> slotTiles(Value stage, ThreadBuilder &b);

  RingOp op;
  RingType type;
  const Frame &frame;
  SmallVector<FillOp> fills;
  SmallVector<DrainOp> drains;
  Value stageCursor, phaseCursor;
  bool hasRowLoads = false, isPaced = false;
  int64_t fullCount = 0; ///< Arrivals at a full barrier.
};

RingLowering::RingLowering(RingOp op, LLVM::LLVMFuncOp kernel,
                           const Frame &frame)
    : op(op), type(op.getType()), frame(frame) {
  kernel.walk([&](FillOp fill) {
    if (fill.getRing() == op.getRing())
      fills.push_back(fill);
  });
  kernel.walk([&](DrainOp drain) {
    if (drain.getRing() == op.getRing())
      drains.push_back(drain);
  });
  // One thread of each role announces the bytes of its boxes, and every thread
  // that copies arrives for its copies.
  llvm::SmallDenseSet<Operation *> roles;
  for (FillOp fill : fills) {
    hasRowLoads |= fill.hasRowLoads();
    isPaced |= frame.pacedSlots > 0 && fill.getBoxBytes() > 0;
    if (roles.insert(fill->getParentOfType<RoleOp>()).second)
      fullCount += (fill.getBoxBytes() > 0) + fill.getCopyingThreads();
  }
}

void RingLowering::lower() {
  initialise();
  for (FillOp fill : fills)
    lowerFill(fill);
  for (DrainOp drain : drains)
    lowerDrain(drain);
  op.erase();
}

/// One thread sets up the barriers.
void RingLowering::initialise() {
  ThreadBuilder b(op.getLoc(), op);
  for (Value *cursor : {&stageCursor, &phaseCursor})
    *cursor = b.cursor();

  // Empty: each consumer warp of each block that writes into the slot arrives.
  Value emptyCount =
      b.constant(frame.writers * frame.consumers * kWarpgroup / 32);
  Value isFirst = b.compare(arith::CmpIPredicate::eq, frame.thread, int64_t(0));
  b.enterIf(isFirst);
  for (int64_t stage = 0; stage < type.getStages(); ++stage) {
    Value s = b.constant(stage);
    NVVM::MBarrierInitOp::create(b, full(s, b), b.constant(fullCount), Value());
    NVVM::MBarrierInitOp::create(b, empty(s, b), emptyCount, Value());
  }
}

RingLowering::Cursor RingLowering::readCursor(ThreadBuilder &b) {
  return {LLVM::LoadOp::create(b, b.getI32Type(), stageCursor),
          LLVM::LoadOp::create(b, b.getI32Type(), phaseCursor)};
}

void RingLowering::advance(Cursor cursor, ThreadBuilder &b) {
  Value next = b.add(cursor.stage, 1);
  Value end = b.constant(type.getStages());
  if (isPaced)
    end =
        b.sub(end, LLVM::LoadOp::create(b, b.getI32Type(), frame.slotsLeftOut));
  Value wraps = b.compare(arith::CmpIPredicate::eq, next, end);
  LLVM::StoreOp::create(b, b.select(wraps, b.constant(0), next), stageCursor);
  LLVM::StoreOp::create(
      b, b.select(wraps, b.bitXor(cursor.phase, int64_t(1)), cursor.phase),
      phaseCursor);
}

Value RingLowering::full(Value stage, ThreadBuilder &b) {
  Value bytes = b.add(b.mul(stage, kBarrierBytes), op.getOffsets()->back());
  return b.offset(frame.memory, bytes);
}

Value RingLowering::empty(Value stage, ThreadBuilder &b) {
  Value bytes =
      b.add(b.mul(stage, kBarrierBytes),
            op.getOffsets()->back() + kBarrierBytes * type.getStages());
  return b.offset(frame.memory, bytes);
}

SmallVector<Value> RingLowering::slotTiles(Value stage, ThreadBuilder &b) {
  SmallVector<Value> tiles;
  for (auto [tile, offset] : llvm::zip(type.getTiles(), *op.getOffsets())) {
    Value bytes =
        b.add(b.mul(stage, cast<TileType>(tile).getSlotBytes()), offset);
    tiles.push_back(b.asValue(tile, b.offset(frame.memory, bytes)));
  }
  return tiles;
}

void RingLowering::lowerFill(FillOp fill) {
  ThreadBuilder b(fill.getLoc(), fill);
  Cursor cursor = readCursor(b);
  Value barrier = full(cursor.stage, b);
  waitFor(empty(cursor.stage, b), b.bitXor(cursor.phase, int64_t(1)), b);

  Block &body = fill.getBody().front();
  bool copies = fill.getCopyingThreads() > 0;
  int64_t boxBytes = fill.getBoxBytes();
  auto boxes = llvm::to_vector(body.getOps<LoadBoxOp>());
  auto rows = llvm::to_vector(body.getOps<LoadRowsOp>());
  auto scales = llvm::to_vector(body.getOps<LoadBlockScalesOp>());
  body.getTerminator()->erase();
  IRRewriter(b).inlineBlockBefore(&body, fill, slotTiles(cursor.stage, b));

  if (!boxes.empty()) {
    OpBuilder::InsertionGuard guard(b);
    if (hasRowLoads) {
      // The whole warpgroup is here; one thread speaks to TMA.
      Value first = b.compare(arith::CmpIPredicate::eq, frame.warp, int64_t(0));
      b.enterIf(first);
      Value elected = NVVM::ElectSyncOp::create(b, b.getI1Type(), Value());
      auto thread = scf::IfOp::create(b, elected, /*withElseRegion=*/false);
      b.setInsertionPointToStart(thread.thenBlock());
    }
    NVVM::MBarrierArriveExpectTxOp::create(
        b, /*res=*/Type(), barrier, b.constant(boxBytes),
        NVVM::MemScopeKind::CTA,
        /*relaxed=*/false, /*predicate=*/Value());
    for (LoadBoxOp box : boxes)
      lowerLoadBox(box, barrier, frame, b);
  }
  for (LoadRowsOp load : rows)
    lowerLoadRows(load, frame, b);
  for (LoadBlockScalesOp load : scales)
    lowerLoadBlockScales(load, frame, b);
  // Arrives once all copies of this thread so far have landed.
  if (copies)
    NVVM::CpAsyncMBarrierArriveOp::create(b, barrier, /*noinc=*/true);
  advance(cursor, b);
  fill.erase();
}

/// One lane hands the slot back for its warp, when all lanes have read it. In a
/// cluster one lane a block does: all of them write into the slot.
void RingLowering::handBack(Value barrier, ThreadBuilder &b) {
  Value mine = b.compare(arith::CmpIPredicate::ult, frame.lane, frame.writers);
  if (frame.writers == 1) {
    NVVM::InlinePtxOp::create(b, TypeRange(), barrier, ValueRange(),
                              kArriveText, mine);
    return;
  }
  Value remote = NVVM::MapaOp::create(b, b.clusterPtr(), barrier, frame.lane);
  NVVM::InlinePtxOp::create(b, TypeRange(), remote, ValueRange(),
                            kRemoteArriveText, mine);
}

void RingLowering::lowerDrain(DrainOp drain) {
  ThreadBuilder b(drain.getLoc(), drain);
  SmallVector<Value> tiles, toHandBack;
  for (int64_t slot = 0; slot < drain.getSlots(); ++slot) {
    Cursor cursor = readCursor(b);
    waitFor(full(cursor.stage, b), cursor.phase, b);
    llvm::append_range(tiles, slotTiles(cursor.stage, b));
    toHandBack.push_back(empty(cursor.stage, b));
    advance(cursor, b);
  }
  // cp.async writes through the generic proxy, wgmma reads through the async
  // one, and the barrier does not order the two.
  if (hasRowLoads)
    NVVM::FenceProxyOp::create(
        b, NVVM::ProxyKind::async_shared,
        NVVM::SharedSpaceAttr::get(b.getContext(),
                                   NVVM::SharedSpace::shared_cta));

  Block &body = drain.getBody().front();
  Operation *yield = body.getTerminator();
  IRRewriter(b).inlineBlockBefore(&body, drain, tiles);
  NVVM::SyncWarpOp::create(b, b.constant(-1));
  for (Value barrier : toHandBack)
    handBack(barrier, b);
  drain.replaceAllUsesWith(yield->getOperands());
  yield->erase();
  drain.erase();
}

void lowerBuffer(BufferOp buffer, const Frame &frame) {
  ThreadBuilder b(buffer.getLoc(), buffer);
  Value pointer = b.offset(frame.memory, *buffer.getOffset());
  buffer.replaceAllUsesWith(b.asValue(buffer.getType(), pointer));
  buffer.erase();
}

} // namespace

void mlir::pipe::lowerRings(LLVM::LLVMFuncOp kernel, const Frame &frame) {
  for (RingOp ring : llvm::to_vector(kernel.getBody().getOps<RingOp>()))
    RingLowering(ring, kernel, frame).lower();
  for (BufferOp buffer : llvm::to_vector(kernel.getBody().getOps<BufferOp>()))
    lowerBuffer(buffer, frame);
}
