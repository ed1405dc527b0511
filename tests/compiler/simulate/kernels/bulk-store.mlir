// Each warp writes 128 bytes of shared memory and hands them to a bulk store,
// twice from the same place.
//
// RUN: moe-sim-kernel %s --seeds=20 | FileCheck %s
// RUN: moe-sim-kernel %s --faults
// RUN: moe-sim-kernel %s --ptx > %t.ptx
// RUN: ptxas -arch=sm_90a %t.ptx -o %t.cubin
//
// CHECK: 20 of 20 seeds:
// CHECK-NEXT: d[0]: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
// CHECK: d[112]: 112 113 114 115 116 117 118 119 120 121 122 123 124 125 126 127
// CHECK: d[240]: 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255
//
// fault fence-dropped: drop nvvm.fence.proxy
//   says proxy fence: block 0, warp; stores from shared address 0x4; at @store; no fence.proxy.async follows the generic write of warp; written at @write
// fault warp-sync-dropped: drop @written
//   says not ordered|never written: block 0, warp; stores from shared address 0x4; @store
// fault wait-before-overwrite-dropped: drop wait_group
//   says still being read: block 0, warp; stores to shared address 0x4; @write; has finished reading it: bytes for 'd' stored at @store
// fault sync-after-wait-dropped: drop @read
//   says still being read|proxy fence|not ordered: block 0, warp; 0x4
// fault wait-before-exit-dropped: drop wait_group; put to %c2 step => to %c1 step
//   says work outstanding: block 0 exits with bytes for 'd' in flight that block 0, warp; did not wait for; @store
// fault commit-dropped: drop commit.group; put to %c2 step => to %c1 step
//   says work outstanding: bytes for 'd' in flight that block 0, warp; never committed; @store
// fault odd-size: put constant 128 => constant 120
//   says misaligned: block 0, warp; a bulk copy of 120 bytes, which is no multiple of 16; @store
// fault odd-source: put constant 32 => constant 33
//   says misaligned: block 0, warp 1; a bulk copy wants a multiple of 16; @store
// fault past-the-end: put constant 64 => constant 80
//   says out of bounds: block 1, warp; bulk stores 128 bytes at byte; of 'd', which has 1024; @store
// fault both-blocks-to-one-place: put %group, %block => %group, %c0
//   says written twice: block 1, warp; stores to byte; of 'd'; which block 0, thread; @store
//
// launch: grid=2 threads=64 shared=512
// out d f32 256
gpu.module @bulk_store {
  llvm.mlir.global external @smem() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
  llvm.func @bulk_store(%d: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel, nvvm.maxntid = array<i32: 64>} {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %c2 = arith.constant 2 : i32
    %c32 = arith.constant 32 : i32
    %c64 = arith.constant 64 : i32
    %all = arith.constant -1 : i32
    %bytes = arith.constant 128 : i32
    %smem = llvm.mlir.addressof @smem : !llvm.ptr<3>
    %block = nvvm.read.ptx.sreg.ctaid.x : i32
    %thread = nvvm.read.ptx.sreg.tid.x : i32
    %warp = arith.divui %thread, %c32 : i32
    %first = arith.muli %warp, %c32 : i32
    %from = llvm.getelementptr %smem[%first] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
    %mine = llvm.getelementptr %smem[%thread] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
    scf.for %round = %c0 to %c2 step %c1 : i32 {
      %group = arith.muli %round, %c2 : i32
      %part = arith.addi %group, %block : i32
      %start = arith.muli %part, %c64 : i32
      %index = arith.addi %start, %thread : i32
      %value = arith.uitofp %index : i32 to f32
      llvm.store %value, %mine : f32, !llvm.ptr<3> // @write
      nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
      nvvm.bar.warp.sync %all : i32 // @written
      %speaks = nvvm.elect.sync -> i1
      scf.if %speaks {
        %row = arith.addi %start, %first : i32
        %to = llvm.getelementptr %d[%row] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
        nvvm.cp.async.bulk.global.shared.cta %to, %from, %bytes : !llvm.ptr<1>, !llvm.ptr<3> // @store
        nvvm.cp.async.bulk.commit.group
        nvvm.cp.async.bulk.wait_group 0 {read}
      }
      nvvm.bar.warp.sync %all : i32 // @read
    }
    llvm.return
  }
}
