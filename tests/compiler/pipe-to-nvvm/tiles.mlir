// The persistent tile loop.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// Block b of g walks tiles b, b + g, … of (rows in use / block_m) * columns.
// CHECK-LABEL: llvm.func @persistent
// CHECK-SAME: (%[[IDS:.*]]: !llvm.ptr<1>, %[[USED:.*]]: !llvm.ptr<1>)
// CHECK: %[[ROWS:.*]] = llvm.load %[[USED]] invariant
// CHECK: %[[ROW_TILES:.*]] = arith.divui %[[ROWS]], %c64_i32{{.*}} : i32
// CHECK: %[[TILES:.*]] = arith.muli %[[ROW_TILES]], %c6_i32{{.*}} : i32
// CHECK: %[[FIRST:.*]] = nvvm.read.ptx.sreg.ctaid.x
// CHECK: %[[STEP:.*]] = nvvm.read.ptx.sreg.nctaid.x
// CHECK: scf.for %{{.*}} = %[[FIRST]] to %[[TILES]] step %[[STEP]] : i32
gpu.module @m {
  gpu.func @persistent(%ids: memref<?xi32>, %used: memref<1xi32>)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used) block_m = 64 row_alignment = 256
          column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index):
      } : memref<?xi32>, memref<1xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// 16 row tiles pass before the column changes; the last group may be lower.
// CHECK-LABEL: llvm.func @grouped
// CHECK: scf.for %[[TILE:.*]] = %{{.*}} to %{{.*}} step
// CHECK: %[[IN_GROUP:.*]] = arith.remui %[[TILE]], %c96_i32{{.*}} : i32
// CHECK: %[[GROUP:.*]] = arith.divui %[[TILE]], %c96_i32{{.*}} : i32
// CHECK: %[[START:.*]] = arith.muli %[[GROUP]], %c16_i32{{.*}} : i32
// CHECK: %[[LEFT:.*]] = arith.subi %{{.*}}, %[[START]] : i32
// CHECK: %[[HEIGHT:.*]] = arith.minsi %[[LEFT]], %c16_i32{{.*}} : i32
// CHECK: %[[INNER:.*]] = arith.remui %[[IN_GROUP]], %[[HEIGHT]] : i32
// CHECK: arith.addi %[[START]], %[[INNER]] : i32
// CHECK: arith.divui %[[IN_GROUP]], %[[HEIGHT]] : i32
gpu.module @m {
  gpu.func @grouped(%ids: memref<?xi32>, %used: memref<1xi32>)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used) block_m = 64 row_alignment = 256
          column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index):
      } : memref<?xi32>, memref<1xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// expert_ids has an entry for each 256 rows, four of these row tiles; a
// negative expert is passed over.
// CHECK-LABEL: llvm.func @experts
// CHECK-SAME: (%[[IDS:.*]]: !llvm.ptr<1>,
// CHECK: %[[ROW:.*]] = arith.muli %{{.*}}, %c64_i32{{.*}} : i32
// CHECK: %[[ENTRY:.*]] = arith.divui %[[ROW]], %c256_i32{{.*}} : i32
// CHECK: %[[WIDE:.*]] = arith.extui %[[ENTRY]] : i32 to i64
// CHECK: %[[PLACE:.*]] = llvm.getelementptr inbounds %[[IDS]][%[[WIDE]]]
// CHECK: %[[EXPERT:.*]] = llvm.load %[[PLACE]] invariant
// CHECK: %[[HERE:.*]] = arith.cmpi sge, %[[EXPERT]], %c0_i32{{.*}} : i32
// CHECK: scf.if %[[HERE]]
gpu.module @m {
  gpu.func @experts(%ids: memref<?xi32>, %used: memref<1xi32>)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used) block_m = 64 row_alignment = 256
          column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index):
      } : memref<?xi32>, memref<1xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}
