//===- Queue.cpp - which tile is next -------------------------------------===//

#include "compiler/pipe-to-nvvm/Queue.h"
#include "compiler/pipe-to-nvvm/Patterns.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::pipe;

static constexpr int64_t kDepth = TileQueueOp::kDepth;
static constexpr int64_t kEntryBytes = 8; ///< Of a number, and of a barrier.

QueueLowering::QueueLowering(TileQueueOp op, const Frame &frame)
    : frame(frame), offset(*op.getOffset()) {
  ThreadBuilder b(op.getLoc(), op);
  counter = b.asRegisters(op.getCounter(), b.globalPtr())[0];
  for (Value *cursor : {&slotCursor, &phaseCursor, &ticket})
    *cursor = b.cursor();

  // Every warp that walks tiles hands a number back, to the leader.
  int64_t readers =
      frame.cluster *
      ((frame.gathers ? 4 : 1) + frame.hasLateProducer + 4 * frame.consumers);
  Value isFirst = b.compare(arith::CmpIPredicate::eq, frame.thread, int64_t(0));
  b.enterIf(isFirst);
  for (int64_t slot = 0; slot < kDepth; ++slot) {
    Value s = b.constant(slot);
    NVVM::MBarrierInitOp::create(b, full(s, b), b.constant(1), Value());
    NVVM::MBarrierInitOp::create(b, empty(s, b), b.constant(readers), Value());
  }
  op.erase();
}

Value QueueLowering::number(Value slot, ThreadBuilder &b) {
  return b.offset(frame.memory, b.add(b.mul(slot, kEntryBytes), offset));
}
Value QueueLowering::full(Value slot, ThreadBuilder &b) {
  return b.offset(number(slot, b), kDepth * kEntryBytes);
}
Value QueueLowering::empty(Value slot, ThreadBuilder &b) {
  return b.offset(number(slot, b), 2 * kDepth * kEntryBytes);
}

NVVM::MemScopeKind QueueLowering::scope() {
  return frame.cluster > 1 ? NVVM::MemScopeKind::CLUSTER
                           : NVVM::MemScopeKind::CTA;
}
Value QueueLowering::inBlock(Value pointer, int64_t block, ThreadBuilder &b) {
  if (frame.cluster == 1)
    return pointer;
  return NVVM::MapaOp::create(b, b.clusterPtr(), pointer, b.constant(block));
}
Value QueueLowering::clusters(ThreadBuilder &b) {
  Value blocks = NVVM::GridDimXOp::create(b, b.getI32Type());
  return frame.cluster == 1 ? blocks : b.div(blocks, frame.cluster);
}
void QueueLowering::arrive(Value barrier, ThreadBuilder &b) {
  NVVM::MBarrierArriveOp::create(b, /*res=*/Type(), barrier,
                                 /*count=*/b.constant(1), scope(),
                                 /*relaxed=*/false);
}

/// Where the whole warpgroup gathers, its first thread; else the one thread
/// that runs the role at all. Of a cluster, in its first block.
void QueueLowering::enterLeader(ThreadBuilder &b) {
  auto enterIfZero = [&](Value number) {
    Value leads = b.compare(arith::CmpIPredicate::eq, number, int64_t(0));
    b.enterIf(leads);
  };
  if (frame.gathers)
    enterIfZero(frame.thread);
  if (frame.cluster > 1)
    enterIfZero(frame.rank(b));
}

void QueueLowering::take(ThreadBuilder &b) {
  Value taken = LLVM::AtomicRMWOp::create(
      b, LLVM::AtomicBinOp::add, counter, b.constant(1),
      LLVM::AtomicOrdering::monotonic, /*syncscope=*/"device");
  LLVM::StoreOp::create(b, taken, ticket);
}

void QueueLowering::begin(RoleOp role, ThreadBuilder &b) {
  OpBuilder::InsertionGuard guard(b);
  if (!isProducer(role))
    return;
  enterLeader(b);
  take(b);
}

/// The ticket goes as it is: if the leader computed with it, ptxas would move
/// it to a uniform register at once, and wait for the atomic here.
void QueueLowering::publish(Value slot, Value phase, ThreadBuilder &b) {
  OpBuilder::InsertionGuard guard(b);
  enterLeader(b);
  waitFor(empty(slot, b), b.bitXor(phase, int64_t(1)), b, scope());
  Value taken = LLVM::LoadOp::create(b, b.getI32Type(), ticket);
  for (int64_t block = 0; block < frame.cluster; ++block) {
    LLVM::StoreOp::create(b, taken, inBlock(number(slot, b), block, b),
                          /*alignment=*/4);
    arrive(inBlock(full(slot, b), block, b), b);
  }
  take(b);
}

Value QueueLowering::next(RoleOp role, ThreadBuilder &b) {
  Type i32 = b.getI32Type();
  Value slot = LLVM::LoadOp::create(b, i32, slotCursor);
  Value phase = LLVM::LoadOp::create(b, i32, phaseCursor);
  bool alone = role.getKind() != RoleKind::Consumer && !frame.gathers;
  if (isProducer(role))
    publish(slot, phase, b);
  waitFor(full(slot, b), phase, b, scope());
  // The first tile of a block is its own number, so those that are taken come
  // behind all of these.
  Value taken = LLVM::LoadOp::create(b, i32, number(slot, b), /*alignment=*/4);
  Value tile = b.add(taken, clusters(b));
  {
    // One lane hands the number back, when all lanes of its warp have it.
    OpBuilder::InsertionGuard guard(b);
    if (!alone) {
      NVVM::SyncWarpOp::create(b, b.constant(-1));
      Value first = b.compare(arith::CmpIPredicate::eq, frame.lane, int64_t(0));
      b.enterIf(first);
    }
    arrive(inBlock(empty(slot, b), /*block=*/0, b), b);
  }
  Value wraps = b.compare(arith::CmpIPredicate::eq, slot, kDepth - 1);
  LLVM::StoreOp::create(b, b.select(wraps, b.constant(0), b.add(slot, 1)),
                        slotCursor);
  LLVM::StoreOp::create(b, b.select(wraps, b.bitXor(phase, int64_t(1)), phase),
                        phaseCursor);
  return tile;
}

/// The last block to come here leaves the counters as it found them. All its
/// tiles are taken before a block says that it is done.
void QueueLowering::end(RoleOp role, ThreadBuilder &b) {
  OpBuilder::InsertionGuard guard(b);
  if (!isProducer(role))
    return;
  enterLeader(b);
  // The back end drops the order of an atomic, so a fence gives it.
  LLVM::FenceOp::create(b, LLVM::AtomicOrdering::acq_rel, "device");
  Value blocksDone = b.offset(counter, /*bytes=*/4);
  Value before = LLVM::AtomicRMWOp::create(
      b, LLVM::AtomicBinOp::add, blocksDone, b.constant(1),
      LLVM::AtomicOrdering::monotonic, /*syncscope=*/"device");
  LLVM::FenceOp::create(b, LLVM::AtomicOrdering::acq_rel, "device");
  Value all = clusters(b);
  Value last = b.compare(arith::CmpIPredicate::eq, b.add(before, 1), all);
  b.enterIf(last);
  for (Value word : {counter, blocksDone})
    LLVM::AtomicRMWOp::create(b, LLVM::AtomicBinOp::xchg, word, b.constant(0),
                              LLVM::AtomicOrdering::monotonic,
                              /*syncscope=*/"device");
}
