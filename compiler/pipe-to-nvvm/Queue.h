//===- Queue.h - which tile is next -----------------------------*- C++ -*-===//
//
// One thread of the producer, the leader, takes tiles from the counter in
// global memory and writes their numbers into a small ring in shared memory,
// one tile ahead of everybody; each warp that walks tiles reads them there. The
// blocks of a cluster walk together: the leader of the first one writes to all.
//
//===----------------------------------------------------------------------===//
#ifndef COMPILER_PIPETONVVM_QUEUE_H
#define COMPILER_PIPETONVVM_QUEUE_H

#include "compiler/pipe-to-nvvm/ThreadBuilder.h"
#include "dialect/pipe/PipeDialect.h"

namespace mlir::pipe {

class QueueLowering {
public:
  /// Writes what every thread runs before the roles: the barriers, and a cursor
  /// for each thread. Erases the op.
  QueueLowering(TileQueueOp op, const Frame &frame);

  /// Before the tile loop of a role.
  void begin(RoleOp role, ThreadBuilder &b);
  /// The tile that follows the one a role is about to walk.
  Value next(RoleOp role, ThreadBuilder &b);
  /// Behind the tile loop of a role.
  void end(RoleOp role, ThreadBuilder &b);

private:
  bool isProducer(RoleOp role) { return role.getKind() == RoleKind::Producer; }
  /// Opens a branch that the leader takes.
  void enterLeader(ThreadBuilder &b);
  /// Takes a tile; the answer is looked at one tile later.
  void take(ThreadBuilder &b);
  void publish(Value slot, Value phase, ThreadBuilder &b);
  /// Of those who write and read numbers: the block, or the cluster.
  NVVM::MemScopeKind scope();
  /// A place in shared memory, in that block of the cluster.
  Value inBlock(Value pointer, int64_t block, ThreadBuilder &b);
  /// How many walk, each with a first tile of its own.
  Value clusters(ThreadBuilder &b);
  void arrive(Value barrier, ThreadBuilder &b);
  Value number(Value slot, ThreadBuilder &b);
  Value full(Value slot, ThreadBuilder &b);
  Value empty(Value slot, ThreadBuilder &b);

  const Frame &frame;
  Value counter; ///< In global memory.
  int64_t offset;
  Value slotCursor, phaseCursor, ticket;
};

} // namespace mlir::pipe

#endif // COMPILER_PIPETONVVM_QUEUE_H
