//===- PlanSharedMemory.cpp - where rings and buffers lie -----------------===//

#include "compiler/passes/Passes.h"
#include "compiler/schedule/Resources.h"
#include "dialect/pipe/PipeDialect.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace mlir::moe {
#define GEN_PASS_DEF_PLANSHAREDMEMORY
#include "compiler/passes/Passes.h.inc"
} // namespace mlir::moe

using namespace mlir;
using namespace mlir::pipe;

namespace {

constexpr int64_t kBarrierBytes = 8;

/// Hands out bytes of shared memory, one behind the other.
class Arena {
public:
  int64_t take(int64_t bytes, int64_t alignment) {
    int64_t offset = llvm::alignTo(used, alignment);
    used = offset + bytes;
    return offset;
  }
  int64_t size() const { return used; }

private:
  int64_t used = 0;
};

/// Places the tiles of `ring` that are swizzled, or those that are not.
void placeTiles(RingOp ring, bool swizzled, MutableArrayRef<int64_t> offsets,
                Arena &arena) {
  RingType type = ring.getType();
  for (auto [offset, tile] : llvm::zip(offsets, type.getTiles())) {
    auto tileType = cast<TileType>(tile);
    if (tileType.isSwizzled() == swizzled)
      offset = arena.take(tileType.getSlotBytes() * type.getStages(),
                          swizzled ? 1024 : 128);
  }
}

struct PlanSharedMemory
    : mlir::moe::impl::PlanSharedMemoryBase<PlanSharedMemory> {
  void runOnOperation() override {
    gpu::GPUFuncOp kernel = getOperation();
    if (kernel.isExternal())
      return;
    auto rings = llvm::to_vector(kernel.getBody().getOps<RingOp>());
    SmallVector<SmallVector<int64_t>> offsets;
    Arena arena;
    for (RingOp ring : rings) {
      offsets.emplace_back(ring.getType().getTiles().size() + 1);
      placeTiles(ring, /*swizzled=*/true, offsets.back(), arena);
    }
    for (BufferOp buffer : kernel.getBody().getOps<BufferOp>())
      buffer.setOffset(arena.take(buffer.getType().getBytes(), 1024));
    for (auto [ring, places] : llvm::zip(rings, offsets)) {
      placeTiles(ring, /*swizzled=*/false, places, arena);
      places.back() = arena.take(2 * kBarrierBytes * ring.getType().getStages(),
                                 kBarrierBytes);
      ring.setOffsets(places);
    }
    for (ExchangeOp exchange : kernel.getBody().getOps<ExchangeOp>())
      exchange.setOffset(
          arena.take(exchange.getExchange().getType().getBytes(), 16));
    for (OutboxOp outbox : kernel.getBody().getOps<OutboxOp>())
      outbox.setOffset(arena.take(outbox.getOutbox().getType().getBytes(), 16));
    for (LedgerOp ledger : kernel.getBody().getOps<LedgerOp>())
      ledger.setOffset(arena.take(LedgerOp::kBytes, kBarrierBytes));
    for (TileQueueOp queue : kernel.getBody().getOps<TileQueueOp>())
      queue.setOffset(arena.take(TileQueueOp::kBytes, kBarrierBytes));
    if (arena.size() > mlir::moe::kSharedMemoryLimit) {
      kernel.emitError("expects at most ")
          << mlir::moe::kSharedMemoryLimit << " bytes of shared memory, got "
          << arena.size();
      return signalPassFailure();
    }
    kernel->setAttr("pipe.shared_memory",
                    Builder(&getContext()).getI64IntegerAttr(arena.size()));
  }
};

} // namespace
