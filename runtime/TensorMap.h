//===- TensorMap.h - kernel parameters of one call --------------*- C++ -*-===//
#ifndef MOE_RUNTIME_TENSORMAP_H
#define MOE_RUNTIME_TENSORMAP_H

#include "moert/Manifest.h"

#include <cuda.h>

#include <array>

namespace moert {

/// What a call puts for the symbols of a manifest.
struct CallSizes {
  std::int64_t tokens = 0; ///< T.
  std::int64_t rows = 0;   ///< R.
  std::int64_t pairs = 0;  ///< P.

  std::int64_t of(const Extent &extent) const;
};

/// The device pointer of every tensor of a call.
class TensorPointers {
public:
  const void *&operator[](Tensor tensor) {
    return pointers[static_cast<std::size_t>(tensor)];
  }
  const void *operator[](Tensor tensor) const {
    return pointers[static_cast<std::size_t>(tensor)];
  }

private:
  std::array<const void *, kTensors> pointers{};
};

/// Encodes a tensor map (tiled, packed strides, no interleave, 128-byte L2
/// promotion, zero out of bounds). Throws Error(cuda) naming the tensor, its
/// extents and its box if the driver refuses it.
CUtensorMap encodeTensorMap(const TensorMapParam &param, const void *pointer,
                            const CallSizes &sizes);

} // namespace moert

#endif // MOE_RUNTIME_TENSORMAP_H
