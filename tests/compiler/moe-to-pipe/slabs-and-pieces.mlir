// A warpgroup's share of a tile: slabs of 64 rows by pieces of at most 128
// columns, each with an accumulator, all with one temporary.

// RUN: moe-opt %s --convert-moe-to-pipe --split-input-file | FileCheck %s

// Two slabs: the second part takes the registers of the first, which was added
// inside the drain. The last part is added behind it. Each warpgroup leaves one
// slab after the other to its sender.
// CHECK-LABEL: gpu.func @slabs
// CHECK: iter_args(%[[ACC0:.*]] = %{{.*}}, %[[ACC1:.*]] = %{{.*}})
// CHECK: pipe.drain
// CHECK: pipe.mma %[[A:.*]], %[[B:.*]] : <256x128xf8E4M3FN>,
// CHECK: %[[PART0:.*]] = pipe.mma_wait
// CHECK: %[[SUM0:.*]] = pipe.scale_add %[[ACC0]], %[[PART0]]
// CHECK: pipe.mma %[[A]], %[[B]] slab = 1 reuse %[[PART0]]
// CHECK: %[[PART1:.*]] = pipe.mma_wait
// CHECK: pipe.yield %[[SUM0]], %[[PART1]],
// CHECK: pipe.scale_add %[[ACC1]],
// CHECK-COUNT-2: pipe.store_rows {{.*}} by !pipe.outbox<2 senders, 64 rows>
func.func @slabs(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 256
      schedule = <tile = 256x128x128, stages = 3, consumers = 2, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// Gate and up in tiles of 256: a tile holds the same piece of both, each with
// its scale, and one slab of A serves both. They lie apart in C.
// CHECK-LABEL: gpu.func @a_piece_of_each_part
// CHECK: pipe.ring : <4, !pipe.tile<64x128xf8E4M3FN>, !pipe.tile<128x128xf8E4M3FN>, !pipe.tile<128x128xf8E4M3FN>, !pipe.tile<64x1xf32>, !pipe.tile<2x1xf32>>
// CHECK: pipe.tiles {{.*}} column_tiles = 2 group_m
// CHECK: pipe.load_block_scales %{{.*}}[%{{.*}}, (%{{[^ ,]*}}, %{{[^ ,]*}}), %{{.*}}] to %{{.*}} : memref<8x4x4xf32> to <2x1xf32>
// CHECK: pipe.role consumer
// CHECK: scf.for
// CHECK: %[[SCALE0:.*]] = pipe.read_block_scale %[[TILE:.*]][0] :
// CHECK: %[[SCALE1:.*]] = pipe.read_block_scale %[[TILE]][1] :
// CHECK: pipe.mma %[[A:.*]], %[[GATE:.*]] : <64x128xf8E4M3FN>,
// CHECK: pipe.scale_add {{.*}}, %[[SCALE0]] :
// CHECK: pipe.mma %[[A]], %[[UP:.*]] reuse
// CHECK: } : <4,
// CHECK: pipe.scale_add
// CHECK: pipe.store_rows %[[SUM:.*]]#0 via
// CHECK: pipe.store_rows %[[SUM]]#1 via
func.func @a_piece_of_each_part(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x512x512xf8E4M3FN>, %ws: memref<8x4x4xf32>,
    %y: memref<?x512xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast parts = 2 slots = 1
      row_alignment = 64
      schedule = <tile = 64x256x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x512x512xf8E4M3FN>,
        memref<8x4x4xf32>, memref<?x512xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// In tiles of 128 the pieces of up follow those of gate: piece / 2 is the part,
// piece mod 2 the piece of it.
// CHECK-LABEL: gpu.func @part_after_part
// CHECK: pipe.tiles {{.*}} column_tiles = 4 group_m
// CHECK: %[[PIECES:.*]] = arith.constant 2 : index
// CHECK: %[[PART:.*]] = arith.divui %{{.*}}, %[[PIECES]] : index
// CHECK: %[[PIECE:.*]] = arith.remui %{{.*}}, %[[PIECES]] : index
// CHECK: %[[WIDTH:.*]] = arith.constant 192 : index
// CHECK: arith.muli %[[PART]], %[[WIDTH]] : index
func.func @part_after_part(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x384x512xf8E4M3FN>, %ws: memref<8x4x4xf32>,
    %y: memref<?x384xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast parts = 2 slots = 1
      row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x384x512xf8E4M3FN>,
        memref<8x4x4xf32>, memref<?x384xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// One part of 384 columns in tiles of 256: the last tile holds a piece past the
// end. Its scale is read from the last row there is. Pieces of one part leave
// together, up to the last column.
// CHECK-LABEL: gpu.func @a_piece_past_the_end
// CHECK: pipe.buffer : <64x264xbf16>
// CHECK: pipe.tiles {{.*}} column_tiles = 2 group_m
// CHECK: arith.divui
// CHECK-NEXT: %[[LAST0:.*]] = arith.constant 2 : index
// CHECK-NEXT: arith.minui %{{.*}}, %[[LAST0]] : index
// CHECK: arith.divui
// CHECK-NEXT: %[[LAST1:.*]] = arith.constant 2 : index
// CHECK-NEXT: arith.minui %{{.*}}, %[[LAST1]] : index
// CHECK: pipe.store_rows %[[SUM:.*]]#0, %[[SUM]]#1 via
func.func @a_piece_past_the_end(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x384x512xf8E4M3FN>, %ws: memref<8x3x4xf32>,
    %y: memref<?x384xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 64
      schedule = <tile = 64x256x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x384x512xf8E4M3FN>,
        memref<8x3x4xf32>, memref<?x384xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}
