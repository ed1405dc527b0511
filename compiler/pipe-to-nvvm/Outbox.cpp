//===- Outbox.cpp - rows that other warps send ----------------------------===//
//
// An outbox is, for each sender, a slip in shared memory (a header: how many
// bytes of each row of staging to skip, how many to send, and how many rows
// each warp has, a byte a warp; then an address a row) and two mbarriers. Posts
// alternate with the sender's answers, so a phase is all that either side
// keeps.
//
//===----------------------------------------------------------------------===//

#include "compiler/pipe-to-nvvm/Outbox.h"
#include "compiler/pipe-to-nvvm/AsmTexts.h"
#include "compiler/pipe-to-nvvm/Patterns.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::pipe;

static constexpr int64_t kBarrierBytes = 8, kAddressBytes = 8;
static constexpr int64_t kHeaderBytes = OutboxType::kHeaderBytes;
/// Words of the header.
enum : int64_t { kSkip, kBytes, kCounts };
/// In place of the bytes to send: there will be no more.
static constexpr int64_t kClosed = -1;
/// Addresses that a sender reads at a time.
static constexpr int64_t kBatch = 8;

namespace {
/// Where a sender and its consumers meet.
struct Meeting {
  Value slip, full, empty;

  Meeting(OutboxType type, Value memory, Value sender, ThreadBuilder &b) {
    slip = b.offset(memory, b.mul(sender, type.getSlipBytes()));
    int64_t barriers = type.getSenders() * type.getSlipBytes();
    full = b.offset(memory, b.add(b.mul(sender, kBarrierBytes), barriers));
    empty = b.offset(full, type.getSenders() * kBarrierBytes);
  }

  Value word(int64_t number, ThreadBuilder &b) const {
    return LLVM::LoadOp::create(b, b.getI32Type(), b.offset(slip, 4 * number),
                                /*alignment=*/4);
  }

  /// The address that row `row` of the sender goes to lies here.
  Value addressOf(Value row, ThreadBuilder &b) const {
    return b.offset(slip, b.add(b.mul(row, kAddressBytes), kHeaderBytes));
  }
};
} // namespace

std::optional<Outbox> mlir::pipe::lowerOutbox(LLVM::LLVMFuncOp kernel,
                                              const Frame &frame) {
  auto ops = kernel.getBody().getOps<OutboxOp>();
  if (ops.empty())
    return std::nullopt;
  OutboxOp op = *ops.begin();
  if (op.use_empty()) {
    op.erase();
    return std::nullopt;
  }
  ThreadBuilder b(op.getLoc(), op);
  Outbox outbox;
  outbox.type = op.getOutbox().getType();
  auto store = cast<StoreRowsOp>(*op.getOutbox().getUsers().begin());
  outbox.staging = b.asRegisters(store.getStaging(), b.sharedPtr())[0];
  outbox.rowBytes = store.getStaging().getType().getRowBytes();
  outbox.add = store.getAdd();

  Value memory = b.offset(frame.memory, *op.getOffset());
  outbox.registers = {memory, /*phase=*/b.cursor()};
  int64_t posters = 4 * frame.consumers / outbox.type.getSenders();
  {
    OpBuilder::InsertionGuard guard(b);
    b.enterIf(b.compare(arith::CmpIPredicate::eq, frame.thread, int64_t(0)));
    for (int64_t sender = 0; sender < outbox.type.getSenders(); ++sender) {
      Meeting meeting(outbox.type, memory, b.constant(sender), b);
      NVVM::MBarrierInitOp::create(b, meeting.full, b.constant(posters),
                                   Value());
      NVVM::MBarrierInitOp::create(b, meeting.empty, b.constant(1), Value());
    }
  }
  op.replaceAllUsesWith(b.asValue(outbox.type, outbox.registers));
  op.erase();
  return outbox;
}

//===----------------------------------------------------------------------===//
// The consumers' side
//===----------------------------------------------------------------------===//

OutboxLowering::OutboxLowering(OutboxType type, ValueRange registers,
                               const Frame &frame, ThreadBuilder &b)
    : type(type), frame(frame), b(b), phaseCursor(registers[1]) {
  Value sender = type.getSenders() == 1 ? b.constant(0) : frame.consumer(b);
  Meeting meeting(type, registers[0], sender, b);
  slip = meeting.slip;
  full = meeting.full;
  empty = meeting.empty;
}

void OutboxLowering::open() {
  Value phase = LLVM::LoadOp::create(b, b.getI32Type(), phaseCursor);
  Value other = b.bitXor(phase, int64_t(1));
  waitFor(empty, other, b);
  LLVM::StoreOp::create(b, other, phaseCursor);
}

Value OutboxLowering::warpOfSender() {
  return type.getSenders() == 1 ? b.sub(frame.warp, b.constant(4))
                                : frame.warpOfGroup(b);
}

void OutboxLowering::post(Value real, Value target, Value skip, Value bytes) {
  Value warp = warpOfSender();
  Value row = b.add(b.mul(warp, kWarpRows), frame.lane);
  Value mine =
      b.bitAnd(b.compare(arith::CmpIPredicate::ult, frame.lane, kWarpRows),
               b.compare(arith::CmpIPredicate::ult, row, type.getRows()));
  Value votes = NVVM::VoteSyncOp::create(b, b.getI32Type(), b.constant(-1),
                                         b.bitAnd(real, mine),
                                         NVVM::VoteSyncKind::ballot);
  {
    OpBuilder::InsertionGuard guard(b);
    b.enterIf(mine);
    Value place =
        b.offset(slip, b.add(b.mul(row, kAddressBytes), kHeaderBytes));
    LLVM::StoreOp::create(b, target, place, /*alignment=*/8);
  }
  writeCount(warp, votes);
  writeHeader(skip, bytes);
  arrive();
}

/// Of this warp's rows; of the four first warps each has a place for it.
void OutboxLowering::writeCount(Value warp, Value votes) {
  OpBuilder::InsertionGuard guard(b);
  Value first = b.compare(arith::CmpIPredicate::eq, frame.lane, int64_t(0));
  Value inSlip = b.compare(arith::CmpIPredicate::ult, warp, int64_t(4));
  b.enterIf(b.bitAnd(first, inSlip));
  Value count = arith::TruncIOp::create(
      b, b.getI8Type(), LLVM::CtPopOp::create(b, b.getI32Type(), votes));
  LLVM::StoreOp::create(b, count, b.offset(slip, b.add(warp, 4 * kCounts)),
                        /*alignment=*/1);
}

void OutboxLowering::close() {
  open();
  writeHeader(b.constant(0), b.constant(kClosed));
  arrive();
}

void OutboxLowering::writeHeader(Value skip, Value bytes) {
  OpBuilder::InsertionGuard guard(b);
  Value thread = b.add(b.mul(warpOfSender(), 32), frame.lane);
  b.enterIf(b.compare(arith::CmpIPredicate::eq, thread, int64_t(0)));
  LLVM::StoreOp::create(b, skip, b.offset(slip, 4 * kSkip), /*alignment=*/4);
  LLVM::StoreOp::create(b, bytes, b.offset(slip, 4 * kBytes), /*alignment=*/4);
}

/// One lane arrives for all of its warp.
void OutboxLowering::arrive() {
  NVVM::SyncWarpOp::create(b, b.constant(-1));
  Value first = b.compare(arith::CmpIPredicate::eq, frame.lane, int64_t(0));
  NVVM::InlinePtxOp::create(b, TypeRange(), full, ValueRange(), kArriveText,
                            first);
}

void Outbox::close(const Frame &frame, ThreadBuilder &b) const {
  OutboxLowering(type, registers, frame, b).close();
}

//===----------------------------------------------------------------------===//
// The senders' side
//===----------------------------------------------------------------------===//

void mlir::pipe::sendRow(Value to, Value from, Value bytes, bool add,
                         ThreadBuilder &b) {
  if (!add) {
    NVVM::CpAsyncBulkSharedCTAToGlobalOp::create(b, to, from, bytes,
                                                 /*l2CacheHint=*/b.keepInL2(),
                                                 /*byteMask=*/Value());
    return;
  }
  Value address = LLVM::PtrToIntOp::create(b, b.getI32Type(), from);
  b.memoryAsm(bulkReduceAddText("noftz.bf16"), {to, address, bytes}, "lrr");
}

namespace {
/// What a sender does with one slip.
class Slip {
public:
  Slip(const Outbox &outbox, const Meeting &meeting, Value rows, Value bytes,
       ThreadBuilder &b)
      : outbox(outbox), meeting(meeting), bytes(bytes), b(b) {
    start = b.offset(rows, meeting.word(kSkip, b));
    // A warp has rows if the one before it is full, so the counts add up to the
    // first that has none: the sum of the bytes is the highest of the product.
    count = b.mul(meeting.word(kCounts, b), 0x01010101);
    count = arith::ShRUIOp::create(b, count, b.constant(24));
  }

  /// Whole batches first: their addresses are read together.
  void send() {
    Value rest = b.rem(count, kBatch);
    Value whole = b.sub(count, rest);
    sendRows(b.constant(0), whole, kBatch);
    sendRows(whole, count, 1);
  }

private:
  void sendRows(Value from, Value to, int64_t batch) {
    OpBuilder::InsertionGuard guard(b);
    auto loop = scf::ForOp::create(b, from, to, b.constant(batch));
    b.setInsertionPointToStart(loop.getBody());
    Value first = loop.getInductionVar();
    SmallVector<Value> targets;
    for (int64_t i = 0; i < batch; ++i)
      targets.push_back(LLVM::LoadOp::create(
          b, b.getI64Type(), meeting.addressOf(b.add(first, i), b),
          /*alignment=*/8));
    for (auto [i, target] : llvm::enumerate(targets)) {
      Value bytesBefore = b.mul(b.add(first, int64_t(i)), outbox.rowBytes);
      sendRow(LLVM::IntToPtrOp::create(b, b.globalPtr(), target),
              b.offset(start, bytesBefore), bytes, outbox.add, b);
    }
  }

  const Outbox &outbox;
  const Meeting &meeting;
  Value bytes;
  ThreadBuilder &b;
  Value start, count;
};
} // namespace

void Outbox::writeSenders(const Frame &frame, ThreadBuilder &b) const {
  OpBuilder::InsertionGuard guard(b);
  Value sender = b.sub(frame.warp, b.constant(1));
  b.enterIf(b.compare(arith::CmpIPredicate::ult, sender, type.getSenders()));
  // The one thread that starts copies is the one that can wait for them.
  b.enterIf(NVVM::ElectSyncOp::create(b, b.getI1Type(), Value()));
  Meeting meeting(type, registers[0], sender, b);
  Value rows = b.offset(staging, b.mul(sender, type.getRows() * rowBytes));

  Type i32 = b.getI32Type();
  auto loop =
      scf::WhileOp::create(b, TypeRange{i32, i32}, ValueRange{b.constant(0)});
  Block *before = b.createBlock(&loop.getBefore(), {}, {i32}, {b.getLoc()});
  Value phase = before->getArgument(0);
  waitFor(meeting.full, phase, b);
  Value bytes = meeting.word(kBytes, b);
  Value more = b.compare(arith::CmpIPredicate::ne, bytes, kClosed);
  scf::ConditionOp::create(b, more, ValueRange{phase, bytes});

  Block *after =
      b.createBlock(&loop.getAfter(), {}, {i32, i32}, {b.getLoc(), b.getLoc()});
  {
    OpBuilder::InsertionGuard guard(b);
    Value bytes = after->getArgument(1);
    b.enterIf(b.compare(arith::CmpIPredicate::sgt, bytes, int64_t(0)));
    Slip(*this, meeting, rows, bytes, b).send();
  }
  NVVM::CpAsyncBulkCommitGroupOp::create(b);
  NVVM::CpAsyncBulkWaitGroupOp::create(b, /*group=*/uint32_t(0),
                                       /*read=*/b.getUnitAttr());
  NVVM::MBarrierArriveOp::create(b, /*res=*/Type(), meeting.empty,
                                 /*count=*/b.constant(1),
                                 NVVM::MemScopeKind::CTA, /*relaxed=*/false);
  Value next = b.bitXor(after->getArgument(0), int64_t(1));
  scf::YieldOp::create(b, next);
}
