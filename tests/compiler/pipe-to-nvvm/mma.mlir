// wgmma, its wait, and the arithmetic on accumulators. Tiles of B have 8 rows
// here, so that a thread holds 4 registers of an accumulator.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// Four steps of K = 32, the first from zero. The wait redefines every register
// of the result, so that no use can move above it.
// CHECK-LABEL: llvm.func @steps_and_wait
// CHECK: nvvm.wgmma.fence.aligned
// CHECK: nvvm.wgmma.mma_async {{.*}}, <m = 64, n = 8, k = 32>, D[<f32>, <zero>], A[<e4m3>, <one>, <row>], B[<e4m3>, <one>, <col>]
// CHECK-COUNT-3: nvvm.wgmma.mma_async {{.*}}, D[<f32>, <one>],
// CHECK: nvvm.wgmma.commit.group.sync.aligned
// CHECK: llvm.inline_asm has_side_effects {{.*}} "wgmma.wait_group.sync.aligned 0;", "=f,=f,=f,=f,0,1,2,3" %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : (f32, f32, f32, f32) -> !llvm.struct<(f32, f32, f32, f32)>
!a = !pipe.tile<64x128xf8E4M3FN>
!b = !pipe.tile<8x128xf8E4M3FN>
gpu.module @m {
  gpu.func @steps_and_wait() kernel attributes {pipe.shared_memory = 9216 : i64} {
    %a = pipe.buffer at 0 : !a
    %b = pipe.buffer at 8192 : !b
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %part = pipe.mma %a, %b : !a, !b -> !pipe.pending<64x8xf32>
      %done = pipe.mma_wait %part : !pipe.pending<64x8xf32> -> !pipe.acc<64x8xf32>
    }
    gpu.return
  }
}

// -----

// With `reuse` the first step takes these registers in and out, and is told to
// start from zero at run time: ptxas would let go of registers that it knows to
// be dead, and hold two temporaries. The grid has one layer: ctaid.z is 0.
// CHECK-LABEL: llvm.func @reuse
// CHECK: %[[ZERO:.*]] = nvvm.read.ptx.sreg.ctaid.z : i32
// CHECK: llvm.inline_asm has_side_effects {{.*}} "{\0A.reg .pred p;\0Asetp.ne.b32 p, $10, 0;\0Awgmma.mma_async.sync.aligned.m64n8k32.f32.e4m3.e4m3 {$0, $1, $2, $3}, $8, $9, p, 1, 1;\0A}", "=f,=f,=f,=f,0,1,2,3,l,l,r"
// CHECK-SAME: %[[ZERO]] :
// CHECK-NOT: <zero>
// CHECK-COUNT-3: nvvm.wgmma.mma_async {{.*}}, D[<f32>, <one>],
// CHECK: llvm.return
!a = !pipe.tile<64x128xf8E4M3FN>
!b = !pipe.tile<8x128xf8E4M3FN>
!acc = !pipe.acc<64x8xf32>
gpu.module @m {
  gpu.func @reuse() kernel attributes {pipe.shared_memory = 9216 : i64} {
    %a = pipe.buffer at 0 : !a
    %b = pipe.buffer at 8192 : !b
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %before = pipe.zeros : !acc
      %part = pipe.mma %a, %b reuse %before : !acc
          : !a, !b -> !pipe.pending<64x8xf32>
      %done = pipe.mma_wait %part : !pipe.pending<64x8xf32> -> !acc
    }
    gpu.return
  }
}

// -----

// A consumer warpgroup starts at its share of the rows (128 of 256), slab 1
// another 64 below; rows are 128 bytes. The descriptor says 128-byte swizzle
// and 1024 bytes between groups of 8 rows.
// CHECK-LABEL: llvm.func @slab
// CHECK: %[[CONSUMER:.*]] = arith.subi %{{.*}}, %c1_i32{{.*}} : i32
// CHECK: %[[SHARE:.*]] = arith.muli %[[CONSUMER]], %c128_i32{{.*}} : i32
// CHECK: %[[ROW:.*]] = arith.addi %[[SHARE]], %c64_i32{{.*}} : i32
// CHECK: %[[BYTES:.*]] = arith.muli %[[ROW]], %c128_i32{{.*}} : i32
// CHECK: arith.addi %{{.*}}, %[[BYTES]] : i32
// CHECK: arith.constant 4611686293305360384 : i64
!a = !pipe.tile<256x128xf8E4M3FN>
!b = !pipe.tile<8x128xf8E4M3FN>
gpu.module @m {
  gpu.func @slab() kernel attributes {pipe.shared_memory = 33792 : i64} {
    %a = pipe.buffer at 0 : !a
    %b = pipe.buffer at 32768 : !b
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %part = pipe.mma %a, %b slab = 1 : !a, !b -> !pipe.pending<64x8xf32>
      %done = pipe.mma_wait %part
          : !pipe.pending<64x8xf32> -> !pipe.acc<64x8xf32>
    }
    gpu.return
  }
}

// -----

// acc = fma(part, row_scale * scale, acc): a thread holds two registers of one
// row, then two of the row 8 below. scale_rows multiplies in the same order.
// CHECK-LABEL: llvm.func @promotion
// CHECK: %[[S0:.*]] = llvm.fmul %[[R0:.*]], %[[SCALE:.*]] : f32
// CHECK-NEXT: %[[S1:.*]] = llvm.fmul %[[R1:.*]], %[[SCALE]] : f32
// CHECK-COUNT-2: llvm.intr.fma(%{{.*}}, %[[S0]], %{{.*}})
// CHECK-COUNT-2: llvm.intr.fma(%{{.*}}, %[[S1]], %{{.*}})
// CHECK-COUNT-2: llvm.fmul %{{.*}}, %[[R0]]
// CHECK-COUNT-2: llvm.fmul %{{.*}}, %[[R1]]
!scales = !pipe.tile<64x1xf32>
!acc = !pipe.acc<64x8xf32>
gpu.module @m {
  gpu.func @promotion(%ws: memref<8xf32>, %i: index)
      kernel attributes {pipe.shared_memory = 256 : i64} {
    %tile = pipe.buffer at 0 : !scales
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %scale = memref.load %ws[%i] : memref<8xf32>
      %rows = pipe.read_row_scales %tile : !scales
      %zero = pipe.zeros : !acc
      %sum = pipe.scale_add %zero, %zero by %rows, %scale : !acc
      %result = pipe.scale_rows %sum by %rows : !acc
    }
    gpu.return
  }
}

// -----

// Turned, wgmma multiplies this warpgroup's 64 rows of B by all rows of A, of
// which there are as few as its n: B's descriptor comes first. Two products are
// in flight at once, each from zero in registers of its own, and one wait
// redefines those of both.
// CHECK-LABEL: llvm.func @turned
// CHECK: %[[CONSUMER:.*]] = arith.subi %{{.*}}, %c1_i32{{.*}} : i32
// CHECK: %[[ROW:.*]] = arith.muli %[[CONSUMER]], %c64_i32{{.*}} : i32
// CHECK: %[[BYTES:.*]] = arith.muli %[[ROW]], %c128_i32{{.*}} : i32
// CHECK: arith.addi %{{.*}}, %[[BYTES]] : i32
// CHECK: %[[B:.*]] = arith.ori
// CHECK: %[[A:.*]] = arith.ori
// CHECK: nvvm.wgmma.mma_async %[[B]], %[[A]], %{{.*}}, <m = 64, n = 8, k = 32>, D[<f32>, <zero>]
// CHECK-COUNT-3: nvvm.wgmma.mma_async {{.*}}, D[<f32>, <one>]
// CHECK-NOT: wgmma.wait_group
// CHECK: nvvm.wgmma.mma_async {{.*}}, D[<f32>, <zero>]
// CHECK-COUNT-3: nvvm.wgmma.mma_async {{.*}}, D[<f32>, <one>]
// CHECK: llvm.inline_asm has_side_effects {{.*}} "wgmma.wait_group.sync.aligned 0;", "=f,=f,=f,=f,=f,=f,=f,=f,0,1,2,3,4,5,6,7"
// CHECK-NOT: wgmma.wait_group
// CHECK: llvm.return
!a = !pipe.tile<8x128xf8E4M3FN>
!b = !pipe.tile<128x128xf8E4M3FN>
!pending = !pipe.pending<8x64xf32, turned>
!acc = !pipe.acc<8x64xf32, turned>
gpu.module @m {
  gpu.func @turned() kernel attributes {pipe.shared_memory = 33792 : i64} {
    %b0 = pipe.buffer at 0 : !b
    %b1 = pipe.buffer at 16384 : !b
    %a = pipe.buffer at 32768 : !a
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %gate = pipe.mma %a, %b0 : !a, !b -> !pending
      %up = pipe.mma %a, %b1 : !a, !b -> !pending
      %done:2 = pipe.mma_wait %gate, %up : !pending, !pending -> !acc, !acc
    }
    gpu.return
  }
}

// -----

// A thread holds two rows of each 8, and of each two columns: registers go from
// row to row first. Their scales lie at rows 2 (lane mod 4), the next, and
// those 8 below.
// CHECK-LABEL: llvm.func @turned_promotion
// CHECK: nvvm.setmaxregister increase
// CHECK: %[[QUAD:.*]] = arith.remui %{{.*}}, %c4_i32{{.*}} : i32
// CHECK: %[[FIRST:.*]] = arith.muli %[[QUAD]], %c2_i32{{.*}} : i32
// CHECK: arith.addi %[[FIRST]], %c1_i32{{.*}} : i32
// CHECK: arith.addi %[[FIRST]], %c8_i32{{.*}} : i32
// CHECK: arith.addi %[[FIRST]], %c9_i32{{.*}} : i32
// CHECK: %[[S0:.*]] = llvm.fmul
// CHECK-NEXT: %[[S1:.*]] = llvm.fmul
// CHECK-NEXT: %[[S8:.*]] = llvm.fmul
// CHECK-NEXT: %[[S9:.*]] = llvm.fmul
// CHECK-NEXT: llvm.intr.fma(%{{.*}}, %[[S0]], %{{.*}})
// CHECK-NEXT: llvm.intr.fma(%{{.*}}, %[[S1]], %{{.*}})
// CHECK-NEXT: llvm.intr.fma(%{{.*}}, %[[S0]], %{{.*}})
// CHECK-NEXT: llvm.intr.fma(%{{.*}}, %[[S1]], %{{.*}})
// CHECK-NEXT: llvm.intr.fma(%{{.*}}, %[[S8]], %{{.*}})
// CHECK-NEXT: llvm.intr.fma(%{{.*}}, %[[S9]], %{{.*}})
!scales = !pipe.tile<16x1xf32>
!acc = !pipe.acc<16x64xf32, turned>
gpu.module @m {
  gpu.func @turned_promotion(%ws: memref<8xf32>, %i: index)
      kernel attributes {pipe.shared_memory = 64 : i64} {
    %tile = pipe.buffer at 0 : !scales
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %scale = memref.load %ws[%i] : memref<8xf32>
      %rows = pipe.read_row_scales %tile
          : !scales, !pipe.row_scales<16, turned>
      %zero = pipe.zeros : !acc
      %sum = pipe.scale_add %zero, %zero by %rows, %scale : !acc
    }
    gpu.return
  }
}

// -----

// A result of half of the columns is of the first rows of B.
// CHECK-LABEL: llvm.func @half
// CHECK-COUNT-4: nvvm.wgmma.mma_async {{.*}}, <m = 64, n = 8, k = 32>
!a = !pipe.tile<64x128xf8E4M3FN>
!b = !pipe.tile<16x128xf8E4M3FN>
gpu.module @m {
  gpu.func @half() kernel attributes {pipe.shared_memory = 10240 : i64} {
    %a = pipe.buffer at 0 : !a
    %b = pipe.buffer at 8192 : !b
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %part = pipe.mma %a, %b : !a, !b -> !pipe.pending<64x8xf32>
      %done = pipe.mma_wait %part : !pipe.pending<64x8xf32> -> !pipe.acc<64x8xf32>
    }
    gpu.return
  }
}
