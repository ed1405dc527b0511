//===- ThreadBuilder.h - code of one thread ---------------------*- C++ -*-===//
//
// What the files of this folder share: a builder with the arithmetic of one
// thread, and the frame, the values every part of a kernel starts from.
//
//===----------------------------------------------------------------------===//
#ifndef COMPILER_PIPETONVVM_THREADBUILDER_H
#define COMPILER_PIPETONVVM_THREADBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::pipe {

/// Rows of one wgmma, and of a warp's share of them.
inline constexpr int64_t kSlabRows = 64, kWarpRows = 16;
inline constexpr int64_t kWarpgroup = 128;

/// Address spaces of NVPTX.
enum : unsigned { kGlobal = 1, kShared = 3, kSharedCluster = 7 };

/// Builds code of one thread at the insertion point. Integers are i32 unless
/// said; an `index` operand is cast.
class ThreadBuilder : public ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  Type f32() { return getF32Type(); }
  Type sharedPtr() { return LLVM::LLVMPointerType::get(getContext(), kShared); }
  Type clusterPtr() {
    return LLVM::LLVMPointerType::get(getContext(), kSharedCluster);
  }
  Type globalPtr() { return LLVM::LLVMPointerType::get(getContext(), kGlobal); }

  Value constant(int64_t value);
  Value add(Value a, Value b);
  Value add(Value a, int64_t b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  Value mul(Value a, int64_t b);
  Value div(Value a, Value b); ///< Unsigned.
  Value div(Value a, int64_t b);
  Value rem(Value a, Value b); ///< Unsigned.
  Value rem(Value a, int64_t b);
  Value bitXor(Value a, Value b);
  Value bitXor(Value a, int64_t b);
  Value bitAnd(Value a, Value b);
  Value min(Value a, Value b); ///< Signed.
  Value compare(arith::CmpIPredicate predicate, Value a, Value b);
  Value compare(arith::CmpIPredicate predicate, Value a, int64_t b);
  Value select(Value condition, Value a, Value b);

  /// Goes on inside a branch on `condition`.
  void enterIf(Value condition);
  /// Writes both branches, and goes on behind them.
  void ifElse(Value condition, function_ref<void()> then,
              function_ref<void()> otherwise);

  Value toI32(Value index); ///< From index; i32 stays.
  Value toIndex(Value i32);
  Value toI64(Value value); ///< Zero-extended, from i32 or index.

  /// The address of a number that each thread has and that starts from 0: a
  /// stack slot, which LLVM promotes to a register. The insertion point is in
  /// the body of the kernel.
  Value cursor();

  /// base + bytes.
  Value offset(Value pointer, Value bytes);
  Value offset(Value pointer, int64_t bytes);
  /// The address of element number `element` (i64) of a global array.
  Value element(Value pointer, Type type, Value element);
  /// A load of 4 bytes, and one of memory that nobody writes from before the
  /// kernel is launched until it ends: what an earlier kernel writes is not, as
  /// that kernel may still run then.
  Value load(Type type, Value pointer);
  Value loadConstant(Type type, Value pointer);

  /// Operands as the registers that hold them: see PipeToNVVM's type converter.
  ValueRange asRegisters(Value value, TypeRange types);
  /// The other way round: `registers` as one value of a pipe type.
  Value asValue(Type type, ValueRange registers);

  /// Instructions with operands tied to results one by one, all f32; the text
  /// names them $0, $1, … Further operands follow the tied ones.
  SmallVector<Value> tiedAsm(StringRef text, ValueRange tied,
                             ValueRange others = {}, StringRef otherKinds = "");
  /// The same number, in a register of each thread: without, ptxas would hold
  /// what is the same for all of them in a uniform one.
  Value perThread(Value number);
  /// The L2 policy of what is soon read by others.
  Value keepInL2();
  /// An instruction without results that no access to memory may pass; `kinds`
  /// has a letter for each operand.
  void memoryAsm(StringRef text, ValueRange operands = {},
                 StringRef kinds = "");
};

/// Values of the kernel's entry that the rest is built from.
struct Frame {
  Value thread;          ///< Of the block.
  Value lane;            ///< Of the warp.
  Value warp;            ///< Of the block; the same value in all lanes.
  Value memory;          ///< Shared memory, !llvm.ptr<3>.
  int64_t consumers = 0; ///< Consumer warpgroups.
  int64_t blockM = 0;    ///< Rows of the block's tile.
  int64_t cluster = 1;   ///< Blocks of a cluster.
  int64_t writers = 1;   ///< Blocks of it that write to each other's slots.
  /// Slots of the ring that takes boxes, if tiles are paced; and the address of
  /// how many of them this block leaves out.
  int64_t pacedSlots = 0;
  Value slotsLeftOut;
  /// Of a kernel that counts what it stores, else null: where its ledger lies
  /// in shared memory, and the address of the barrier's number that this thread
  /// notes at next.
  Value ledger, notes;
  /// True once an earlier kernel is known to be over: the address of a number,
  /// null where nobody waits for rows.
  Value over;
  /// True if blocks of a cluster hand back slots or numbers to each other,
  /// which nobody waits for in the end.
  bool arrivesElsewhere = false;
  /// True if the whole producer warpgroup gathers rows; else one thread of it
  /// does all, since it only speaks to TMA.
  bool gathers = false;

  /// True if one more thread of the producer walks the tiles.
  bool hasLateProducer = false;

  static constexpr StringLiteral kMemorySymbol = "shared_memory";

  Value warpgroup(ThreadBuilder &b) const { return b.div(warp, 4); }
  Value warpOfGroup(ThreadBuilder &b) const { return b.rem(warp, 4); }
  /// The block's number in its cluster.
  Value rank(ThreadBuilder &b) const;
  /// Which of the consumer warpgroups this is.
  Value consumer(ThreadBuilder &b) const;
  /// First row, in the block's tile, of a slab of this warpgroup.
  Value slabRow(ThreadBuilder &b, int64_t slab, int64_t blockM) const;
  /// The rows, in the block's tile, of the two row groups of an accumulator
  /// that this thread holds (PTX ISA, wgmma register fragments).
  SmallVector<Value> accumulatorRows(ThreadBuilder &b, int64_t slab,
                                     int64_t blockM) const;
  /// The rows whose scales this thread holds: those of an accumulator, or if
  /// there are `turnedRows` of a turned one of so many rows.
  SmallVector<Value> scaleRows(ThreadBuilder &b, int64_t turnedRows,
                               int64_t slab, int64_t blockM) const;
  /// The column, of those that a turned accumulator holds in all warpgroups, of
  /// this thread's first; the others are the one 8 further on.
  Value turnedColumn(ThreadBuilder &b) const;
  /// Slabs of each consumer warpgroup: of 64 rows, or one of fewer.
  int64_t slabs(int64_t blockM) const {
    return std::max<int64_t>(blockM / (kSlabRows * consumers), 1);
  }
};

} // namespace mlir::pipe

#endif // COMPILER_PIPETONVVM_THREADBUILDER_H
