// Every level can be printed, for both kernels or for one.

// RUN: moe-codegen %s --emit=moe | FileCheck %s --check-prefix=MOE
// RUN: moe-codegen %s --emit=moe --kernel=down | FileCheck %s --check-prefix=DOWN
// RUN: moe-codegen %s --emit=pipe --kernel=down | FileCheck %s --check-prefix=PIPE
// RUN: moe-codegen %s --emit=nvvm --kernel=down | FileCheck %s --check-prefix=NVVM
// RUN: moe-codegen %s --emit=llvm --kernel=down | FileCheck %s --check-prefix=LLVM
// RUN: moe-codegen %s --emit=ptx --kernel=down | FileCheck %s --check-prefix=PTX
// RUN: moe-codegen %s --emit=ptx --kernel=down -o %t.ptx
// RUN: FileCheck %s --check-prefix=PTX --input-file=%t.ptx
// RUN: moe-codegen %s --emit=cubin --kernel=up -o %t.cubin
// RUN: llvm-readelf -h %t.cubin | FileCheck %s --check-prefix=CUBIN

// Overrides reach the kernel they name, and no other.
// RUN: moe-codegen %s --emit=moe --kernel=up --tile=64x256 --stages=3 --consumers=1 --cluster=down:2 \
// RUN:   | FileCheck %s --check-prefix=SCHEDULE

// What --emit=moe prints is read again by moe-opt.
// RUN: moe-codegen %s --emit=moe | moe-opt --verify-roundtrip -o /dev/null

// MOE:      moe.grouped_gemm {{.*}} gathered
// MOE:      moe.grouped_gemm {{.*}} scattered

// DOWN-NOT: gathered
// DOWN:     moe.grouped_gemm {{.*}} scattered
// DOWN-NOT: gathered

// PIPE:     pipe.ring
// PIPE:     pipe.role producer
// PIPE:     pipe.role consumer

// NVVM:     nvvm.
// NVVM-NOT: {{pipe[.](ring|role|mma)}}

// LLVM:     target triple = "nvptx64-nvidia-cuda"
// LLVM:     define {{.*}}@small_down

// PTX:      .target sm_90a
// PTX:      .entry small_down
// PTX:      wgmma.mma_async

// CUBIN:    Machine: NVIDIA CUDA architecture

// SCHEDULE: tile = 64x256x128, stages = 3, consumers = 1
// SCHEDULE-NOT: cluster

moe.layer @small {
  experts = 5, top_k = 2, hidden = 384, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128, output = bf16, activation = silu
}
