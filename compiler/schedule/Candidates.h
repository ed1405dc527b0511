//===- Candidates.h - the schedules worth trying ----------------*- C++ -*-===//
#ifndef COMPILER_SCHEDULE_CANDIDATES_H
#define COMPILER_SCHEDULE_CANDIDATES_H

#include "compiler/schedule/Schedule.h"

#include <vector>

namespace mlir::moe {

/// Which schedules are looked at.
struct CandidateSpace {
  bool swapped = true; ///< Tiles whose rows are columns of B, too.
};

/// Every legal schedule that may be the best of `gemm` for some number of
/// tokens, each once, always in the same order. The one that chooseSchedule
/// gives stands first.
std::vector<Schedule> candidates(const GemmShape &gemm,
                                 const CandidateSpace &space = {});

} // namespace mlir::moe

#endif // COMPILER_SCHEDULE_CANDIDATES_H
