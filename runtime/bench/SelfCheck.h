//===- SelfCheck.h - the CUDA reference against the host's ------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_SELFCHECK_H
#define MOE_RUNTIME_BENCH_SELFCHECK_H

#include "runtime/bench/CheckLine.h"

#include <cuda_runtime_api.h>

namespace moert::bench {

/// Computes small layers with the CUDA reference and with the plain C++ one:
/// both GEMMs by the model (bit for bit) and in double, quantise and combine
/// (bit for bit), activation, sums in any order; on codes of every kind, on K
/// tails and on scale grids that start inside a block. Then plants faults and
/// looks whether the comparisons find them. A check that fails here means that
/// the checker is wrong, not the layer.
CheckReport selfCheck(cudaStream_t stream);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_SELFCHECK_H
