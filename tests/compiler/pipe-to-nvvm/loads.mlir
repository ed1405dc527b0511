// Loads of a fill: boxes by TMA, gathered rows and scales of blocks by cp.async.

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
// lies at chunk c xor (r mod 8). The address is computed for each thread, and L2
// is to keep the rows.
// CHECK-LABEL: llvm.func @rows_are_swizzled
// CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x : i32
// CHECK: nvvm.mbarrier.try_wait
// CHECK: %[[CHUNK:.*]] = arith.remui %[[THREAD]], %c8_i32{{.*}} : i32
// CHECK: %[[ROW:.*]] = arith.divui %[[THREAD]], %c8_i32{{.*}} : i32
// CHECK: %[[INNER:.*]] = arith.remui %[[ROW]], %c8_i32{{.*}} : i32
// CHECK: arith.xori %[[CHUNK]], %[[INNER]] : i32
// CHECK: %[[ADDRESS:.*]] = llvm.ptrtoint %{{.*}} : !llvm.ptr<3> to i32
// CHECK: %[[ZERO:.*]] = nvvm.read.ptx.sreg.tid.z : i32
// CHECK: %[[ONE:.*]] = arith.addi %[[ZERO]], %c1_i32{{.*}} : i32
// CHECK: arith.muli %[[ADDRESS]], %[[ONE]] : i32
// CHECK: %[[KEEP:.*]] = llvm.inline_asm {{.*}}"createpolicy.fractional.L2::evict_last.b64 $0, 1.0;"
// CHECK: llvm.inline_asm has_side_effects {{.*}}"cp.async.cg.shared.global.L2::cache_hint [$0], [$1], 16, $2, $3;", "r,l,r,l,~{memory}" %{{.*}}, %{{.*}}, %{{.*}}, %[[KEEP]]
// CHECK-COUNT-3: "cp.async.cg.shared.global.L2::cache_hint [$0], [$1], 16, $2, $3;"
// CHECK-NOT: cp.async.cg
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
// CHECK: "cp.async.cg.shared.global.L2::cache_hint [$0], [$1], 16, $2, $3;", {{.*}} %{{.*}}, %{{.*}}, %[[SIZE]], %{{.*}} :
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

// Rows as they are: the first one and the thread's own, no load of numbers.
// CHECK-LABEL: llvm.func @rows_of_a_range
// CHECK-SAME: %[[ARG:[a-z0-9]+]]: i32
// CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x : i32
// CHECK: %[[ROW:.*]] = arith.index_cast %[[ARG]] : i32 to index
// CHECK-NOT: llvm.load %{{.*}} i32
// CHECK: %[[FIRST:.*]] = arith.index_cast %[[ROW]] : index to i32
// CHECK: arith.divui %[[THREAD]], %c8_i32{{.*}} : i32
// CHECK-COUNT-4: arith.addi %[[FIRST]], %{{.*}} : i32
// CHECK-COUNT-4: "cp.async.cg.shared.global.L2::cache_hint [$0], [$1], 16, $2, $3;"
// CHECK-NOT: cp.async.cg
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8>
!rows = !pipe.rows<64, gather>
gpu.module @m {
  gpu.func @rows_of_a_range(%row: index, %x: memref<?x192xf8E4M3FN>)
      kernel attributes {pipe.shared_memory = 16416 : i64} {
    %c0 = arith.constant 0 : index
    %ring = pipe.ring at [0, 16384] : !ring
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.row_range %row : !rows
      pipe.fill %ring {
      ^bb0(%t: !f8):
        pipe.load_rows %x[%rows, %c0] to %t : memref<?x192xf8E4M3FN>, !rows to !f8
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
// CHECK: "cp.async.cg.shared.global.L2::cache_hint [$0], [$1], 16, $2, $3;"
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[ROW]], %c8_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[INSIDE]] {
// CHECK: %[[SECOND:.*]] = arith.addi %{{.*}}, %c2048_i32{{.*}} : i32
// CHECK: "cp.async.cg.shared.global.L2::cache_hint [$0], [$1], 16, $2, $3;", {{.*}} %[[SECOND]], %{{.*}}
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
// CHECK: "cp.async.cg.shared.global.L2::cache_hint [$0], [$1], 16, $2, $3;"{{.*$}}
// CHECK-NEXT: }
// CHECK-NOT: cp.async.cg
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

// -----

// Four bytes for each line, at ((expert * 3) + line) * 4 + k of the scales, by
// the thread that speaks to TMA. Full are the slots when its boxes and what it
// copied have landed.
// CHECK-LABEL: llvm.func @scales_of_blocks
// CHECK-COUNT-2: nvvm.mbarrier.init %{{.*}}, %c2_i32{{.*}} :
// CHECK: nvvm.elect.sync
// CHECK: nvvm.mbarrier.try_wait
// CHECK: nvvm.mbarrier.arrive.expect_tx
// CHECK: nvvm.cp.async.bulk.tensor
// CHECK-NOT: scf.if
// CHECK: %[[EXPERT:.*]] = arith.muli %{{.*}}, %c3_i64{{.*}} : i64
// CHECK: %[[BLOCK:.*]] = arith.addi %[[EXPERT]], %{{.*}} : i64
// CHECK: %[[LINE:.*]] = arith.muli %[[BLOCK]], %c4_i64{{.*}} : i64
// CHECK: %[[ELEMENT:.*]] = arith.addi %[[LINE]], %{{.*}} : i64
// CHECK: %[[FROM:.*]] = llvm.getelementptr inbounds %{{.*}}[%[[ELEMENT]]] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, f32
// CHECK: nvvm.cp.async.shared.global %[[TILE:.*]], %[[FROM]], 4, cache = ca, %{{.*}} :
// CHECK: %[[SECOND:.*]] = llvm.getelementptr inbounds %[[TILE]][4]
// CHECK: nvvm.cp.async.shared.global %[[SECOND]], %{{.*}}, 4, cache = ca, %{{.*}} :
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.mbarrier.arrive %{{.*}} {noinc = true}
!f8 = !pipe.tile<64x128xf8E4M3FN>
!scales = !pipe.tile<2x1xf32>
!ring = !pipe.ring<2, !f8, !scales>
!map = !pipe.tensor_map<8x128x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @scales_of_blocks(%w: !map, %ws: memref<8x3x4xf32>, %e: index,
                             %line0: index, %line1: index, %k: index)
      kernel attributes {pipe.shared_memory = 16672 : i64} {
    %ring = pipe.ring at [0, 16384, 16640] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%t: !f8, %s: !scales):
        pipe.load_box %w[%e, %k, %k] to %t : !map to !f8
        pipe.load_block_scales %ws[%e, (%line0, %line1), %k] to %s
            : memref<8x3x4xf32> to !scales
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// Where all threads of the producer gather, the first one copies, and each
// arrives once, as it does without scales of blocks.
// CHECK-LABEL: llvm.func @scales_beside_gathered_rows
// CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x : i32
// CHECK-COUNT-2: nvvm.mbarrier.init %{{.*}}, %c128_i32{{.*}} :
// CHECK: nvvm.mbarrier.try_wait
// CHECK-COUNT-4: "cp.async.cg.shared.global.L2::cache_hint [$0], [$1], 16, $2, $3;"
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[THREAD]], %c0_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[FIRST]] {
// CHECK: nvvm.cp.async.shared.global {{.*}}, 4, cache = ca,
// CHECK-NEXT: }
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.mbarrier.arrive %{{.*}} {noinc = true}
!f8 = !pipe.tile<64x128xf8E4M3FN>
!scales = !pipe.tile<1x1xf32>
!ring = !pipe.ring<2, !f8, !scales>
!rows = !pipe.rows<64, gather>
gpu.module @m {
  gpu.func @scales_beside_gathered_rows(
      %x: memref<?x192xf8E4M3FN>, %map: memref<?xi32>, %ws: memref<8x1x2xf32>,
      %i: index) kernel attributes {pipe.shared_memory = 16672 : i64} {
    %ring = pipe.ring at [0, 16384, 16640] : !ring
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.read_rows %map[%i] below %i : memref<?xi32> -> !rows
      pipe.fill %ring {
      ^bb0(%t: !f8, %s: !scales):
        pipe.load_rows %x[%rows, %i] to %t : memref<?x192xf8E4M3FN>, !rows to !f8
        pipe.load_block_scales %ws[%i, (%i), %i] to %s
            : memref<8x1x2xf32> to !scales
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 224 {}
    gpu.return
  }
}

// -----

// Every consumer thread reads the scale from the slot.
// CHECK-LABEL: llvm.func @read_block_scale
// CHECK: nvvm.setmaxregister increase
// CHECK: nvvm.mbarrier.try_wait
// CHECK: %[[PLACE:.*]] = llvm.getelementptr inbounds %{{.*}}[4]
// CHECK-NEXT: llvm.load %[[PLACE]] {alignment = 4 : i64} : !llvm.ptr<3> -> f32
// CHECK: nvvm.inline_ptx "mbarrier.arrive
!scales = !pipe.tile<2x1xf32>
!ring = !pipe.ring<2, !scales>
!acc = !pipe.acc<64x64xf32>
gpu.module @m {
  gpu.func @read_block_scale(%row: index, %weights: memref<?xf32>)
      kernel attributes {pipe.shared_memory = 288 : i64} {
    %ring = pipe.ring at [0, 256] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %scale = pipe.drain %ring {
      ^bb0(%t: !scales):
        %second = pipe.read_block_scale %t[1] : !scales
        pipe.yield %second : f32
      } : !ring -> f32
      %zero = pipe.zeros : !acc
      %rows = pipe.read_row_weights %weights[%row] : memref<?xf32>
      %sum = pipe.scale_add %zero, %zero by %rows, %scale : !acc
    }
    gpu.return
  }
}

// -----

// Four scales of a row are 16 bytes of one copy: a row to each thread. So are
// those of a block of weights, which one thread copies.
// CHECK-LABEL: llvm.func @four_scales
// CHECK: nvvm.mbarrier.init %{{.*}}, %c128_i32{{.*}} :
// CHECK: %[[PLACE:.*]] = arith.muli %{{.*}}, %c16_i32{{.*}} : i32
// CHECK: llvm.getelementptr inbounds %{{.*}}[%[[PLACE]]] : (!llvm.ptr<3>, i32)
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = cg,
// CHECK: scf.if
// CHECK: nvvm.cp.async.shared.global %[[TILE:.*]], %{{.*}}, 16, cache = cg,
// CHECK: %[[SECOND:.*]] = llvm.getelementptr inbounds %[[TILE]][16]
// CHECK: nvvm.cp.async.shared.global %[[SECOND]], %{{.*}}, 16, cache = cg,
// CHECK-NEXT: }
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.mbarrier.arrive %{{.*}} {noinc = true}
!rows = !pipe.rows<128, gather>
!scales = !pipe.tile<128x4xf32>
!bscales = !pipe.tile<2x4xf32>
!ring = !pipe.ring<2, !scales, !bscales>
gpu.module @m {
  gpu.func @four_scales(%xs: memref<?x8xf32>, %ws: memref<8x2x8xf32>,
                        %map: memref<?xi32>, %i: index)
      kernel attributes {pipe.shared_memory = 4384 : i64} {
    %ring = pipe.ring at [0, 4096, 4352] : !ring
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.read_rows %map[%i] below %i : memref<?xi32> -> !rows
      pipe.fill %ring {
      ^bb0(%s: !scales, %b: !bscales):
        pipe.load_rows %xs[%rows, %i] to %s : memref<?x8xf32>, !rows to !scales
        pipe.load_block_scales %ws[%i, (%i, %i), %i] to %b
            : memref<8x2x8xf32> to !bscales
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 224 {}
    gpu.return
  }
}

// -----

// A column is 4 bytes on, a line of four scales 16.
// CHECK-LABEL: llvm.func @columns_of_scales
// CHECK: nvvm.setmaxregister increase
// CHECK: nvvm.mbarrier.try_wait
// CHECK: %[[BYTES:.*]] = arith.muli %{{.*}}, %c4_i32{{.*}} : i32
// CHECK-NEXT: %[[COLUMN:.*]] = llvm.getelementptr inbounds %{{.*}}[%[[BYTES]]] : (!llvm.ptr<3>, i32)
// CHECK: %[[PLACE:.*]] = llvm.getelementptr inbounds %[[COLUMN]][%{{.*}}]
// CHECK-NEXT: llvm.load %[[PLACE]] {alignment = 4 : i64} : !llvm.ptr<3> -> f32
// CHECK: llvm.getelementptr inbounds %[[COLUMN]][%
// CHECK-NEXT: llvm.load
// CHECK: %[[BYTES:.*]] = arith.muli %{{.*}}, %c4_i32{{.*}} : i32
// CHECK-NEXT: %[[COLUMN:.*]] = llvm.getelementptr inbounds %{{.*}}[%[[BYTES]]] : (!llvm.ptr<3>, i32)
// CHECK: %[[PLACE:.*]] = llvm.getelementptr inbounds %[[COLUMN]][16]
// CHECK-NEXT: llvm.load %[[PLACE]] {alignment = 4 : i64} : !llvm.ptr<3> -> f32
// CHECK: nvvm.inline_ptx "mbarrier.arrive
!scales = !pipe.tile<64x4xf32>
!bscales = !pipe.tile<2x4xf32>
!ring = !pipe.ring<2, !scales, !bscales>
!acc = !pipe.acc<64x64xf32>
gpu.module @m {
  gpu.func @columns_of_scales(%column: index)
      kernel attributes {pipe.shared_memory = 2336 : i64} {
    %ring = pipe.ring at [0, 2048, 2304] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %rows, %scale = pipe.drain %ring {
      ^bb0(%s: !scales, %b: !bscales):
        %of_rows = pipe.read_row_scales %s column %column : !scales
        %second = pipe.read_block_scale %b[1] column %column : !bscales
        pipe.yield %of_rows, %second : !pipe.row_scales, f32
      } : !ring -> !pipe.row_scales, f32
      %zero = pipe.zeros : !acc
      %sum = pipe.scale_add %zero, %zero by %rows, %scale : !acc
    }
    gpu.return
  }
}

// -----

// Boxes of fewer rows than the tile follow each other, as many as fill the rows
// that are loaded; their bytes are announced.
// CHECK-LABEL: llvm.func @boxes_of_rows
// CHECK: nvvm.mbarrier.arrive.expect_tx %{{.*}}, %c16384_i32{{.*}} :
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %[[MAP:.*]], %{{.*}}, box[%c0_i32{{.*}}, %c256_i32{{.*}}, %c0_i32{{.*}}]
// CHECK: %[[ROW:.*]] = arith.constant 320 : i32
// CHECK: %[[BEHIND:.*]] = llvm.getelementptr inbounds %{{.*}}[%c8192_i32{{.*}}]
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %[[BEHIND]], %[[MAP]], %{{.*}}, box[%c0_i32{{.*}}, %[[ROW]], %c0_i32{{.*}}]
// CHECK: nvvm.mbarrier.arrive.expect_tx %{{.*}}, %c8192_i32{{.*}} :
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global
// CHECK-NOT: nvvm.cp.async.bulk.tensor
// CHECK: llvm.return
!f8 = !pipe.tile<128x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8>
!map = !pipe.tensor_map<8x512x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @boxes_of_rows(%w: !map) kernel attributes {pipe.shared_memory = 32800 : i64} {
    %c0 = arith.constant 0 : index
    %row = arith.constant 256 : index
    %ring = pipe.ring at [0, 32768] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%t: !f8):
        pipe.load_box %w[%c0, %row, %c0] to %t : !map to !f8
      } : !ring
      pipe.fill %ring {
      ^bb0(%t: !f8):
        pipe.load_box %w[%c0, %row, %c0] to %t rows = 64 : !map to !f8
      } : !ring
    }
    pipe.role consumer warpgroups = 2 registers = 232 {}
    gpu.return
  }
}
