// A programmatic launch: an earlier kernel, which may still run, writes a and
// reads b. Both are left alone until griddepcontrol.wait, which stands in an
// inline asm that clobbers memory: over the intrinsic LLVM may move the load.
//
// RUN: moe-sim-kernel %s --seeds=20 | FileCheck %s
// RUN: moe-sim-kernel %s --faults
// RUN: sed 's/earlier-writes.*//' %s > %t.plain.mlir
// RUN: moe-sim-kernel %t.plain.mlir | FileCheck %s
// RUN: sed 's/earlier-writes.*//; /@wait/d' %s > %t.plain.mlir
// RUN: moe-sim-kernel %t.plain.mlir | FileCheck %s
// RUN: moe-sim-kernel %s --ptx > %t.ptx
// RUN: ptxas -arch=sm_90a %t.ptx -o %t.cubin
//
// CHECK: seeds:
// CHECK-NEXT: b[0]: 0 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30
//
// fault wait-dropped: drop @wait
//   says programmatic launch: block 0, warp; loads 4 bytes at byte; of 'a', which has 256, which an earlier kernel writes, before griddepcontrol.wait, at @load
// fault wait-of-one-thread: put constant true => constant false
//   says programmatic launch: block 0, warp; of 'a'; before griddepcontrol.wait
// fault store-too-early: put !llvm.ptr<1> // @store => !llvm.ptr<1>; put // @early => llvm.store %index, %to : i32, !llvm.ptr<1> // @early
//   says programmatic launch: block 0, warp; stores 4 bytes at byte; of 'b', which has 256, which an earlier kernel may still read, before griddepcontrol.wait, at @early
// fault exit-without-wait: drop @wait; drop @launch; drop @load; drop @store; put %twice = arith.addi %value, %value => %twice = arith.addi %index, %index
//   says programmatic launch: block; warp; is the last of its block, and none has passed griddepcontrol.wait
// fault launch-too-early: drop @launch; put // @early => llvm.inline_asm has_side_effects "griddepcontrol.launch_dependents;", "~{memory}" : () -> () // @early
//   says programmatic launch: block 0, warp; lets the next kernel start before griddepcontrol.wait, at @early
//
// launch: grid=2 threads=32 earlier-writes=a earlier-reads=b
// in a i32 64 iota
// out b i32 64
gpu.module @programmatic {
  llvm.func @programmatic(%a: !llvm.ptr<1>, %b: !llvm.ptr<1>)
      attributes {gpu.kernel, nvvm.kernel, nvvm.maxntid = array<i32: 32>} {
    %c32 = arith.constant 32 : i32
    %c1 = arith.constant 1 : i32
    %lane = nvvm.read.ptx.sreg.tid.x : i32
    %block = nvvm.read.ptx.sreg.ctaid.x : i32
    %first = arith.muli %block, %c32 : i32
    %index = arith.addi %first, %lane : i32
    %from = llvm.getelementptr %a[%index] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32
    %to = llvm.getelementptr %b[%index] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32
    %isFirst = arith.cmpi ult, %lane, %c1 : i32
    %true = arith.constant true
    %waits = arith.ori %isFirst, %true : i1
    // @early
    scf.if %waits {
      llvm.inline_asm has_side_effects "griddepcontrol.wait;", "~{memory}" : () -> () // @wait
    }
    %value = llvm.load %from : !llvm.ptr<1> -> i32 // @load
    %twice = arith.addi %value, %value : i32
    llvm.store %twice, %to : i32, !llvm.ptr<1> // @store
    llvm.inline_asm has_side_effects "griddepcontrol.launch_dependents;", "~{memory}" : () -> () // @launch
    llvm.return
  }
}
