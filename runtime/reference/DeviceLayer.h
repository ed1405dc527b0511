//===- DeviceLayer.h - the steps around the GEMMs on the GPU ----*- C++ -*-===//
#ifndef MOE_RUNTIME_REFERENCE_DEVICELAYER_H
#define MOE_RUNTIME_REFERENCE_DEVICELAYER_H

#include "runtime/reference/Compare.h"

#include <cuda_runtime_api.h>

#include <cstdint>

namespace moert::reference {

/// What the steps below need to know of a layer and a call.
struct LayerExtents {
  std::int64_t tokens = 0, slots = 0, experts = 0;
  std::int64_t hidden = 0, intermediate = 0, scaleOffset = 0;
  std::int64_t rows = 0; ///< R: stride of h's scales.
  bool powerOfTwo = false;
  double routedScalingFactor = 1.0;

  MOE_HOST_DEVICE std::int64_t groups() const {
    return (scaleOffset + intermediate + kBlock - 1) / kBlock;
  }
};

/// x [T, H] bf16 to e4m3 and scales [T, ceil(H/128)], bit for bit.
void quantise(const LayerExtents &layer, const std::uint16_t *x,
              std::uint8_t *codes, float *scales, cudaStream_t stream);

/// out [T, H] bf16 from partials [P, H] bf16, bit for bit.
void combine(const LayerExtents &layer, const std::uint16_t *partials,
             const std::int32_t *ids, std::uint16_t *out, cudaStream_t stream);

/// The same sum in double from unrounded partials, stored as f32.
void combineInDouble(const LayerExtents &layer, const float *partials,
                     const std::int32_t *ids, float *out, cudaStream_t stream);

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_DEVICELAYER_H
