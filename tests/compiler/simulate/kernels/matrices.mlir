// stmatrix and ldmatrix, of one, two and four matrices, transposed and not. The
// lanes' registers hold 2 lane and 2 lane + 1 in matrix 0, 64 more in the next;
// what is loaded transposed of what was stored plainly, or the other way round,
// is the matrix turned.
//
// RUN: moe-sim-kernel %s --seeds=20 | FileCheck %s
// RUN: moe-sim-kernel %s --faults
// RUN: moe-sim-kernel %s --ptx > %t.ptx
// RUN: ptxas -arch=sm_90a %t.ptx -o %t.cubin
//
// CHECK: 20 of 20 seeds:
// x4 stored, x4.trans loaded: lane 0 holds elements 0 and 8 of column 0
// CHECK-NEXT: turned[0]: 00080000 00180010 00280020 00380030 00090001 00190011 00290021 00390031
// x2.trans stored, x1 and x2 loaded: the same turned back
// CHECK: back[0]: 00080000 00180010 00280020 00380030 00090001 00190011 00290021 00390031
// CHECK: back[32]: 00480040 00580050 00680060 00780070 00490041 00590051 00690061 00790071
//
// fault sync-dropped: drop @stored
//   says not ordered|never written: block 0, warp 0, thread; reads; @load
// fault misaligned: put constant 16 => constant 8
//   says misaligned: block 0, warp 0, thread; stmatrix wants a multiple of 16; @store
// fault past-the-end: put %smem[%offset] => %smem[%far]
//   says out of bounds: block 0, warp 0, thread; writes; @store
//
// launch: threads=32 shared=1024
// out turned u32 128
// out back u32 64
gpu.module @matrices {
  llvm.mlir.global external @smem() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
  llvm.func @matrices(%turned: !llvm.ptr<1>, %back: !llvm.ptr<1>)
      attributes {gpu.kernel, nvvm.kernel, nvvm.maxntid = array<i32: 32>} {
    %all = arith.constant -1 : i32
    %c16 = arith.constant 16 : i32
    %step = arith.constant 0x20002 : i32
    %one = arith.constant 0x10000 : i32
    %next = arith.constant 0x400040 : i32
    %far = arith.constant 4096 : i32
    %smem = llvm.mlir.addressof @smem : !llvm.ptr<3>
    %lane = nvvm.read.ptx.sreg.tid.x : i32
    %offset = arith.muli %lane, %c16 : i32
    %row = llvm.getelementptr %smem[%offset] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
    %twice = arith.muli %lane, %step : i32
    %m0 = arith.addi %twice, %one : i32
    %m1 = arith.addi %m0, %next : i32
    %m2 = arith.addi %m1, %next : i32
    %m3 = arith.addi %m2, %next : i32
    nvvm.stmatrix %row, %m0, %m1, %m2, %m3 {layout = #nvvm.mma_layout<row>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : !llvm.ptr<3>, i32, i32, i32, i32 // @store
    nvvm.bar.warp.sync %all : i32 // @stored
    %four = nvvm.ldmatrix %row {num = 4 : i32, layout = #nvvm.mma_layout<col>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : (!llvm.ptr<3>) -> !llvm.struct<(i32, i32, i32, i32)> // @load
    nvvm.bar.warp.sync %all : i32
    %f0 = llvm.extractvalue %four[0] : !llvm.struct<(i32, i32, i32, i32)>
    %f1 = llvm.extractvalue %four[1] : !llvm.struct<(i32, i32, i32, i32)>
    %f2 = llvm.extractvalue %four[2] : !llvm.struct<(i32, i32, i32, i32)>
    %f3 = llvm.extractvalue %four[3] : !llvm.struct<(i32, i32, i32, i32)>
    %t0 = llvm.getelementptr %turned[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32
    %t1 = llvm.getelementptr %t0[32] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
    %t2 = llvm.getelementptr %t0[64] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
    %t3 = llvm.getelementptr %t0[96] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
    llvm.store %f0, %t0 : i32, !llvm.ptr<1>
    llvm.store %f1, %t1 : i32, !llvm.ptr<1>
    llvm.store %f2, %t2 : i32, !llvm.ptr<1>
    llvm.store %f3, %t3 : i32, !llvm.ptr<1>

    nvvm.stmatrix %row, %m0, %m1 {layout = #nvvm.mma_layout<col>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : !llvm.ptr<3>, i32, i32
    nvvm.bar.warp.sync %all : i32
    %single = nvvm.ldmatrix %row {num = 1 : i32, layout = #nvvm.mma_layout<row>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : (!llvm.ptr<3>) -> i32
    %two = nvvm.ldmatrix %row {num = 2 : i32, layout = #nvvm.mma_layout<row>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : (!llvm.ptr<3>) -> !llvm.struct<(i32, i32)>
    %second = llvm.extractvalue %two[1] : !llvm.struct<(i32, i32)>
    nvvm.bar.warp.sync %all : i32
    nvvm.stmatrix %row, %single {layout = #nvvm.mma_layout<row>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : !llvm.ptr<3>, i32
    nvvm.bar.warp.sync %all : i32
    %again = nvvm.ldmatrix %row {num = 1 : i32, layout = #nvvm.mma_layout<row>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : (!llvm.ptr<3>) -> i32
    %b0 = llvm.getelementptr %back[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32
    %b1 = llvm.getelementptr %b0[32] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
    llvm.store %again, %b0 : i32, !llvm.ptr<1>
    llvm.store %second, %b1 : i32, !llvm.ptr<1>
    llvm.return
  }
}
