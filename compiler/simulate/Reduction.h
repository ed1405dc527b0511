//===- Reduction.h - elements added in memory -------------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_REDUCTION_H
#define COMPILER_SIMULATE_REDUCTION_H

#include "moert/Manifest.h"

#include "llvm/ADT/StringRef.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace mlir::moe::sim {

/// How elements of global memory are combined with others.
struct Reduction {
  enum class Type : int { f32, bf16, f16 };
  enum class Op : int { add, min, max };

  Type type = Type::f32;
  Op op = Op::add;

  /// "f32", "noftz.bf16", "noftz.f16", as PTX writes it.
  static std::optional<Type> typeOf(llvm::StringRef text);
  /// Of a tensor map's elements; none if the hardware has none.
  static std::optional<Reduction> ofElements(moert::ElementType element, Op op);

  /// to[i] = op(to[i], from[i]); `bytes` is a multiple of an element.
  void apply(uint8_t *to, const uint8_t *from, size_t bytes) const;
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_REDUCTION_H
