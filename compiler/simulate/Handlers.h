//===- Handlers.h - what each operation does --------------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_HANDLERS_H
#define COMPILER_SIMULATE_HANDLERS_H

#include "compiler/simulate/Block.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir::moe::sim {

// Threads.cpp: special registers, what threads of a block and of a cluster do
// together.
void readThreadIndex(Thread &, const Call &);
void readBlockIndex(Thread &, const Call &);
void readGridSize(Thread &, const Call &);
void readBlockSize(Thread &, const Call &);
void readLane(Thread &, const Call &);
void readClusterIndex(Thread &, const Call &);
void readClusters(Thread &, const Call &);
void readClusterSize(Thread &, const Call &);
void readClusterRank(Thread &, const Call &);
void readZero(Thread &, const Call &);
void readOne(Thread &, const Call &);
void syncBlock(Thread &, const Call &);
void syncSomeThreads(Thread &, const Call &);
void mapToRank(Thread &, const Call &);
void arriveAtCluster(Thread &, const Call &);
void waitForCluster(Thread &, const Call &);
void waitForEarlierKernels(Thread &, const Call &);
void startLaterKernels(Thread &, const Call &);
void decreaseRegisters(Thread &, const Call &);
void increaseRegisters(Thread &, const Call &);
void nothing(Thread &, const Call &);
void anyPolicy(Thread &, const Call &);

// ScalarOps.cpp
/// True, and a finding, if the bits stand for what a wgmma has not computed.
bool isInFlight(Thread &thread, uint32_t bits, const Call &call);
void toBf16Pair(Thread &, const Call &);
void toE4m3Pair(Thread &, const Call &);
void exp2Approx(Thread &, const Call &);
void reciprocal(Thread &, const Call &);
void divide(Thread &, const Call &);
void maximum(Thread &, const Call &);
void minimum(Thread &, const Call &);
void absolute(Thread &, const Call &);

// WarpOps.cpp; what `n` of a call says.
enum class Shuffle : int { up, down, butterfly, index };
enum class Vote : int { all, any, uniform, ballot };
enum class Redux : int { add, umin, umax, min, max, bitAnd, bitOr, bitXor };
/// Waits until every lane of `mask` is here. The last to come calls
/// `answer(meeting, true)` before any other goes on; each then calls it with
/// false. Nothing is called after a finding.
void meet(Thread &thread, const Call &call, uint32_t mask, uint64_t value,
          llvm::function_ref<void(Meeting &, bool isLast)> answer);
void elect(Thread &, const Call &);
void syncWarp(Thread &, const Call &);
void shuffle(Thread &, const Call &);
void vote(Thread &, const Call &);
void match(Thread &, const Call &);
void reduceLanes(Thread &, const Call &);

// MatrixOps.cpp: n matrices, transposed if depth says so.
void storeMatrices(Thread &, const Call &);
void loadMatrices(Thread &, const Call &);

// AtomicOps.cpp
void addToGlobal(Thread &, const Call &);

// BarrierOps.cpp: mbarriers and fences.
/// The barrier at an address, or null and a finding: it must be initialised,
/// and the thread must know.
Barrier *barrierAt(Thread &thread, uint64_t pointer, const Call &call);
void initBarrier(Thread &, const Call &);
void arrive(Thread &, const Call &);
void arriveIf(Thread &, const Call &);
void expectBytes(Thread &, const Call &);
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

// TmaOps.cpp, StoreOps.cpp
void loadBox(Thread &, const Call &);
void loadBytes(Thread &, const Call &);
void loadBoxes(Thread &, const Call &);
void loadBytesToCluster(Thread &, const Call &);
void storeAsync(Thread &, const Call &);
void storeBox(Thread &, const Call &);
void reduceBox(Thread &, const Call &);
void storeBytes(Thread &, const Call &);
void reduceBytes(Thread &, const Call &);
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
