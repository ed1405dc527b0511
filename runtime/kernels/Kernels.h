//===- Kernels.h - the small kernels around the two GEMMs -------*- C++ -*-===//
//
// Launchers of hand-written CUDA kernels. Each enqueues on `stream` and
// returns; none allocates, synchronises or keeps state between calls. `start`
// says when it may begin (Start.h), of a launcher of several kernels all but
// the first. A refused launch throws Error(cuda). Names of extents as in
// moert/Manifest.h: T tokens, S slots, P = T * S pairs, E experts, R row
// capacity. Pointers are device pointers, 16-byte aligned (ids: 4).
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_KERNELS_KERNELS_H
#define MOE_RUNTIME_KERNELS_KERNELS_H

#include "runtime/Start.h"

#include <cuda_runtime_api.h>

#include <cstdint>

namespace moert {

/// Throws Error naming `call` and the status unless it is cudaSuccess.
void checkCuda(cudaError_t status, const char *call);

/// Loads every kernel below into the current context. Called once before the
/// first launch, it keeps lazy loading out of a stream capture.
void loadSmallKernels();

/// Stable sort of the (token, slot) pairs by expert. Pairs whose id is not in
/// 0 ... E-1 are dropped. Every expert's rows are padded to rowAlignment with
/// the id P; ids beyond num_tokens_post_padded are not written.
struct RouteArgs {
  std::int64_t tokens = 0;                ///< T, at least 1.
  std::int64_t slots = 0;                 ///< S.
  std::int64_t experts = 0;               ///< E, at most kMaxRouteExperts.
  std::int64_t rowAlignment = 0;          ///< A.
  std::int64_t rows = 0;                  ///< R, at least rowCapacity(P, E, A).
  const std::int32_t *topkIds = nullptr;  ///< [T, S].
  const float *topkWeights = nullptr;     ///< [T, S].
  std::int32_t *sortedTokenIds = nullptr; ///< [R].
  float *rowWeights = nullptr;            ///< [R] weightFactor * topkWeights of
                                          ///< each pair.
  std::int32_t *expertIds = nullptr;      ///< [R / A]; -1 past the end.
  std::int32_t *blockRows = nullptr; ///< [R / A] rows that hold a pair, of each
                                     ///< A rows; 0 past the end.
  std::int32_t *numTokensPostPadded = nullptr; ///< [1].
  std::int32_t *tileCounters = nullptr; ///< [4] of up and down: set to zero.
  void *scratch = nullptr; ///< routeScratchBytes(P, E) (Routing.h).
  float weightFactor = 1;  ///< Multiplied in f32; 1 leaves every bit, also of
                           ///< a NaN.
  std::int32_t *progress = nullptr; ///< [progressNumbers(R, A)] set to zero, or
                                    ///< null.
  std::int32_t *downRows = nullptr; ///< [1] as Tensor::downRows, or null. A
                                    ///< sort by one block does not look for the
                                    ///< last expert: all rows are down's.
};
inline constexpr std::int64_t kMaxRouteExperts = 8192;
void launchRoute(const RouteArgs &args, cudaStream_t stream,
                 Start start = Start::afterAll);

/// Writes the lowest pair whose id is not in -1 ... E-1 to `firstBad`, or P if
/// there is none. One block: for debugging.
void launchCheckIds(const std::int32_t *topkIds, std::int64_t pairs,
                    std::int64_t experts, std::int32_t *firstBad,
                    cudaStream_t stream);

/// Quantises groups of 128 columns: a = max(max|x|, 1e-10), scale = a / 448,
/// q = e4m3(x * (448 / a)), round to nearest even, saturating; with `pow2` the
/// scale is the next power of two >= a / 448 and q = e4m3(x / scale). A NaN
/// becomes the NaN 0x7f and does not touch the scale of its group.
struct QuantiseArgs {
  std::int64_t rows = 0;    ///< T.
  std::int64_t columns = 0; ///< H, a multiple of 16.
  bool pow2 = false;
  const void *x = nullptr; ///< [T, H] bf16.
  void *q = nullptr;       ///< [T, H] e4m3.
  float *scales = nullptr; ///< [T, ceil(H / 128)].
  void *zeroed = nullptr;  ///< [T, H] bf16 that become zero, or null; may be x,
                           ///< but must not overlap it otherwise.
};
void launchQuantise(const QuantiseArgs &args, cudaStream_t stream,
                    Start start = Start::afterAll);

/// What launchRoute and then launchQuantise do, which must not touch what the
/// other does: in one launch if a block can sort so few pairs (planSmallRoute,
/// Routing.h), else in theirs.
void launchRouteQuantise(const RouteArgs &route, const QuantiseArgs &quantise,
                         cudaStream_t stream, Start start = Start::afterAll);

/// Zeroes `bytes` bytes, a multiple of 16: what launchQuantise does to `zeroed`
/// where there is nothing to quantise. A kernel, so that the next one of the
/// chain may start early.
void launchZero(void *data, std::int64_t bytes, cudaStream_t stream,
                Start start = Start::afterAll);

/// out[t] = bf16(factor * f32 sum of partials[t * S + s], s ascending). A slot
/// whose id is not in 0 ... E-1 adds nothing and is not read.
struct CombineArgs {
  std::int64_t tokens = 0;               ///< T, at least 1.
  std::int64_t slots = 0;                ///< S.
  std::int64_t experts = 0;              ///< E.
  std::int64_t hidden = 0;               ///< H, a multiple of 16.
  float factor = 1.0f;                   ///< routed_scaling_factor.
  const std::int32_t *topkIds = nullptr; ///< [T, S].
  const void *partials = nullptr;        ///< [P, H] bf16.
  void *out = nullptr;                   ///< [T, H] bf16.
};
void launchCombine(const CombineArgs &args, cudaStream_t stream,
                   Start start = Start::afterAll);

} // namespace moert

#endif // MOE_RUNTIME_KERNELS_KERNELS_H
