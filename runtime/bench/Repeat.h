//===- Repeat.h - the same bits again, and alone ----------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_REPEAT_H
#define MOE_RUNTIME_BENCH_REPEAT_H

#include "runtime/bench/CheckLine.h"
#include "runtime/bench/Inputs.h"

namespace moert::bench {

/// Replays a graph of the call `replays` times and hashes its output on the
/// device after each, without waiting in between: every hash must be the
/// first's. If the reduction is atomic, it counts elements that no order of
/// additions gives instead. The call's routing is `routed`.
CheckLine checkReplays(Execution &run, const RoutedTokens &routed, int replays,
                       cudaStream_t stream);

/// Batch invariance: runs `batch`, then each of some 16 of its tokens, the
/// first and the last among them, as a call of its own with the same x, ids and
/// weights. Its output must be what ExpectedOutput says of the token in the
/// batch, whose routing is `routed`: the same bits, unless atomic.
CheckLine checkAlone(const FusedMoe &moe, const Weights &weights,
                     Execution &batch, const RoutedTokens &routed,
                     cudaStream_t stream);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_REPEAT_H
