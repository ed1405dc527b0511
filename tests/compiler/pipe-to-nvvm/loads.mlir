// Loads of a fill: boxes by TMA, gathered rows by cp.async.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// The instruction names the innermost coordinate first.
// CHECK-LABEL: llvm.func @box
// CHECK-SAME: %[[MAP:.*]]: !llvm.ptr {{{.*}}nvvm.grid_constant}
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %[[MAP]], %{{.*}}, box[%c384_i32{{.*}}, %c64_i32{{.*}}, %c5_i32{{.*}}] {isCTAOnly = true}
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8>
!map = !pipe.tensor_map<8x128x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @box(%w: !map) kernel attributes {pipe.shared_memory = 16416 : i64} {
    %expert = arith.constant 5 : index
    %row = arith.constant 64 : index
    %column = arith.constant 384 : index
    %ring = pipe.ring at [0, 16384] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%t: !f8):
        pipe.load_box %w[%expert, %row, %column] to %t : !map to !f8
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// Eight threads a row, 16 bytes each, in the swizzle of TMA: chunk c of row r
// lies at chunk c xor (r mod 8).
// CHECK-LABEL: llvm.func @rows_are_swizzled
// CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x : i32
// CHECK: nvvm.mbarrier.try_wait
// CHECK: %[[CHUNK:.*]] = arith.remui %[[THREAD]], %c8_i32{{.*}} : i32
// CHECK: %[[ROW:.*]] = arith.divui %[[THREAD]], %c8_i32{{.*}} : i32
// CHECK: %[[INNER:.*]] = arith.remui %[[ROW]], %c8_i32{{.*}} : i32
// CHECK: arith.xori %[[CHUNK]], %[[INNER]] : i32
// CHECK-COUNT-4: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg, %{{.*}} :
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.mbarrier.arrive %{{.*}} {noinc = true}
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8>
!rows = !pipe.rows<64, gather>
gpu.module @m {
  gpu.func @rows_are_swizzled(
      %x: memref<?x192xf8E4M3FN>, %map: memref<?xi32>, %i: index)
      kernel attributes {pipe.shared_memory = 16416 : i64} {
    %ring = pipe.ring at [0, 16384] : !ring
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.read_rows %map[%i] below %i : memref<?xi32> -> !rows
      pipe.fill %ring {
      ^bb0(%t: !f8):
        pipe.load_rows %x[%rows, %i] to %t : memref<?x192xf8E4M3FN>, !rows to !f8
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 224 {}
    gpu.return
  }
}

// -----

// Columns outside the matrix (unsigned: those before it too) and padding rows
// (negative) copy 0 bytes, which fills with zeros. Offsets are 64 bits wide.
// CHECK-LABEL: llvm.func @outside_reads_as_zero
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[COLUMN:.*]], %c192_i32{{.*}} : i32
// CHECK: %[[REAL:.*]] = arith.cmpi sge, %[[ROW:.*]], %c0_i32{{.*}} : i32
// CHECK: %[[SAFE:.*]] = arith.select %[[REAL]], %[[ROW]], %c0_i32{{.*}} : i32
// CHECK: %[[WIDE:.*]] = arith.extui %[[SAFE]] : i32 to i64
// CHECK: arith.muli %[[WIDE]], %c192_i64 : i64
// CHECK: %[[VALID:.*]] = arith.andi %[[REAL]], %[[INSIDE]] : i1
// CHECK: %[[SIZE:.*]] = arith.select %[[VALID]], %c16_i32{{.*}}, %c0_i32{{.*}} : i32
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg, %[[SIZE]] :
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8>
!rows = !pipe.rows<64, gather>
gpu.module @m {
  gpu.func @outside_reads_as_zero(
      %x: memref<?x192xf8E4M3FN>, %map: memref<?xi32>, %i: index)
      kernel attributes {pipe.shared_memory = 16416 : i64} {
    %ring = pipe.ring at [0, 16384] : !ring
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.read_rows %map[%i] below %i : memref<?xi32> -> !rows
      pipe.fill %ring {
      ^bb0(%t: !f8):
        pipe.load_rows %x[%rows, %i] to %t : memref<?x192xf8E4M3FN>, !rows to !f8
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 224 {}
    gpu.return
  }
}

// -----

// One f32 a row: 4 bytes, by the first 64 threads.
// CHECK-LABEL: llvm.func @scales_of_rows
// CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x : i32
// CHECK: %[[MINE:.*]] = arith.cmpi ult, %[[THREAD]], %c64_i32{{.*}} : i32
// CHECK: scf.if %[[MINE]]
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 4, cache = ca, %{{.*}} :
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.mbarrier.arrive
!scales = !pipe.tile<64x1xf32>
!ring = !pipe.ring<2, !scales>
!rows = !pipe.rows<64, gather>
gpu.module @m {
  gpu.func @scales_of_rows(
      %xs: memref<?x4xf32>, %map: memref<?xi32>, %i: index)
      kernel attributes {pipe.shared_memory = 544 : i64} {
    %ring = pipe.ring at [0, 512] : !ring
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.read_rows %map[%i] below %i : memref<?xi32> -> !rows
      pipe.fill %ring {
      ^bb0(%t: !scales):
        pipe.load_rows %xs[%rows, %i] to %t
            : memref<?x4xf32>, !rows to !scales
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 224 {}
    gpu.return
  }
}

// -----

// A row number is that of the pair's token; of padding, which is no pair, it is
// negative.
// CHECK-LABEL: llvm.func @row_numbers
// CHECK: %[[PAIR:.*]] = llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr<1> -> i32
// CHECK-NEXT: %[[REAL:.*]] = arith.cmpi ult, %[[PAIR]], %[[PAIRS:.*]] : i32
// CHECK: %[[TOKEN:.*]] = arith.divui %[[PAIR]], %c3_i32{{.*}} : i32
// CHECK: arith.select %[[REAL]], %[[TOKEN]], %c-1_i32{{.*}} : i32
gpu.module @m {
  gpu.func @row_numbers(%map: memref<?xi32>, %row: index, %pairs: index)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.read_rows %map[%row] below %pairs divisor = 3
          : memref<?xi32> -> !pipe.rows<64, gather>
    }
    pipe.role consumer warpgroups = 1 registers = 224 {}
    gpu.return
  }
}

// -----

// The 128 threads have 16 rows at a time: of the second 16 rows of 24 there are
// 8, and 24 threads have a scale. Row numbers past the tile are read of another
// row of it. Slots of 24 scales lie 128 bytes apart.
// CHECK-LABEL: llvm.func @rows_past_the_tile
// CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x : i32
// CHECK: arith.remui %{{.*}}, %c24_i32{{.*}} : i32
// CHECK: arith.remui %{{.*}}, %c24_i32{{.*}} : i32
// CHECK: nvvm.mbarrier.try_wait
// CHECK: arith.muli %{{.*}}, %c3072_i32{{.*}} : i32
// CHECK: arith.muli %{{.*}}, %c128_i32{{.*}} : i32
// CHECK: %[[ROW:.*]] = arith.divui %[[THREAD]], %c8_i32{{.*}} : i32
// CHECK: nvvm.cp.async.shared.global %[[FIRST:.*]], %{{.*}}, 16, cache = cg,
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[ROW]], %c8_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[INSIDE]] {
// CHECK: %[[SECOND:.*]] = llvm.getelementptr inbounds %[[FIRST]][2048]
// CHECK: nvvm.cp.async.shared.global %[[SECOND]], %{{.*}}, 16, cache = cg,
// CHECK-NEXT: }
// CHECK: %[[MINE:.*]] = arith.cmpi ult, %[[THREAD]], %c24_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[MINE]] {
// CHECK: nvvm.cp.async.shared.global {{.*}}, 4, cache = ca,
!f8 = !pipe.tile<24x128xf8E4M3FN>
!scales = !pipe.tile<24x1xf32>
!ring = !pipe.ring<2, !f8, !scales>
!rows = !pipe.rows<24, gather>
gpu.module @m {
  gpu.func @rows_past_the_tile(
      %x: memref<?x192xf8E4M3FN>, %xs: memref<?x2xf32>, %map: memref<?xi32>,
      %i: index) kernel attributes {pipe.shared_memory = 6432 : i64} {
    %ring = pipe.ring at [0, 6144, 6400] : !ring
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.read_rows %map[%i] below %i : memref<?xi32> -> !rows
      pipe.fill %ring {
      ^bb0(%t: !f8, %s: !scales):
        pipe.load_rows %x[%rows, %i] to %t
            : memref<?x192xf8E4M3FN>, !rows to !f8
        pipe.load_rows %xs[%rows, %i] to %s
            : memref<?x2xf32>, !rows to !scales
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 224 {}
    gpu.return
  }
}

// -----

// Half of the threads have a row of 8.
// CHECK-LABEL: llvm.func @half_the_threads
// CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x : i32
// CHECK: nvvm.mbarrier.try_wait
// CHECK: %[[ROW:.*]] = arith.divui %[[THREAD]], %c8_i32{{.*}} : i32
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[ROW]], %c8_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[INSIDE]] {
// CHECK: nvvm.cp.async.shared.global
// CHECK-NEXT: }
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.mbarrier.arrive
!f8 = !pipe.tile<8x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8>
!rows = !pipe.rows<8, gather>
gpu.module @m {
  gpu.func @half_the_threads(
      %x: memref<?x192xf8E4M3FN>, %map: memref<?xi32>, %i: index)
      kernel attributes {pipe.shared_memory = 2080 : i64} {
    %ring = pipe.ring at [0, 2048] : !ring
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.read_rows %map[%i] below %i : memref<?xi32> -> !rows
      pipe.fill %ring {
      ^bb0(%t: !f8):
        pipe.load_rows %x[%rows, %i] to %t : memref<?x192xf8E4M3FN>, !rows to !f8
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 224 {}
    gpu.return
  }
}
