// Grids that start inside a scale block: K blocks and column pieces start on
// the grid, the first ones perhaps before the tensor.

// RUN: moe-opt %s --convert-moe-to-pipe --split-input-file | FileCheck %s

// 192 columns from 96 touch three K blocks; the first starts at column -96. The
// scales are those of the block, whatever the offset.
// CHECK-LABEL: gpu.func @first_k_block_starts_before_zero
// CHECK: %[[BLOCKS:.*]] = arith.constant 3 : index
// CHECK: scf.for %[[K:.*]] = %{{.*}} to %[[BLOCKS]] step
// CHECK: %[[GRID:.*]] = arith.muli %[[K]], %{{.*}} : index
// CHECK: %[[OFFSET:.*]] = arith.constant 96 : index
// CHECK: %[[COLUMN:.*]] = arith.subi %[[GRID]], %[[OFFSET]] : index
// CHECK: pipe.load_box %{{.*}}[%{{.*}}, %{{.*}}, %[[COLUMN]]] to
// CHECK: pipe.load_block_scales %{{.*}}[%{{.*}}, (%{{.*}}), %[[K]]] to
// CHECK: pipe.role late_producer
// CHECK: %[[BLOCKS:.*]] = arith.constant 3 : index
// CHECK: scf.for %[[K:.*]] = %{{.*}} to %[[BLOCKS]] step
// CHECK: %[[GRID:.*]] = arith.muli %[[K]], %{{.*}} : index
// CHECK: %[[OFFSET:.*]] = arith.constant 96 : index
// CHECK: %[[COLUMN:.*]] = arith.subi %[[GRID]], %[[OFFSET]] : index
// CHECK: pipe.load_box %{{.*}}[%{{.*}}, %[[COLUMN]]] to
// CHECK: pipe.load_box %{{.*}}[%[[K]], %{{.*}}] to
func.func @first_k_block_starts_before_zero(
    %x: memref<?x192xf8E4M3FN>, %xs: memref<3x?xf32>,
    %w: memref<8x128x192xf8E4M3FN>, %ws: memref<8x1x3xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast k_offset = 96 slots = 1
      row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x192xf8E4M3FN>, memref<3x?xf32>, memref<8x128x192xf8E4M3FN>,
        memref<8x1x3xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// 192 columns from 80 need three pieces of 128: the first starts at column -80
// and writes from column 0 on.
// CHECK-LABEL: gpu.func @first_column_piece_starts_before_zero
// CHECK: pipe.role consumer
// CHECK: pipe.tiles {{.*}} column_tiles = 3 group_m = 16
// CHECK: %[[WIDTH:.*]] = arith.constant 192 : index
// CHECK: %[[FIRST:.*]] = arith.muli %{{.*}}, %[[WIDTH]] : index
// CHECK: %[[LAST:.*]] = arith.addi %[[FIRST]], %{{.*}} : index
// CHECK: %[[GRID:.*]] = arith.addi %[[FIRST]], %{{.*}} : index
// CHECK: %[[OFFSET:.*]] = arith.constant 80 : index
// CHECK: %[[COLUMN:.*]] = arith.subi %[[GRID]], %[[OFFSET]] : index
// CHECK: pipe.store_rows %{{.*}}[%{{.*}}, %[[COLUMN]]] columns %[[FIRST]] to %[[LAST]]
func.func @first_column_piece_starts_before_zero(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x192x512xf8E4M3FN>, %ws: memref<8x3x4xf32>,
    %y: memref<?x192xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast n_offset = 80 slots = 1
      row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x192x512xf8E4M3FN>,
        memref<8x3x4xf32>, memref<?x192xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// In pieces of 64 the first one, wholly before the tensor, is left out: four
// pieces from 64 on the grid. Two of them share a row of scales.
// CHECK-LABEL: gpu.func @narrow_pieces_start_where_the_tensor_does
// CHECK: pipe.tiles {{.*}} column_tiles = 4 group_m = 16
// CHECK: %[[WIDTH:.*]] = arith.constant 64 : index
// CHECK-NEXT: %[[PIECE:.*]] = arith.muli %{{.*}}, %[[WIDTH]] : index
// CHECK-NEXT: %[[START:.*]] = arith.constant 64 : index
// CHECK-NEXT: %[[GRID:.*]] = arith.addi %[[PIECE]], %[[START]] : index
// CHECK-NEXT: %[[BLOCK:.*]] = arith.constant 128 : index
// CHECK-NEXT: %[[LINE:.*]] = arith.divui %[[GRID]], %[[BLOCK]] : index
// CHECK: %[[SAFE:.*]] = arith.minui %[[LINE]], %{{.*}} : index
// CHECK: %[[PART:.*]] = arith.addi %{{.*}}, %[[SAFE]] : index
// CHECK: pipe.load_block_scales %{{.*}}[%{{.*}}, (%[[PART]]), %{{.*}}] to %{{.*}} : memref<8x3x4xf32> to <1x1xf32>
func.func @narrow_pieces_start_where_the_tensor_does(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x192x512xf8E4M3FN>, %ws: memref<8x3x4xf32>,
    %y: memref<?x192xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast n_offset = 80 slots = 1
      row_alignment = 64
      schedule = <tile = 64x64x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x192x512xf8E4M3FN>,
        memref<8x3x4xf32>, memref<?x192xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}
