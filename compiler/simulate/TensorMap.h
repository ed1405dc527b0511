//===- TensorMap.h - what TMA is told of a tensor ---------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_TENSORMAP_H
#define COMPILER_SIMULATE_TENSORMAP_H

#include "moert/Manifest.h"

#include <cstdint>
#include <vector>

namespace mlir::moe::sim {

/// What a call puts for the symbols of a manifest.
struct CallSizes {
  int64_t tokens = 0, rows = 0, pairs = 0;
  int64_t of(const moert::Extent &extent) const;
};

/// A tiled tensor map, as the runtime builds it: packed strides, no
/// interleave, zero out of bounds.
struct TensorMap {
  const char *name = "";
  uint8_t *base = nullptr;
  moert::ElementType element = moert::ElementType::u8;
  int64_t elementBytes = 1;
  std::vector<int64_t> extents, box; ///< Innermost first.
  int64_t swizzle = 0;               ///< Bytes.

  TensorMap() = default;
  TensorMap(const moert::TensorMapParam &param, uint8_t *base,
            const CallSizes &sizes);

  int64_t boxBytes() const;
  int64_t tensorBytes() const;
  /// Byte `offset` of a packed box that starts at `address` lies where?
  uint32_t place(uint32_t address, uint32_t offset) const;

  /// Calls `visit(offset in the box, pointer or null if out of bounds, bytes)`
  /// for all elements of the box that starts at `coordinates`.
  template <typename Visit>
  void eachPiece(const std::vector<int64_t> &coordinates, Visit visit) const;
};

template <typename Visit>
void TensorMap::eachPiece(const std::vector<int64_t> &coordinates,
                          Visit visit) const {
  int64_t rows = boxBytes() / (box[0] * elementBytes);
  for (int64_t row = 0; row < rows; ++row) {
    int64_t rest = row, pitch = extents[0], element = 0;
    bool inside = true;
    for (size_t i = 1; i < box.size(); ++i) {
      int64_t at = coordinates[i] + rest % box[i];
      rest /= box[i];
      inside &= at >= 0 && at < extents[i];
      element += at * pitch;
      pitch *= extents[i];
    }
    // Sixteen bytes at a time, as the swizzle moves them, unless the tensor
    // starts or ends among them.
    int64_t chunk = 16 / elementBytes;
    for (int64_t column = 0; column < box[0];) {
      int64_t at = coordinates[0] + column;
      bool here = inside && at >= 0 && at < extents[0];
      bool whole = column % chunk == 0 && column + chunk <= box[0] &&
                   (!inside || at + chunk <= 0 || at >= extents[0] ||
                    (at >= 0 && at + chunk <= extents[0]));
      int64_t count = whole ? chunk : 1;
      visit(uint32_t((row * box[0] + column) * elementBytes),
            here ? base + (element + at) * elementBytes : nullptr,
            size_t(count * elementBytes));
      column += count;
    }
  }
}

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_TENSORMAP_H
