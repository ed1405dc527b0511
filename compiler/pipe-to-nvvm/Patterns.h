//===- Patterns.h - the parts of the lowering -------------------*- C++ -*-===//
//
// The lowering has two steps. First the structure: the kernel's frame, its
// roles, tile loops, fills and drains become waits, arrives and scf, and the
// loads of a fill become instructions (they signal its barrier). Values of pipe
// types are left as they are, bridged by unrealized casts. Then the values:
// every op on them is converted to the registers of one thread.
//
//===----------------------------------------------------------------------===//
#ifndef COMPILER_PIPETONVVM_PATTERNS_H
#define COMPILER_PIPETONVVM_PATTERNS_H

#include "compiler/pipe-to-nvvm/ThreadBuilder.h"
#include "dialect/pipe/PipeDialect.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Transforms/DialectConversion.h"

namespace mlir::pipe {

struct Outbox;

/// Registers of a thread for each pipe type; see PipeTypes.td for who holds
/// what.
class RegisterConverter : public TypeConverter {
public:
  RegisterConverter();
};

/// Rows of the tile that one producer thread copies when it gathers: its share
/// in 16-byte chunks (8 threads a row), then its share one row a thread. The
/// last of either may lie past the tile.
struct GatherShare {
  explicit GatherShare(int64_t rows)
      : chunkRows(llvm::divideCeil(rows, 16)),
        ownRows(llvm::divideCeil(rows, kWarpgroup)) {}
  int64_t chunkRows; ///< Thread t copies rows t / 8 + 16 i, chunk t mod 8.
  int64_t ownRows;   ///< Thread t copies rows t + 128 i.
};

/// Which of a thread's rows register i of an accumulator belongs to: wgmma
/// leaves it two neighbours in a row of its result, then two 8 rows below.
inline size_t rowNumber(size_t i, AccType type) {
  return type.getTurned() ? i / 4 * 2 + i % 2 : i / 2 % 2;
}

// Structure.
/// Makes the llvm.func of `kernel`, moves the body there and erases `kernel`.
LLVM::LLVMFuncOp lowerFrame(gpu::GPUFuncOp kernel, Frame &frame);
/// Waits for kernels launched before, and lets those after it start.
void lowerWaits(LLVM::LLVMFuncOp kernel);
/// Spins until the phase of `barrier` with this parity is over. What was
/// written before the arrivals, by threads of `scope`, can be read then.
void waitFor(Value barrier, Value parity, ThreadBuilder &b,
             NVVM::MemScopeKind scope = NVVM::MemScopeKind::CTA);
/// Behind the initialisation of all barriers: the block, or the cluster, may
/// use them.
void publishBarriers(LLVM::LLVMFuncOp kernel, const Frame &frame);
/// All blocks of a cluster wait for each other here.
void syncCluster(ThreadBuilder &b);
/// Turns the roles into branches on the warpgroup, and the senders of `outbox`
/// into one beside the producer.
void lowerRoles(LLVM::LLVMFuncOp kernel, const Frame &frame,
                const std::optional<Outbox> &outbox);
/// Tile loops, and the queues they take tiles from.
void lowerTiles(LLVM::LLVMFuncOp kernel, const Frame &frame);
/// Waits for rows of an earlier kernel that still runs.
void lowerAwaits(LLVM::LLVMFuncOp kernel, const Frame &frame);
/// Ledgers: what of them is set up once.
void lowerLedgers(LLVM::LLVMFuncOp kernel, Frame &frame);
/// At the end of the consumers: what the warp stored is there.
void noteAllStored(const Frame &frame, ThreadBuilder &b);
/// At the end of the producer: counts what is left, and that the block is done.
void postLastRows(PostRowsOp post, const Frame &frame, ThreadBuilder &b);
/// Row exchanges: what of them is set up once.
void lowerExchanges(LLVM::LLVMFuncOp kernel, const Frame &frame);
/// Rings, their fills and drains, and buffers.
void lowerRings(LLVM::LLVMFuncOp kernel, const Frame &frame);

/// The loads of a fill; `barrier` is the slot's full barrier.
void lowerLoadBox(LoadBoxOp load, Value barrier, const Frame &frame,
                  ThreadBuilder &b);
void lowerLoadRows(LoadRowsOp load, const Frame &frame, ThreadBuilder &b);
void lowerLoadBlockScales(LoadBlockScalesOp load, const Frame &frame,
                          ThreadBuilder &b);

// Values.
/// A pattern that starts from the frame of the kernel.
template <typename Op> struct FramePattern : OpConversionPattern<Op> {
  FramePattern(const TypeConverter &converter, MLIRContext *context,
               const Frame &frame)
      : OpConversionPattern<Op>(converter, context), frame(frame) {}
  const Frame &frame;
};

void populateRowPatterns(const TypeConverter &converter, const Frame &frame,
                         RewritePatternSet &patterns);
void populateMmaPatterns(const TypeConverter &converter, const Frame &frame,
                         RewritePatternSet &patterns);
void populateActivationPatterns(const TypeConverter &converter,
                                const Frame &frame,
                                RewritePatternSet &patterns);
void populateSumPatterns(const TypeConverter &converter, const Frame &frame,
                         RewritePatternSet &patterns);
void populateProgressPatterns(const TypeConverter &converter,
                              const Frame &frame, RewritePatternSet &patterns);
void populateStorePatterns(const TypeConverter &converter, const Frame &frame,
                           RewritePatternSet &patterns);

} // namespace mlir::pipe

#endif // COMPILER_PIPETONVVM_PATTERNS_H
