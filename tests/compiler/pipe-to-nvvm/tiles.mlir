// The persistent tile loop.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// Block b of g walks tiles b, b + g, … of (rows in use / block_m) * columns.
// CHECK-LABEL: llvm.func @persistent
// CHECK-SAME: (%[[IDS:.*]]: !llvm.ptr<1>, %[[USED:.*]]: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>)
// CHECK: %[[ROWS:.*]] = llvm.load %[[USED]]
// CHECK: %[[ROW_TILES:.*]] = arith.divui %[[ROWS]], %c64_i32{{.*}} : i32
// CHECK: %[[TILES:.*]] = arith.muli %[[ROW_TILES]], %c6_i32{{.*}} : i32
// CHECK: %[[FIRST:.*]] = nvvm.read.ptx.sreg.ctaid.x
// CHECK: scf.while (%[[TILE:[^ ]*]] = %[[FIRST]],
// CHECK-NEXT: %[[MORE:.*]] = arith.cmpi slt, %[[TILE]], %[[TILES]] : i32
// CHECK-NEXT: scf.condition(%[[MORE]]) %[[TILE]],
// CHECK: ^bb0(%[[HERE:[^ ]*]]: i32,
// CHECK: %[[STEP:.*]] = nvvm.read.ptx.sreg.nctaid.x
// CHECK: %[[NEXT:.*]] = arith.addi %[[HERE]], %[[STEP]] : i32
// CHECK: scf.yield %[[NEXT]],
gpu.module @m {
  gpu.func @persistent(%ids: memref<?xi32>, %used: memref<1xi32>,
                       %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 256
          column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// 16 row tiles pass before the column changes; the last group may be lower.
// CHECK-LABEL: llvm.func @grouped
// CHECK: scf.while
// CHECK: %[[IN_GROUP:.*]] = arith.remui %[[TILE:.*]], %c96_i32{{.*}} : i32
// CHECK: %[[GROUP:.*]] = arith.divui %[[TILE]], %c96_i32{{.*}} : i32
// CHECK: %[[START:.*]] = arith.muli %[[GROUP]], %c16_i32{{.*}} : i32
// CHECK: %[[LEFT:.*]] = arith.subi %{{.*}}, %[[START]] : i32
// CHECK: %[[LOWER:.*]] = arith.minsi %[[LEFT]], %c16_i32{{.*}} : i32
// CHECK: %[[HEIGHT:.*]] = arith.select %{{.*}}, %c1_i32{{.*}}, %[[LOWER]] : i32
// CHECK: %[[INNER:.*]] = arith.remui %[[IN_GROUP]], %[[HEIGHT]] : i32
// CHECK: arith.addi %[[START]], %[[INNER]] : i32
// CHECK: arith.divui %[[IN_GROUP]], %[[HEIGHT]] : i32
gpu.module @m {
  gpu.func @grouped(%ids: memref<?xi32>, %used: memref<1xi32>,
                    %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 256
          column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// expert_ids and block_rows have an entry for each 256 rows, four of these row
// tiles: so many of the rows behind the tile's first are no padding. An earlier
// kernel of the stream may have written them: they are no invariant loads.
// CHECK-LABEL: llvm.func @experts
// CHECK-SAME: (%[[IDS:.*]]: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>, %[[REAL:.*]]: !llvm.ptr<1>)
// CHECK-NOT: invariant
// CHECK: %[[ROW:.*]] = arith.muli %{{.*}}, %c64_i32{{.*}} : i32
// CHECK: %[[ENTRY:.*]] = arith.divui %[[ROW]], %c256_i32{{.*}} : i32
// CHECK: %[[WIDE:.*]] = arith.extui %[[ENTRY]] : i32 to i64
// CHECK: llvm.getelementptr inbounds %[[IDS]][%[[WIDE]]]
// CHECK: llvm.getelementptr inbounds %[[REAL]][%[[WIDE]]]
// CHECK: %[[COUNT:.*]] = llvm.load
// CHECK: %[[BEFORE:.*]] = arith.remui %[[ROW]], %c256_i32{{.*}} : i32
// CHECK: arith.subi %[[COUNT]], %[[BEFORE]] : i32
gpu.module @m {
  gpu.func @experts(%ids: memref<?xi32>, %used: memref<1xi32>,
                    %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 256
          column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// What is known of a tile was read one tile before. A negative expert is passed
// over, and a tile of padding only.
// CHECK-LABEL: llvm.func @read_ahead
// CHECK: ^bb0(%{{.*}}: i32, %{{.*}}: i32, %{{.*}}: i32, %[[EXPERT:.*]]: i32, %[[ROWS:.*]]: i32):
// CHECK: %[[NEXT_EXPERT:.*]] = llvm.load
// CHECK: %[[NEXT_ROWS:.*]] = arith.subi
// CHECK: %[[OURS:.*]] = arith.cmpi sge, %[[EXPERT]], %c0_i32{{.*}} : i32
// CHECK: %[[SOME:.*]] = arith.cmpi sgt, %[[ROWS]], %c0_i32{{.*}} : i32
// CHECK: %[[HERE:.*]] = arith.andi %[[OURS]], %[[SOME]] : i1
// CHECK: scf.if %[[HERE]]
// CHECK: scf.yield %{{.*}}, %{{.*}}, %{{.*}}, %[[NEXT_EXPERT]], %[[NEXT_ROWS]] :
gpu.module @m {
  gpu.func @read_ahead(%ids: memref<?xi32>, %used: memref<1xi32>,
                       %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 256
          column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// Behind the last tile that one is read again, and the first where there is
// none: never past the end of expert_ids.
// CHECK-LABEL: llvm.func @never_past_the_end
// CHECK: %[[TILES:.*]] = arith.muli %{{.*}}, %c6_i32{{.*}} : i32
// CHECK: %[[LAST:.*]] = arith.subi %[[TILES]], %c1_i32{{.*}} : i32
// CHECK: %[[TILE:.*]] = arith.minsi %{{.*}}, %[[LAST]] : i32
// CHECK: %[[NONE:.*]] = arith.cmpi slt, %[[TILE]], %c0_i32{{.*}} : i32
// CHECK: %[[READ:.*]] = arith.select %[[NONE]], %c0_i32{{.*}}, %[[TILE]] : i32
// CHECK: arith.remui %[[READ]], %c96_i32{{.*}} : i32
gpu.module @m {
  gpu.func @never_past_the_end(%ids: memref<?xi32>, %used: memref<1xi32>,
                               %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 256
          column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// The second of two warpgroups starts at row 64 of 128.
// CHECK-LABEL: llvm.func @holds_rows
// CHECK: scf.while
// CHECK: scf.if
// CHECK: %[[CONSUMER:.*]] = arith.subi %{{.*}}, %c1_i32{{.*}} : i32
// CHECK: %[[FIRST:.*]] = arith.muli %[[CONSUMER]], %c64_i32{{.*}} : i32
// CHECK: %[[ROWS:.*]] = arith.index_cast %{{.*}} : index to i32
// CHECK: arith.cmpi slt, %[[FIRST]], %[[ROWS]] : i32
gpu.module @m {
  gpu.func @holds_rows(%ids: memref<?xi32>, %used: memref<1xi32>,
                       %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      pipe.tiles experts(%ids, %used, %real) block_m = 128 row_alignment = 128
          column_tiles = 6 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        %holds = pipe.holds_rows %rows
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}
