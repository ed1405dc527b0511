//===- TileShape.cuh - how a block of threads shares its tile ---*- C++ -*-===//
#ifndef MOE_RUNTIME_REFERENCE_TILESHAPE_CUH
#define MOE_RUNTIME_REFERENCE_TILESHAPE_CUH

#include "runtime/reference/Problem.h"

namespace moert::reference {

constexpr int kTileRows = kRowsPerTile;
constexpr int kTileColumns = 64;
constexpr int kThreads = 256;
constexpr int kPerThread = 4;      ///< Rows, and columns, of a thread.
constexpr int kCodesPerThread = 8; ///< Of each operand, in a step.

static_assert(kTileRows == kTileColumns, "a thread fetches one row of each");
static_assert(kTileRows * kStep == kThreads * kCodesPerThread);
static_assert(kTileRows * kTileColumns == kThreads * kPerThread * kPerThread);

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_TILESHAPE_CUH
