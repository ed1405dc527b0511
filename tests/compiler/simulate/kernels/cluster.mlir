// Two clusters of two blocks: who they are, distributed shared memory between
// cluster barriers, and arrivals at a barrier of the other block.
//
// RUN: moe-sim-kernel %s --seeds=20 | FileCheck %s
// RUN: moe-sim-kernel %s --faults --seeds=20
// RUN: moe-sim-kernel %s --ptx > %t.ptx
// RUN: ptxas -arch=sm_90a %t.ptx -o %t.cubin
//
// CHECK: 20 of 20 seeds:
// cluster, clusters, rank, size of each block
// CHECK-NEXT: who[0]: 0 2 0 2 0 2 1 2 1 2 0 2 1 2 1 2
// each block writes what the other of its cluster put there, plus one
// CHECK-NEXT: seen[0]: 132 133 134
// CHECK: seen[32]: 100 101 102
// CHECK: seen[64]: 196 197 198
// CHECK: seen[96]: 164 165 166
//
// fault cluster-sync-dropped: drop @first
//   says not ordered|never written: warp 0, thread; loads shared address 0x4; @load
// fault relaxed-arrival: put nvvm.cluster.arrive // @first => nvvm.cluster.arrive.relaxed // @first
//   says not ordered: warp 0, thread; loads shared address 0x4; @load; no barrier orders it after what warp 0 put there, written at @write
// fault last-sync-dropped: drop @last
//   says cluster: uses; shared memory; cluster.mlir:
// fault arrival-dropped: drop @remote
//   says deadlock: waits for shared address 0x500 to end a phase of parity 0; it is in phase 0, 1 of 2 arrivals; @wait
// fault arrival-of-all-lanes: put %peer, %speaks => %peer, %true
//   says arrival count|deadlock: shared address 0x500
// fault wrong-rank: put %other = arith.xori => %other = arith.addi
//   says out of bounds: leaves the shared window; @load
//
// launch: grid=4 threads=32 shared=512
// out who i32 16
// out seen i32 128
gpu.module @cluster {
  llvm.mlir.global external @smem() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
  llvm.func @cluster(%who: !llvm.ptr<1>, %seen: !llvm.ptr<1>)
      attributes {gpu.kernel, nvvm.kernel, nvvm.maxntid = array<i32: 32>, nvvm.cluster_dim = array<i32: 2, 1, 1>} {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %c2 = arith.constant 2 : i32
    %c4 = arith.constant 4 : i32
    %c32 = arith.constant 32 : i32
    %c100 = arith.constant 100 : i32
    %true = arith.constant true
    %smem = llvm.mlir.addressof @smem : !llvm.ptr<3>
    %lane = nvvm.read.ptx.sreg.tid.x : i32
    %block = nvvm.read.ptx.sreg.ctaid.x : i32
    %rank = nvvm.read.ptx.sreg.cluster.ctarank : i32
    %other = arith.xori %rank, %c1 : i32
    %isFirst = arith.cmpi eq, %lane, %c0 : i32

    %barrier = llvm.getelementptr %smem[256] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
    scf.if %isFirst {
      %id = nvvm.read.ptx.sreg.clusterid.x : i32
      %ids = nvvm.read.ptx.sreg.nclusterid.x : i32
      %size = nvvm.read.ptx.sreg.cluster.nctaid.x : i32
      %at = arith.muli %block, %c4 : i32
      %w0 = llvm.getelementptr %who[%at] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32
      %w1 = llvm.getelementptr %w0[1] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
      %w2 = llvm.getelementptr %w0[2] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
      %w3 = llvm.getelementptr %w0[3] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
      llvm.store %id, %w0 : i32, !llvm.ptr<1>
      llvm.store %ids, %w1 : i32, !llvm.ptr<1>
      llvm.store %rank, %w2 : i32, !llvm.ptr<1>
      llvm.store %size, %w3 : i32, !llvm.ptr<1>
      nvvm.mbarrier.init %barrier, %c2 : !llvm.ptr<3>, i32
      nvvm.fence.mbarrier.init
    }

    %first = arith.muli %block, %c32 : i32
    %index = arith.addi %first, %lane : i32
    %value = arith.addi %index, %c100 : i32
    %here = llvm.getelementptr %smem[%lane] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i32
    llvm.store %value, %here : i32, !llvm.ptr<3> // @write
    nvvm.cluster.arrive // @first
    nvvm.cluster.wait // @first
    %there = nvvm.mapa %here, %other : !llvm.ptr<3> -> !llvm.ptr<7>
    %theirs = llvm.load %there : !llvm.ptr<7> -> i32 // @load
    %to = llvm.getelementptr %seen[%index] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i32
    llvm.store %theirs, %to : i32, !llvm.ptr<1>

    // One arrival of this block, one of the other.
    %speaks = nvvm.elect.sync -> i1
    %mine = nvvm.mapa %barrier, %rank : !llvm.ptr<3> -> !llvm.ptr<7>
    %peer = nvvm.mapa %barrier, %other : !llvm.ptr<3> -> !llvm.ptr<7>
    llvm.inline_asm has_side_effects "@$1 mbarrier.arrive.shared::cluster.b64 _, [$0];", "l,b" %mine, %speaks : (!llvm.ptr<7>, i1) -> ()
    llvm.inline_asm has_side_effects "@$1 mbarrier.arrive.shared::cluster.b64 _, [$0];", "l,b" %peer, %speaks : (!llvm.ptr<7>, i1) -> () // @remote
    scf.while : () -> () {
      %over = nvvm.mbarrier.try_wait %barrier, %c0 {scope = #nvvm.mem_scope<cluster>} : !llvm.ptr<3>, i32 -> i1 // @wait
      %again = arith.xori %over, %true : i1
      scf.condition(%again)
    } do {
      scf.yield
    }
    // Nobody leaves while its memory or its barrier is in use.
    nvvm.cluster.arrive // @last
    nvvm.cluster.wait // @last
    llvm.return
  }
}
