//===- HostLayer.h - the layer in plain C++ ---------------------*- C++ -*-===//
//
// The steps around the GEMMs, and the whole layer. Meant to be read: nothing
// is fast here, and the CUDA reference is checked against it.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_REFERENCE_HOSTLAYER_H
#define MOE_RUNTIME_REFERENCE_HOSTLAYER_H

#include "moert/Manifest.h"
#include "runtime/reference/Problem.h"
#include "runtime/reference/Routing.h"

#include <cstdint>
#include <vector>

namespace moert::reference {

/// e4m3 rows and their scales; group g covers columns [128 g - offset,
/// 128 g - offset + 128), clipped to the row.
struct QuantisedRows {
  std::int64_t rows = 0, columns = 0, offset = 0, groups = 0;
  std::vector<std::uint8_t> codes; ///< [rows, columns].
  std::vector<float> scales;       ///< [rows, groups].

  double value(std::int64_t row, std::int64_t column) const;
};

/// Quantises f32 rows, group by group, by the rule of Quantise.h.
QuantisedRows quantiseRows(const std::vector<float> &values, std::int64_t rows,
                           std::int64_t columns, std::int64_t offset,
                           ActivationScale scale);

/// h from the f32 sums of up's GEMM [rows, 2I], gate first: swigluOnHost,
/// quantised on the layer's scale grid.
QuantisedRows activation(const LayerDescription &layer,
                         const std::vector<float> &sums, std::int64_t rows);

/// bf16(routed_scaling_factor * f32 sum over slots ascending); slots without
/// an expert of this rank are skipped.
std::vector<std::uint16_t> combine(const LayerDescription &layer,
                                   const std::vector<std::uint16_t> &partials,
                                   const std::vector<std::int32_t> &ids);

/// The inputs of a call, on the host.
struct HostCall {
  std::vector<std::uint16_t> x;  ///< [T, H] bf16.
  std::vector<std::int32_t> ids; ///< [T, S].
  std::vector<float> weights;    ///< [T, S].
};

/// The layer by the order law and the model: the bits that the kernels must
/// give, but for the approximate exponential and reciprocal of the activation.
std::vector<std::uint16_t> layerByModel(const LayerDescription &layer,
                                        const LayerWeights &weights,
                                        const HostCall &call);

/// The layer in double precision, rounded only where the layer rounds to a
/// narrower format that the next GEMM reads: x and h to e4m3. Sums, partials
/// and the result stay double.
std::vector<double> layerInDouble(const LayerDescription &layer,
                                  const LayerWeights &weights,
                                  const HostCall &call);

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_HOSTLAYER_H
