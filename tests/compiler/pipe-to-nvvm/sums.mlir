// The slots of a token, added up. A thread has 4 registers of each 8 columns, two
// of a row and two of the row 8 below.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// The ids of a token follow each other; rows behind the last token have no slot.
// CHECK-LABEL: llvm.func @read_row_slots
// CHECK: %[[INSIDE:.*]] = arith.cmpi slt, %[[ROW:.*]], %{{.*}} : i32
// CHECK: %[[SAFE:.*]] = arith.select %[[INSIDE]], %[[ROW]], %{{.*}} : i32
// CHECK: arith.muli %[[SAFE]], %c2_i32
// CHECK: %[[ID:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK: %[[OURS:.*]] = arith.cmpi ult, %[[ID]], %c8_i32{{.*}} : i32
// CHECK: arith.select %[[OURS]], %c1_i32{{.*}}, %c0_i32{{.*}} : i32
// CHECK: arith.select %{{.*}}, %c2_i32{{.*}}, %c0_i32{{.*}} : i32
// CHECK: %[[BITS:.*]] = arith.ori
// CHECK: arith.select %[[INSIDE]], %[[BITS]], %{{.*}} : i32
gpu.module @m {
  gpu.func @read_row_slots(%ids: memref<?xi32>, %row: index, %tokens: index)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %bits = pipe.read_row_slots %ids[%row] below %tokens slots = 2
          experts = 8 : memref<?xi32>
    }
    gpu.return
  }
}

// -----

// 16-byte chunk c of row r lies at c xor (r mod 8): 8 chunks, of each two rows 8
// apart (1024 bytes). What takes no part is added as zero.
// CHECK-LABEL: llvm.func @add_tiles
// CHECK: %[[SHIFTED:.*]] = arith.shrui %{{.*}}, %{{.*}} : i32
// CHECK: %[[BIT:.*]] = arith.andi %[[SHIFTED]], %c1_i32
// CHECK: %[[MASK:.*]] = arith.subi %c0_i32{{.*}}, %[[BIT]] : i32
// CHECK: %[[PAIR:.*]] = llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK: %[[KEPT:.*]] = arith.andi %[[PAIR]], %[[MASK]] : i32
// CHECK: %[[LOW:.*]] = arith.shli %[[KEPT]], %c16_i32
// CHECK: %[[TERM:.*]] = llvm.bitcast %[[LOW]] : i32 to f32
// CHECK: llvm.fadd %{{.*}}, %[[TERM]] : f32
// CHECK: %[[HIGH:.*]] = arith.andi %[[KEPT]], %c-65536_i32
// CHECK: %[[NEXT:.*]] = llvm.bitcast %[[HIGH]] : i32 to f32
// CHECK: llvm.fadd %{{.*}}, %[[NEXT]] : f32
// CHECK: arith.xori %{{.*}}, %c16_i32
// CHECK: arith.xori %{{.*}}, %c112_i32
!acc = !pipe.acc<64x64xf32>
!tile = !pipe.tile<64x64xbf16>
gpu.module @m {
  gpu.func @add_tiles(%ids: memref<?xi32>, %row: index, %tokens: index)
      kernel attributes {pipe.shared_memory = 8192 : i64} {
    %tile = pipe.buffer at 0 : !tile
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %bits = pipe.read_row_slots %ids[%row] below %tokens slots = 2
          experts = 8 : memref<?xi32>
      %acc = pipe.zeros : !acc
      %sum = pipe.add_tiles %acc, (%tile) if %bits at %row : !acc, !tile
    }
    gpu.return
  }
}

// -----

// What a store would round is rounded, then added as what is read back would be.
// CHECK-LABEL: llvm.func @add_rounded
// CHECK: nvvm.convert.f32x2.to.bf16x2
// CHECK: llvm.bitcast %{{.*}} : vector<2xbf16> to i32
// CHECK: arith.andi
// CHECK: llvm.fadd
// CHECK: %[[FACTOR:.*]] = arith.constant 2.500000e+00 : f32
// CHECK-COUNT-4: llvm.fmul %{{.*}}, %[[FACTOR]] : f32
!acc = !pipe.acc<64x8xf32>
gpu.module @m {
  gpu.func @add_rounded(%ids: memref<?xi32>, %row: index, %tokens: index)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %bits = pipe.read_row_slots %ids[%row] below %tokens slots = 2
          experts = 8 : memref<?xi32>
      %acc = pipe.zeros : !acc
      %sum = pipe.add_rounded %acc, %acc if %bits at %row : !acc
      %out = pipe.scale %sum by 2.5 : !acc
    }
    gpu.return
  }
}

// -----

// Rows that belong to nobody: as many tiles as hold them, the last perhaps with
// fewer rows, and nothing is read to know it.
// CHECK-LABEL: llvm.func @rows_of_nobody
// CHECK-NOT: llvm.load
// CHECK: %[[UP:.*]] = arith.addi %{{.*}}, %c63_i32
// CHECK: arith.divui %[[UP]], %c64_i32
// CHECK: arith.subi %{{.*}}, %{{.*}} : i32
gpu.module @m {
  gpu.func @rows_of_nobody(%tokens: index)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles rows(%tokens) block_m = 64 row_alignment = 64
          column_tiles = 3 group_m = 1 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      }
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}
