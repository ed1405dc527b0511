//===- MatrixOps.cpp - ldmatrix and stmatrix ------------------------------===//
//
// A matrix is 8 rows of 16 bytes. Lane l brings the address of row l % 8 of
// matrix l / 8; register m of lane l holds elements 2 (l % 4) and the next of
// row l / 4 of matrix m, or with .trans of column l / 4.
//
//===----------------------------------------------------------------------===//

#include "compiler/simulate/Handlers.h"

#include "llvm/Support/FormatVariadic.h"

#include <cstring>

using namespace mlir::moe::sim;
using llvm::formatv;

namespace mlir::moe::sim {

/// Visits the 16-bit elements of all lanes: lane, register, half of it,
/// address. `visit` says whether to go on.
template <typename Visit>
static bool eachElement(const std::array<uint32_t, kWarpSize> &rows, int count,
                        bool transposed, Visit visit) {
  for (unsigned lane = 0; lane < kWarpSize; ++lane)
    for (int matrix = 0; matrix < count; ++matrix)
      for (unsigned half = 0; half < 2; ++half) {
        unsigned outer = lane / 4, inner = lane % 4 * 2 + half;
        unsigned row = transposed ? inner : outer;
        unsigned column = transposed ? outer : inner;
        if (!visit(lane, matrix, half, rows[matrix * 8 + row] + column * 2))
          return false;
      }
  return true;
}

/// The addresses that count are those of the first 8 lanes a matrix.
static bool areAligned(Block &block, const Warp &warp, const char *what,
                       const std::array<uint32_t, kWarpSize> &rows, int count,
                       const Call &call) {
  for (int i = 0; i < count * 8; ++i)
    if (block.refuseAlignment(block.threads[warp.index * kWarpSize + i],
                              rows[i], 16, call.location, what))
      return false;
  return true;
}

static Thread &laneOf(Block &block, const Warp &warp, unsigned lane) {
  return block.threads[warp.index * kWarpSize + lane];
}

//===----------------------------------------------------------------------===//
// stmatrix
//===----------------------------------------------------------------------===//

/// A word is one write, of the lane that holds its first half.
static bool writeMatrices(Thread &thread, const MatrixStore &store,
                          const Call &call) {
  Block &block = *thread.block;
  Warp &warp = *thread.warp;
  bool transposed = call.depth;
  auto put = [&](unsigned lane, int matrix, unsigned half, uint32_t to) {
    const Thread &writer = laneOf(block, warp, lane);
    if (to % 4 == 0 &&
        block.refuse(block.memory.write(writer.accessor(), to, 4, call.location,
                                        store.clock[lane]),
                     writer, call.location, "writes"))
      return false;
    auto value = uint16_t(store.registers[lane][matrix] >> (half * 16));
    std::memcpy(block.memory.at(to), &value, 2);
    return true;
  };
  return areAligned(block, warp, "stmatrix", store.address, call.n, call) &&
         eachElement(store.address, call.n, transposed, put);
}

/// Complete when the last lane has brought its address. Nobody waits: what a
/// lane does next comes after what it has stored here.
void storeMatrices(Thread &thread, const Call &call) {
  Warp &warp = *thread.warp;
  uint64_t number = thread.matrices++ - warp.doneMatrices;
  if (number >= warp.matrices.size())
    warp.matrices.emplace_back();
  MatrixStore &store = warp.matrices[number];
  store.arrived |= uint32_t(1) << thread.lane();
  store.address[thread.lane()] = uint32_t(call.in[0]);
  store.clock[thread.lane()] = warp.clock();
  for (int i = 0; i < call.n; ++i)
    store.registers[thread.lane()][i] = uint32_t(call.in[i + 1]);
  if (store.arrived != ~uint32_t(0))
    return;
  if (writeMatrices(thread, store, call)) {
    warp.matrices.pop_front();
    ++warp.doneMatrices;
  }
}

//===----------------------------------------------------------------------===//
// ldmatrix
//===----------------------------------------------------------------------===//

/// The last lane to come reads for all of them.
void loadMatrices(Thread &thread, const Call &call) {
  Block &block = *thread.block;
  Warp &warp = *thread.warp;
  auto readAll = [&](Meeting &meeting) {
    std::array<uint32_t, kWarpSize> rows;
    for (unsigned lane = 0; lane < kWarpSize; ++lane)
      rows[lane] = uint32_t(meeting.brought[lane]);
    auto get = [&](unsigned lane, int matrix, unsigned half, uint32_t from) {
      const Thread &reader = laneOf(block, warp, lane);
      if (block.refuse(block.memory.read(reader.accessor(), from, 2), reader,
                       call.location, "reads"))
        return false;
      uint16_t value;
      std::memcpy(&value, block.memory.at(from), 2);
      uint32_t &to = meeting.given[lane][matrix];
      to = half ? to | uint32_t(value) << 16 : value;
      return true;
    };
    if (areAligned(block, warp, "ldmatrix", rows, call.n, call))
      eachElement(rows, call.n, call.depth, get);
  };
  meet(thread, call, ~uint32_t(0), call.in[0],
       [&](Meeting &meeting, bool isLast) {
         if (isLast)
           readAll(meeting);
         for (int i = 0; i < call.n; ++i)
           call.out[i] = meeting.given[thread.lane()][i];
       });
}

} // namespace mlir::moe::sim
