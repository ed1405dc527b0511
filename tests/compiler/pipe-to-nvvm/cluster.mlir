// Two blocks that walk neighbouring row tiles together.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// A cluster counts as one block, its two row tiles as one, and block r has the
// r-th of them if the second one has rows. If not, both have the first one, and of
// columns 2 c and 2 c + 1 each its own; behind the last column there are 0 rows,
// and with two such tiles, or no rows at all, no expert.
// CHECK-LABEL: llvm.func @walk
// CHECK-SAME: nvvm.cluster_dim = array<i32: 2, 1, 1>
// CHECK: arith.divui %{{.*}}, %c128_i32{{.*}} : i32
// CHECK: %[[BLOCK:.*]] = nvvm.read.ptx.sreg.ctaid.x
// CHECK: arith.divui %[[BLOCK]], %c2_i32{{.*}} : i32
// CHECK: %[[FIRST:.*]] = arith.muli %{{.*}}, %c128_i32{{.*}} : i32
// CHECK: %[[EXPERT:.*]] = llvm.load
// CHECK: %[[ROWS:.*]] = arith.subi %{{.*}}, %{{.*}} : i32
// CHECK: %[[RANK:.*]] = nvvm.read.ptx.sreg.cluster.ctarank
// CHECK: %[[SHARED:.*]] = arith.cmpi sgt, %[[ROWS]], %c64_i32{{.*}} : i32
// CHECK: %[[OWN:.*]] = arith.muli %[[RANK]], %c64_i32{{.*}} : i32
// CHECK: %[[BEFORE:.*]] = arith.select %[[SHARED]], %[[OWN]], %c0_i32
// CHECK: arith.addi %[[FIRST]], %[[BEFORE]] : i32
// CHECK: %[[PAIR:.*]] = arith.muli %[[COLUMN:.*]], %c2_i32{{.*}} : i32
// CHECK: %[[LONE:.*]] = arith.addi %[[PAIR]], %[[RANK]] : i32
// CHECK: %[[WALKED:.*]] = arith.cmpi slt, %[[PAIR]], %c5_i32{{.*}} : i32
// CHECK: %[[OF_LONE:.*]] = arith.select %[[WALKED]], %[[EXPERT]], %c-1_i32
// CHECK: %[[OF_ROWS:.*]] = arith.select %[[SHARED]], %[[EXPERT]], %[[OF_LONE]]
// CHECK: %[[SOME:.*]] = arith.cmpi sgt, %[[ROWS]], %c0_i32{{.*}} : i32
// CHECK: arith.select %[[SOME]], %[[OF_ROWS]], %c-1_i32
// CHECK: %[[THERE:.*]] = arith.cmpi slt, %[[LONE]], %c5_i32{{.*}} : i32
// CHECK: %[[LONE_ROWS:.*]] = arith.select %[[THERE]], %[[ROWS]], %c0_i32
// CHECK: %[[REST:.*]] = arith.subi %[[ROWS]], %[[BEFORE]] : i32
// CHECK: arith.select %[[SHARED]], %[[REST]], %[[LONE_ROWS]] : i32
// CHECK: %[[LAST:.*]] = arith.minsi %[[LONE]], %c4_i32{{.*}} : i32
// CHECK: arith.select %[[SHARED]], %[[COLUMN]], %[[LAST]] : i32
// CHECK: ^bb0(%{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32, %[[IS:.*]]: i32, %{{.*}}: i32, %{{.*}}: i1):
// CHECK: %[[OURS:.*]] = arith.cmpi sge, %[[IS]], %c0_i32{{.*}} : i32
// CHECK: scf.if %[[OURS]]
gpu.module @m {
  gpu.func @walk(%ids: memref<?xi32>, %used: memref<1xi32>,
                 %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 256
          column_tiles = 5 group_m = 16 cluster = 2 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index,
           %shared: i1):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// Block r loads rows 32 r to 32 r + 31 of the tile and sends them to both
// blocks: to the same place, and to the same barrier, which expects all 64. Where
// they do not share the tile, each loads its 64 rows for itself.
// CHECK-LABEL: llvm.func @multicast
// CHECK: nvvm.mbarrier.arrive.expect_tx %[[FULL:.*]], %c8192_i32{{.*}} :
// CHECK: %[[RANK:.*]] = nvvm.read.ptx.sreg.cluster.ctarank
// CHECK: %[[ROW:.*]] = arith.muli %[[RANK]], %c32_i32{{.*}} : i32
// CHECK: %[[BOTH:.*]] = arith.constant 3 : i16
// CHECK: %[[FROM:.*]] = arith.addi %{{.*}}, %[[ROW]] : i32
// CHECK: %[[BYTES:.*]] = arith.muli %[[ROW]], %c128_i32{{.*}} : i32
// CHECK: %[[SHARE:.*]] = llvm.getelementptr inbounds %{{.*}}[%[[BYTES]]]
// CHECK: %[[TO:.*]] = llvm.addrspacecast %[[SHARE]] : !llvm.ptr<3> to !llvm.ptr<7>
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %[[TO]], %{{.*}}, %[[FULL]], box[%{{.*}}, %[[FROM]], %{{.*}}] multicast_mask = %[[BOTH]]
// CHECK: } else {
// CHECK-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global {{.*}} : !llvm.ptr<3>
// CHECK-NOT: nvvm.cp.async.bulk.tensor
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x32x128>
gpu.module @m {
  gpu.func @multicast(%w: !map, %ids: memref<?xi32>, %used: memref<1xi32>,
                      %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 16416 : i64} {
    %ring = pipe.ring at [0, 16384] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 128
          column_tiles = 1 group_m = 16 cluster = 2 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index, %shared: i1):
        pipe.fill %ring {
        ^bb0(%t: !f8):
          pipe.load_box %w[%e, %col, %col] to %t multicast = 2 if %shared
              : !map to !f8
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// Both blocks write into a slot, so the consumers of both hand it back: 2 * 4
// warps, of which lane r arrives at block r. The blocks start when all barriers
// are there, and leave together.
// CHECK-LABEL: llvm.func @ring
// CHECK: nvvm.mbarrier.init %{{.*}}, %c8_i32{{.*}} :
// CHECK-NOT: nvvm.barrier0
// CHECK: nvvm.cluster.arrive {aligned}
// CHECK-NEXT: nvvm.cluster.wait {aligned}
// CHECK: nvvm.setmaxregister increase
// CHECK: %[[MINE:.*]] = arith.cmpi ult, %[[LANE:.*]], %c2_i32{{.*}} : i32
// CHECK: %[[THERE:.*]] = nvvm.mapa %{{.*}}, %[[LANE]] : !llvm.ptr<3> -> !llvm.ptr<7>
// CHECK: nvvm.inline_ptx "{{.*}}mbarrier.arrive.{{.*}}shared::cluster{{.*}}" ro(%[[THERE]] : !llvm.ptr<7>), predicate = %[[MINE]]
// CHECK: nvvm.cluster.arrive {aligned}
// CHECK-NEXT: nvvm.cluster.wait {aligned}
// CHECK-NEXT: llvm.return
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x32x128>
gpu.module @m {
  gpu.func @ring(%w: !map, %ids: memref<?xi32>, %used: memref<1xi32>,
                 %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 16416 : i64} {
    %ring = pipe.ring at [0, 16384] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 128
          column_tiles = 1 group_m = 16 cluster = 2 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index, %shared: i1):
        pipe.fill %ring {
        ^bb0(%t: !f8):
          pipe.load_box %w[%e, %col, %col] to %t multicast = 2 if %shared
              : !map to !f8
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 128
          column_tiles = 1 group_m = 16 cluster = 2 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index, %shared: i1):
        pipe.drain %ring {
        ^bb0(%t: !f8):
          pipe.yield
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

// Where each block loads its own tiles, nobody else writes into its slots: its
// own 4 warps hand them back, to it alone. It leaves when it is done.
// CHECK-LABEL: llvm.func @own_ring
// CHECK: nvvm.mbarrier.init %{{.*}}, %c4_i32{{.*}} :
// CHECK: nvvm.cluster.arrive {aligned}
// CHECK: nvvm.setmaxregister increase
// CHECK: %[[MINE:.*]] = arith.cmpi ult, %{{.*}}, %c1_i32{{.*}} : i32
// CHECK-NOT: nvvm.mapa
// CHECK: nvvm.inline_ptx "mbarrier.arrive.shared::cta.b64 _, [$0];" ro(%{{.*}} : !llvm.ptr<3>), predicate = %[[MINE]]
// CHECK-NOT: nvvm.cluster.arrive
// CHECK: llvm.return
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @own_ring(%w: !map, %ids: memref<?xi32>, %used: memref<1xi32>,
                     %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 16416 : i64} {
    %ring = pipe.ring at [0, 16384] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 128
          column_tiles = 1 group_m = 16 cluster = 2 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index, %shared: i1):
        pipe.fill %ring {
        ^bb0(%t: !f8):
          pipe.load_box %w[%e, %col, %col] to %t : !map to !f8
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 128
          column_tiles = 1 group_m = 16 cluster = 2 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index, %shared: i1):
        pipe.drain %ring {
        ^bb0(%t: !f8):
          pipe.yield
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

// By columns: both blocks have the same row tile, and block r the r-th of two
// column tiles; a tile without rows is one for both.
// CHECK-LABEL: llvm.func @walk_by_columns
// CHECK-SAME: nvvm.cluster_dim = array<i32: 2, 1, 1>
// CHECK: %[[ROW_TILES:.*]] = arith.divui %{{.*}}, %c16_i32{{.*}} : i32
// CHECK: %[[TILES:.*]] = arith.muli %[[ROW_TILES]], %c3_i32{{.*}} : i32
// CHECK: arith.remui %{{.*}}, %c12_i32{{.*}} : i32
// CHECK: %[[ROW_TILE:.*]] = arith.addi
// CHECK: arith.muli %[[ROW_TILE]], %c16_i32{{.*}} : i32
// CHECK: %[[PAIR:.*]] = arith.muli %{{.*}}, %c2_i32{{.*}} : i32
// CHECK-NEXT: %[[RANK:.*]] = nvvm.read.ptx.sreg.cluster.ctarank
// CHECK-NEXT: arith.addi %[[PAIR]], %[[RANK]] : i32
// CHECK: ^bb0(%{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32, %[[ROWS:.*]]: i32):
// CHECK: arith.cmpi sge
// CHECK: arith.cmpi sgt, %[[ROWS]], %c0_i32{{.*}} : i32
gpu.module @m {
  gpu.func @walk_by_columns(%ids: memref<?xi32>, %used: memref<1xi32>,
                            %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 16 row_alignment = 16
          column_tiles = 6 group_m = 4 cluster = 2 by_columns {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// Paced: of 7 tiles, say, that 3 clusters walk, the first has 3 and the others
// 2, so these leave out 10 / 3 of their ring's slots.
// CHECK-LABEL: llvm.func @paced
// CHECK: nvvm.setmaxregister decrease
// CHECK: %[[TILES:.*]] = arith.muli %{{.*}}, %c3_i32{{.*}} : i32
// CHECK: %[[FIRST:.*]] = arith.divui %{{.*}}, %c2_i32{{.*}} : i32
// CHECK: %[[CLUSTERS:.*]] = arith.divui %{{.*}}, %c2_i32{{.*}} : i32
// CHECK: %[[OVER:.*]] = arith.remui %[[TILES]], %[[CLUSTERS]] : i32
// CHECK: %[[WHOLE:.*]] = arith.divui %[[TILES]], %[[CLUSTERS]] : i32
// CHECK: %[[OTHERS:.*]] = arith.addi %[[WHOLE]], %c1_i32{{.*}} : i32
// CHECK: %[[UNEVEN:.*]] = arith.cmpi ne, %[[OVER]], %c0_i32{{.*}} : i32
// CHECK: %[[LATER:.*]] = arith.cmpi uge, %[[FIRST]], %[[OVER]] : i32
// CHECK: %[[FEWER:.*]] = arith.andi %[[UNEVEN]], %[[LATER]] : i1
// CHECK: %[[SHARE:.*]] = arith.divui %c10_i32{{.*}}, %[[OTHERS]] : i32
// CHECK: %[[SLOTS:.*]] = arith.select %[[FEWER]], %[[SHARE]], %c0_i32{{.*}} : i32
// CHECK: llvm.store %[[SLOTS]], %[[LEFT_OUT:[^ ]*]] :
// CHECK: scf.while
// CHECK: nvvm.cp.async.bulk.tensor
// CHECK: %[[NEXT:.*]] = arith.addi %{{.*}}, %c1_i32{{.*}} : i32
// CHECK: %[[NOW:.*]] = llvm.load %[[LEFT_OUT]] :
// CHECK: %[[END:.*]] = arith.subi %c10_i32{{.*}}, %[[NOW]] : i32
// CHECK: arith.cmpi eq, %[[NEXT]], %[[END]] : i32
// CHECK: nvvm.setmaxregister increase
// CHECK: llvm.store %{{.*}}, %[[LEFT_OUT]] :
// CHECK: scf.while
// CHECK: llvm.load %[[LEFT_OUT]] :
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<10, !f8>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @paced(%w: !map, %ids: memref<?xi32>, %used: memref<1xi32>,
                  %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 82080 : i64} {
    %ring = pipe.ring at [0, 81920] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 16 row_alignment = 16
          column_tiles = 6 group_m = 4 cluster = 2 by_columns paced {
      ^bb0(%e: index, %row: index, %col: index, %rows: index):
        pipe.fill %ring {
        ^bb0(%t: !f8):
          pipe.load_box %w[%e, %col, %col] to %t : !map to !f8
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.tiles experts(%ids, %used, %real) block_m = 16 row_alignment = 16
          column_tiles = 6 group_m = 4 cluster = 2 by_columns paced {
      ^bb0(%e: index, %row: index, %col: index, %rows: index):
        pipe.drain %ring {
        ^bb0(%t: !f8):
          pipe.yield
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

// Pairs of blocks that share tiles of weights copy rows without an L2 policy.
// CHECK-LABEL: llvm.func @rows_of_pairs
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg,
// CHECK-NOT: L2::cache_hint
// CHECK: llvm.return
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8, !f8>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x32x128>
!rows = !pipe.rows<64, gather>
gpu.module @m {
  gpu.func @rows_of_pairs(%x: memref<?x512xf8E4M3FN>, %map: memref<?xi32>,
                          %pairs: index, %w: !map, %ids: memref<?xi32>,
                          %used: memref<1xi32>, %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 32800 : i64} {
    %ring = pipe.ring at [0, 16384, 32768] : !ring
    pipe.role producer warpgroups = 1 registers = 56 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 128
          column_tiles = 1 group_m = 16 cluster = 2 {
      ^bb0(%e: index, %row: index, %col: index, %n: index, %shared: i1):
        %rows = pipe.read_rows %map[%row] below %pairs : memref<?xi32> -> !rows
        pipe.fill %ring {
        ^bb0(%a: !f8, %b: !f8):
          pipe.load_box %w[%e, %col, %col] to %b multicast = 2 if %shared
              : !map to !f8
          pipe.load_rows %x[%rows, %col] to %a
              : memref<?x512xf8E4M3FN>, !rows to !f8
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 224 {}
    gpu.return
  }
}
