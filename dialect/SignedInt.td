//===- SignedInt.td - numbers that may be refused ----------*- tablegen -*-===//
#ifndef DIALECT_SIGNED_INT_TD
#define DIALECT_SIGNED_INT_TD

include "mlir/IR/OpBase.td"

/// A signed number: I64Attr's accessor is unsigned, and a law such as "at least
/// 1" would hold for -1.
def SignedInt
    : TypedSignlessIntegerAttrBase<I64, "int64_t", "64-bit integer"> {
  let convertFromStorage = "$_self.getInt()";
}

#endif // DIALECT_SIGNED_INT_TD
