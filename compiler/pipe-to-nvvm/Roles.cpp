//===- Roles.cpp - the kernel's frame and its roles -----------------------===//

#include "compiler/pipe-to-nvvm/AsmTexts.h"
#include "compiler/pipe-to-nvvm/Outbox.h"
#include "compiler/pipe-to-nvvm/Patterns.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::pipe;

/// A tensor map is 128 bytes, 64-byte aligned, passed by value and read where
/// it lies (PTX ISA, "Kernel Function Parameter Attribute: .grid_constant").
static DictionaryAttr tensorMapAttrs(Builder &b) {
  return b.getDictionaryAttr(
      {b.getNamedAttr("llvm.byval", TypeAttr::get(LLVM::LLVMArrayType::get(
                                        b.getI8Type(), 128))),
       b.getNamedAttr("llvm.align", b.getI64IntegerAttr(64)),
       b.getNamedAttr("nvvm.grid_constant", b.getUnitAttr())});
}

static Type parameterType(Type type, ThreadBuilder &b) {
  if (isa<TensorMapType>(type))
    return LLVM::LLVMPointerType::get(b.getContext());
  if (isa<MemRefType>(type))
    return b.globalPtr();
  return b.getI32Type();
}

/// Shared memory has no size here: the launch says how many bytes it gets.
static LLVM::GlobalOp sharedMemory(gpu::GPUModuleOp module, ThreadBuilder &b) {
  if (auto global = module.lookupSymbol<LLVM::GlobalOp>(Frame::kMemorySymbol))
    return global;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(module.getBody());
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), 0);
  return LLVM::GlobalOp::create(b, type, /*isConstant=*/false,
                                LLVM::Linkage::External, Frame::kMemorySymbol,
                                Attribute(), /*alignment=*/1024, kShared);
}

static void setLaunchAttrs(LLVM::LLVMFuncOp function, gpu::GPUFuncOp kernel,
                           int64_t cluster, ThreadBuilder &b) {
  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                    b.getUnitAttr());
  // setmaxnreg needs a known register count at entry: that of one resident
  // block of so many threads.
  if (auto threads = kernel.getKnownBlockSizeAttr())
    function->setAttr(NVVM::NVVMDialect::getMaxntidAttrName(),
                      b.getDenseI32ArrayAttr({threads[0]}));
  function->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                    b.getI32IntegerAttr(1));
  if (cluster > 1)
    function->setAttr(NVVM::NVVMDialect::getClusterDimAttrName(),
                      b.getDenseI32ArrayAttr({int32_t(cluster), 1, 1}));
  if (auto bytes = kernel->getAttr("pipe.shared_memory"))
    function->setAttr("pipe.shared_memory", bytes);
}

/// The first box would wait for its tensor map, which TMA reads from memory.
static void prefetchTensorMap(Value map, const Frame &frame, ThreadBuilder &b) {
  OpBuilder::InsertionGuard guard(b);
  Value first = b.compare(arith::CmpIPredicate::eq, frame.thread, int64_t(0));
  b.enterIf(first);
  NVVM::PrefetchOp::create(b, /*cacheLevel=*/NVVM::PrefetchCacheLevelAttr(),
                           /*evictPriority=*/NVVM::CacheEvictionPriorityAttr(),
                           map, /*predicate=*/Value(),
                           /*tensormap=*/b.getUnitAttr(),
                           /*uniform=*/UnitAttr(),
                           /*in_param_space=*/UnitAttr());
}

LLVM::LLVMFuncOp mlir::pipe::lowerFrame(gpu::GPUFuncOp kernel, Frame &frame) {
  ThreadBuilder b(kernel.getLoc(), kernel);
  auto module = kernel->getParentOfType<gpu::GPUModuleOp>();
  auto types = llvm::map_to_vector(kernel.getArgumentTypes(),
                                   [&](Type t) { return parameterType(t, b); });
  auto function = LLVM::LLVMFuncOp::create(
      b, kernel.getName(),
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                  types));
  setLaunchAttrs(function, kernel, frame.cluster, b);
  LLVM::GlobalOp memory = sharedMemory(module, b);

  Block *entry = function.addEntryBlock(b);
  b.setInsertionPointToStart(entry);
  frame.thread = NVVM::ThreadIdXOp::create(b, b.getI32Type());
  frame.lane = b.rem(frame.thread, 32);
  // Lane 0's answer in all lanes: what is computed from it stays in uniform
  // registers.
  frame.warp = NVVM::ShflOp::create(b, b.getI32Type(), b.constant(-1),
                                    b.div(frame.thread, 32), b.constant(0),
                                    b.constant(31), NVVM::ShflKind::idx,
                                    /*return_value_and_is_valid=*/UnitAttr());
  frame.memory = LLVM::AddressOfOp::create(b, memory);
  if (frame.pacedSlots > 0)
    frame.slotsLeftOut = b.cursor();
  kernel.walk([&](AwaitRowsOp) {
    frame.over = b.cursor();
    return WalkResult::interrupt();
  });

  SmallVector<Value> arguments;
  for (auto [index, pair] : llvm::enumerate(llvm::zip_equal(
           kernel.getArgumentTypes(), function.getArguments()))) {
    auto [type, parameter] = pair;
    if (type.isIndex()) {
      arguments.push_back(b.toIndex(parameter));
      continue;
    }
    if (isa<TensorMapType>(type)) {
      function.setArgAttrs(index, tensorMapAttrs(b));
      prefetchTensorMap(parameter, frame, b);
    }
    arguments.push_back(b.asValue(type, ValueRange(parameter)));
  }

  IRRewriter rewriter(b);
  rewriter.inlineBlockBefore(&kernel.getBody().front(), entry, entry->end(),
                             arguments);
  b.setInsertionPointToEnd(entry);
  entry->getTerminator()->erase();
  LLVM::ReturnOp::create(b, ValueRange());
  kernel.erase();
  return function;
}

/// Opens a branch that only one thread of the `number`th warp takes.
static Block *threadOfWarp(int64_t number, const Frame &frame,
                           ThreadBuilder &b) {
  Value isWarp = b.compare(arith::CmpIPredicate::eq, frame.warp, number);
  b.enterIf(isWarp);
  Value elected = NVVM::ElectSyncOp::create(b, b.getI1Type(), Value());
  return scf::IfOp::create(b, elected, /*withElseRegion=*/false).thenBlock();
}

/// Moves the body of `role` to the end of `block`, and goes on behind it.
static void moveBody(RoleOp role, Block *block, ThreadBuilder &b) {
  Block &body = role.getBody().front();
  body.getTerminator()->erase();
  IRRewriter(b).inlineBlockBefore(&body, block->getTerminator());
  b.setInsertionPoint(block->getTerminator());
}

/// Where the warpgroup does not gather, its warps have work of their own each:
/// the first one loads, the last one what an earlier kernel writes, and those
/// between them send.
static void lowerProducer(RoleOp role, RoleOp late, Block *block,
                          const Frame &frame,
                          const std::optional<Outbox> &outbox,
                          ThreadBuilder &b) {
  constexpr int64_t lastWarp = 3;
  b.setInsertionPointToStart(block);
  NVVM::SetMaxRegisterOp::create(b, uint32_t(role.getRegisters()),
                                 NVVM::SetMaxRegisterAction::decrease);
  if (outbox)
    outbox->writeSenders(frame, b);
  if (late) {
    OpBuilder::InsertionGuard guard(b);
    moveBody(late, threadOfWarp(lastWarp, frame, b), b);
    late.erase();
  }
  if (!frame.gathers)
    block = threadOfWarp(0, frame, b);
  PostRowsOp post;
  role.walk([&](PostRowsOp op) { post = op; });
  moveBody(role, block, b);
  if (post)
    postLastRows(post, frame, b);
  // A thread must not exit before its copies have landed.
  NVVM::CpAsyncCommitGroupOp::create(b);
  NVVM::CpAsyncWaitGroupOp::create(b, /*n=*/0);
  role.erase();
}

static void lowerConsumer(RoleOp role, Block *block, const Frame &frame,
                          const std::optional<Outbox> &outbox,
                          ThreadBuilder &b) {
  b.setInsertionPointToStart(block);
  NVVM::SetMaxRegisterOp::create(b, uint32_t(role.getRegisters()),
                                 NVVM::SetMaxRegisterAction::increase);
  bool sends = false;
  role.walk([&](StoreRowsOp store) { sends |= !store.getOutbox(); });
  moveBody(role, block, b);
  if (outbox)
    outbox->close(frame, b);
  // A thread must not exit before its bulk copies have read shared memory.
  if (frame.ledger)
    noteAllStored(frame, b);
  else if (sends)
    NVVM::CpAsyncBulkWaitGroupOp::create(b, /*group=*/uint32_t(0),
                                         /*read=*/b.getUnitAttr());
  role.erase();
}

void mlir::pipe::lowerRoles(LLVM::LLVMFuncOp kernel, const Frame &frame,
                            const std::optional<Outbox> &outbox) {
  RoleOp producer, late, consumer;
  for (RoleOp role : kernel.getBody().getOps<RoleOp>()) {
    bool isProducer = role.getKind() == RoleKind::Producer;
    bool isConsumer = role.getKind() == RoleKind::Consumer;
    (isProducer ? producer : isConsumer ? consumer : late) = role;
  }
  ThreadBuilder b(producer.getLoc(), producer);
  Value isProducer =
      b.compare(arith::CmpIPredicate::eq, frame.warpgroup(b), int64_t(0));
  auto branch = scf::IfOp::create(b, isProducer, /*withElseRegion=*/true);
  lowerProducer(producer, late, branch.thenBlock(), frame, outbox, b);
  lowerConsumer(consumer, branch.elseBlock(), frame, outbox, b);
  // No block leaves while another may still arrive at its barriers.
  if (frame.arrivesElsewhere) {
    b.setInsertionPointAfter(branch);
    syncCluster(b);
  }
}

void mlir::pipe::publishBarriers(LLVM::LLVMFuncOp kernel, const Frame &frame) {
  // Before the wait for earlier kernels: it costs nothing under them.
  Operation *first =
      &*llvm::find_if(kernel.getBody().getOps(), [](Operation &op) {
        return isa<WaitEarlierOp, RoleOp>(op);
      });
  ThreadBuilder b(first->getLoc(), first);
  NVVM::FenceMbarrierInitOp::create(b);
  if (frame.cluster > 1)
    syncCluster(b);
  else
    NVVM::Barrier0Op::create(b);
}

void mlir::pipe::lowerWaits(LLVM::LLVMFuncOp kernel) {
  kernel.walk([](WaitEarlierOp op) {
    ThreadBuilder b(op.getLoc(), op);
    b.memoryAsm(kGridWaitText);
    b.memoryAsm(kGridLaunchText);
    op.erase();
  });
}

void mlir::pipe::syncCluster(ThreadBuilder &b) {
  NVVM::ClusterArriveOp::create(b, /*aligned=*/b.getUnitAttr());
  NVVM::ClusterWaitOp::create(b, /*aligned=*/b.getUnitAttr());
}
