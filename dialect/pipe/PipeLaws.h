//===- PipeLaws.h - laws that many ops share --------------------*- C++ -*-===//
#ifndef DIALECT_PIPE_PIPELAWS_H
#define DIALECT_PIPE_PIPELAWS_H

#include "dialect/pipe/PipeDialect.h"

namespace mlir::pipe {

/// (P6): inside a role, of `kind` if one is given.
LogicalResult verifyInRole(Operation *op, std::optional<RoleKind> kind = {});

/// (P22): the slab is one of those of a warpgroup.
LogicalResult verifySlab(Operation *op, int64_t slab);

} // namespace mlir::pipe

#endif // DIALECT_PIPE_PIPELAWS_H
