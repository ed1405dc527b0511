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

/// h and its scales, of the layer under test or of a reference.
struct QuantisedH {
  std::uint8_t *codes = nullptr; ///< [R, I] e4m3.
  float *scales = nullptr;       ///< [G, R].
};

/// h of the double-precision layer, from gate_up [R, 2I] in f32, which is
/// rounded to bf16 first, as the layer stores it.
///
/// A value between two codes falls to either side under the error that gate_up
/// may have, and a few such falls move a row of the layer's output by 1e-2, in
/// kernels that are right. So the reference quantises at the layer's points:
/// it takes the layer's scale if its own is within kRoundingSlack of it, and
/// then the layer's code if its own is the same or the next one. Elsewhere it
/// keeps its own. Whether the layer's scales are right and its codes the nearest
/// is compareActivation's part.
///
/// gate and up may each fall to the other side of a bf16 boundary, which is a
/// step of up to 2^-7; silu passes on up to 1.3 of it where gate is not far
/// below zero. Two such steps are less than the slack.
inline constexpr double kRoundingSlack = 0.025;
void activate(const LayerExtents &layer, const float *gateUp, RowFilter rows,
              QuantisedH ofLayer, QuantisedH h, cudaStream_t stream);

/// How far h and its scales lie from what double precision makes of gate_up.
struct ActivationDifference {
  std::int64_t groups = 0, elements = 0;
  std::int64_t badScales = 0;  ///< Further off than the tolerance.
  std::int64_t badCodes = 0;   ///< Not the nearest code, beyond the tolerance.
  std::int64_t notNearest = 0; ///< Not the nearest, within the tolerance.
  std::int64_t firstBadRow = -1;
};

/// Relative error allowed in silu(gate) * up: its exponential and division are
/// approximate (1e-6 each). A scale may be off by it. A code must be nearest
/// to the value under the scale that was stored, or as near up to it.
inline constexpr double kActivationTolerance = 1e-4;

ActivationDifference compareActivation(const LayerExtents &layer,
                                       const std::uint16_t *gateUp,
                                       const std::uint8_t *h,
                                       const float *hScales, RowFilter rows,
                                       cudaStream_t stream);

/// out [T, H] bf16 from partials [P, H] bf16, bit for bit.
void combine(const LayerExtents &layer, const std::uint16_t *partials,
             const std::int32_t *ids, std::uint16_t *out, cudaStream_t stream);

/// The same sum in double from unrounded partials, stored as f32.
void combineInDouble(const LayerExtents &layer, const float *partials,
                     const std::int32_t *ids, float *out, cudaStream_t stream);

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_DEVICELAYER_H
