//===- PipeDialect.h - the pipe dialect -------------------------*- C++ -*-===//
#ifndef DIALECT_PIPE_PIPEDIALECT_H
#define DIALECT_PIPE_PIPEDIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialect/pipe/Pipedialect.h.inc"
#include "dialect/pipe/Pipeenum.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/pipe/Pipeattrdef.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialect/pipe/Pipetypedef.h.inc"
#define GET_OP_CLASSES
#include "dialect/pipe/Pipeop.h.inc"

#endif // DIALECT_PIPE_PIPEDIALECT_H
