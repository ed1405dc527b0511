// A bulk copy into shared memory, waited for at an mbarrier.
//
// RUN: moe-sim-kernel %s --seeds=20 | FileCheck %s
// RUN: moe-sim-kernel %s --faults
// RUN: moe-sim-kernel %s --ptx > %t.ptx
// RUN: ptxas -arch=sm_90a %t.ptx -o %t.cubin
//
// CHECK: 20 of 20 seeds:
// CHECK-NEXT: b[0]: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
// CHECK-NEXT: b[16]: 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
//
// fault wait-dropped: drop @wait; put %over, %true => %true, %true
//   says copy in flight|not ordered|never written: block 0, warp 0, thread; loads shared address 0x4; @read
// fault nobody-waits: drop @wait; put %over, %true => %true, %true; drop @read; drop @store
//   says work outstanding: block 0 may exit before what is loaded in phase 0 of shared address 0x480 has landed
// fault init-fence-dropped: drop nvvm.fence.mbarrier.init
//   says barrier: block 0, warp 0, thread; fence.mbarrier_init; @load
// fault fewer-bytes-expected: put constant 128 => constant 112; put %c128 : !llvm.ptr<3>, !llvm.ptr<1> => %real : !llvm.ptr<3>, !llvm.ptr<1>
//   says tx-count|copy in flight|not ordered|never written: shared address 0x4
// fault odd-size: put constant 128 => constant 120
//   says misaligned: block 0, warp 0, thread; a bulk copy of 120 bytes, which is no multiple of 16; @load
// fault past-the-end: put %a[0] => %a[4]
//   says out of bounds: block 0, warp 0, thread; bulk copies 128 bytes at byte 16 of 'a', which has 128; @load
//
// launch: threads=32 shared=256
// in a i32 32 iota
// out b i32 32
gpu.module @bulk_load {
  llvm.mlir.global external @smem() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
  llvm.func @bulk_load(%a: !llvm.ptr<1>, %b: !llvm.ptr<1>)
      attributes {gpu.kernel, nvvm.kernel, nvvm.maxntid = array<i32: 32>} {
    %all = arith.constant -1 : i32
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %c128 = arith.constant 128 : i32
    %real = arith.constant 0x80 : i32
    %true = arith.constant true
    %smem = llvm.mlir.addressof @smem : !llvm.ptr<3>
    %barrier = llvm.getelementptr %smem[128] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
    %from = llvm.getelementptr %a[0] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
    %lane = nvvm.read.ptx.sreg.tid.x : i32
    %speaks = nvvm.elect.sync -> i1
    scf.if %speaks {
      nvvm.mbarrier.init %barrier, %c1 : !llvm.ptr<3>, i32
      nvvm.fence.mbarrier.init
      %token = nvvm.mbarrier.arrive.expect_tx %barrier, %c128 : !llvm.ptr<3>, i32 -> i64
      nvvm.cp.async.bulk.shared.cluster.global %smem, %from, %barrier, %c128 : !llvm.ptr<3>, !llvm.ptr<1> // @load
    }
    nvvm.bar.warp.sync %all : i32
    scf.while : () -> () {
      %over = nvvm.mbarrier.try_wait %barrier, %c0 : !llvm.ptr<3>, i32 -> i1 // @wait
      %again = arith.xori %over, %true : i1
      scf.condition(%again)
    } do {
      scf.yield
    }
    %mine = llvm.getelementptr %smem[%lane] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32
    %value = llvm.load %mine : !llvm.ptr<3> -> i32 // @read
    %to = llvm.getelementptr %b[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32
    llvm.store %value, %to : i32, !llvm.ptr<1> // @store
    llvm.return
  }
}
