//===- Passes.td - from the description to the machine -----*- tablegen -*-===//
#ifndef COMPILER_PASSES_TD
#define COMPILER_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExpandLayer : Pass<"moe-expand-layer", "::mlir::ModuleOp"> {
  let summary = "Write the products of each moe.layer";
  let description = [{
    Adds a function `<layer>_up` and a function `<layer>_down`, each holding one
    `moe.grouped_gemm`. Arguments carry `moe.tensor`, the name by which the
    runtime knows them, and the functions `moe.kernel`, "up" or "down". The
    layer stays: the manifest is made from it.

    ```mlir
    moe.layer @l { … }
    ```
    gets, beside it:
    ```mlir
    func.func @l_up(%x: memref<?x512xf8E4M3FN> {moe.tensor = "x"}, …) {
      moe.grouped_gemm a(%x, %x_scales) gathered b(%w13, %w13_scales) …
      return
    }
    func.func @l_down(…) { … }
    ```

    With `combine` it adds `<layer>_combine` instead, for many tokens: down then
    leaves the last shared expert out, and this kernel multiplies its rows and
    adds up all slots, which are read and written once less. A layer has one if it
    has a shared expert and is not reduced by atomics.
  }];
  let options = [
    Option<"combine", "combine", "bool", /*default=*/"false",
           "Write the kernel that ends the layer, not the two products">];
  let dependentDialects = ["::mlir::func::FuncDialect",
                           "::mlir::moe::MoeDialect"];
}

def AssignSchedule : Pass<"moe-assign-schedule", "::mlir::ModuleOp"> {
  let summary = "Give each grouped GEMM a schedule, and all one row alignment";
  let description = [{
    A GEMM that has a schedule keeps it. The others get what `request` asks for,
    the rest by rule (compiler/schedule). All get the row alignment that every
    block_m divides, since the rows are sorted once.

    An item of `request` is `key=value`, or `up:key=value` and `down:key=value`
    for the function whose `moe.kernel` it is; keys are tile (`128x256`),
    stages, consumers, group_m, cluster, swapped (0 or 1) and registers (`56x224`,
    producer and consumers).
  }];
  let options = [
    ListOption<"request", "request", "std::string", "What is asked for">
  ];
  let dependentDialects = ["::mlir::moe::MoeDialect"];
}

def ConvertMoeToPipe : Pass<"convert-moe-to-pipe", "::mlir::ModuleOp"> {
  let summary = "Write the warp-specialised kernel of each grouped GEMM";
  let description = [{
    Each function that holds a `moe.grouped_gemm` with a schedule becomes a
    `gpu.module` with one kernel, both of its name. Operands that TMA reads
    become arguments of type `!pipe.tensor_map`. The kernel keeps the schedule as
    the attribute `moe.schedule`, for the manifest.

    ```mlir
    func.func @f(…) { moe.grouped_gemm … return }
    ```
    becomes:
    ```mlir
    gpu.module @f {
      gpu.func @f(…) kernel {
        %ring = pipe.ring : …
        pipe.role producer … { pipe.tiles … { pipe.fill %ring { … } } }
        pipe.role consumer … { pipe.tiles … { … pipe.drain %ring { … } … } }
        gpu.return
      }
    }
    ```
  }];
  let dependentDialects = ["::mlir::pipe::PipeDialect", "::mlir::gpu::GPUDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
}

def PlanSharedMemory : Pass<"pipe-plan-shared-memory", "::mlir::gpu::GPUFuncOp"> {
  let summary = "Give rings and buffers their place in shared memory";
  let description = [{
    Swizzled tiles first (they want 1024-byte alignment), then the others, then
    barriers, then tile queues. The kernel gets the attribute `pipe.shared_memory`, the bytes a
    launch must ask for; more than a block can have is an error.
  }];
  let dependentDialects = ["::mlir::pipe::PipeDialect"];
}

def ConvertPipeToNVVM : Pass<"convert-pipe-to-nvvm", "::mlir::ModuleOp"> {
  let summary = "Lower kernels in pipe to nvvm and llvm, control flow in scf";
  let description = [{
    Regions of pipe become waits, arrives and structured control flow; values
    become the registers of one thread. The kernel becomes an `llvm.func` whose
    arguments are bare pointers, tensor maps by value and 32-bit integers.
    Indices are 32 bits wide, addresses 64.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::NVVM::NVVMDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::arith::ArithDialect"];
}

#endif // COMPILER_PASSES_TD
