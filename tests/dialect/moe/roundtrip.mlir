// The words of moe print as they were read.

// RUN: moe-opt %s --verify-roundtrip | FileCheck %s

// The optional keys may come in any order; they print in one.
// CHECK: moe.layer @every_key
// CHECK-SAME: experts = 32, top_k = 8, hidden = 7168, intermediate = 352
// CHECK-SAME: activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128
// CHECK-SAME: shared_experts = 1, global_experts = 256, scale_offset = 96
// CHECK-SAME: activation_scale = pow2, routed_scaling_factor = 2.500000e+00, reduction = atomic
moe.layer @every_key {
  experts = 32, top_k = 8, hidden = 7168, intermediate = 352,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu,
  reduction = atomic, routed_scaling_factor = 2.5, scale_offset = 96,
  shared_experts = 1, activation_scale = pow2, global_experts = 256
}

// What is left out gets its default; global_experts stays unsaid.
// CHECK: moe.layer @defaults
// CHECK-SAME: shared_experts = 0, scale_offset = 0, activation_scale = f32, routed_scaling_factor = 1.000000e+00, reduction = ordered
moe.layer @defaults {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}

// Attributes stand by themselves, too.
// CHECK-LABEL: func private @attributes
// CHECK-SAME: moe.format = #moe<format f8E4M3FN per 1x128>
// CHECK-SAME: moe.schedule = #moe.schedule<tile = 64x256x128, stages = 4, consumers = 1, group_m = 8, registers = 40 and 208>
func.func private @attributes() attributes {
  moe.format = #moe<format f8E4M3FN per 1x128>,
  moe.schedule = #moe.schedule<tile = 64x256x128, stages = 4, consumers = 1,
                               group_m = 8, registers = 40 and 208>
}

// The cluster is printed where there is one.
// CHECK-LABEL: func private @cluster
// CHECK-SAME: registers = 56 and 224, cluster = 2>
func.func private @cluster() attributes {
  moe.schedule = #moe.schedule<tile = 128x256x128, stages = 4, consumers = 2,
                               group_m = 16, registers = 56 and 224,
                               cluster = 2>
}

// So is that rows of A are copied, of tiles either way.
// CHECK-LABEL: func private @copied_rows
// CHECK-SAME: swapped = #moe.schedule<tile = 16x128x128 swapped copied_rows, stages = 4,
// CHECK-SAME: upright = #moe.schedule<tile = 128x128x128 copied_rows, stages = 4,
func.func private @copied_rows() attributes {
  upright = #moe.schedule<tile = 128x128x128 copied_rows, stages = 4,
                          consumers = 2, group_m = 16, registers = 56 and 224>,
  swapped = #moe.schedule<tile = 16x128x128 swapped copied_rows, stages = 4,
                          consumers = 2, group_m = 16, registers = 56 and 224>}

// So is that operands are swapped; only then tiles may have so few rows.
// CHECK-LABEL: func private @swapped
// CHECK-SAME: up = #moe.schedule<tile = 8x128x128 swapped, stages = 10, consumers = 1, group_m = 16, registers = 40 and 232, cluster = 2>
func.func private @swapped() attributes {
  up = #moe.schedule<tile = 8x128x128 swapped, stages = 10, consumers = 1,
                     group_m = 16, registers = 40 and 232, cluster = 2>
}

// The up projection: gathered rows, gate and up joined and quantised. Blocks
// take tiles from a counter.
// CHECK-LABEL: func @up
// CHECK: moe.grouped_gemm {{.*}} gathered {{.*}} sorted c_scales(%{{.*}}, %{{.*}}) experts(%{{.*}}, %{{.*}}, %{{.*}}) rows(%{{.*}}, %{{.*}}) counter(%{{.*}}) epilogue = swiglu_quant parts = 2 slots = 2 :
func.func @up(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<?x4xf32>,
    %w: memref<8x384x512xf8E4M3FN>, %ws: memref<8x4x4xf32>,
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>,
    %map: memref<?xi32>, %pairs: index, %taken: memref<2xi32>) {
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real) rows(%map, %pairs)
      counter(%taken) epilogue = swiglu_quant parts = 2 slots = 2
      : memref<?x512xf8E4M3FN>, memref<?x4xf32>, memref<8x384x512xf8E4M3FN>,
        memref<8x4x4xf32>, memref<?x192xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>, memref<?xi32>, index,
        memref<2xi32>
  return
}

// Scales that are powers of two; 64 columns from 96 on touch two of them.
// CHECK-LABEL: func @powers_of_two
// CHECK: epilogue = swiglu_quant activation_scale = pow2 parts = 2 n_offset = 96 slots = 1 :
func.func @powers_of_two(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %h: memref<?x64xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant activation_scale = pow2 parts = 2 n_offset = 96
      slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x64xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// Gate and up side by side in bf16.
// CHECK-LABEL: func @two_parts
// CHECK: epilogue = cast parts = 2 slots = 1 :
func.func @two_parts(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x384x512xf8E4M3FN>, %ws: memref<8x4x4xf32>,
    %y: memref<?x384xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast parts = 2 slots = 1
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x384x512xf8E4M3FN>,
        memref<8x4x4xf32>, memref<?x384xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// The down projection: sorted rows, weighted and scattered, with a schedule.
// CHECK-LABEL: func @down
// CHECK: moe.grouped_gemm {{.*}} sorted {{.*}} scattered {{.*}} weights(%{{.*}}) epilogue = weighted slots = 2
// CHECK-SAME: row_alignment = 256 schedule = <tile = 128x128x128, stages = 5, consumers = 2, group_m = 16, registers = 40 and 232>
func.func @down(
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>,
    %w: memref<8x512x192xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %y: memref<?x512xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>,
    %map: memref<?xi32>, %pairs: index, %weights: memref<?xf32>) {
  moe.grouped_gemm a(%h, %hs) sorted b(%w, %ws) c(%y) scattered
      experts(%e, %used, %real) rows(%map, %pairs) weights(%weights)
      epilogue = weighted slots = 2 row_alignment = 256
      schedule = <tile = 128x128x128, stages = 5, consumers = 2, group_m = 16,
                  registers = 40 and 232>
      : memref<?x192xf8E4M3FN>, memref<2x?xf32>, memref<8x512x192xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x512xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index, memref<?xf32>
  return
}

// The slots of a token are added to its one row.
// CHECK-LABEL: func @added
// CHECK: moe.grouped_gemm {{.*}} scattered {{.*}} weights(%{{.*}}) epilogue = weighted_add slots = 2 :
func.func @added(
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>,
    %w: memref<8x512x192xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %y: memref<?x512xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index,
    %weights: memref<?xf32>) {
  moe.grouped_gemm a(%h, %hs) sorted b(%w, %ws) c(%y) scattered
      experts(%e, %used, %real) rows(%map, %pairs) weights(%weights)
      epilogue = weighted_add slots = 2
      : memref<?x192xf8E4M3FN>, memref<2x?xf32>, memref<8x512x192xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x512xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index, memref<?xf32>
  return
}

// Few rows an expert, padded to those of a swapped tile: the blocks of its
// cluster have the same ones.
// CHECK-LABEL: func @few_rows
// CHECK: row_alignment = 24 schedule = <tile = 24x128x128 swapped, stages = 6, consumers = 1, group_m = 16, registers = 40 and 232, cluster = 2>
func.func @few_rows(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x384x256xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 slots = 1 row_alignment = 24
      schedule = <tile = 24x128x128 swapped, stages = 6, consumers = 1,
                  group_m = 16, registers = 40 and 232, cluster = 2>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x384x256xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x192xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// Grids that start inside a scale block: N of 96 columns from 64 touches two
// blocks, K of 192 from 96 three.
// CHECK-LABEL: func @offsets
// CHECK: epilogue = cast n_offset = 64 k_offset = 96 slots = 1 :
func.func @offsets(
    %x: memref<?x192xf8E4M3FN>, %xs: memref<3x?xf32>,
    %w: memref<8x96x192xf8E4M3FN>, %ws: memref<8x2x3xf32>,
    %y: memref<?x96xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast n_offset = 64 k_offset = 96
      slots = 1
      : memref<?x192xf8E4M3FN>, memref<3x?xf32>, memref<8x96x192xf8E4M3FN>,
        memref<8x2x3xf32>, memref<?x96xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// The kernel that ends a layer multiplies one expert's rows and has those of the
// other slots from memory.
// CHECK-LABEL: func @combined
// CHECK: moe.grouped_gemm {{.*}} sorted {{.*}} sorted experts({{.*}}) weights(%{{.*}}) sums(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) epilogue = combined slots = 3 factor = 2.500000e+00 :
func.func @combined(
    %h: memref<?x256xf8E4M3FN>, %hs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %weights: memref<?xf32>,
    %p: memref<?x3x128xbf16>, %ids: memref<?xi32>, %own: memref<1xi32>,
    %tokens: index) {
  moe.grouped_gemm a(%h, %hs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) weights(%weights)
      sums(%p, %ids, %own, %tokens) epilogue = combined slots = 3 factor = 2.5
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xf32>, memref<?x3x128xbf16>, memref<?xi32>,
        memref<1xi32>, index
  return
}
