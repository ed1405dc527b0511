// Two products that overlap: the first counts the rows that it has stored, the
// second waits for those of a tile.

// RUN: moe-opt %s --convert-moe-to-pipe --split-input-file | FileCheck %s

// Each warp notes before it stores, or where it has no rows when it has handed
// back all slots; the producer counts when the ring is full of the next tile.
// CHECK-LABEL: gpu.func @counts
// CHECK-SAME: %[[PROGRESS:[^ :]*]]: memref<?xi32>) kernel
// CHECK: %[[LEDGER:.*]] = pipe.ledger
// CHECK: pipe.wait_earlier
// CHECK: pipe.role producer
// CHECK: ^bb0(%{{.*}}: index, %[[ROW:.*]]: index, %{{.*}}: index, %[[ROWS:.*]]: index):
// CHECK: scf.for %[[K:.*]] = %c0{{.*}} to %c8{{.*}} step %c4
// CHECK: %[[THERE:.*]] = arith.cmpi eq, %[[K]], %c4
// CHECK: scf.if %[[THERE]] {
// CHECK: arith.ceildivui %[[ROWS]], %c64
// CHECK: pipe.post_rows %[[PROGRESS]][%[[ROW]]] count %{{.*}} row_alignment = 128 from %[[LEDGER]] : memref<?xi32>
// CHECK: pipe.fill
// CHECK: pipe.role consumer
// CHECK: pipe.quantise_rows
// CHECK-NEXT: pipe.note_stored %[[LEDGER]]
// CHECK-NEXT: pipe.store_rows
// CHECK: } else {
// CHECK: pipe.drain
// CHECK: pipe.note_stored %[[LEDGER]]
func.func @counts(
    %x: memref<?x1024xf8E4M3FN>, %xs: memref<?x8xf32>,
    %w: memref<8x512x1024xf8E4M3FN>, %ws: memref<8x4x8xf32>,
    %h: memref<?x256xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>,
    %map: memref<?xi32>, %pairs: index, %progress: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real) rows(%map, %pairs)
      progress(%progress) epilogue = swiglu_quant parts = 2 slots = 2
      row_alignment = 128
      schedule = <tile = 128x256x128, stages = 4, consumers = 2, group_m = 16,
                  registers = 72 and 216>
      : memref<?x1024xf8E4M3FN>, memref<?x8xf32>,
        memref<8x512x1024xf8E4M3FN>, memref<8x4x8xf32>,
        memref<?x256xf8E4M3FN>, memref<2x?xf32>, index, memref<?xi32>,
        memref<1xi32>, memref<?xi32>, memref<?xi32>, index, memref<?xi32>
  return
}

// -----

// With tiles of one slab memory binds: nothing is counted, and the kernel has no
// such argument, by which the runtime knows it.
// CHECK-LABEL: gpu.func @does_not_count
// CHECK-SAME: index) kernel
// CHECK-NOT: pipe.ledger
// CHECK-NOT: pipe.post_rows
func.func @does_not_count(
    %x: memref<?x1024xf8E4M3FN>, %xs: memref<?x8xf32>,
    %w: memref<8x512x1024xf8E4M3FN>, %ws: memref<8x4x8xf32>,
    %h: memref<?x256xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>,
    %map: memref<?xi32>, %pairs: index, %progress: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real) rows(%map, %pairs)
      progress(%progress) epilogue = swiglu_quant parts = 2 slots = 2
      row_alignment = 128
      schedule = <tile = 64x256x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 56 and 224>
      : memref<?x1024xf8E4M3FN>, memref<?x8xf32>,
        memref<8x512x1024xf8E4M3FN>, memref<8x4x8xf32>,
        memref<?x256xf8E4M3FN>, memref<2x?xf32>, index, memref<?xi32>,
        memref<1xi32>, memref<?xi32>, memref<?xi32>, index, memref<?xi32>
  return
}

// -----

// K has 256 columns, 16 of which count as one. Behind its tiles the late producer
// waits for the whole kernel.
// CHECK-LABEL: gpu.func @waits
// CHECK-SAME: %[[PROGRESS:[^ :]*]]: memref<?xi32>) kernel
// CHECK: pipe.role late_producer
// CHECK: ^bb0(%{{.*}}: index, %[[ROW:.*]]: index, %{{.*}}: index, %[[ROWS:.*]]: index):
// CHECK-NEXT: pipe.await_rows %[[PROGRESS]][%[[ROW]]] rows %[[ROWS]] row_alignment = 256 columns = 16 : memref<?xi32>
// CHECK-NOT: pipe.wait_earlier
// CHECK: } : memref<?xi32>, memref<1xi32>, memref<?xi32>
// CHECK-NEXT: pipe.wait_earlier
func.func @waits(
    %h: memref<?x256xf8E4M3FN>, %hs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index,
    %progress: memref<?xi32>) {
  moe.grouped_gemm a(%h, %hs) sorted b(%w, %ws) c(%y) scattered
      experts(%e, %used, %real) rows(%map, %pairs) progress(%progress)
      epilogue = cast slots = 1 row_alignment = 256
      schedule = <tile = 128x128x128, stages = 4, consumers = 2, group_m = 16,
                  registers = 40 and 232>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index, memref<?xi32>
  return
}
