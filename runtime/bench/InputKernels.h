//===- InputKernels.h - inputs made on the GPU ------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_INPUTKERNELS_H
#define MOE_RUNTIME_BENCH_INPUTKERNELS_H

#include "runtime/bench/Random.h"
#include "runtime/reference/Problem.h"

#include <cuda_runtime_api.h>

#include <cstdint>

namespace moert::bench {

/// x [T, H] bf16: normal, each 1x128 block with a spread of its own between
/// 1/4 and 4, as real activations have louder and quieter channels.
void makeActivations(std::uint16_t *x, std::int64_t tokens, std::int64_t hidden,
                     std::uint64_t seed, cudaStream_t stream);

/// Weights as a checkpoint has them: f32 normal values of deviation 1/sqrt(K)
/// with a spread by 128x128 block, quantised block by block on the scale grid
/// of `gemm` (whose extents count; its pointers do not). `codes` [E, N, K],
/// `scales` [E, scaleRows, blocks] = largest/448, or the next power of two.
void makeWeights(const reference::GroupedGemm &gemm, std::int64_t experts,
                 bool powerOfTwo, std::uint64_t seed, RandomUse values,
                 RandomUse spread, std::uint8_t *codes, float *scales,
                 cudaStream_t stream);

/// Any codes but NaN; sparse, subnormal and like-sized ones among them.
void makeTestCodes(std::uint8_t *codes, std::int64_t count, std::uint64_t seed,
                   cudaStream_t stream);

/// Reads `bytes` bytes; `sink` is written only if all of them are zero.
void readMemory(const void *data, std::size_t bytes, unsigned *sink,
                cudaStream_t stream);

/// Copies `bytes` bytes, a multiple of 16, with the SMs (a copy engine, which a
/// graph would take for a plain copy, does not reach the memory's rate).
void copyMemory(void *to, const void *from, std::size_t bytes,
                cudaStream_t stream);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_INPUTKERNELS_H
