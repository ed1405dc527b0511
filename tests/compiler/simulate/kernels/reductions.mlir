// What is added to global memory by two blocks at once: red, atomics of LLVM,
// bulk reductions of bytes and of boxes; and an atomic sum in shared memory.
//
// RUN: moe-sim-kernel %s --seeds=20 | FileCheck %s
// RUN: moe-sim-kernel %s --faults
// RUN: moe-sim-kernel %s --ptx > %t.ptx
// RUN: ptxas -arch=sm_90a %t.ptx -o %t.cubin
//
// CHECK: 20 of 20 seeds:
// both blocks add the lane's number
// CHECK-NEXT: single[0]: 0 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30
// CHECK-NEXT: single[16]: 32 34 36 38 40 42 44 46 48 50 52 54 56 58 60 62
// both add lane / 4 to each of four
// CHECK-NEXT: four[0]: 1 1 1 1 3 3 3 3 5 5 5 5 7 7 7 7
// CHECK-NEXT: four[16]: 9 9 9 9 11 11 11 11 13 13 13 13 15 15 15 15
// CHECK-NEXT: halves[0]: 1 3 1 3 1 3 1 3
// CHECK-NEXT: eight[0]: 1 3 1 3 1 3 1 3
// 2 * 32 lanes, by an atomic of LLVM
// CHECK-NEXT: count[0]: 64
// CHECK-NEXT: bytes[0]: 0 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30
// CHECK-NEXT: bytes[16]: 32 34 36 38 40 42 44 46 48 50 52 54 56 58 60 62
// a box of 8 x 4 at (4, 0) of 16 x 4: columns 4 to 11 of each row
// CHECK-NEXT: box[0]: 1 1 1 1 1 3 5 7 9 11 13 15 1 1 1 1
// CHECK-NEXT: box[16]: 1 1 1 1 17 19 21 23 25 27 29 31 1 1 1 1
// CHECK-NEXT: box[32]: 1 1 1 1 33 35 37 39 41 43 45 47 1 1 1 1
// CHECK-NEXT: box[48]: 1 1 1 1 49 51 53 55 57 59 61 63 1 1 1 1
// CHECK-NEXT: sums[0]: 496 496
//
// fault red-past-the-end: put %single[%lane] => %single[%c128]
//   says out of bounds: block 0, warp 0, thread; adds to 4 bytes at byte 512 of 'single', which has 128; @red
// fault vector-misaligned: put %four[%place] => %four[%lane]
//   says misaligned: block 0, warp 0, thread; 16 bytes at byte; of 'four'; which is no multiple of 16, at @vector
// fault atomic-past-the-end: put atomicrmw add %count => atomicrmw add %beyond
//   says out of bounds: updates 4 bytes at byte 4 of 'count', which has 4; @atomic
// fault stored-instead: put llvm.inline_asm has_side_effects "red.relaxed.gpu.global.add.f32 [$0], $1;", "l,f" %to0, %value : (!llvm.ptr<1>, f32) -> () => llvm.store %value, %to0 : f32, !llvm.ptr<1>
//   says written twice: block 1, warp 0, thread; stores to byte; of 'single'; which block 0, thread; @red
// fault bulk-reduction-unfenced: drop nvvm.fence.proxy
//   says proxy fence: block 0, warp 0, thread; stores from shared address 0x; no fence.proxy.async follows
// fault shared-sum-unsynced: drop @summed
//   says not ordered|never written|still being read: block; warp 0, thread; shared address 0x500
//
// launch: grid=2 threads=32 shared=512
// out single f32 32 zero
// out four f32 32 zero
// out halves bf16 8 zero
// out eight bf16 8 zero
// out count i32 1 zero
// out bytes f32 32 zero
// tensor out box f32 64 1
// map box 16x4 box 8x4 swizzle 0
// out sums i32 2
gpu.module @reductions {
  llvm.mlir.global external @smem() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
  llvm.func @reductions(%single: !llvm.ptr<1>, %four: !llvm.ptr<1>, %halves: !llvm.ptr<1>,
                        %eight: !llvm.ptr<1>, %count: !llvm.ptr<1>, %bytes: !llvm.ptr<1>,
                        %map: !llvm.ptr {llvm.byval = !llvm.array<128 x i8>, llvm.align = 64 : i64, nvvm.grid_constant},
                        %sums: !llvm.ptr<1>)
      attributes {gpu.kernel, nvvm.kernel, nvvm.maxntid = array<i32: 32>} {
    %all = arith.constant -1 : i32
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %c4 = arith.constant 4 : i32
    %c128 = arith.constant 128 : i32
    %pair = arith.constant 0x3fc03f00 : i32
    %smem = llvm.mlir.addressof @smem : !llvm.ptr<3>
    %lane = nvvm.read.ptx.sreg.tid.x : i32
    %block = nvvm.read.ptx.sreg.ctaid.x : i32
    %value = arith.uitofp %lane : i32 to f32
    %beyond = llvm.getelementptr %count[1] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32

    %to0 = llvm.getelementptr %single[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    llvm.inline_asm has_side_effects "red.relaxed.gpu.global.add.f32 [$0], $1;", "l,f" %to0, %value : (!llvm.ptr<1>, f32) -> () // @red
    %isFew = arith.cmpi ult, %lane, %c4 : i32
    %eighth = arith.constant 8 : i32
    %isEight = arith.cmpi ult, %lane, %eighth : i32
    scf.if %isEight {
      %place = arith.muli %lane, %c4 : i32
      %half = arith.constant 0.5 : f32
      %odd = arith.addf %value, %half : f32
      %to1 = llvm.getelementptr %four[%place] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.inline_asm has_side_effects "red.relaxed.gpu.global.add.v4.f32 [$0], {$1, $2, $3, $4};", "l,f,f,f,f" %to1, %odd, %odd, %odd, %odd : (!llvm.ptr<1>, f32, f32, f32, f32) -> () // @vector
    }
    scf.if %isFew {
      %to2 = llvm.getelementptr %halves[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32
      llvm.inline_asm has_side_effects "red.relaxed.gpu.global.add.noftz.bf16x2 [$0], $1;", "l,r" %to2, %pair : (!llvm.ptr<1>, i32) -> ()
    }
    %isFirst = arith.cmpi ult, %lane, %c1 : i32
    scf.if %isFirst {
      llvm.inline_asm has_side_effects "red.relaxed.gpu.global.add.noftz.v4.bf16x2 [$0], {$1, $2, $3, $4};", "l,r,r,r,r" %eight, %pair, %pair, %pair, %pair : (!llvm.ptr<1>, i32, i32, i32, i32) -> ()
      %sum = llvm.getelementptr %smem[256] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
      llvm.store %c0, %sum : i32, !llvm.ptr<3>
    }
    %old = llvm.atomicrmw add %count, %c1 syncscope("device") monotonic : !llvm.ptr<1>, i32 // @atomic

    %mine = llvm.getelementptr %smem[%lane] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, f32
    llvm.store %value, %mine : f32, !llvm.ptr<3>
    nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
    nvvm.bar.warp.sync %all : i32
    %total = llvm.getelementptr %smem[256] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
    %before = llvm.atomicrmw add %total, %lane monotonic : !llvm.ptr<3>, i32
    nvvm.bar.warp.sync %all : i32 // @summed
    %speaks = nvvm.elect.sync -> i1
    scf.if %speaks {
      llvm.inline_asm has_side_effects "cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f32 [$0], [$1], $2;", "l,r,r" %bytes, %smem, %c128 : (!llvm.ptr<1>, !llvm.ptr<3>, i32) -> ()
      nvvm.cp.async.bulk.tensor.reduce %map, %smem, box[%c4, %c0] {redKind = #nvvm.tma_redux_kind<add>} : !llvm.ptr, !llvm.ptr<3>
      nvvm.cp.async.bulk.commit.group
      nvvm.cp.async.bulk.wait_group 0 {read}
      %result = llvm.load %total : !llvm.ptr<3> -> i32
      %to3 = llvm.getelementptr %sums[%block] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32
      llvm.store %result, %to3 : i32, !llvm.ptr<1>
    }
    llvm.return
  }
}
