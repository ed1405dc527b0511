//===- Describe.h - what the manifest says of a layer -----------*- C++ -*-===//
#ifndef COMPILER_EMIT_DESCRIBE_H
#define COMPILER_EMIT_DESCRIBE_H

#include "compiler/schedule/OfLayer.h"
#include "dialect/moe/MoeDialect.h"
#include "moert/Manifest.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace mlir::moe {

/// The layer as the manifest holds it.
moert::LayerDescription describe(LayerOp layer);

/// The layer as the choice of plans sees it.
LayerProblem problemOf(LayerOp layer);

/// The kernel as the manifest holds it, read off a `gpu.func` whose shared
/// memory is planned; what only ptxas knows is left open. Its name is that of
/// its role with `ending`. An error, reported at the kernel, if an argument has
/// no name that the runtime knows.
FailureOr<moert::KernelRecord> describe(gpu::GPUFuncOp kernel,
                                        StringRef ending = "");

} // namespace mlir::moe

#endif // COMPILER_EMIT_DESCRIBE_H
