//===- PipeToNVVM.cpp - the driver and the types --------------------------===//

#include "compiler/passes/Passes.h"
#include "compiler/pipe-to-nvvm/Outbox.h"
#include "compiler/pipe-to-nvvm/Patterns.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"

namespace mlir::moe {
#define GEN_PASS_DEF_CONVERTPIPETONVVM
#include "compiler/passes/Passes.h.inc"
} // namespace mlir::moe

using namespace mlir;
using namespace mlir::pipe;

RegisterConverter::RegisterConverter() {
  addConversion([](Type type) { return type; });
  addConversion([](MemRefType type) -> Type {
    return LLVM::LLVMPointerType::get(type.getContext(), kGlobal);
  });
  addConversion([](TileType type) -> Type {
    return LLVM::LLVMPointerType::get(type.getContext(), kShared);
  });
  addConversion([](TensorMapType type) -> Type {
    return LLVM::LLVMPointerType::get(type.getContext());
  });
  auto registers = [](MLIRContext *context, int64_t count, bool real,
                      SmallVectorImpl<Type> &types) {
    Type type = real ? Type(Float32Type::get(context))
                     : Type(IntegerType::get(context, 32));
    types.append(count, type);
    return success();
  };
  addConversion([=](AccType type, SmallVectorImpl<Type> &types) {
    return registers(type.getContext(),
                     type.getRows() * type.getColumns() / kWarpgroup, true,
                     types);
  });
  addConversion([=](PendingType type, SmallVectorImpl<Type> &types) {
    return registers(type.getContext(),
                     type.getRows() * type.getColumns() / kWarpgroup, true,
                     types);
  });
  addConversion([=](RowScalesType type, SmallVectorImpl<Type> &types) {
    int64_t turnedRows = type.getTurnedRows();
    return registers(type.getContext(), turnedRows ? turnedRows / 4 : 2, true,
                     types);
  });
  addConversion([=](RowSlotsType type, SmallVectorImpl<Type> &types) {
    return registers(type.getContext(), 2, false, types);
  });
  addConversion([=](RowExchangeType type, SmallVectorImpl<Type> &types) {
    types.push_back(LLVM::LLVMPointerType::get(type.getContext(), kShared));
    types.append(2, LLVM::LLVMPointerType::get(type.getContext()));
    return success();
  });
  addConversion([=](LedgerType type, SmallVectorImpl<Type> &types) {
    types.push_back(LLVM::LLVMPointerType::get(type.getContext(), kShared));
    return success();
  });
  addConversion([=](OutboxType type, SmallVectorImpl<Type> &types) {
    types.push_back(LLVM::LLVMPointerType::get(type.getContext(), kShared));
    types.push_back(LLVM::LLVMPointerType::get(type.getContext()));
    return success();
  });
  addConversion([=](RowsType type, SmallVectorImpl<Type> &types) {
    GatherShare share(type.getRows());
    int64_t count =
        type.getUse() == RowUse::Gather ? share.chunkRows + share.ownRows : 1;
    return registers(type.getContext(), count, false, types);
  });
}

namespace {

/// A cast that the structure left between a value and its registers: both sides
/// are the registers now.
struct DropBridge : OpConversionPattern<UnrealizedConversionCastOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(UnrealizedConversionCastOp op, OneToNOpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    SmallVector<Value> registers;
    for (ValueRange operand : adaptor.getInputs())
      llvm::append_range(registers, operand);
    if (op.getNumResults() == 1)
      rewriter.replaceOpWithMultiple(op, {registers});
    else
      rewriter.replaceOp(op, registers);
    return success();
  }
};

/// Ops on values of pipe become ops on the registers of one thread.
LogicalResult convertValues(LLVM::LLVMFuncOp kernel, const Frame &frame) {
  MLIRContext *context = kernel.getContext();
  RegisterConverter converter;
  RewritePatternSet patterns(context);
  populateRowPatterns(converter, frame, patterns);
  populateMmaPatterns(converter, frame, patterns);
  populateActivationPatterns(converter, frame, patterns);
  populateSumPatterns(converter, frame, patterns);
  populateStorePatterns(converter, frame, patterns);
  populateProgressPatterns(converter, frame, patterns);
  patterns.add<DropBridge>(converter, context);

  ConversionTarget target(*context);
  target.addIllegalDialect<PipeDialect, memref::MemRefDialect>();
  target.addDynamicallyLegalOp<UnrealizedConversionCastOp>(
      [&](UnrealizedConversionCastOp op) { return converter.isLegal(op); });
  target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
  scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns,
                                                       target);
  return applyPartialConversion(kernel, target, std::move(patterns));
}

/// What the whole kernel's lowering depends on, read before it changes.
Frame readFrame(gpu::GPUFuncOp kernel) {
  Frame frame;
  for (RoleOp role : kernel.getBody().getOps<RoleOp>())
    if (role.getKind() == RoleKind::Consumer)
      frame.consumers = role.getWarpgroups();
    else
      frame.hasLateProducer |= role.getKind() == RoleKind::LateProducer;
  kernel.walk([&](TilesOp tiles) {
    frame.blockM = tiles.getBlockM();
    frame.cluster = tiles.getCluster();
    frame.arrivesElsewhere |= frame.cluster > 1 && tiles.getQueue();
    tiles.walk([&](FillOp fill) {
      if (tiles.getPaced() && fill.getBoxBytes() > 0)
        frame.pacedSlots = fill.getRing().getType().getStages();
    });
  });
  kernel.walk([&](LoadRowsOp) { frame.gathers = true; });
  kernel.walk([&](LoadBoxOp load) {
    frame.writers = std::max(frame.writers, load.getMulticast());
  });
  frame.arrivesElsewhere |= frame.writers > 1;
  return frame;
}

LogicalResult lower(gpu::GPUFuncOp kernel) {
  Frame frame = readFrame(kernel);
  if (frame.consumers == 0)
    return kernel.emitOpError("expects a consumer role");
  if (!kernel->hasAttr("pipe.shared_memory") ||
      llvm::any_of(kernel.getBody().getOps<RingOp>(),
                   [](RingOp ring) { return !ring.getOffsets(); }) ||
      llvm::any_of(kernel.getBody().getOps<BufferOp>(),
                   [](BufferOp buffer) { return !buffer.getOffset(); }) ||
      llvm::any_of(kernel.getBody().getOps<ExchangeOp>(),
                   [](ExchangeOp exchange) { return !exchange.getOffset(); }) ||
      llvm::any_of(kernel.getBody().getOps<LedgerOp>(),
                   [](LedgerOp ledger) { return !ledger.getOffset(); }) ||
      llvm::any_of(kernel.getBody().getOps<OutboxOp>(),
                   [](OutboxOp outbox) { return !outbox.getOffset(); }) ||
      llvm::any_of(kernel.getBody().getOps<TileQueueOp>(),
                   [](TileQueueOp queue) { return !queue.getOffset(); }))
    return kernel.emitOpError(
        "expects a shared-memory plan (run pipe-plan-shared-memory)");

  LLVM::LLVMFuncOp function = lowerFrame(kernel, frame);
  lowerRings(function, frame);
  lowerExchanges(function, frame);
  lowerLedgers(function, frame);
  std::optional<Outbox> outbox = lowerOutbox(function, frame);
  publishBarriers(function, frame);
  lowerAwaits(function, frame);
  lowerWaits(function);
  lowerTiles(function, frame);
  lowerRoles(function, frame, outbox);
  return convertValues(function, frame);
}

struct ConvertPipeToNVVM
    : mlir::moe::impl::ConvertPipeToNVVMBase<ConvertPipeToNVVM> {
  void runOnOperation() override {
    SmallVector<gpu::GPUFuncOp> kernels;
    getOperation().walk([&](gpu::GPUFuncOp kernel) {
      if (!kernel.getBody().getOps<RoleOp>().empty())
        kernels.push_back(kernel);
    });
    for (gpu::GPUFuncOp kernel : kernels)
      if (failed(lower(kernel)))
        return signalPassFailure();
  }
};

} // namespace
