//===- Outbox.h - rows that other warps send --------------------*- C++ -*-===//
#ifndef COMPILER_PIPETONVVM_OUTBOX_H
#define COMPILER_PIPETONVVM_OUTBOX_H

#include "compiler/pipe-to-nvvm/ThreadBuilder.h"
#include "dialect/pipe/PipeDialect.h"

namespace mlir::pipe {

/// One bulk copy of `bytes` from shared to global memory, where the next kernel
/// finds them in L2 if they fit; with `add` they are bf16 that are added to
/// what is there.
void sendRow(Value to, Value from, Value bytes, bool add, ThreadBuilder &b);

/// The outbox of a kernel, set up.
struct Outbox {
  OutboxType type;
  SmallVector<Value, 2> registers; ///< Those of its type: see OutboxLowering.
  Value staging;                   ///< First row of the staging.
  int64_t rowBytes = 0;            ///< From one row of it to the next.
  bool add = false;                ///< Rows are added to what is there.

  /// What the senders do until every post was the last one. All warps of the
  /// producer come here.
  void writeSenders(const Frame &frame, ThreadBuilder &b) const;
  /// What the consumers do last.
  void close(const Frame &frame, ThreadBuilder &b) const;
};

/// Sets up the outbox that rows of `kernel` are stored by, if there is one.
std::optional<Outbox> lowerOutbox(LLVM::LLVMFuncOp kernel, const Frame &frame);

/// The consumers' side; `registers` are the memory and the phase (a stack slot,
/// which LLVM promotes to a register).
class OutboxLowering {
public:
  OutboxLowering(OutboxType type, ValueRange registers, const Frame &frame,
                 ThreadBuilder &b);

  /// Waits until the rows of the post before were read: staging and slip may be
  /// written.
  void open();
  /// Posts what the warps of this sender have written to staging: of each row
  /// `bytes`, behind the first `skip`, go to `target` (i64) if it is `real`:
  /// a lane below 16 knows both for that row of its warp. Rows that are not
  /// real come last.
  void post(Value real, Value target, Value skip, Value bytes);
  /// The last post: the sender leaves.
  void close();

private:
  void writeCount(Value warp, Value votes);
  void writeHeader(Value skip, Value bytes);
  void arrive();
  /// The warp's number among those that post to its sender.
  Value warpOfSender();

  OutboxType type;
  const Frame &frame;
  ThreadBuilder &b;
  Value slip, full, empty, phaseCursor;
};

} // namespace mlir::pipe

#endif // COMPILER_PIPETONVVM_OUTBOX_H
