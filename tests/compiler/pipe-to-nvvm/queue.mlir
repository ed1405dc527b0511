// Tiles taken one by one, told to the block through four slots of shared memory.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// Behind the numbers (8 bytes each) lie four full barriers, at which the leader
// arrives, and four empty ones: the producer's one thread and 4 consumer warps.
// CHECK-LABEL: llvm.func @barriers
// CHECK: llvm.getelementptr inbounds %{{.*}}[32] : (!llvm.ptr<3>)
// CHECK: nvvm.mbarrier.init %{{.*}}, %c1_i32{{.*}} :
// CHECK: llvm.getelementptr inbounds %{{.*}}[64] : (!llvm.ptr<3>)
// CHECK: nvvm.mbarrier.init %{{.*}}, %c5_i32{{.*}} :
// CHECK-COUNT-6: nvvm.mbarrier.init
// CHECK-NOT: nvvm.mbarrier.init
// CHECK: nvvm.barrier0
gpu.module @m {
  gpu.func @barriers(%taken: memref<2xi32>, %ids: memref<?xi32>,
                     %used: memref<1xi32>, %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 96 : i64} {
    %queue = pipe.tile_queue %taken at 0 : memref<2xi32>
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles from %queue experts(%ids, %used, %real) block_m = 64
          row_alignment = 256 column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// The producer asks for a tile when it has told of the one before, and passes the
// answer on one tile later, as it is. The first tile of a block is its own number;
// those that are taken come behind those of all blocks, as who reads knows.
// CHECK-LABEL: llvm.func @producer
// CHECK-SAME: (%[[COUNTER:[^ ]*]]: !llvm.ptr<1>,
// CHECK: %[[TAKEN:.*]] = llvm.atomicrmw add %[[COUNTER]], %c1_i32{{.*}} syncscope("device") monotonic
// CHECK-NEXT: llvm.store %[[TAKEN]], %[[TICKET:.*]] : i32, !llvm.ptr
// CHECK: %[[FIRST:.*]] = nvvm.read.ptx.sreg.ctaid.x
// CHECK: scf.while (%{{[^ ]*}} = %[[FIRST]],
// CHECK: nvvm.mbarrier.try_wait
// CHECK: %[[ANSWER:.*]] = llvm.load %[[TICKET]] :
// CHECK-NOT: nvvm.read.ptx.sreg.nctaid.x
// CHECK: llvm.store %[[ANSWER]], %[[SLOT:.*]] {alignment = 4 : i64} : i32, !llvm.ptr<3>
// CHECK: nvvm.mbarrier.arrive
// CHECK: llvm.atomicrmw add %[[COUNTER]],
// CHECK: nvvm.mbarrier.try_wait
// CHECK: %[[READ:.*]] = llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK-NEXT: %[[BLOCKS:.*]] = nvvm.read.ptx.sreg.nctaid.x
// CHECK-NEXT: %[[TILE:.*]] = arith.addi %[[READ]], %[[BLOCKS]] : i32
// CHECK: scf.yield %[[TILE]],
gpu.module @m {
  gpu.func @producer(%taken: memref<2xi32>, %ids: memref<?xi32>,
                     %used: memref<1xi32>, %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 96 : i64} {
    %queue = pipe.tile_queue %taken at 0 : memref<2xi32>
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles from %queue experts(%ids, %used, %real) block_m = 64
          row_alignment = 256 column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// A consumer warp reads the number and hands it back, once.
// CHECK-LABEL: llvm.func @consumer
// CHECK: nvvm.setmaxregister increase
// CHECK-NOT: llvm.atomicrmw
// CHECK: scf.while
// CHECK: nvvm.mbarrier.try_wait
// CHECK: %[[READ:.*]] = llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK-NEXT: %[[BLOCKS:.*]] = nvvm.read.ptx.sreg.nctaid.x
// CHECK-NEXT: %[[TILE:.*]] = arith.addi %[[READ]], %[[BLOCKS]] : i32
// CHECK: nvvm.bar.warp.sync
// CHECK: %[[LEADS:.*]] = arith.cmpi eq, %{{.*}}, %c0_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[LEADS]] {
// CHECK: nvvm.mbarrier.arrive
// CHECK-NOT: nvvm.mbarrier.arrive
// CHECK: scf.yield %[[TILE]],
// CHECK-NOT: llvm.atomicrmw
gpu.module @m {
  gpu.func @consumer(%taken: memref<2xi32>, %ids: memref<?xi32>,
                     %used: memref<1xi32>, %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 96 : i64} {
    %queue = pipe.tile_queue %taken at 0 : memref<2xi32>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.tiles from %queue experts(%ids, %used, %real) block_m = 64
          row_alignment = 256 column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

// The last block that is done leaves both counters zero for the next call.
// CHECK-LABEL: llvm.func @done
// CHECK-SAME: (%[[COUNTER:[^ ]*]]: !llvm.ptr<1>,
// CHECK: %[[DONE:.*]] = llvm.getelementptr inbounds %[[COUNTER]][4]
// CHECK: %[[BEFORE:.*]] = llvm.atomicrmw add %[[DONE]], %c1_i32{{.*}} syncscope("device") monotonic
// CHECK: llvm.fence syncscope("device") acq_rel
// CHECK: %[[BLOCKS:.*]] = nvvm.read.ptx.sreg.nctaid.x
// CHECK: %[[MINE:.*]] = arith.addi %[[BEFORE]], %c1_i32{{.*}} : i32
// CHECK: %[[LAST:.*]] = arith.cmpi eq, %[[MINE]], %[[BLOCKS]] : i32
// CHECK: scf.if %[[LAST]] {
// CHECK: llvm.atomicrmw xchg %[[COUNTER]], %c0_i32
// CHECK: llvm.atomicrmw xchg %[[DONE]], %c0_i32
gpu.module @m {
  gpu.func @done(%taken: memref<2xi32>, %ids: memref<?xi32>,
                 %used: memref<1xi32>, %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 96 : i64} {
    %queue = pipe.tile_queue %taken at 0 : memref<2xi32>
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles from %queue experts(%ids, %used, %real) block_m = 64
          row_alignment = 256 column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// A late producer reads numbers too, and hands them back: 1 + 1 + 4. It takes
// no tiles.
// CHECK-LABEL: llvm.func @late
// CHECK: nvvm.mbarrier.init %{{.*}}, %c6_i32{{.*}} :
// CHECK: nvvm.setmaxregister decrease
// CHECK: %[[LAST:.*]] = arith.cmpi eq, %{{.*}}, %c3_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[LAST]] {
// CHECK-NOT: llvm.atomicrmw
// CHECK: scf.while
// CHECK: nvvm.mbarrier.try_wait
// CHECK-NOT: nvvm.bar.warp.sync
// CHECK: nvvm.mbarrier.arrive
// CHECK-NOT: nvvm.mbarrier.arrive
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %{{.*}}, %c0_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[FIRST]] {
// CHECK: llvm.atomicrmw add
gpu.module @m {
  gpu.func @late(%taken: memref<2xi32>, %ids: memref<?xi32>,
                 %used: memref<1xi32>, %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 96 : i64} {
    %queue = pipe.tile_queue %taken at 0 : memref<2xi32>
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles from %queue experts(%ids, %used, %real) block_m = 64
          row_alignment = 256 column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role late_producer warpgroups = 1 registers = 40 {
      pipe.tiles from %queue experts(%ids, %used, %real) block_m = 64
          row_alignment = 256 column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// Where the whole warpgroup gathers, its first thread asks, and its 4 warps
// read as the 8 of the consumers do.
// CHECK-LABEL: llvm.func @gathering
// CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x
// CHECK: nvvm.mbarrier.init %{{.*}}, %c12_i32{{.*}} :
// CHECK: nvvm.setmaxregister decrease
// CHECK: %[[LEADS:.*]] = arith.cmpi eq, %[[THREAD]], %c0_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[LEADS]] {
// CHECK: llvm.atomicrmw add
!f8 = !pipe.tile<128x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8>
!gather = !pipe.rows<128, gather>
gpu.module @m {
  gpu.func @gathering(
      %x: memref<?x512xf8E4M3FN>, %map: memref<?xi32>, %pairs: index,
      %taken: memref<2xi32>, %ids: memref<?xi32>, %used: memref<1xi32>,
      %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 32896 : i64} {
    %ring = pipe.ring at [0, 32768] : !ring
    %queue = pipe.tile_queue %taken at 32800 : memref<2xi32>
    pipe.role producer warpgroups = 1 registers = 56 {
      pipe.tiles from %queue experts(%ids, %used, %real) block_m = 128
          row_alignment = 128 column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        %tokens = pipe.read_rows %map[%row] below %pairs
            : memref<?xi32> -> !gather
        pipe.fill %ring {
        ^bb0(%t: !f8):
          pipe.load_rows %x[%tokens, %column] to %t
              : memref<?x512xf8E4M3FN>, !gather to !f8
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 2 registers = 224 {}
    gpu.return
  }
}

// -----

// The leader is the one of the cluster's first block. It tells both, each in its
// own memory; the warps of both (2 * 5) hand numbers back to it. Tiles that are
// taken come behind the first ones of all clusters.
// CHECK-LABEL: llvm.func @cluster
// CHECK: nvvm.mbarrier.init %{{.*}}, %c10_i32{{.*}} :
// CHECK: nvvm.cluster.wait {aligned}
// CHECK: scf.while
// CHECK: %[[RANK:.*]] = nvvm.read.ptx.sreg.cluster.ctarank
// CHECK: %[[LEADS:.*]] = arith.cmpi eq, %[[RANK]], %c0_i32
// CHECK: scf.if %[[LEADS]] {
// CHECK: nvvm.mbarrier.try_wait {{.*}} {scope = #nvvm.mem_scope<cluster>}
// CHECK: %[[ANSWER:.*]] = llvm.load
// CHECK-COUNT-2: llvm.store %[[ANSWER]], {{.*}} : i32, !llvm.ptr<7>
// CHECK: %[[BLOCKS:.*]] = nvvm.read.ptx.sreg.nctaid.x
// CHECK: %[[CLUSTERS:.*]] = arith.divui %[[BLOCKS]], %c2_i32
// CHECK: arith.addi %{{.*}}, %[[CLUSTERS]]
gpu.module @m {
  gpu.func @cluster(%taken: memref<2xi32>, %ids: memref<?xi32>,
                    %used: memref<1xi32>, %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 96 : i64} {
    %queue = pipe.tile_queue %taken at 0 : memref<2xi32>
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles from %queue experts(%ids, %used, %real) block_m = 64
          row_alignment = 256 column_tiles = 6 group_m = 16 cluster = 2 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index,
           %shared: i1):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}
