//===- MoeDialect.h - the moe dialect ---------------------------*- C++ -*-===//
#ifndef DIALECT_MOE_MOEDIALECT_H
#define DIALECT_MOE_MOEDIALECT_H

#include "compiler/schedule/Schedule.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialect/moe/Moedialect.h.inc"
#include "dialect/moe/Moeenum.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/moe/Moeattrdef.h.inc"
#define GET_OP_CLASSES
#include "dialect/moe/Moeop.h.inc"

#endif // DIALECT_MOE_MOEDIALECT_H
