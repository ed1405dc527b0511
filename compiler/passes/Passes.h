//===- Passes.h - the passes of moe-codegen ---------------------*- C++ -*-===//
#ifndef COMPILER_PASSES_PASSES_H
#define COMPILER_PASSES_PASSES_H

#include "mlir/Pass/Pass.h"

#include <string>

namespace mlir {
namespace arith {
class ArithDialect;
}
namespace func {
class FuncDialect;
}
namespace gpu {
class GPUDialect;
class GPUFuncOp;
} // namespace gpu
namespace LLVM {
class LLVMDialect;
}
namespace memref {
class MemRefDialect;
}
namespace NVVM {
class NVVMDialect;
}
namespace scf {
class SCFDialect;
}
namespace moe {
class MoeDialect;
}
namespace pipe {
class PipeDialect;
}

namespace moe {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/passes/Passes.h.inc"

} // namespace moe
} // namespace mlir

#endif // COMPILER_PASSES_PASSES_H
