// What lanes tell each other: shuffles, votes, matches, reductions.
//
// RUN: moe-sim-kernel %s --seeds=20 | FileCheck %s
// RUN: moe-sim-kernel %s --faults
// RUN: moe-sim-kernel %s --ptx > %t.ptx
// RUN: ptxas -arch=sm_90a %t.ptx -o %t.cubin
//
// CHECK: 20 of 20 seeds:
// bfly 1; idx 3 in segments of 8; up 1; down 1
// CHECK-NEXT: shuffled[0]: 1 0 3 2 5 4 7 6 9 8 11 10 13 12 15 14
// CHECK-NEXT: shuffled[16]: 17 16 19 18 21 20 23 22 25 24 27 26 29 28 31 30
// CHECK-NEXT: shuffled[32]: 3 3 3 3 3 3 3 3 11 11 11 11 11 11 11 11
// CHECK-NEXT: shuffled[48]: 19 19 19 19 19 19 19 19 27 27 27 27 27 27 27 27
// CHECK-NEXT: shuffled[64]: 0 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14
// CHECK-NEXT: shuffled[80]: 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
// CHECK-NEXT: shuffled[96]: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
// CHECK-NEXT: shuffled[112]: 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 31
// lane 5: ballot of lane < 10, any, all, uniform, match of lane / 8
// CHECK: voted[0]: 000003ff 00000001 00000000 00000000 000000ff 00000000 00000000
// add, umax, umin, max, min, and, or, xor of 3 lane - 40
// CHECK-NEXT: reduced[0]: 208 -1 2 53 -40 0 -1 32
//
// fault lane-not-in-mask: put %c1, %clamp => %c32, %clamp; put nvvm.shfl.sync bfly %all => nvvm.shfl.sync bfly %c32
//   says warp: block 0, warp 0, thread; @bfly
// fault lane-stays-away: put constant true => constant false
//   says warp|deadlock: warp 0; @vote
//
// launch: threads=32
// out shuffled i32 128
// out voted u32 7
// out reduced i32 8
gpu.module @warps {
  llvm.func @warps(%shuffled: !llvm.ptr<1>, %voted: !llvm.ptr<1>, %reduced: !llvm.ptr<1>)
      attributes {gpu.kernel, nvvm.kernel, nvvm.maxntid = array<i32: 32>} {
    %all = arith.constant -1 : i32
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %c3 = arith.constant 3 : i32
    %c5 = arith.constant 5 : i32
    %c8 = arith.constant 8 : i32
    %c10 = arith.constant 10 : i32
    %c32 = arith.constant 32 : i32
    %c40 = arith.constant 40 : i32
    %clamp = arith.constant 31 : i32
    %eights = arith.constant 0x181f : i32
    %lane = nvvm.read.ptx.sreg.tid.x : i32

    %value = arith.uitofp %lane : i32 to f32
    %near = nvvm.shfl.sync bfly %all, %value, %c1, %clamp : f32 -> f32 // @bfly
    %0 = arith.fptoui %near : f32 to i32
    %1 = nvvm.shfl.sync idx %all, %lane, %c3, %eights : i32 -> i32
    %2 = nvvm.shfl.sync up %all, %lane, %c1, %c0 : i32 -> i32
    %3 = nvvm.shfl.sync down %all, %lane, %c1, %clamp : i32 -> i32
    %to0 = llvm.getelementptr %shuffled[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32
    %to1 = llvm.getelementptr %to0[32] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
    %to2 = llvm.getelementptr %to0[64] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
    %to3 = llvm.getelementptr %to0[96] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
    llvm.store %0, %to0 : i32, !llvm.ptr<1>
    llvm.store %1, %to1 : i32, !llvm.ptr<1>
    llvm.store %2, %to2 : i32, !llvm.ptr<1>
    llvm.store %3, %to3 : i32, !llvm.ptr<1>

    %isLow = arith.cmpi ult, %lane, %c10 : i32
    %isFirst = arith.cmpi ult, %lane, %c1 : i32
    %true = arith.constant true
    %comes = arith.ori %true, %isFirst : i1
    %eighth = arith.divui %lane, %c8 : i32
    scf.if %comes {
      %ballot = nvvm.vote.sync ballot %all, %isLow -> i32 // @vote
      %any = nvvm.vote.sync any %all, %isLow -> i1
      %every = nvvm.vote.sync all %all, %isLow -> i1
      %uniform = nvvm.vote.sync uni %all, %isLow -> i1
      %same = nvvm.match.sync any %all, %eighth : i32 -> i32
      %both = nvvm.match.sync all %all, %eighth : i32 -> !llvm.struct<(i32, i1)>
      %mask = llvm.extractvalue %both[0] : !llvm.struct<(i32, i1)>
      %equal = llvm.extractvalue %both[1] : !llvm.struct<(i32, i1)>
      %x0 = arith.muli %lane, %c3 : i32
      %x = arith.subi %x0, %c40 : i32
      %add = nvvm.redux.sync add %x, %all : i32 -> i32
      %umax = nvvm.redux.sync umax %x, %all : i32 -> i32
      %umin = nvvm.redux.sync umin %x, %all : i32 -> i32
      %max = nvvm.redux.sync max %x, %all : i32 -> i32
      %min = nvvm.redux.sync min %x, %all : i32 -> i32
      %and = nvvm.redux.sync and %x, %all : i32 -> i32
      %or = nvvm.redux.sync or %x, %all : i32 -> i32
      %xor = nvvm.redux.sync xor %x, %all : i32 -> i32
      %isSpeaker = arith.cmpi eq, %lane, %c5 : i32
      scf.if %isSpeaker {
        %w1 = arith.extui %any : i1 to i32
        %w2 = arith.extui %every : i1 to i32
        %w3 = arith.extui %uniform : i1 to i32
        %w6 = arith.extui %equal : i1 to i32
        %v1 = llvm.getelementptr %voted[1] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
        %v2 = llvm.getelementptr %voted[2] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
        %v3 = llvm.getelementptr %voted[3] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
        %v4 = llvm.getelementptr %voted[4] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
        %v5 = llvm.getelementptr %voted[5] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
        %v6 = llvm.getelementptr %voted[6] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
        llvm.store %ballot, %voted : i32, !llvm.ptr<1>
        llvm.store %w1, %v1 : i32, !llvm.ptr<1>
        llvm.store %w2, %v2 : i32, !llvm.ptr<1>
        llvm.store %w3, %v3 : i32, !llvm.ptr<1>
        llvm.store %same, %v4 : i32, !llvm.ptr<1>
        llvm.store %mask, %v5 : i32, !llvm.ptr<1>
        llvm.store %w6, %v6 : i32, !llvm.ptr<1>
        %r1 = llvm.getelementptr %reduced[1] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
        %r2 = llvm.getelementptr %reduced[2] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
        %r3 = llvm.getelementptr %reduced[3] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
        %r4 = llvm.getelementptr %reduced[4] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
        %r5 = llvm.getelementptr %reduced[5] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
        %r6 = llvm.getelementptr %reduced[6] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
        %r7 = llvm.getelementptr %reduced[7] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
        llvm.store %add, %reduced : i32, !llvm.ptr<1>
        llvm.store %umax, %r1 : i32, !llvm.ptr<1>
        llvm.store %umin, %r2 : i32, !llvm.ptr<1>
        llvm.store %max, %r3 : i32, !llvm.ptr<1>
        llvm.store %min, %r4 : i32, !llvm.ptr<1>
        llvm.store %and, %r5 : i32, !llvm.ptr<1>
        llvm.store %or, %r6 : i32, !llvm.ptr<1>
        llvm.store %xor, %r7 : i32, !llvm.ptr<1>
      }
    }
    llvm.return
  }
}
