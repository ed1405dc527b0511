// Sorted rows that the producer's threads copy instead of TMA.

// RUN: moe-opt %s --convert-moe-to-pipe --split-input-file | FileCheck %s

// A is no tensor map, and its rows are the tile's own; scales are boxes, as they
// lie K block by K block.
// CHECK-LABEL: gpu.func @rows_are_copied
// CHECK-SAME: (%[[X:.*]]: memref<?x512xf8E4M3FN>, %[[XS:.*]]: !pipe.tensor_map<4x?xf32, box = 1x64>, %[[W:.*]]: !pipe.tensor_map<8x128x512xf8E4M3FN, box = 1x128x128>,
// CHECK: pipe.role producer warpgroups = 1 registers = 56
// CHECK: ^bb0(%{{.*}}: index, %[[ROW:.*]]: index, %{{.*}}: index, %{{.*}}: index):
// CHECK: %[[ROWS:.*]] = pipe.row_range %[[ROW]] : <64, gather>
// CHECK: scf.for %[[K:.*]] =
// CHECK: pipe.load_box %[[W]][%{{.*}}, %{{.*}}, %[[COLUMN:.*]]] to
// CHECK: pipe.load_rows %[[X]][%[[ROWS]], %[[COLUMN]]] to
// CHECK: pipe.load_box %[[XS]][%[[K]], %[[ROW]]] to
// CHECK-NOT: late_producer
func.func @rows_are_copied(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 64
      schedule = <tile = 64x128x128 copied_rows, stages = 4, consumers = 1,
                  group_m = 16, registers = 56 and 224>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// Swapped tiles have few rows, down to 8.
// CHECK-LABEL: gpu.func @few_rows_are_copied
// CHECK: %[[ROWS:.*]] = pipe.row_range %{{.*}} : <8, gather>
// CHECK: pipe.load_rows %{{.*}}[%[[ROWS]], %{{.*}}] to %{{.*}} to <8x128xf8E4M3FN>
// CHECK: pipe.load_box %{{.*}} : <4x?xf32, box = 1x8> to <8x1xf32>
func.func @few_rows_are_copied(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 8
      schedule = <tile = 8x128x128 swapped copied_rows, stages = 4,
                  consumers = 2, group_m = 16, registers = 56 and 224>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}
