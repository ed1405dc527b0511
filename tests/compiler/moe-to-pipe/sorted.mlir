// A sorted GEMM: everything is loaded by boxes.

// RUN: moe-opt %s --convert-moe-to-pipe --split-input-file --verify-diagnostics \
// RUN:   | FileCheck %s

// A box of A is a tile of rows; a box of its scales is one K block of them.
// CHECK-LABEL: gpu.func @everything_is_a_box
// CHECK-SAME: (%[[X:.*]]: !pipe.tensor_map<?x512xf8E4M3FN, box = 64x128>, %[[XS:.*]]: !pipe.tensor_map<4x?xf32, box = 1x64>, %[[W:.*]]: !pipe.tensor_map<8x128x512xf8E4M3FN, box = 1x128x128>,
// CHECK: pipe.ring : <4, !pipe.tile<64x128xf8E4M3FN>, !pipe.tile<128x128xf8E4M3FN>, !pipe.tile<64x1xf32>>
// CHECK: ^bb0(%[[EXPERT:.*]]: index, %[[ROW:.*]]: index, %{{.*}}: index, %{{.*}}: index):
// CHECK: scf.for %[[K:.*]] =
// CHECK: pipe.load_box %[[X]][%[[ROW]], %[[COLUMN:.*]]] to
// CHECK: pipe.load_box %[[XS]][%[[K]], %[[ROW]]] to
// CHECK: pipe.load_box %[[W]][%[[EXPERT]], %{{.*}}, %[[COLUMN]]] to
// CHECK: pipe.row_range
func.func @everything_is_a_box(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// The slot is handed back before the adds: scale_add stands behind the drain.
// CHECK-LABEL: gpu.func @slot_goes_back_before_the_adds
// CHECK: %[[SUM:.*]]:2 = scf.for %{{.*}} = {{.*}} iter_args(%[[ACC:.*]] = %{{.*}}, %[[SCALE:.*]] = %{{.*}})
// CHECK: %[[DRAINED:.*]]:3 = pipe.drain
// CHECK-NOT: scale_add
// CHECK: pipe.yield %{{.*}}, %{{.*}} : !pipe.acc<64x128xf32>, f32, !pipe.row_scales
// CHECK-NEXT: } : <4,
// CHECK-NEXT: %[[NEXT:.*]] = pipe.scale_add %[[ACC]], %[[DRAINED]]#0 by %[[DRAINED]]#2, %[[SCALE]]
// CHECK-NEXT: scf.yield %[[NEXT]], %[[DRAINED]]#1
// CHECK: pipe.store_rows %[[SUM]]#0
func.func @slot_goes_back_before_the_adds(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// The scale of B is read one block ahead, beside the product; behind the last
// block that one is read again.
// CHECK-LABEL: gpu.func @scales_of_b_are_read_ahead
// CHECK: %[[FIRST:.*]] = memref.load %[[WS:.*]][%{{.*}}, %{{.*}}, %c0{{.*}}] : memref<8x1x4xf32>
// CHECK: scf.for %[[K:.*]] = {{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %[[FIRST]])
// CHECK: %[[NEXT:.*]] = arith.addi %[[K]], %c1{{.*}} : index
// CHECK: %[[BLOCK:.*]] = arith.minui %[[NEXT]], %c3{{.*}} : index
// CHECK: pipe.mma
// CHECK-NEXT: memref.load %[[WS]][%{{.*}}, %{{.*}}, %[[BLOCK]]]
// CHECK-NEXT: pipe.mma_wait
func.func @scales_of_b_are_read_ahead(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// Rows of the pairs and weights are read before the K loop, used behind it.
// CHECK-LABEL: gpu.func @weighted_rows_are_scattered
// CHECK: pipe.role consumer
// CHECK: %[[ROWS:.*]] = pipe.read_rows %{{.*}}[%[[ROW:.*]]] below %{{.*}} : memref<?xi32> -> <64, store>
// CHECK: %[[WEIGHTS:.*]] = pipe.read_row_weights %{{.*}}[%[[ROW]]] : memref<?xf32>
// CHECK: %[[SUM:.*]]:2 = scf.for
// CHECK: %[[RESULT:.*]] = pipe.scale_rows %[[SUM]]#0 by %[[WEIGHTS]]
// CHECK: pipe.store_rows %[[RESULT]] via %{{.*}} to %{{.*}}[%[[ROWS]],
func.func @weighted_rows_are_scattered(
    %h: memref<?x512xf8E4M3FN>, %hs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>,
    %map: memref<?xi32>, %pairs: index, %weights: memref<?xf32>) {
  moe.grouped_gemm a(%h, %hs) sorted b(%w, %ws) c(%y) scattered
      experts(%e, %used, %real) rows(%map, %pairs) weights(%weights)
      epilogue = weighted slots = 2 row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index, memref<?xf32>
  return
}

// -----

// Rows of tokens, two slots each, to which what is stored is added.
// CHECK-LABEL: gpu.func @rows_are_added
// CHECK: %[[ROWS:.*]] = pipe.read_rows %{{.*}} divisor = 2 : memref<?xi32> -> <64, store>
// CHECK: %[[WEIGHTS:.*]] = pipe.read_row_weights
// CHECK: %[[RESULT:.*]] = pipe.scale_rows %{{.*}} by %[[WEIGHTS]]
// CHECK: pipe.store_rows add %[[RESULT]] via %{{.*}} to %{{.*}}[%[[ROWS]],
func.func @rows_are_added(
    %h: memref<?x512xf8E4M3FN>, %hs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index,
    %weights: memref<?xf32>) {
  moe.grouped_gemm a(%h, %hs) sorted b(%w, %ws) c(%y) scattered
      experts(%e, %used, %real) rows(%map, %pairs) weights(%weights)
      epilogue = weighted_add slots = 2 row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index, memref<?xf32>
  return
}

// -----

func.func @a_schedule_is_wanted(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{expects a schedule (run moe-assign-schedule)}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @operands_are_arguments(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<4x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  %c = memref.cast %y : memref<4x128xbf16> to memref<?x128xbf16>
  // expected-error @below {{expects operands that are arguments of 'operands_are_arguments'}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%c) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}
