//===- Exchange.cpp - rows that lie with several warps --------------------===//
//
// An exchange is shared memory for two turns, each with a place for what every
// warp has to say and an mbarrier at which they all arrive. A warp writes to
// the turn's place in each block of the cluster, arrives there, and waits for
// the others at its own. It can be one turn ahead of another warp but not two,
// because it waits for what that one says in between: hence two turns.
//
//===----------------------------------------------------------------------===//

#include "compiler/pipe-to-nvvm/Exchange.h"
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
  for (int64_t turn = 0; turn < kTurns; ++turn)
    NVVM::MBarrierInitOp::create(
        b,
        b.offset(memory, kTurns * type.getTurnBytes() + turn * kBarrierBytes),
        b.constant(kSpeakers * type.getWarps()), Value());
  b.setInsertionPointAfter(branch);
  publishBarriers(frame, b);
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

/// Where this lane's rows 8 i and 8 i + 1 (and lane by lane the next) begin in
/// what a warp says.
Value RowExchangeLowering::laneBytes() {
  return b.mul(b.rem(frame.lane, 4), 2 * kValueBytes);
}

/// All lanes that hold a row have agreed on it: the first four speak, and
/// arrive for what they said.
void RowExchangeLowering::tell(Value place, Value barrier,
                               ArrayRef<Value> mine) {
  OpBuilder::InsertionGuard guard(b);
  Value speaks = b.compare(arith::CmpIPredicate::ult, frame.lane, kSpeakers);
  auto branch = scf::IfOp::create(b, speaks, /*withElseRegion=*/false);
  b.setInsertionPointToStart(branch.thenBlock());
  Value warp = b.add(b.sub(frame.warp, b.constant(4)),
                     b.mul(frame.rank(b), 4 * frame.consumers));
  Value own = b.offset(
      place, b.add(b.mul(warp, type.getRows() * kValueBytes), laneBytes()));
  bool alone = frame.cluster == 1;
  for (int64_t block = 0; block < frame.cluster; ++block) {
    auto inBlock = [&](Value pointer) -> Value {
      if (alone)
        return pointer;
      return NVVM::MapaOp::create(b, b.clusterPtr(), pointer,
                                  b.constant(block));
    };
    Value there = inBlock(own);
    for (auto [i, value] : llvm::enumerate(mine))
      LLVM::StoreOp::create(
          b, value,
          b.offset(there, i / 2 * 8 * kValueBytes + i % 2 * kValueBytes),
          /*alignment=*/4);
    NVVM::MBarrierArriveOp::create(b, /*res=*/Type(), inBlock(barrier),
                                   /*count=*/b.constant(1),
                                   alone ? NVVM::MemScopeKind::CTA
                                         : NVVM::MemScopeKind::CLUSTER,
                                   /*relaxed=*/false);
  }
}

SmallVector<Value> RowExchangeLowering::read(Value place) {
  SmallVector<Value> result(type.getRows() / 4);
  Value start = b.offset(place, laneBytes());
  for (int64_t warp = 0; warp < type.getWarps(); ++warp)
    for (auto [i, largest] : llvm::enumerate(result)) {
      int64_t bytes = (warp * type.getRows() + i / 2 * 8 + i % 2) * kValueBytes;
      Value said = LLVM::LoadOp::create(b, b.f32(), b.offset(start, bytes),
                                        /*alignment=*/4);
      largest =
          largest ? Value(LLVM::MaxNumOp::create(b, largest, said)) : said;
    }
  return result;
}
