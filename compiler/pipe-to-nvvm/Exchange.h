//===- Exchange.h - rows that lie with several warps ------------*- C++ -*-===//
#ifndef COMPILER_PIPETONVVM_EXCHANGE_H
#define COMPILER_PIPETONVVM_EXCHANGE_H

#include "compiler/pipe-to-nvvm/ThreadBuilder.h"
#include "dialect/pipe/PipeDialect.h"

namespace mlir::pipe {

/// One use of a row exchange; `registers` are those of its type.
class RowExchangeLowering {
public:
  RowExchangeLowering(RowExchangeType type, ValueRange registers,
                      const Frame &frame, ThreadBuilder &b);

  /// The largest of each row over all warps. `mine` has the largest of the
  /// warp's own columns, for the rows whose scales a thread would hold. All
  /// warps of the exchange have to come here; a NaN takes no part.
  SmallVector<Value> largest(ArrayRef<Value> mine);

private:
  Value laneBytes();
  void tell(Value place, Value barrier, ArrayRef<Value> mine);
  void tellBlock(Value own, Value barrier, ArrayRef<Value> mine);
  void tellCluster(Value own, Value barrier, ArrayRef<Value> mine);
  void announce(Value barrier);
  SmallVector<Value> read(Value place);

  RowExchangeType type;
  const Frame &frame;
  ThreadBuilder &b;
  Value memory, turnCursor, phaseCursor;
};

} // namespace mlir::pipe

#endif // COMPILER_PIPETONVVM_EXCHANGE_H
