// Each level speaks its own words, and none of the level above.

// RUN: moe-codegen %s --emit=moe | FileCheck %s --check-prefix=MOE
// RUN: moe-codegen %s --emit=pipe | FileCheck %s --check-prefix=PIPE --implicit-check-not=moe.grouped_gemm
// RUN: moe-codegen %s --emit=nvvm | FileCheck %s --check-prefix=NVVM --implicit-check-not="{{pipe.(ring|role|tiles|mma)|scf[.]|arith[.]|unrealized}}"
// RUN: moe-codegen %s --emit=llvm | FileCheck %s --check-prefix=LLVM --implicit-check-not=alloca
// RUN: moe-codegen %s --emit=ptx | FileCheck %s --check-prefix=PTX

// MOE: moe.layer @small
// MOE: func.func @small_up
// MOE: moe.grouped_gemm {{.*}} gathered {{.*}} schedule = <tile = 128x256x128,
// MOE: func.func @small_down
// MOE: moe.grouped_gemm {{.*}} scattered {{.*}} schedule = <tile = 128x128x128,

// PIPE: gpu.func @small_up
// PIPE-SAME: pipe.shared_memory = 217760
// PIPE: pipe.ring at [0, 65536, 131072, 215040, 217088, 217600]
// PIPE: pipe.role producer
// PIPE: pipe.role consumer
// PIPE: gpu.func @small_down
// PIPE-SAME: pipe.shared_memory = 203120
// PIPE: pipe.ring at [0, 81920, 198656, 201216, 201856]
// PIPE: pipe.outbox at 201936

// NVVM: llvm.func @small_up
// NVVM-SAME: nvvm.kernel, nvvm.maxntid = array<i32: 384>
// NVVM: nvvm.mbarrier.try_wait
// NVVM: nvvm.setmaxregister
// NVVM: llvm.func @small_down

// The cursors of the ring live in registers: no alloca is left.
// LLVM: target triple = "nvptx64-nvidia-cuda"
// LLVM: define ptx_kernel void @small_up
// LLVM: call void @llvm.nvvm.setmaxnreg
// LLVM: define ptx_kernel void @small_down

// PTX: .target sm_90a
// PTX: .entry small_up
// PTX: .entry small_down

moe.layer @small {
  experts = 5, top_k = 2, hidden = 384, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}
