// A gathered GEMM: A and its scales are read row by row, B by boxes.

// RUN: moe-opt %s --convert-moe-to-pipe --split-input-file | FileCheck %s

// Only B is a tensor map; rows are those of tokens, two slots each. All warps of
// the producer gather, so the consumers send their rows themselves.
// CHECK-LABEL: gpu.func @rows_are_gathered
// CHECK-SAME: (%[[X:.*]]: memref<?x384xf8E4M3FN>, %[[XS:.*]]: memref<?x3xf32>, %[[W:.*]]: !pipe.tensor_map<8x128x384xf8E4M3FN, box = 1x128x128>,
// CHECK-NOT: pipe.outbox
// CHECK: pipe.role producer warpgroups = 1 registers = 56
// CHECK: %[[ROWS:.*]] = pipe.read_rows %{{.*}} below %{{.*}} divisor = 2 : memref<?xi32> -> <128, gather>
// CHECK: scf.for %[[K:.*]] =
// CHECK: pipe.fill
// CHECK: pipe.load_box %[[W]][%{{.*}}, %{{.*}}, %[[COLUMN:.*]]] to
// CHECK: pipe.load_rows %[[X]][%[[ROWS]], %[[COLUMN]]] to
// CHECK: pipe.load_rows %[[XS]][%[[ROWS]], %[[K]]] to
// CHECK: pipe.load_block_scales %{{.*}}[%{{.*}}, (%{{.*}}), %[[K]]] to
// CHECK-NOT: late_producer
// CHECK: pipe.role consumer warpgroups = 2 registers = 224
func.func @rows_are_gathered(
    %x: memref<?x384xf8E4M3FN>, %xs: memref<?x3xf32>,
    %w: memref<8x128x384xf8E4M3FN>, %ws: memref<8x1x3xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index) {
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) rows(%map, %pairs)
      epilogue = cast slots = 2 row_alignment = 128
      schedule = <tile = 128x128x128, stages = 4, consumers = 2, group_m = 16,
                  registers = 56 and 224>
      : memref<?x384xf8E4M3FN>, memref<?x3xf32>, memref<8x128x384xf8E4M3FN>,
        memref<8x1x3xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index
  return
}

// -----

// 1024 columns are eight K blocks: the scales of four of them come as 16 bytes a
// row, in a ring of their own. Column `block` of a slot is that of K block
// k + block. The slot is held until its four blocks are multiplied, by a
// warpgroup without rows too.
// CHECK-LABEL: gpu.func @scales_come_four_at_a_time
// CHECK-SAME: %[[XS:[^ ]*]]: memref<?x8xf32>
// CHECK-SAME: %[[WS:[^ ]*]]: memref<8x1x8xf32>
// CHECK: %[[RING:.*]] = pipe.ring : <4, !pipe.tile<128x128xf8E4M3FN>, !pipe.tile<128x128xf8E4M3FN>>
// CHECK: %[[SCALES:.*]] = pipe.ring : <2, !pipe.tile<128x4xf32>, !pipe.tile<1x4xf32>>
// CHECK: pipe.role producer
// CHECK: %[[ROWS:.*]] = pipe.read_rows
// CHECK: %[[BLOCKS:.*]] = arith.constant 8 : index
// CHECK: %[[GROUP:.*]] = arith.constant 4 : index
// CHECK: scf.for %[[K:.*]] = %{{.*}} to %[[BLOCKS]] step %[[GROUP]]
// CHECK-NEXT: pipe.fill %[[SCALES]]
// CHECK: pipe.load_rows %[[XS]][%[[ROWS]], %[[K]]] to %{{[^ ]*}} : {{.*}} to <128x4xf32>
// CHECK: pipe.load_block_scales %[[WS]][%{{.*}}, (%{{[^ ]*}}), %[[K]]] to %{{[^ ]*}} : memref<8x1x8xf32> to <1x4xf32>
// CHECK: %[[GROUP:.*]] = arith.constant 4 : index
// CHECK: scf.for %[[BLOCK:.*]] = %{{.*}} to %[[GROUP]] step
// CHECK-NEXT: %[[KBLOCK:.*]] = arith.addi %[[K]], %[[BLOCK]]
// CHECK-NEXT: pipe.fill %[[RING]]
// CHECK: %[[COLUMN:.*]] = arith.muli %[[KBLOCK]], %{{.*}} : index
// CHECK-NEXT: pipe.load_box %{{.*}}[%{{.*}}, %{{.*}}, %[[COLUMN]]] to
// CHECK-NEXT: pipe.load_rows %{{.*}}[%[[ROWS]], %[[COLUMN]]] to
// CHECK-NEXT: }
// CHECK: pipe.role consumer
// CHECK: %[[GROUPS:.*]] = arith.constant 2 : index
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[GROUPS]] step {{.*}} iter_args(%[[SUM:.*]] = %{{[^)]*}})
// CHECK-NEXT: %[[NEXT:.*]] = pipe.drain %[[SCALES]]
// CHECK-NEXT: ^bb0(%[[A:.*]]: !pipe.tile<128x4xf32>, %[[B:.*]]: !pipe.tile<1x4xf32>):
// CHECK: %[[GROUP:.*]] = arith.constant 4 : index
// CHECK: %[[SUMS:.*]] = scf.for %[[BLOCK:.*]] = %{{.*}} to %[[GROUP]] step {{.*}} iter_args(%[[ACC:.*]] = %[[SUM]])
// CHECK-NEXT: %[[DRAINED:.*]]:3 = pipe.drain %[[RING]]
// CHECK: %[[ROWSCALES:.*]] = pipe.read_row_scales %[[A]] column %[[BLOCK]] : <128x4xf32>
// CHECK-NEXT: %[[SCALE:.*]] = pipe.read_block_scale %[[B]][0] column %[[BLOCK]] : <1x4xf32>
// CHECK: pipe.yield %{{.*}}, %[[ROWSCALES]], %[[SCALE]] :
// CHECK: %[[ADDED:.*]] = pipe.scale_add %[[ACC]], %[[DRAINED]]#0 by %[[DRAINED]]#1, %[[DRAINED]]#2
// CHECK-NEXT: scf.yield %[[ADDED]]
// CHECK: pipe.yield %[[SUMS]] :
// CHECK: scf.yield %[[NEXT]]
// CHECK: } else {
// CHECK: scf.for
// CHECK-NEXT: pipe.drain %[[SCALES]]
// CHECK-NEXT: ^bb0
// CHECK-NEXT: pipe.yield
// CHECK: %[[GROUP:.*]] = arith.constant 4 : index
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[GROUP]] step
// CHECK-NEXT: pipe.drain %[[RING]]
// CHECK-NEXT: ^bb0
// CHECK-NEXT: pipe.yield
func.func @scales_come_four_at_a_time(
    %x: memref<?x1024xf8E4M3FN>, %xs: memref<?x8xf32>,
    %w: memref<8x128x1024xf8E4M3FN>, %ws: memref<8x1x8xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index) {
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) rows(%map, %pairs)
      epilogue = cast slots = 2 row_alignment = 128
      schedule = <tile = 128x128x128, stages = 4, consumers = 2, group_m = 16,
                  registers = 56 and 224>
      : memref<?x1024xf8E4M3FN>, memref<?x8xf32>, memref<8x128x1024xf8E4M3FN>,
        memref<8x1x8xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index
  return
}

// -----

// The frame keeps what a launch and the manifest need, names included.
// CHECK-LABEL: gpu.module @frame_is_kept
// CHECK: gpu.func @frame_is_kept
// CHECK-SAME: memref<?x512xf8E4M3FN> {moe.tensor = "x"}
// CHECK-SAME: !pipe.tensor_map<8x128x512xf8E4M3FN, box = 1x128x128> {moe.tensor = "w13"}
// CHECK-SAME: kernel attributes {known_block_size = array<i32: 256, 1, 1>, moe.kernel = "up", moe.row_alignment = 128 : i64
// CHECK-SAME: moe.schedule = #moe.schedule<tile = 64x128x128, stages = 5, consumers = 1, group_m = 8, registers = 56 and 224>
// CHECK: pipe.tiles experts(%{{.*}}, %{{.*}}) block_m = 64 row_alignment = 128 column_tiles = 1 group_m = 8
func.func @frame_is_kept(
    %x: memref<?x512xf8E4M3FN> {moe.tensor = "x"}, %xs: memref<?x4xf32>,
    %w: memref<8x128x512xf8E4M3FN> {moe.tensor = "w13"},
    %ws: memref<8x1x4xf32>, %y: memref<?x128xbf16>, %e: memref<?xi32>,
    %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index)
    attributes {moe.kernel = "up"} {
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) rows(%map, %pairs)
      epilogue = cast slots = 2 row_alignment = 128
      schedule = <tile = 64x128x128, stages = 5, consumers = 1, group_m = 8,
                  registers = 56 and 224>
      : memref<?x512xf8E4M3FN>, memref<?x4xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index
  return
}
