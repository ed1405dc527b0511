// The epilogue of an up projection: gate and up of a scale group are joined and
// quantised before they leave.

// RUN: moe-opt %s --convert-moe-to-pipe --split-input-file | FileCheck %s

// Parts of whole groups: all 128 columns of the tile count. Rows leave as e4m3,
// their scales for the group that is the row of the scales of gate.
// CHECK-LABEL: gpu.func @whole_groups
// CHECK: pipe.buffer : <64x144xf8E4M3FN>
// CHECK: pipe.role consumer
// CHECK: ^bb0(%{{.*}}: index, %[[ROW:.*]]: index, %{{.*}}: index, %{{.*}}: index):
// CHECK: %[[GROUP:.*]] = arith.minui
// CHECK: %[[LINE:.*]] = arith.addi %{{.*}}, %[[GROUP]] : index
// CHECK: %[[ROWS:.*]] = pipe.row_range %[[ROW]] :
// CHECK: %[[SUMS:.*]]:2 = scf.for
// CHECK: %[[H:.*]] = pipe.swiglu %[[SUMS]]#0, %[[SUMS]]#1 : <64x128xf32>
// CHECK-NEXT: %[[CODES:.*]], %[[SCALES:.*]] = pipe.quantise_rows %[[H]] : <64x128xf32>, !pipe.row_scales
// CHECK-NEXT: pipe.store_rows %[[CODES]] via %{{.*}} by %{{.*}} to %[[C:.*]][%[[ROWS]], %{{.*}}] columns
// CHECK-NEXT: pipe.store_row_scales %[[SCALES]] to %{{.*}}[%[[LINE]], %[[ROW]]] pitch %{{.*}} : memref<2x?xf32>
func.func @whole_groups(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x512x512xf8E4M3FN>, %ws: memref<8x4x4xf32>,
    %h: memref<?x256xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 slots = 1
      row_alignment = 64
      schedule = <tile = 64x256x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x512x512xf8E4M3FN>,
        memref<8x4x4xf32>, memref<?x256xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

// Parts that start inside a group: the first tile reaches before column 0, into
// nothing for gate and into gate for up. Those columns must not count. The last
// tile is narrow and whole.
// CHECK-LABEL: gpu.func @scale_offset
// CHECK: pipe.role consumer
// CHECK: pipe.tiles {{.*}} column_tiles = 3 group_m
// CHECK: %[[NARROW:.*]] = pipe.swiglu {{.*}} : <64x64xf32>
// CHECK-NEXT: pipe.quantise_rows %[[NARROW]]
// CHECK: } else {
// CHECK: %[[H:.*]] = pipe.swiglu {{.*}} : <64x128xf32>
// CHECK-NEXT: %[[KEPT:.*]] = pipe.keep_columns %[[H]][%[[COLUMN:.*]]] columns %[[FIRST:.*]] to %[[LAST:.*]] : <64x128xf32>
// CHECK-NEXT: %[[CODES:.*]], %{{.*}} = pipe.quantise_rows %[[KEPT]] :
// CHECK-NEXT: pipe.store_rows %[[CODES]] via %{{.*}} by %{{.*}} to %{{.*}}[%{{.*}}, %[[COLUMN]]] columns %[[FIRST]] to %[[LAST]]
// CHECK-NEXT: pipe.store_row_scales {{.*}} : memref<3x?xf32>
func.func @scale_offset(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x512x512xf8E4M3FN>, %ws: memref<8x6x4xf32>,
    %h: memref<?x256xf8E4M3FN>, %hs: memref<3x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 n_offset = 64 slots = 1
      row_alignment = 64
      schedule = <tile = 64x256x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x512x512xf8E4M3FN>,
        memref<8x6x4xf32>, memref<?x256xf8E4M3FN>, memref<3x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

// So must those past the end of a part, which are up's for gate.
// CHECK-LABEL: gpu.func @a_group_past_the_end
// CHECK: pipe.tiles {{.*}} column_tiles = 2 group_m
// CHECK: pipe.keep_columns
func.func @a_group_past_the_end(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x448x512xf8E4M3FN>, %ws: memref<8x4x4xf32>,
    %h: memref<?x224xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 slots = 1
      row_alignment = 64
      schedule = <tile = 64x256x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x448x512xf8E4M3FN>,
        memref<8x4x4xf32>, memref<?x224xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

// Parts within one half of a group: 64 columns of gate and 64 of up make a tile
// of 128, and the scale of the half is that of the group.
// CHECK-LABEL: gpu.func @half_group
// CHECK-SAME: !pipe.tensor_map<8x128x512xf8E4M3FN, box = 1x64x128>
// CHECK: pipe.ring : <4, !pipe.tile<128x128xf8E4M3FN>, !pipe.tile<64x128xf8E4M3FN>, !pipe.tile<64x128xf8E4M3FN>, !pipe.tile<128x1xf32>, !pipe.tile<2x1xf32>>
// CHECK: pipe.buffer : <128x80xf8E4M3FN>
// CHECK: pipe.role consumer
// CHECK: pipe.tiles {{.*}} column_tiles = 1 group_m
// CHECK: %[[H:.*]] = pipe.swiglu %{{.*}} : <64x64xf32>
// CHECK-NEXT: pipe.quantise_rows %[[H]] :
func.func @half_group(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x2x4xf32>,
    %h: memref<?x64xf8E4M3FN>, %hs: memref<1x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 slots = 1
      row_alignment = 128
      schedule = <tile = 128x128x128, stages = 4, consumers = 2, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x2x4xf32>, memref<?x64xf8E4M3FN>, memref<1x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

// 48 columns from 80 on lie in the second half: its one piece starts at 64 on
// the grid, 16 columns before the part.
// CHECK-LABEL: gpu.func @second_half
// CHECK: pipe.tiles {{.*}} column_tiles = 1 group_m
// CHECK: pipe.role consumer
// CHECK: arith.addi %{{.*}}, %c64{{.*}} : index
// CHECK: arith.subi %{{.*}}, %c80{{.*}} : index
// CHECK: pipe.keep_columns %{{.*}} : <64x64xf32>
func.func @second_half(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x96x512xf8E4M3FN>, %ws: memref<8x2x4xf32>,
    %h: memref<?x48xf8E4M3FN>, %hs: memref<1x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 n_offset = 80 slots = 1
      row_alignment = 64
      schedule = <tile = 64x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x96x512xf8E4M3FN>,
        memref<8x2x4xf32>, memref<?x48xf8E4M3FN>, memref<1x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

// CHECK-LABEL: gpu.func @powers_of_two
// CHECK: pipe.quantise_rows %{{.*}} pow2 :
func.func @powers_of_two(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x512x512xf8E4M3FN>, %ws: memref<8x4x4xf32>,
    %h: memref<?x256xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant activation_scale = pow2 parts = 2 slots = 1
      row_alignment = 64
      schedule = <tile = 64x256x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x512x512xf8E4M3FN>,
        memref<8x4x4xf32>, memref<?x256xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

// Two slabs of a warpgroup, each with its rows and its scales.
// CHECK-LABEL: gpu.func @slab_by_slab
// CHECK: pipe.row_range %[[ROW:.*]] :
// CHECK: pipe.row_range %[[ROW]] slab = 1 :
// CHECK: %[[SUMS:.*]]:4 = scf.for
// CHECK: pipe.swiglu %[[SUMS]]#0, %[[SUMS]]#1 :
// CHECK: pipe.store_row_scales %{{.*}} pitch %{{[^ ]*}} :
// CHECK: pipe.swiglu %[[SUMS]]#2, %[[SUMS]]#3 :
// CHECK: pipe.store_row_scales %{{.*}} pitch %{{[^ ]*}} slab = 1 :
func.func @slab_by_slab(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x2x4xf32>,
    %h: memref<?x64xf8E4M3FN>, %hs: memref<1x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 slots = 1
      row_alignment = 128
      schedule = <tile = 128x128x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x2x4xf32>, memref<?x64xf8E4M3FN>, memref<1x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

// The second of two tiles has 64 of 128 columns of each part: it loads no other
// rows of the weights, and has accumulators of half of the columns. With those
// gone no column of either tile lies outside of its part. Registers hold both of
// its products at once.
// CHECK-LABEL: gpu.func @narrow_last
// CHECK-SAME: !pipe.tensor_map<8x384x512xf8E4M3FN, box = 1x64x128>
// CHECK: pipe.role producer
// CHECK: ^bb0(%{{.*}}: index, %{{.*}}: index, %[[COLUMN:.*]]: index, %{{.*}}: index):
// CHECK: %[[LAST:.*]] = arith.cmpi eq, %[[COLUMN]], %c1
// CHECK: scf.if %[[LAST]] {
// CHECK-COUNT-2: pipe.load_box {{.*}} rows = 64 :
// CHECK: } else {
// CHECK-COUNT-2: pipe.load_box {{.*}} to %{{[a-z0-9]+}} : <8x384x512xf8E4M3FN
// CHECK: pipe.role late_producer
// CHECK-NOT: scf.if
// CHECK: pipe.role consumer
// CHECK: arith.cmpi eq
// CHECK-NEXT: scf.if
// CHECK: %[[GATE:.*]] = pipe.mma {{.*}} -> <64x64xf32>
// CHECK-NEXT: %[[UP:.*]] = pipe.mma {{.*}} -> <64x64xf32>
// CHECK-NEXT: pipe.mma_wait %[[GATE]], %[[UP]] :
// CHECK: %[[H:.*]] = pipe.swiglu {{.*}} : <64x64xf32>
// CHECK-NEXT: pipe.quantise_rows %[[H]] : <64x64xf32>
// CHECK-NEXT: pipe.store_rows
// CHECK: } else {
// CHECK: %[[FULL:.*]] = pipe.swiglu {{.*}} : <64x128xf32>
// CHECK-NEXT: pipe.quantise_rows %[[FULL]] : <64x128xf32>
func.func @narrow_last(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x384x512xf8E4M3FN>, %ws: memref<8x4x4xf32>,
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 slots = 1
      row_alignment = 64
      schedule = <tile = 64x256x128, stages = 4, consumers = 1, group_m = 16,
                  registers = 40 and 232>
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x384x512xf8E4M3FN>,
        memref<8x4x4xf32>, memref<?x192xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}
