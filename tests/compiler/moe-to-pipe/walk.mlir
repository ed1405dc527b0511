// How the blocks of a kernel walk the tiles, and what they do with one that has
// no rows for them.

// RUN: moe-opt %s --convert-moe-to-pipe --split-input-file | FileCheck %s

// All roles walk the same tiles. What says which these are is older than the
// kernel before this one, so nobody waits for that to walk.
// Without a counter tiles are dealt out in turn.
// CHECK-LABEL: gpu.func @in_turn
// CHECK-NOT: pipe.tile_queue
// CHECK: pipe.role producer
// CHECK-NEXT: pipe.tiles experts(%[[IDS:.*]], %[[USED:.*]], %[[REAL:.*]]) block_m = 64
// CHECK: pipe.role late_producer
// CHECK-NEXT: pipe.tiles experts(%[[IDS]], %[[USED]], %[[REAL]]) block_m = 64
// CHECK: pipe.role consumer
// CHECK-NEXT: pipe.tiles experts(%[[IDS]], %[[USED]], %[[REAL]]) block_m = 64
func.func @in_turn(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1
      row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// Where rows are gathered, the kernel before this one says which and of what
// expert: everybody waits for it.
// CHECK-LABEL: gpu.func @behind_the_wait
// CHECK: pipe.wait_earlier
// CHECK-NEXT: pipe.role producer
// CHECK-NEXT: pipe.tiles
// CHECK-NOT: late_producer
// CHECK: pipe.role consumer
// CHECK-NEXT: pipe.tiles
func.func @behind_the_wait(
    %x: memref<?x384xf8E4M3FN>, %xs: memref<?x3xf32>,
    %w: memref<8x128x384xf8E4M3FN>, %ws: memref<8x1x3xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index) {
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) rows(%map, %pairs)
      epilogue = cast slots = 2 row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 56 and 224>
      : memref<?x384xf8E4M3FN>, memref<?x3xf32>, memref<8x128x384xf8E4M3FN>,
        memref<8x1x3xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index
  return
}

// -----

// With one, all roles take the tiles of one queue.
// CHECK-LABEL: gpu.func @from_a_queue
// CHECK-SAME: %[[TAKEN:[^ ]*]]: memref<2xi32>) kernel
// CHECK: %[[QUEUE:.*]] = pipe.tile_queue %[[TAKEN]] : memref<2xi32>
// CHECK: pipe.tiles from %[[QUEUE]] experts
// CHECK: pipe.tiles from %[[QUEUE]] experts
// CHECK: pipe.tiles from %[[QUEUE]] experts
func.func @from_a_queue(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %taken: memref<2xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) counter(%taken) epilogue = cast slots = 1
      row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<2xi32>
  return
}

// -----

// One warpgroup alone has rows in each tile that it meets.
// CHECK-LABEL: gpu.func @one_warpgroup
// CHECK-NOT: pipe.holds_rows
func.func @one_warpgroup(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1
      row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// The second of two may have none. It hands back each of the four slots, and
// neither multiplies nor stores.
// CHECK-LABEL: gpu.func @empty_drains
// CHECK: pipe.role consumer
// CHECK: ^bb0(%{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %[[ROWS:.*]]: index):
// CHECK-NEXT: %[[HOLDS:.*]] = pipe.holds_rows %[[ROWS]]
// CHECK-NEXT: scf.if %[[HOLDS]] {
// CHECK: pipe.store_rows
// CHECK-NEXT: } else {
// CHECK: %[[BLOCKS:.*]] = arith.constant 4 : index
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[BLOCKS]] step
// CHECK-NEXT: pipe.drain
// CHECK-NEXT: ^bb0
// CHECK-NEXT: pipe.yield
func.func @empty_drains(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1
      row_alignment = 128
      schedule = <tile = 128x128x128, stages = 4, consumers = 2, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// Two blocks walk together: each loads its own rows of A and half of B, which
// goes to both, if they have the same columns. The second may have no rows.
// CHECK-LABEL: gpu.func @cluster
// CHECK-SAME: (%[[X:.*]]: !pipe.tensor_map<?x512xf8E4M3FN, box = 64x128>, %[[XS:.*]]: !pipe.tensor_map<4x?xf32, box = 1x64>, %[[W:.*]]: !pipe.tensor_map<8x128x512xf8E4M3FN, box = 1x64x128>,
// CHECK: pipe.tiles {{.*}} block_m = 64 row_alignment = 128 column_tiles = 1 group_m = 16 cluster = 2
// CHECK-NEXT: ^bb0({{.*}}, %[[SHARED:.*]]: i1):
// CHECK: pipe.load_box %[[W]][%{{.*}}, %{{.*}}, %{{.*}}] to %{{[^ ]*}} multicast = 2 if %[[SHARED]] : {{.*}} to <128x128xf8E4M3FN>
// CHECK: pipe.role late_producer
// CHECK: pipe.tiles {{.*}} cluster = 2
// CHECK: pipe.load_box %[[X]][%{{.*}}, %{{.*}}] to %{{[^ ]*}} :
// CHECK: pipe.load_box %[[XS]][%{{.*}}, %{{.*}}] to %{{[^ ]*}} :
// CHECK: pipe.role consumer
// CHECK: pipe.tiles {{.*}} cluster = 2
// CHECK: pipe.holds_rows
func.func @cluster(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1
      row_alignment = 128
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232, cluster = 2>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// A queue hands tiles to clusters as to blocks.
// CHECK-LABEL: gpu.func @cluster_with_a_counter
// CHECK: %[[QUEUE:.*]] = pipe.tile_queue
// CHECK: pipe.tiles from %[[QUEUE]] experts
func.func @cluster_with_a_counter(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %taken: memref<2xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) counter(%taken) epilogue = cast slots = 1
      row_alignment = 128
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232, cluster = 2>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<2xi32>
  return
}
