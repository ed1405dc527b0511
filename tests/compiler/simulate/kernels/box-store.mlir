// A warp writes 32 rows of 16 bytes with stmatrix and hands them to a TMA store,
// a box that ends outside of the tensor's 30 rows.
//
// RUN: moe-sim-kernel %s --seeds=20 | FileCheck %s
// RUN: moe-sim-kernel %s --faults
// RUN: moe-sim-kernel %s --ptx > %t.ptx
// RUN: ptxas -arch=sm_90a %t.ptx -o %t.cubin
//
// CHECK: 20 of 20 seeds:
// CHECK-NEXT: d[0]: 0000 0001 0002 0003 0004 0005 0006 0007 0008 0009 000a 000b 000c 000d 000e 000f
// CHECK: d[224]: 00e0 00e1 00e2 00e3 00e4 00e5 00e6 00e7 00e8 00e9 00ea 00eb 00ec 00ed 00ee 00ef
//
// fault fence-dropped: drop nvvm.fence.proxy
//   says proxy fence: block 0, warp 0, thread; stores from shared address 0x400, at @store; no fence.proxy.async follows the generic write of warp 0, written at @write
// fault fence-of-one-lane: put constant true => constant false
//   says proxy fence: block 0, warp 0, thread; @store; written at @write
// fault warp-sync-dropped: drop @written
//   says not ordered|never written: block 0, warp 0, thread; shared address 0x4; @store
// fault wait-dropped: drop wait_group
//   says work outstanding: block 0 exits with a box of 'd' in flight that block 0, warp 0, thread; did not wait for; @store
// fault box-misaligned: put %smem[0] => %smem[16]
//   says misaligned: block 0, warp 0, thread; a box of TMA wants a multiple of 128; @store
//
// launch: threads=32 shared=1024
// tensor out d u16 240
// map d 8x30 box 8x32 swizzle 0
gpu.module @box_store {
  llvm.mlir.global external @smem() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
  llvm.func @box_store(%map: !llvm.ptr {llvm.byval = !llvm.array<128 x i8>, llvm.align = 64 : i64, nvvm.grid_constant})
      attributes {gpu.kernel, nvvm.kernel, nvvm.maxntid = array<i32: 32>} {
    %all = arith.constant -1 : i32
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %c16 = arith.constant 16 : i32
    %step = arith.constant 0x20002 : i32
    %one = arith.constant 0x10000 : i32
    %next = arith.constant 0x400040 : i32
    %smem = llvm.mlir.addressof @smem : !llvm.ptr<3>
    %lane = nvvm.read.ptx.sreg.tid.x : i32
    %offset = arith.muli %lane, %c16 : i32
    %row = llvm.getelementptr %smem[%offset] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
    %from = llvm.getelementptr %smem[0] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
    %twice = arith.muli %lane, %step : i32
    %m0 = arith.addi %twice, %one : i32
    %m1 = arith.addi %m0, %next : i32
    %m2 = arith.addi %m1, %next : i32
    %m3 = arith.addi %m2, %next : i32
    nvvm.stmatrix %row, %m0, %m1, %m2, %m3 {layout = #nvvm.mma_layout<row>, shape = #nvvm.ld_st_matrix_shape<m = 8, n = 8>, eltType = #nvvm.ld_st_matrix_elt_type<b16>} : !llvm.ptr<3>, i32, i32, i32, i32 // @write
    %isFirst = arith.cmpi ult, %lane, %c1 : i32
    %true = arith.constant true
    %fences = arith.ori %isFirst, %true : i1
    scf.if %fences {
      nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
    }
    nvvm.bar.warp.sync %all : i32 // @written
    %speaks = nvvm.elect.sync -> i1
    scf.if %speaks {
      nvvm.cp.async.bulk.tensor.global.shared.cta %map, %from, box[%c0, %c0] : !llvm.ptr, !llvm.ptr<3> // @store
      nvvm.cp.async.bulk.commit.group
      nvvm.cp.async.bulk.wait_group 0 {read}
    }
    llvm.return
  }
}
