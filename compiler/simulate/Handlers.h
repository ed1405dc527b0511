//===- Handlers.h - what each operation does --------------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_HANDLERS_H
#define COMPILER_SIMULATE_HANDLERS_H

#include "compiler/simulate/Block.h"

namespace mlir::moe::sim {

// Threads.cpp: special registers, conversions, what lanes and blocks do
// together.
void readThreadIndex(Thread &, const Call &);
void readBlockIndex(Thread &, const Call &);
void readGridSize(Thread &, const Call &);
void readBlockSize(Thread &, const Call &);
void readZero(Thread &, const Call &);
void readOne(Thread &, const Call &);
void toBf16Pair(Thread &, const Call &);
void toE4m3Pair(Thread &, const Call &);
void exp2Approx(Thread &, const Call &);
void reciprocal(Thread &, const Call &);
void divide(Thread &, const Call &);
void maximum(Thread &, const Call &);
void absolute(Thread &, const Call &);
void shuffleIndex(Thread &, const Call &);
void shuffleButterfly(Thread &, const Call &);
void elect(Thread &, const Call &);
void syncWarp(Thread &, const Call &);
void syncBlock(Thread &, const Call &);
void syncSomeThreads(Thread &, const Call &);
void readClusterRank(Thread &, const Call &);
void mapToRank(Thread &, const Call &);
void arriveAtCluster(Thread &, const Call &);
void waitForCluster(Thread &, const Call &);
void decreaseRegisters(Thread &, const Call &);
void increaseRegisters(Thread &, const Call &);
void storeMatrices(Thread &, const Call &);
void nothing(Thread &, const Call &);

// BarrierOps.cpp: mbarriers and fences.
/// The barrier at an address, or null and a finding: it must be initialised,
/// and the thread must know.
Barrier *barrierAt(Thread &thread, uint64_t pointer, const Call &call);
void initBarrier(Thread &, const Call &);
void arrive(Thread &, const Call &);
void arriveIf(Thread &, const Call &);
void arriveExpectingBytes(Thread &, const Call &);
void tryWait(Thread &, const Call &);
void fenceBarrierInit(Thread &, const Call &);
void fenceProxy(Thread &, const Call &);

// CopyOps.cpp: cp.async.
void copyAsync(Thread &, const Call &);
void arriveOnCopies(Thread &, const Call &);
void commitCopies(Thread &, const Call &);
void waitForCopyGroups(Thread &, const Call &);
void waitForAllCopies(Thread &, const Call &);

// TmaOps.cpp
void loadBox(Thread &, const Call &);
void loadBytes(Thread &, const Call &);
void loadBoxes(Thread &, const Call &);
void loadBytesToCluster(Thread &, const Call &);
void storeBox(Thread &, const Call &);
void commitStores(Thread &, const Call &);
void waitForStores(Thread &, const Call &);

// WgmmaOps.cpp
void fenceWgmma(Thread &, const Call &);
void issueWgmma(Thread &, const Call &);
void commitWgmma(Thread &, const Call &);
void waitForWgmma(Thread &, const Call &);
void waitForWgmmaTied(Thread &, const Call &);

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_HANDLERS_H
