//===- DeviceActivation.h - h and its scales on the GPU ---------*- C++ -*-===//
//
// What up makes of its sums: silu(gate) * up, quantised. Sums are f32, [R, 2I],
// gate's I columns first. Only rows that the filter takes are read or written.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_REFERENCE_DEVICEACTIVATION_H
#define MOE_RUNTIME_REFERENCE_DEVICEACTIVATION_H

#include "runtime/reference/DeviceLayer.h"

namespace moert::reference {

/// h and its scales, of the layer under test or of a reference.
struct QuantisedH {
  std::uint8_t *codes = nullptr; ///< [R, I] e4m3.
  float *scales = nullptr;       ///< [G, R].
};

/// h from the model's sums by the steps of Swiglu.h with the kernel's two
/// instructions (ex2.approx.ftz.f32, rcp.approx.ftz.f32): bit for bit what the
/// up kernel has to write.
void activate(const LayerExtents &layer, const float *sums, RowFilter rows,
              QuantisedH h, cudaStream_t stream);

/// h of the double-precision layer, from its own sums.
///
/// A value between two codes falls to either side under the error that the
/// layer's sums may have, and a few such falls move a row of the layer's output
/// by 1e-2, in kernels that are right. So the reference quantises at the
/// layer's points: it takes the layer's scale if its own is within
/// kQuantisationSlack of it, and then the layer's code if its own is the same
/// or the next one. Elsewhere it keeps its own.
///
/// The slack follows from what the tensor core cuts off: on normal data a sum
/// is off by 1.3e-4 of the rms of all sums (by the model, K = 512 to 7168).
/// silu passes on up to 1.3 of a relative error where gate is not far below
/// zero, and a group's largest product has factors of about that rms or more,
/// so it is off by 2e-4 (6e-4 was the most of 60 groups). The slack is eight
/// times the most that was seen, and a tenth of the step between two codes.
inline constexpr double kQuantisationSlack = 5e-3;
void activateInDouble(const LayerExtents &layer, const float *sums,
                      RowFilter rows, QuantisedH ofLayer, QuantisedH h,
                      cudaStream_t stream);

/// How far h lies from what double precision makes of the same sums.
struct ActivationDifference {
  std::int64_t groups = 0, elements = 0;
  std::int64_t badScales = 0;  ///< Further off than the tolerance.
  std::int64_t badCodes = 0;   ///< Not the nearest code, beyond the tolerance.
  std::int64_t notNearest = 0; ///< Not the nearest, within the tolerance.
  std::int64_t firstBadRow = -1;
};

/// Relative error allowed in silu(gate) * up of given sums. The argument of the
/// exponential is at most 128 and rounded once, so the exponential is off by
/// 1e-5 at most; both instructions and the other steps add less than 1e-6. A
/// scale may be off by the tolerance. A code must be nearest to the value under
/// the scale that was stored, or as near up to the tolerance; so it is never
/// further than one step from the nearest.
inline constexpr double kActivationTolerance = 1e-4;

ActivationDifference compareActivation(const LayerExtents &layer,
                                       const float *sums, QuantisedH h,
                                       RowFilter rows, cudaStream_t stream);

/// Two versions of h, dequantised, over all rows that are taken.
struct HDifference {
  double error = 0.0; ///< ||got - want|| / ||want||; a NaN makes it one.
  std::int64_t scales = 0, codes = 0; ///< That differ.
};

HDifference compareH(const LayerExtents &layer, QuantisedH got, QuantisedH want,
                     RowFilter rows, cudaStream_t stream);

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_DEVICEACTIVATION_H
