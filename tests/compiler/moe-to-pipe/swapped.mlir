// Few rows: columns of B take the place of rows in wgmma, so accumulators are
// turned.

// RUN: moe-opt %s --convert-moe-to-pipe --split-input-file | FileCheck %s

// The blocks of a cluster have 64 columns each of every scale group of h: they
// need other tiles of B, and agree on what a row's scale is. Parts of 192
// columns lie in 4 halves of groups. Scales of the four K blocks of a row come
// together. Four K blocks are more than the ring holds, so tiles are paced.
// CHECK-LABEL: gpu.func @up
// CHECK-SAME: !pipe.tensor_map<8x384x512xf8E4M3FN, box = 1x64x128>
// CHECK: pipe.ring : <3, !pipe.tile<16x128xf8E4M3FN>, !pipe.tile<64x128xf8E4M3FN>, !pipe.tile<64x128xf8E4M3FN>>
// CHECK: %[[SCALES:.*]] = pipe.ring : <2, !pipe.tile<16x4xf32>, !pipe.tile<2x4xf32>>
// CHECK: pipe.buffer : <16x80xf8E4M3FN>
// CHECK-NOT: pipe.outbox
// CHECK: %[[EXCHANGE:.*]] = pipe.exchange : <16 rows, 8 warps>
// CHECK: pipe.tiles {{.*}} block_m = 16 row_alignment = 16 column_tiles = 4 group_m = 16 cluster = 2 by_columns paced
// CHECK: pipe.fill %[[SCALES]]
// CHECK: pipe.load_rows {{.*}} to <16x4xf32>
// CHECK: pipe.load_block_scales %{{.*}}[%{{.*}}, (%{{.*}}, %{{.*}}), %{{.*}}] to %{{.*}} to <2x4xf32>
// CHECK-NOT: multicast
// CHECK: pipe.load_rows {{.*}} to <16x128xf8E4M3FN>
// CHECK-NOT: multicast
// CHECK: pipe.role consumer
// CHECK-NOT: pipe.holds_rows
// CHECK: %[[SUMS:.*]]:2 = scf.for
// CHECK-NEXT: pipe.drain %[[SCALES]]
// CHECK: pipe.read_row_scales %{{[^ ]*}} column %{{[^ ]*}} : <16x4xf32>, !pipe.row_scales<16, turned>
// CHECK-NEXT: pipe.read_block_scale %{{.*}}[0] column %{{[^ ]*}} : <2x4xf32>
// CHECK-NEXT: pipe.read_block_scale %{{.*}}[1] column
// CHECK: %[[H:.*]] = pipe.swiglu %[[SUMS]]#0, %[[SUMS]]#1 : <16x64xf32, turned>
// CHECK: %[[CODES:.*]], %[[SCALES:.*]] = pipe.quantise_rows %{{.*}} via %[[EXCHANGE]] :
// CHECK: pipe.store_rows %[[CODES]] via %{{.*}} via <16x80xf8E4M3FN> to
// CHECK: pipe.store_row_scales %[[SCALES]] {{.*}}, !pipe.row_scales<16, turned>
func.func @up(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<?x4xf32>,
    %w: memref<8x384x512xf8E4M3FN>, %ws: memref<8x4x4xf32>,
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>,
    %map: memref<?xi32>, %pairs: index) {
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real) rows(%map, %pairs)
      epilogue = swiglu_quant parts = 2 slots = 2
      row_alignment = 16
      schedule = <tile = 16x128x128 swapped, stages = 3, consumers = 1,
                  group_m = 16, registers = 56 and 224, cluster = 2>
      : memref<?x512xf8E4M3FN>, memref<?x4xf32>, memref<8x384x512xf8E4M3FN>,
        memref<8x4x4xf32>, memref<?x192xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>, memref<?xi32>, index
  return
}

// -----

// A product of few rows is over in less time than its start takes: both of a
// slot run at once, with one wait and no reuse of registers, and both adds
// stand behind the drain.
// CHECK-LABEL: gpu.func @products_together
// CHECK: scf.for {{.*}} iter_args(%[[SUM0:.*]] = %{{.*}}, %[[SUM1:.*]] = %{{.*}}) -> (!pipe.acc<16x64xf32, turned>, !pipe.acc<16x64xf32, turned>)
// CHECK: %[[DRAINED:.*]]:5 = pipe.drain
// CHECK: %[[SCALES:.*]] = pipe.read_row_scales {{.*}}, !pipe.row_scales<16, turned>
// CHECK-NEXT: %[[SCALE0:.*]] = pipe.read_block_scale %[[TILE:.*]][0] : <2x1xf32>
// CHECK-NEXT: %[[SCALE1:.*]] = pipe.read_block_scale %[[TILE]][1] : <2x1xf32>
// CHECK-NEXT: %[[P0:.*]] = pipe.mma %[[A:.*]], %{{[^ ]*}} : {{.*}} -> <16x64xf32, turned>
// CHECK-NEXT: %[[P1:.*]] = pipe.mma %[[A]], %{{[^ ]*}} :
// CHECK-NEXT: %[[DONE:.*]]:2 = pipe.mma_wait %[[P0]], %[[P1]] :
// CHECK-NEXT: pipe.yield %[[DONE]]#0, %[[DONE]]#1, %[[SCALES]], %[[SCALE0]], %[[SCALE1]] :
// CHECK: %[[NEXT0:.*]] = pipe.scale_add %[[SUM0]], %[[DRAINED]]#0 by %[[DRAINED]]#2, %[[DRAINED]]#3
// CHECK-NEXT: %[[NEXT1:.*]] = pipe.scale_add %[[SUM1]], %[[DRAINED]]#1 by %[[DRAINED]]#2, %[[DRAINED]]#4
// CHECK-NEXT: scf.yield %[[NEXT0]], %[[NEXT1]] :
func.func @products_together(
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>,
    %w: memref<8x512x192xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %y: memref<?x512xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%h, %hs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 16
      schedule = <tile = 16x128x128 swapped, stages = 4, consumers = 1,
                  group_m = 16, registers = 40 and 232>
      : memref<?x192xf8E4M3FN>, memref<2x?xf32>, memref<8x512x192xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x512xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// Six stages are enough to drain two slots at a time: the products of both K
// blocks run at once, and their parts are added in the order of K. Scales come
// in the slot of four K blocks, two of which a round uses.
// CHECK-LABEL: gpu.func @two_blocks_at_once
// CHECK: pipe.drain %{{.*}} {
// CHECK: ^bb0(%[[ROWS:.*]]: !pipe.tile<16x4xf32>, %[[BLOCKS:.*]]: !pipe.tile<2x4xf32>):
// CHECK: scf.for %[[FIRST:.*]] = %c0{{.*}} to %c4{{.*}} step %c2{{.*}} iter_args(%[[SUM0:.*]] = %{{.*}}, %[[SUM1:.*]] = %{{.*}}) -> (!pipe.acc<16x64xf32, turned>, !pipe.acc<16x64xf32, turned>)
// CHECK: %[[D:.*]]:10 = pipe.drain %{{.*}} slots = 2 {
// CHECK-NEXT: ^bb0(%[[A0:[^:]*]]: !pipe.tile<16x128xf8E4M3FN>, %[[GATE0:[^:]*]]: !pipe.tile<64x128xf8E4M3FN>, %[[UP0:[^:]*]]: !pipe.tile<64x128xf8E4M3FN>, %[[A1:[^:]*]]: !pipe.tile<16x128xf8E4M3FN>, %[[GATE1:[^:]*]]: !pipe.tile<64x128xf8E4M3FN>, %[[UP1:[^:]*]]: !pipe.tile<64x128xf8E4M3FN>):
// CHECK: %[[SR0:.*]] = pipe.read_row_scales %[[ROWS]] column %[[FIRST]]
// CHECK: %[[SECOND:.*]] = arith.addi %[[FIRST]], %c1{{.*}} : index
// CHECK: %[[SR1:.*]] = pipe.read_row_scales %[[ROWS]] column %[[SECOND]]
// CHECK: %[[P0:.*]] = pipe.mma %[[A0]], %[[GATE0]] :
// CHECK-NEXT: %[[P1:.*]] = pipe.mma %[[A0]], %[[UP0]] :
// CHECK-NEXT: %[[P2:.*]] = pipe.mma %[[A1]], %[[GATE1]] :
// CHECK-NEXT: %[[P3:.*]] = pipe.mma %[[A1]], %[[UP1]] :
// CHECK-NEXT: pipe.mma_wait %[[P0]], %[[P1]], %[[P2]], %[[P3]] :
// CHECK-NEXT: pipe.yield %{{.*}}#0, %{{.*}}#1, %{{.*}}#2, %{{.*}}#3, %[[SR0]], %[[SR1]], %{{.*}} :
// CHECK: %[[GATE:.*]] = pipe.scale_add %[[SUM0]], %[[D]]#0 by %[[D]]#4, %[[D]]#6 :
// CHECK-NEXT: %[[UP:.*]] = pipe.scale_add %[[SUM1]], %[[D]]#1 by %[[D]]#4, %[[D]]#7 :
// CHECK-NEXT: %[[NEXT0:.*]] = pipe.scale_add %[[GATE]], %[[D]]#2 by %[[D]]#5, %[[D]]#8 :
// CHECK-NEXT: %[[NEXT1:.*]] = pipe.scale_add %[[UP]], %[[D]]#3 by %[[D]]#5, %[[D]]#9 :
// CHECK-NEXT: scf.yield %[[NEXT0]], %[[NEXT1]] :
func.func @two_blocks_at_once(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<?x4xf32>,
    %w: memref<8x384x512xf8E4M3FN>, %ws: memref<8x4x4xf32>,
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>,
    %map: memref<?xi32>, %pairs: index) {
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real) rows(%map, %pairs)
      epilogue = swiglu_quant parts = 2 slots = 2
      row_alignment = 16
      schedule = <tile = 16x128x128 swapped, stages = 6, consumers = 1,
                  group_m = 16, registers = 56 and 224, cluster = 2>
      : memref<?x512xf8E4M3FN>, memref<?x4xf32>, memref<8x384x512xf8E4M3FN>,
        memref<8x4x4xf32>, memref<?x192xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>, memref<?xi32>, index
  return
}

// -----

// As many as divide the K blocks and fit beside their sums in registers: three of
// three, of nine stages; of 64 rows one.
// CHECK-LABEL: gpu.func @three_blocks_at_once
// CHECK: pipe.drain %{{.*}} slots = 3 {
func.func @three_blocks_at_once(
    %h: memref<?x384xf8E4M3FN>, %hs: memref<3x?xf32>,
    %w: memref<8x512x384xf8E4M3FN>, %ws: memref<8x4x3xf32>,
    %y: memref<?x512xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%h, %hs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 16
      schedule = <tile = 16x128x128 swapped, stages = 9, consumers = 1,
                  group_m = 16, registers = 40 and 232>
      : memref<?x384xf8E4M3FN>, memref<3x?xf32>, memref<8x512x384xf8E4M3FN>,
        memref<8x4x3xf32>, memref<?x512xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// CHECK-LABEL: gpu.func @one_block_of_64_rows
// CHECK-NOT: slots =
func.func @one_block_of_64_rows(
    %h: memref<?x384xf8E4M3FN>, %hs: memref<3x?xf32>,
    %w: memref<8x512x384xf8E4M3FN>, %ws: memref<8x4x3xf32>,
    %y: memref<?x512xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%h, %hs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 64
      schedule = <tile = 64x128x128 swapped, stages = 7, consumers = 1,
                  group_m = 16, registers = 40 and 232>
      : memref<?x384xf8E4M3FN>, memref<3x?xf32>, memref<8x512x384xf8E4M3FN>,
        memref<8x4x3xf32>, memref<?x512xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// Two warpgroups split the columns of each piece, so a piece is 128 of B, and
// each of them has rows wherever there are some. Nothing is quantised: there is
// nothing to agree on. Both pieces leave together, sent by one warp: the rows are
// those of both warpgroups.
// CHECK-LABEL: gpu.func @down
// CHECK-SAME: (%{{.*}}: !pipe.tensor_map<?x192xf8E4M3FN, box = 16x128>, %{{.*}}: !pipe.tensor_map<2x?xf32, box = 1x16>, %{{.*}}: !pipe.tensor_map<8x512x192xf8E4M3FN, box = 1x128x128>,
// CHECK: pipe.ring : <4, !pipe.tile<16x128xf8E4M3FN>, !pipe.tile<128x128xf8E4M3FN>, !pipe.tile<128x128xf8E4M3FN>, !pipe.tile<16x1xf32>, !pipe.tile<2x1xf32>>
// CHECK: pipe.buffer : <16x264xbf16>
// CHECK: %[[OUTBOX:.*]] = pipe.outbox : <1 senders, 16 rows>
// CHECK-NOT: pipe.exchange
// CHECK: pipe.tiles {{.*}} block_m = 16 row_alignment = 16 column_tiles = 2 group_m = 16 {
// CHECK: pipe.role consumer warpgroups = 2
// CHECK-NOT: pipe.holds_rows
// CHECK: %[[ROWS:.*]] = pipe.read_rows {{.*}} -> <16, store>
// CHECK: %[[WEIGHTS:.*]] = pipe.read_row_weights {{.*}}, !pipe.row_scales<16, turned>
// CHECK: %[[Y0:.*]] = pipe.scale_rows %{{.*}} by %[[WEIGHTS]] : <16x64xf32, turned>
// CHECK: %[[Y1:.*]] = pipe.scale_rows %{{.*}} by %[[WEIGHTS]] :
// CHECK: pipe.store_rows %[[Y0]], %[[Y1]] via %{{.*}} by %[[OUTBOX]] to %{{.*}}[%[[ROWS]], %{{.*}}] {{.*}} via <16x264xbf16> by !pipe.outbox<1 senders, 16 rows> to
func.func @down(
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>,
    %w: memref<8x512x192xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %y: memref<?x512xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index,
    %weights: memref<?xf32>) {
  moe.grouped_gemm a(%h, %hs) sorted b(%w, %ws) c(%y) scattered
      experts(%e, %used, %real) rows(%map, %pairs) weights(%weights)
      epilogue = weighted slots = 2 row_alignment = 16
      schedule = <tile = 16x256x128 swapped, stages = 4, consumers = 2,
                  group_m = 16, registers = 40 and 232>
      : memref<?x192xf8E4M3FN>, memref<2x?xf32>, memref<8x512x192xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x512xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index, memref<?xf32>
  return
}
