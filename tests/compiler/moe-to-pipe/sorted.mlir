// A sorted GEMM: everything is loaded by boxes.

// RUN: moe-opt %s --convert-moe-to-pipe --split-input-file --verify-diagnostics \
// RUN:   | FileCheck %s

// A box of A is a tile of rows; a box of its scales is one K block of them. The
// kernel before this one writes both, so a producer of their own loads them,
// which waits for it, when it knows its tile, and without one at its end; all
// others of the block do not.
// CHECK-LABEL: gpu.func @everything_is_a_box
// CHECK-SAME: (%[[X:.*]]: !pipe.tensor_map<?x512xf8E4M3FN, box = 64x128>, %[[XS:.*]]: !pipe.tensor_map<4x?xf32, box = 1x64>, %[[W:.*]]: !pipe.tensor_map<8x128x512xf8E4M3FN, box = 1x128x128>,
// CHECK: pipe.ring : <4, !pipe.tile<64x128xf8E4M3FN>, !pipe.tile<128x128xf8E4M3FN>, !pipe.tile<64x1xf32>, !pipe.tile<1x1xf32>>
// CHECK-NOT: pipe.wait_earlier
// CHECK: pipe.role producer
// CHECK: ^bb0(%[[EXPERT:.*]]: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index):
// CHECK: scf.for %[[K:.*]] =
// CHECK: pipe.fill
// CHECK-NEXT: ^bb0(%{{[^ ]*}}: {{[^ ]*}}, %[[B:[^ ]*]]: {{[^ ]*}}, %{{[^ ]*}}: {{[^ ]*}}, %[[BSCALES:[^ ]*]]: {{[^ ]*}}):
// CHECK: pipe.load_box %[[W]][%[[EXPERT]], %{{.*}}, %[[COLUMN:.*]]] to %[[B]] :
// CHECK-NEXT: pipe.load_block_scales {{.*}} to %[[BSCALES]] :
// CHECK-NEXT: }
// CHECK: pipe.role late_producer warpgroups = 1 registers = 40 {
// CHECK-NEXT: pipe.tiles experts
// CHECK-NEXT: ^bb0(%{{.*}}: index, %[[ROW:.*]]: index, %{{.*}}: index, %{{.*}}: index):
// CHECK-NEXT: pipe.wait_earlier
// CHECK: scf.for %[[K:.*]] =
// CHECK: pipe.fill
// CHECK-NEXT: ^bb0(%[[A:[^ ]*]]: {{[^ ]*}}, %{{[^ ]*}}: {{[^ ]*}}, %[[ASCALES:[^ ]*]]: {{[^ ]*}}, %{{[^ ]*}}: {{[^ ]*}}):
// CHECK: %[[COLUMN:.*]] = arith.muli %[[K]], %{{.*}} : index
// CHECK-NEXT: pipe.load_box %[[X]][%[[ROW]], %[[COLUMN]]] to %[[A]] :
// CHECK-NEXT: pipe.load_box %[[XS]][%[[K]], %[[ROW]]] to %[[ASCALES]] :
// CHECK-NEXT: }
// CHECK: } : memref<?xi32>, memref<1xi32>, memref<?xi32>
// CHECK-NEXT: pipe.wait_earlier
// CHECK: pipe.role consumer
// CHECK-NOT: pipe.wait_earlier
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
// CHECK: %[[SUM:.*]] = scf.for %{{.*}} = {{.*}} iter_args(%[[ACC:.*]] = %{{.*}})
// CHECK: %[[DRAINED:.*]]:3 = pipe.drain
// CHECK-NOT: scale_add
// CHECK: pipe.yield %{{.*}}, %{{.*}}, %{{.*}} : !pipe.acc<64x128xf32>, !pipe.row_scales, f32
// CHECK-NEXT: } : <4,
// CHECK-NEXT: %[[NEXT:.*]] = pipe.scale_add %[[ACC]], %[[DRAINED]]#0 by %[[DRAINED]]#1, %[[DRAINED]]#2
// CHECK-NEXT: scf.yield %[[NEXT]] :
// CHECK: pipe.store_rows %[[SUM]] via
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

// The scale of the block of B comes through the ring beside it: what is read
// there is added behind the drain.
// CHECK-LABEL: gpu.func @scales_of_b_come_through_the_ring
// CHECK-SAME: %[[WS:[^ ]*]]: memref<8x1x4xf32>
// CHECK: pipe.ring : <4, {{.*}}, !pipe.tile<64x1xf32>, !pipe.tile<1x1xf32>>
// CHECK: pipe.role producer
// CHECK: ^bb0(%[[EXPERT:.*]]: index, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index):
// CHECK: scf.for %[[K:.*]] =
// CHECK: ^bb0({{.*}}, %[[TILE:[^ ]*]]: !pipe.tile<1x1xf32>):
// CHECK: pipe.load_block_scales %[[WS]][%[[EXPERT]], (%{{[^ ,]*}}), %[[K]]] to %[[TILE]] : memref<8x1x4xf32> to <1x1xf32>
// CHECK: pipe.role consumer
// CHECK-NOT: memref.load
// CHECK: ^bb0({{.*}}, %[[TILE:[^ ]*]]: !pipe.tile<1x1xf32>):
// CHECK: %[[SCALE:.*]] = pipe.read_block_scale %[[TILE]][0] : <1x1xf32>
// CHECK: pipe.yield %{{.*}}, %{{.*}}, %[[SCALE]] :
func.func @scales_of_b_come_through_the_ring(
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

// Rows of the pairs and weights are read before the K loop, used behind it. The
// producer only speaks to TMA, so a warp of it sends the rows.
// CHECK-LABEL: gpu.func @weighted_rows_are_scattered
// CHECK: %[[STAGING:.*]] = pipe.buffer : <64x136xbf16>
// CHECK-NEXT: %[[OUTBOX:.*]] = pipe.outbox : <1 senders, 64 rows>
// CHECK: pipe.role consumer
// CHECK: %[[ROWS:.*]] = pipe.read_rows %{{.*}}[%[[ROW:.*]]] below %{{.*}} : memref<?xi32> -> <64, store>
// CHECK: %[[WEIGHTS:.*]] = pipe.read_row_weights %{{.*}}[%[[ROW]]] : memref<?xf32>
// CHECK: %[[SUM:.*]] = scf.for
// CHECK: %[[RESULT:.*]] = pipe.scale_rows %[[SUM]] by %[[WEIGHTS]]
// CHECK: pipe.store_rows %[[RESULT]] via %[[STAGING]] by %[[OUTBOX]] to %{{.*}}[%[[ROWS]],
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
// CHECK: pipe.store_rows add %[[RESULT]] via %{{.*}} by %{{.*}} to %{{.*}}[%[[ROWS]],
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
