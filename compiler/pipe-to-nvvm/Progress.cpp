//===- Progress.cpp - rows that a kernel reads while another stores them --===//
//
// What a warp stored is there when its bulk copies are complete, which they are
// long before the warp stores again: so it says so then, at a barrier of the
// block. The producer's first thread counts a tile when all have come to that
// of the next one, behind a fence of the GPU's scope, which also covers what
// other lanes stored by themselves. As it is a tile ahead of the consumers, and
// never waits for them, that is when it begins the third tile after. The
// reader's acquire pairs with the fence; TMA reads through another proxy, so a
// proxy fence stands between the two (PTX ISA, "Memory Consistency Model" and
// "Async proxy").
//
//===----------------------------------------------------------------------===//

#include "compiler/pipe-to-nvvm/AsmTexts.h"
#include "compiler/pipe-to-nvvm/Patterns.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::pipe;

static constexpr int64_t kDepth = LedgerOp::kDepth;

/// The numbers of progress.
enum : int64_t {
  kDone, ///< kAll when everything is stored.
  kRuns  ///< From here on a number for each run of rows.
};
static constexpr int64_t kAll = int64_t(1) << 30;

static Value numberAt(Value progress, Value index, ThreadBuilder &b) {
  return b.element(progress, b.getI32Type(), b.toI64(index));
}
static Value numberAt(Value progress, int64_t index, ThreadBuilder &b) {
  return b.offset(progress, index * 4);
}

//===----------------------------------------------------------------------===//
// Who stores
//===----------------------------------------------------------------------===//

/// The barriers of a ledger: notes come to the first two in turn, so that the
/// producer, who waits for each, may be a tile behind; the last note to the
/// third.
static Value barrierAt(Value ledger, Value number, ThreadBuilder &b) {
  return b.offset(ledger, b.mul(number, 8));
}
static constexpr int64_t kLastNote = 2;

/// Behind the barriers: the producer's tiles, then those that are not posted,
/// the latest first.
static Value tilesOf(Value ledger, ThreadBuilder &b) {
  return b.offset(ledger, LedgerOp::kBarriers * 8);
}
static Value runOf(Value ledger, int64_t i, ThreadBuilder &b) {
  return b.offset(tilesOf(ledger, b), 8 + 8 * i);
}
static Value countOf(Value ledger, int64_t i, ThreadBuilder &b) {
  return b.offset(runOf(ledger, i, b), 4);
}

static void lowerLedger(LedgerOp op, Frame &frame) {
  ThreadBuilder b(op.getLoc(), op);
  Value ledger = frame.ledger = b.offset(frame.memory, *op.getOffset());
  frame.notes = b.cursor();
  op.replaceAllUsesWith(b.asValue(op.getLedger().getType(), ledger));
  b.enterIf(b.compare(arith::CmpIPredicate::eq, frame.thread, int64_t(0)));
  for (int64_t i = 0; i < LedgerOp::kBarriers; ++i)
    NVVM::MBarrierInitOp::create(b, barrierAt(ledger, b.constant(i), b),
                                 b.constant(4 * frame.consumers), Value());
  auto clear = [&](Value number) {
    LLVM::StoreOp::create(b, b.constant(0), number, /*alignment=*/4);
  };
  clear(tilesOf(ledger, b));
  for (int64_t i = 0; i < kDepth; ++i) {
    clear(runOf(ledger, i, b));
    clear(countOf(ledger, i, b));
  }
  op.erase();
}

void mlir::pipe::lowerLedgers(LLVM::LLVMFuncOp kernel, Frame &frame) {
  for (LedgerOp op : llvm::to_vector(kernel.getBody().getOps<LedgerOp>()))
    lowerLedger(op, frame);
}

/// Waits for what the warp has stored, and comes to `barrier`.
static void note(Value barrier, const Frame &frame, ThreadBuilder &b) {
  NVVM::CpAsyncBulkWaitGroupOp::create(b, /*group=*/uint32_t(0),
                                       /*read=*/UnitAttr());
  NVVM::SyncWarpOp::create(b, b.constant(-1));
  OpBuilder::InsertionGuard guard(b);
  b.enterIf(b.compare(arith::CmpIPredicate::eq, frame.lane, int64_t(0)));
  NVVM::MBarrierArriveOp::create(b, /*res=*/Type(), barrier,
                                 /*count=*/b.constant(1),
                                 NVVM::MemScopeKind::CTA, /*relaxed=*/false);
}

void mlir::pipe::noteAllStored(const Frame &frame, ThreadBuilder &b) {
  note(barrierAt(frame.ledger, b.constant(kLastNote), b), frame, b);
}

namespace {

/// The producer's side; one thread's.
class Poster {
public:
  Poster(Value progress, const Frame &frame, ThreadBuilder &b)
      : progress(progress), ledger(frame.ledger), b(b) {}

  /// At the beginning of a tile: the one three tiles before is counted.
  void post(Value run, Value count) {
    Value tiles = load(tilesOf(ledger, b));
    {
      OpBuilder::InsertionGuard guard(b);
      b.enterIf(b.compare(arith::CmpIPredicate::uge, tiles, kDepth - 1));
      waitForNote(b.sub(tiles, b.constant(kDepth - 1)));
      b.enterIf(b.compare(arith::CmpIPredicate::sgt,
                          load(countOf(ledger, kDepth - 1, b)), int64_t(0)));
      fence();
      addCount(kDepth - 1);
    }
    for (int64_t i = kDepth - 1; i > 0; --i) {
      store(load(runOf(ledger, i - 1, b)), runOf(ledger, i, b));
      store(load(countOf(ledger, i - 1, b)), countOf(ledger, i, b));
    }
    store(run, runOf(ledger, 0, b));
    store(count, countOf(ledger, 0, b));
    store(b.add(tiles, 1), tilesOf(ledger, b));
  }

  /// The tiles that are left, and that these are the block's last.
  void postRest() {
    waitFor(barrierAt(ledger, b.constant(kLastNote), b), b.constant(0), b);
    fence();
    for (int64_t i = 0; i < kDepth; ++i)
      addCount(i);
    // One for each block, and from the first one what is missing to kAll.
    Value blocks = NVVM::GridDimXOp::create(b, b.getI32Type());
    Value block = NVVM::BlockIdXOp::create(b, b.getI32Type());
    add(numberAt(progress, kDone, b),
        b.select(b.compare(arith::CmpIPredicate::eq, block, int64_t(0)),
                 b.sub(b.constant(kAll + 1), blocks), b.constant(1)));
  }

private:
  Value load(Value number) {
    return LLVM::LoadOp::create(b, b.getI32Type(), number, /*alignment=*/4);
  }
  void store(Value value, Value number) {
    LLVM::StoreOp::create(b, value, number, /*alignment=*/4);
  }
  void fence() {
    LLVM::FenceOp::create(b, LLVM::AtomicOrdering::acq_rel, "device");
  }
  /// Nobody waits for the sum.
  void add(Value number, Value count) {
    LLVM::AtomicRMWOp::create(b, LLVM::AtomicBinOp::add, number, count,
                              LLVM::AtomicOrdering::monotonic,
                              /*syncscope=*/"device");
  }
  void addCount(int64_t i) {
    add(numberAt(progress, load(runOf(ledger, i, b)), b),
        load(countOf(ledger, i, b)));
  }
  void waitForNote(Value note) {
    Value phase = b.div(note, int64_t(2));
    waitFor(barrierAt(ledger, b.rem(note, int64_t(2)), b),
            b.rem(phase, int64_t(2)), b);
  }

  Value progress, ledger;
  ThreadBuilder &b;
};

struct LowerNoteStored : FramePattern<NoteStoredOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(NoteStoredOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    Value ledger = adaptor.getLedger()[0];
    Value turn = LLVM::LoadOp::create(b, b.getI32Type(), frame.notes);
    note(barrierAt(ledger, turn, b), frame, b);
    LLVM::StoreOp::create(b, b.bitXor(turn, int64_t(1)), frame.notes);
    rewriter.eraseOp(op);
    return success();
  }
};

struct LowerPostRows : FramePattern<PostRowsOp> {
  using FramePattern::FramePattern;
  LogicalResult
  matchAndRewrite(PostRowsOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ThreadBuilder b(op.getLoc(), rewriter);
    Value run =
        b.div(b.toI32(adaptor.getRow()[0]), int64_t(op.getRowAlignment()));
    Value count = b.toI32(adaptor.getCount()[0]);
    b.enterIf(b.compare(arith::CmpIPredicate::eq, frame.thread, int64_t(0)));
    Poster(adaptor.getProgress()[0], frame, b).post(b.add(run, kRuns), count);
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void mlir::pipe::postLastRows(PostRowsOp post, const Frame &frame,
                              ThreadBuilder &b) {
  Value progress = b.asRegisters(post.getProgress(), b.globalPtr())[0];
  OpBuilder::InsertionGuard guard(b);
  b.enterIf(b.compare(arith::CmpIPredicate::eq, frame.thread, int64_t(0)));
  Poster(progress, frame, b).postRest();
}

void mlir::pipe::populateProgressPatterns(const TypeConverter &converter,
                                          const Frame &frame,
                                          RewritePatternSet &patterns) {
  patterns.add<LowerNoteStored, LowerPostRows>(converter, patterns.getContext(),
                                               frame);
}

//===----------------------------------------------------------------------===//
// Who reads
//===----------------------------------------------------------------------===//

namespace {

/// One thread waits: the one that loads the rows.
class Await {
public:
  Await(AwaitRowsOp op, const Frame &frame)
      : op(op), frame(frame), b(op.getLoc(), op),
        progress(b.asRegisters(op.getProgress(), b.globalPtr())[0]) {}

  void lower() {
    Value over = LLVM::LoadOp::create(b, b.getI32Type(), frame.over);
    b.enterIf(b.compare(arith::CmpIPredicate::eq, over, int64_t(0)));
    Value address = LLVM::PtrToIntOp::create(b, b.getI64Type(), progress);
    Value null = arith::ConstantOp::create(b, b.getI64IntegerAttr(0));
    Value unknown = b.compare(arith::CmpIPredicate::eq, address, null);
    b.ifElse(
        unknown, [&] { waitForKernel(); }, [&] { waitForRows(); });
    op.erase();
  }

private:
  void setOver() { LLVM::StoreOp::create(b, b.constant(1), frame.over); }

  void waitForKernel() {
    b.memoryAsm(kGridWaitText);
    b.memoryAsm(kGridLaunchText);
    setOver();
  }

  /// Once all is stored no more is asked.
  void waitForRows() {
    Value done = acquire(numberAt(progress, kDone, b));
    Value all = b.compare(arith::CmpIPredicate::eq, done, kAll);
    b.ifElse(
        all, [&] { setOver(); }, [&] { spin(); });
    NVVM::FenceProxyOp::create(b, NVVM::ProxyKind::async,
                               NVVM::SharedSpaceAttr());
  }

  /// Until the count of the run is full.
  void spin() {
    OpBuilder::InsertionGuard guard(b);
    Value full = fullCount();
    Value number = numberAt(progress, run(), b);
    auto loop = scf::WhileOp::create(b, TypeRange(), ValueRange());
    b.createBlock(&loop.getBefore());
    Value lacks = b.compare(arith::CmpIPredicate::ult, acquire(number), full);
    scf::ConditionOp::create(b, lacks, ValueRange());
    b.createBlock(&loop.getAfter());
    scf::YieldOp::create(b);
  }

  Value run() {
    Value number = b.div(b.toI32(op.getRow()), int64_t(op.getRowAlignment()));
    return b.add(number, kRuns);
  }

  /// Of the runs of 64 rows with one that is no padding.
  Value fullCount() {
    constexpr int64_t slab = 64, unitsOfSlab = 4;
    Value row = b.toI32(op.getRow());
    Value before = b.rem(row, int64_t(op.getRowAlignment()));
    Value rows = b.add(b.toI32(op.getRows()), before);
    Value slabs = b.div(b.add(rows, slab - 1), slab);
    return b.mul(slabs, unitsOfSlab * int64_t(op.getColumns()));
  }

  Value acquire(Value number) {
    return LLVM::LoadOp::create(
        b, b.getI32Type(), number, /*alignment=*/4, /*isVolatile=*/false,
        /*isNonTemporal=*/false, /*isInvariant=*/false,
        /*isInvariantGroup=*/false, LLVM::AtomicOrdering::acquire, "device");
  }

  AwaitRowsOp op;
  const Frame &frame;
  ThreadBuilder b;
  Value progress;
};

} // namespace

void mlir::pipe::lowerAwaits(LLVM::LLVMFuncOp kernel, const Frame &frame) {
  SmallVector<AwaitRowsOp> ops;
  kernel.walk([&](AwaitRowsOp op) { ops.push_back(op); });
  for (AwaitRowsOp op : ops)
    Await(op, frame).lower();
}
