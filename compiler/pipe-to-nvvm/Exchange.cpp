//===- Exchange.cpp - rows that lie with several warps --------------------===//
//
// An exchange is shared memory for two turns, each with a place for what every
// warp has to say and an mbarrier. A warp writes to the turn's place in each
// block of the cluster, and waits for the others at its own block's barrier: a
// block that is alone counts arrivals there, those of a cluster the bytes that
// are sent to them. A warp can be one turn ahead of another but not two,
// because it waits for what that one says in between: hence two turns. For the
// same reason a block that has heard all that is sent to it may exit.
//
//===----------------------------------------------------------------------===//

#include "compiler/pipe-to-nvvm/Exchange.h"
#include "compiler/pipe-to-nvvm/AsmTexts.h"
#include "compiler/pipe-to-nvvm/Patterns.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::pipe;

static constexpr int64_t kTurns = RowExchangeType::kTurns;
static constexpr int64_t kBarrierBytes = 8, kValueBytes = 4;
/// Lanes of a warp that between them hold all rows.
static constexpr int64_t kSpeakers = 4;

static void lowerExchange(ExchangeOp op, const Frame &frame) {
  ThreadBuilder b(op.getLoc(), op);
  RowExchangeType type = op.getExchange().getType();
  Value memory = b.offset(frame.memory, *op.getOffset());
  Value turns = b.cursor(), phases = b.cursor();
  Value isFirst = b.compare(arith::CmpIPredicate::eq, frame.thread, int64_t(0));
  auto branch = scf::IfOp::create(b, isFirst, /*withElseRegion=*/false);
  b.setInsertionPointToStart(branch.thenBlock());
  int64_t arrivals = frame.cluster == 1 ? kSpeakers * type.getWarps() : 1;
  for (int64_t turn = 0; turn < kTurns; ++turn)
    NVVM::MBarrierInitOp::create(
        b,
        b.offset(memory, kTurns * type.getTurnBytes() + turn * kBarrierBytes),
        b.constant(arrivals), Value());
  b.setInsertionPointAfter(branch);
  op.replaceAllUsesWith(b.asValue(type, {memory, turns, phases}));
  op.erase();
}

void mlir::pipe::lowerExchanges(LLVM::LLVMFuncOp kernel, const Frame &frame) {
  for (ExchangeOp op : llvm::to_vector(kernel.getBody().getOps<ExchangeOp>()))
    lowerExchange(op, frame);
}

RowExchangeLowering::RowExchangeLowering(RowExchangeType type,
                                         ValueRange registers,
                                         const Frame &frame, ThreadBuilder &b)
    : type(type), frame(frame), b(b), memory(registers[0]),
      turnCursor(registers[1]), phaseCursor(registers[2]) {}

SmallVector<Value> RowExchangeLowering::largest(ArrayRef<Value> mine) {
  Type i32 = b.getI32Type();
  Value turn = LLVM::LoadOp::create(b, i32, turnCursor);
  Value phase = LLVM::LoadOp::create(b, i32, phaseCursor);
  Value place = b.offset(memory, b.mul(turn, type.getTurnBytes()));
  Value barrier = b.offset(
      memory, b.add(b.mul(turn, kBarrierBytes), kTurns * type.getTurnBytes()));
  tell(place, barrier, mine);
  waitFor(barrier, phase, b,
          frame.cluster > 1 ? NVVM::MemScopeKind::CLUSTER
                            : NVVM::MemScopeKind::CTA);
  LLVM::StoreOp::create(b, b.bitXor(turn, int64_t(1)), turnCursor);
  LLVM::StoreOp::create(b, b.bitXor(phase, turn), phaseCursor);
  return read(place);
}

/// From where a lane's rows begin to its `i`th: two neighbours, then eight on.
static int64_t rowBytes(size_t i) {
  return int64_t(i / 2 * 8 + i % 2) * kValueBytes;
}

/// Where this lane's rows 8 i and 8 i + 1 (and lane by lane the next) begin in
/// what a warp says.
Value RowExchangeLowering::laneBytes() {
  return b.mul(b.rem(frame.lane, 4), 2 * kValueBytes);
}

/// All lanes that hold a row have agreed on it: the first four speak.
void RowExchangeLowering::tell(Value place, Value barrier,
                               ArrayRef<Value> mine) {
  OpBuilder::InsertionGuard guard(b);
  if (frame.cluster > 1)
    announce(barrier);
  Value speaks = b.compare(arith::CmpIPredicate::ult, frame.lane, kSpeakers);
  b.enterIf(speaks);
  Value warp = b.add(b.sub(frame.warp, b.constant(4)),
                     b.mul(frame.rank(b), 4 * frame.consumers));
  Value own = b.offset(
      place, b.add(b.mul(warp, type.getRows() * kValueBytes), laneBytes()));
  if (frame.cluster == 1)
    tellBlock(own, barrier, mine);
  else
    tellCluster(own, barrier, mine);
}

/// The speakers arrive for what they said.
void RowExchangeLowering::tellBlock(Value own, Value barrier,
                                    ArrayRef<Value> mine) {
  for (auto [i, value] : llvm::enumerate(mine))
    LLVM::StoreOp::create(b, value, b.offset(own, rowBytes(i)),
                          /*alignment=*/4);
  NVVM::MBarrierArriveOp::create(b, /*res=*/Type(), barrier,
                                 /*count=*/b.constant(1),
                                 NVVM::MemScopeKind::CTA, /*relaxed=*/false);
}

/// What is sent counts its bytes where it lands.
void RowExchangeLowering::tellCluster(Value own, Value barrier,
                                      ArrayRef<Value> mine) {
  for (int64_t block = 0; block < frame.cluster; ++block) {
    auto inBlock = [&](Value pointer) {
      return NVVM::MapaOp::create(b, b.clusterPtr(), pointer,
                                  b.constant(block));
    };
    Value there = inBlock(own), counted = inBlock(barrier);
    for (size_t i = 0; i < mine.size(); i += 2)
      b.memoryAsm(kStoreAsyncText,
                  {b.offset(there, rowBytes(i)), mine[i], mine[i + 1], counted},
                  "lffl");
  }
}

/// One thread of the block says how many bytes a turn brings. They may come
/// before it does, but its arrival is the one that ends the turn.
void RowExchangeLowering::announce(Value barrier) {
  OpBuilder::InsertionGuard guard(b);
  Value first = b.compare(arith::CmpIPredicate::eq, frame.thread, kWarpgroup);
  b.enterIf(first);
  NVVM::MBarrierArriveExpectTxOp::create(
      b, /*res=*/Type(), barrier, b.constant(type.getTurnBytes()),
      NVVM::MemScopeKind::CTA, /*relaxed=*/false, /*predicate=*/Value());
}

SmallVector<Value> RowExchangeLowering::read(Value place) {
  SmallVector<Value> result(type.getRows() / 4);
  Value start = b.offset(place, laneBytes());
  for (int64_t warp = 0; warp < type.getWarps(); ++warp)
    for (auto [i, largest] : llvm::enumerate(result)) {
      int64_t bytes = warp * type.getRows() * kValueBytes + rowBytes(i);
      Value said = LLVM::LoadOp::create(b, b.f32(), b.offset(start, bytes),
                                        /*alignment=*/4);
      largest =
          largest ? Value(LLVM::MaxNumOp::create(b, largest, said)) : said;
    }
  return result;
}
