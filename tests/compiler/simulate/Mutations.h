//===- Mutations.h - faults planted in a final module -----------*- C++ -*-===//
#ifndef TESTS_COMPILER_SIMULATE_MUTATIONS_H
#define TESTS_COMPILER_SIMULATE_MUTATIONS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/IR/Module.h"

/// A fault: how the module of one kernel is rewritten, and what the simulator
/// must say of it.
struct Mutation {
  const char *name;
  const char *kernel; ///< "up", whose rows are gathered, "down" or "combine".
  /// False if there was nothing to rewrite.
  bool (*apply)(llvm::Module &module);
  const char *law;  ///< The finding's; alternatives between '|'.
  const char *says; ///< What its text must hold; alternatives between '|'.
  /// The roles of the thread that it names and the operation of the pipe
  /// dialect at whose line it is, alternatives between '|'; empty where a
  /// finding has no thread or line of its own (an output, bytes of a barrier).
  const char *role = "", *operation = "";
  /// With few slots each is used more than once, and the ring orders what the
  /// tile queue would have to; with many the producer is tiles ahead.
  bool manySlots = false;
};

/// Of loads, products, walks and stores.
llvm::ArrayRef<Mutation> kernelMutations();
/// Of the queue that blocks take tiles from.
llvm::ArrayRef<Mutation> queueMutations();
/// Of the producer that waits for an earlier kernel.
llvm::ArrayRef<Mutation> lateMutations();
/// Of what up says of the rows that it has stored.
llvm::ArrayRef<Mutation> progressMutations();
/// Of scales that come four K blocks at a time, for a layer that has such.
llvm::ArrayRef<Mutation> scaleMutations();
/// Of drains of two slots, for a layer whose down has such.
llvm::ArrayRef<Mutation> drainMutations();
/// Of what blocks of a cluster tell each other, for a layer whose up does.
llvm::ArrayRef<Mutation> exchangeMutations();
/// Of the kernel that ends a layer, for one with a shared expert.
llvm::ArrayRef<Mutation> combineMutations();
/// Of what is between consumers and those who send their rows.
llvm::ArrayRef<Mutation> outboxMutations();

#endif // TESTS_COMPILER_SIMULATE_MUTATIONS_H
