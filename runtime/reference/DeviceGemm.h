//===- DeviceGemm.h - both reference GEMMs on the GPU -----------*- C++ -*-===//
#ifndef MOE_RUNTIME_REFERENCE_DEVICEGEMM_H
#define MOE_RUNTIME_REFERENCE_DEVICEGEMM_H

#include "runtime/reference/Problem.h"

#include <cuda_runtime_api.h>

#include <cstdint>

namespace moert::reference {

/// modelGemmOnHost on the GPU: bf16 bits of the whole output, or f32 values.
/// Pointers of `gemm`, `tiles` and `out` are of the device.
void modelGemm(const GroupedGemm &gemm, const RowTile *tiles,
               std::int64_t tileCount, std::uint16_t *out, cudaStream_t stream);
void modelGemm(const GroupedGemm &gemm, const RowTile *tiles,
               std::int64_t tileCount, float *out, cudaStream_t stream);

/// doubleGemmOnHost on the GPU. Sums are double; the stored value is rounded
/// to f32, 6e-8 beside the 5e-3 that it is compared with.
void doubleGemm(const GroupedGemm &gemm, const RowTile *tiles,
                std::int64_t tileCount, float *out, cudaStream_t stream);

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_DEVICEGEMM_H
