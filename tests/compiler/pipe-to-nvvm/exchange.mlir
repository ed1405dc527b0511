// Warps that hold columns of the same rows tell each other the largest element
// of each. Accumulators have 8 rows here: a thread holds 4 registers, two of a
// row and two of the next.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// Behind the places of two turns (8 warps * 8 rows * 4 bytes each) lie their
// barriers. Four lanes of each of the 8 warps arrive at one.
// CHECK-LABEL: llvm.func @places_and_barriers
// CHECK: %[[MEMORY:.*]] = llvm.mlir.addressof @shared_memory
// CHECK: %[[EXCHANGE:.*]] = llvm.getelementptr inbounds %[[MEMORY]][1024]
// CHECK: %[[FIRST:.*]] = llvm.getelementptr inbounds %[[EXCHANGE]][512]
// CHECK: nvvm.mbarrier.init %[[FIRST]], %c32_i32{{.*}} :
// CHECK: %[[SECOND:.*]] = llvm.getelementptr inbounds %[[EXCHANGE]][520]
// CHECK: nvvm.mbarrier.init %[[SECOND]], %c32_i32{{.*}} :
// CHECK-NOT: nvvm.mbarrier.init
// CHECK: nvvm.fence.mbarrier.init
// CHECK-NEXT: nvvm.barrier0
!acc = !pipe.acc<8x64xf32, turned>
!exchange = !pipe.row_exchange<8 rows, 8 warps>
gpu.module @m {
  gpu.func @places_and_barriers()
      kernel attributes {pipe.shared_memory = 1552 : i64} {
    %exchange = pipe.exchange at 1024 : !exchange
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !acc
      %codes, %scales = pipe.quantise_rows %acc via %exchange : !exchange
          : !acc, !pipe.row_scales<8, turned>
    }
    gpu.return
  }
}

// -----

// Within a warp the eight lanes that hold columns of a row lie four apart. Then
// the first four speak for it, at the warp's place of this turn, and each of
// them arrives behind its own stores. All read what all warps said of their
// rows.
// CHECK-LABEL: llvm.func @agree
// CHECK: nvvm.setmaxregister increase
// CHECK: nvvm.shfl.sync bfly {{.*}}, %c4_i32{{.*}}, %c31
// CHECK: nvvm.shfl.sync bfly {{.*}}, %c8_i32{{.*}}, %c31
// CHECK: %[[LAST:.*]] = nvvm.shfl.sync bfly {{.*}}, %c16_i32{{.*}}, %c31
// CHECK: %[[MINE:.*]] = llvm.intr.maxnum(%{{.*}}, %[[LAST]])
// CHECK: %[[SPEAKS:.*]] = arith.cmpi ult, %{{.*}}, %c4_i32{{.*}} : i32
// CHECK: scf.if %[[SPEAKS]] {
// CHECK: %[[WARP:.*]] = arith.subi %{{.*}}, %c4_i32{{.*}} : i32
// CHECK: arith.muli %[[WARP]], %c32_i32{{.*}} : i32
// CHECK: llvm.store %[[MINE]], %{{.*}} : f32, !llvm.ptr<3>
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<3>
// CHECK: nvvm.mbarrier.arrive %[[BARRIER:.*]], %c1_i32{{.*}} : !llvm.ptr<3>
// CHECK: nvvm.mbarrier.try_wait %[[BARRIER]],
// CHECK-COUNT-16: llvm.load %{{.*}} : !llvm.ptr<3> -> f32
// CHECK-NOT: llvm.load
!acc = !pipe.acc<8x64xf32, turned>
!exchange = !pipe.row_exchange<8 rows, 8 warps>
gpu.module @m {
  gpu.func @agree() kernel attributes {pipe.shared_memory = 528 : i64} {
    %exchange = pipe.exchange at 0 : !exchange
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !acc
      %codes, %scales = pipe.quantise_rows %acc via %exchange : !exchange
          : !acc, !pipe.row_scales<8, turned>
    }
    gpu.return
  }
}

// -----

// A fast warp may be a turn ahead of a slow one: the next use has the other
// place and the other barrier, and the phase changes with every second one.
// CHECK-LABEL: llvm.func @two_turns
// CHECK: nvvm.setmaxregister increase
// CHECK: %[[TURN:.*]] = llvm.load %[[TURNS:.*]] : !llvm.ptr -> i32
// CHECK-NEXT: %[[PHASE:.*]] = llvm.load %[[PHASES:.*]] : !llvm.ptr -> i32
// CHECK: arith.muli %[[TURN]], %c128_i32{{.*}} : i32
// CHECK: %[[BEFORE:.*]] = arith.muli %[[TURN]], %c8_i32{{.*}} : i32
// CHECK: arith.addi %[[BEFORE]], %c256_i32{{.*}} : i32
// CHECK: nvvm.mbarrier.try_wait %{{.*}}, %[[PHASE]] :
// CHECK: %[[OTHER:.*]] = arith.xori %[[TURN]], %c1_i32{{.*}} : i32
// CHECK: llvm.store %[[OTHER]], %[[TURNS]] :
// CHECK: %[[NEXT:.*]] = arith.xori %[[PHASE]], %[[TURN]] : i32
// CHECK: llvm.store %[[NEXT]], %[[PHASES]] :
// CHECK: llvm.load %[[TURNS]] : !llvm.ptr -> i32
// CHECK-NEXT: llvm.load %[[PHASES]] : !llvm.ptr -> i32
!acc = !pipe.acc<8x64xf32, turned>
!exchange = !pipe.row_exchange<8 rows, 4 warps>
gpu.module @m {
  gpu.func @two_turns() kernel attributes {pipe.shared_memory = 272 : i64} {
    %exchange = pipe.exchange at 0 : !exchange
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %once, %scales = pipe.quantise_rows %acc via %exchange : !exchange
          : !acc, !pipe.row_scales<8, turned>
      %twice, %others = pipe.quantise_rows %once via %exchange : !exchange
          : !acc, !pipe.row_scales<8, turned>
    }
    gpu.return
  }
}

// -----

// The warps of a cluster are numbered block by block. Each sends what it says to
// the same place in both blocks, where its bytes are counted; one thread of each
// block says how many there will be. It waits at its own barrier, for threads of
// the whole cluster. Nobody is left to wait for in the end.
// CHECK-LABEL: llvm.func @cluster
// CHECK: nvvm.mbarrier.init %{{.*}}, %c1_i32{{.*}} :
// CHECK: nvvm.mbarrier.init %{{.*}}, %c1_i32{{.*}} :
// CHECK: nvvm.cluster.arrive {aligned}
// CHECK-NEXT: nvvm.cluster.wait {aligned}
// CHECK: %[[ANNOUNCES:.*]] = arith.cmpi eq, %{{.*}}, %c128_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[ANNOUNCES]] {
// CHECK: nvvm.mbarrier.arrive.expect_tx %[[BARRIER:.*]], %c256_i32{{.*}} :
// CHECK: arith.cmpi ult, %{{.*}}, %c4_i32{{.*}} : i32
// CHECK: %[[RANK:.*]] = nvvm.read.ptx.sreg.cluster.ctarank
// CHECK: %[[BEFORE:.*]] = arith.muli %[[RANK]], %c4_i32{{.*}} : i32
// CHECK: arith.addi %{{.*}}, %[[BEFORE]] : i32
// CHECK: %[[HERE:.*]] = nvvm.mapa %[[PLACE:.*]], %c0_i32{{.*}} :
// CHECK: %[[COUNTED:.*]] = nvvm.mapa %[[BARRIER]], %c0_i32{{.*}} :
// CHECK: llvm.inline_asm has_side_effects {{.*}}"st.async.shared::cluster.mbarrier::complete_tx::bytes.v2.f32 [$0], {$1, $2}, [$3];", "l,f,f,l,~{memory}" %{{.*}}, %{{.*}}, %{{.*}}, %[[COUNTED]]
// CHECK: nvvm.mapa %[[PLACE]], %c1_i32{{.*}} :
// CHECK: nvvm.mapa %[[BARRIER]], %c1_i32{{.*}} :
// CHECK: "st.async
// CHECK-NOT: "st.async
// CHECK: nvvm.mbarrier.try_wait %[[BARRIER]], %{{.*}} {scope = #nvvm.mem_scope<cluster>} : !llvm.ptr<3>
// CHECK-NOT: nvvm.cluster.arrive
// CHECK: llvm.return
!acc = !pipe.acc<8x64xf32, turned>
!exchange = !pipe.row_exchange<8 rows, 8 warps>
gpu.module @m {
  gpu.func @cluster(%ids: memref<?xi32>, %used: memref<1xi32>,
                    %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 528 : i64} {
    %exchange = pipe.exchange at 0 : !exchange
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.tiles experts(%ids, %used, %real) block_m = 8 row_alignment = 8
          column_tiles = 2 group_m = 16 cluster = 2 by_columns {
      ^bb0(%e: index, %row: index, %column: index, %rows: index):
        %acc = pipe.zeros : !acc
        %codes, %scales = pipe.quantise_rows %acc via %exchange : !exchange
            : !acc, !pipe.row_scales<8, turned>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}
