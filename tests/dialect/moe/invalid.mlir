// Every law of moe, broken once. Pieces are named for the op and the law.

// RUN: moe-opt %s --split-input-file --verify-diagnostics

//===----------------------------------------------------------------------===//
// moe.layer
//===----------------------------------------------------------------------===//

// expected-error @below {{(L1) expects experts of at least 1, got 0}}
moe.layer @layer_l1 {
  experts = 0, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}

// -----

// expected-error @below {{(L1) expects shared_experts of at least 0, got -1}}
moe.layer @layer_l1_shared {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu,
  shared_experts = -1
}

// -----

// expected-error @below {{(L2) expects global_experts of at least 8, the larger of experts and top_k, got 7}}
moe.layer @layer_l2 {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu,
  global_experts = 7
}

// -----

// A token cannot take nine of eight experts.
// expected-error @below {{(L2) expects global_experts of at least 9, the larger of experts and top_k, got 8}}
moe.layer @layer_l2_top_k {
  experts = 8, top_k = 9, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}

// -----

// expected-error @below {{(L3) expects hidden to be a multiple of 16 (TMA wants row pitches of 16 bytes: pad the weights to 512), got 500}}
moe.layer @layer_l3 {
  experts = 8, top_k = 2, hidden = 500, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}

// -----

// expected-error @below {{(L4) expects intermediate to be a multiple of 16 (TMA wants row pitches of 16 bytes: pad the weights to 192), got 184}}
moe.layer @layer_l4 {
  experts = 8, top_k = 2, hidden = 512, intermediate = 184,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}

// -----

// expected-error @below {{(L5) expects scale_offset to be a multiple of 16 in 0 ... 127, got 128}}
moe.layer @layer_l5 {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu,
  scale_offset = 128
}

// -----

// expected-error @below {{(L5) expects scale_offset to be a multiple of 16 in 0 ... 127, got -16}}
moe.layer @layer_l5_negative {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu,
  scale_offset = -16
}

// -----

// expected-error @below {{(L6) expects activations as f8E4M3FN per 1x128, got 'f8E5M2' per 1x128}}
moe.layer @layer_l6 {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E5M2 per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}

// -----

// expected-error @below {{(L6) expects weights as f8E4M3FN per 128x128, got 'f8E4M3FN' per 64x128}}
moe.layer @layer_l6_block {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 64x128,
  output = bf16, activation = silu
}

// -----

// expected-error @below {{(L7) expects output bf16, got 'f16'}}
moe.layer @layer_l7 {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = f16, activation = silu
}

// -----

// expected-error @below {{(L8) expects a routed_scaling_factor that is finite and not zero, got 0.000000}}
moe.layer @layer_l8 {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu,
  routed_scaling_factor = 0.0
}

// -----

//===----------------------------------------------------------------------===//
// Parse errors
//===----------------------------------------------------------------------===//

moe.layer @a_key_is_misspelt {
  // expected-error @below {{expected 'top_k'}}
  experts = 8, topk = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}

// -----

moe.layer @an_optional_key_is_misspelt {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu,
  // expected-error @below {{expected shared_experts, global_experts, scale_offset, activation_scale, routed_scaling_factor or reduction, got 'shared'}}
  shared = 1
}

// -----

// expected-error @below {{key 'scale_offset' is given twice}}
moe.layer @a_key_is_given_twice {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu,
  scale_offset = 16, scale_offset = 32
}

// -----

moe.layer @a_block_has_one_number {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  // expected-error @below {{expects 2 numbers joined by 'x', got 1}}
  activations = f8E4M3FN per 128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}

// -----

// expected-error @below {{expects 3 numbers joined by 'x', got 2}}
#a_tile_has_two_numbers = #moe.schedule<tile = 128x128, stages = 4,
    consumers = 2, group_m = 16, registers = 40 and 232>

// -----

// expected-error @below {{expected static shape}}
#a_tile_is_dynamic = #moe.schedule<tile = 128x?x128, stages = 4, consumers = 2,
    group_m = 16, registers = 40 and 232>

// -----

//===----------------------------------------------------------------------===//
// #moe.schedule
//===----------------------------------------------------------------------===//

// expected-error @below {{schedule (S1) expects a tile of 64, 128 or 256 rows by 64, 128 or 256 columns, got 96x128}}
#schedule_s1 = #moe.schedule<tile = 96x128x128, stages = 4, consumers = 2,
    group_m = 16, registers = 40 and 232>

// -----

// expected-error @below {{schedule (S1) expects a swapped tile of 8, 16, … 64 rows, got 12}}
#schedule_s1_swapped = #moe.schedule<tile = 12x128x128 swapped, stages = 4,
    consumers = 1, group_m = 16, registers = 40 and 232>

// -----

// expected-error @below {{schedule (S1) expects a swapped tile of 8, 16, … 64 rows, got 72}}
#schedule_s1_swapped_most = #moe.schedule<tile = 72x128x128 swapped, stages = 4,
    consumers = 1, group_m = 16, registers = 40 and 232>

// -----

// expected-error @below {{schedule (S2) expects a tile depth of 128, one scale block, got 64}}
#schedule_s2 = #moe.schedule<tile = 128x128x64, stages = 4, consumers = 2,
    group_m = 16, registers = 40 and 232>

// -----

// expected-error @below {{schedule (S3) expects 1 or 2 consumer warpgroups that split the rows into slabs of 64, got 2 for 64 rows}}
#schedule_s3 = #moe.schedule<tile = 64x128x128, stages = 4, consumers = 2,
    group_m = 16, registers = 40 and 232>

// -----

// expected-error @below {{schedule (S3) expects 1 or 2 consumer warpgroups that split the columns into slabs of 64, got 2 for 64 columns}}
#schedule_s3_swapped = #moe.schedule<tile = 16x64x128 swapped, stages = 4,
    consumers = 2, group_m = 16, registers = 40 and 232>

// -----

// expected-error @below {{schedule (S4) expects at most 256 columns of accumulators a consumer warpgroup, (block_m / 64 / consumers) * block_n, got 512}}
#schedule_s4 = #moe.schedule<tile = 256x256x128, stages = 4, consumers = 2,
    group_m = 16, registers = 40 and 232>

// -----

// expected-error @below {{schedule (S5) expects at least 2 stages, got 1}}
#schedule_s5 = #moe.schedule<tile = 128x128x128, stages = 1, consumers = 2,
    group_m = 16, registers = 40 and 232>

// -----

// expected-error @below {{schedule (S6) expects group_m of 1 to 1024, got 0}}
#schedule_s6 = #moe.schedule<tile = 128x128x128, stages = 4, consumers = 2,
    group_m = 0, registers = 40 and 232>

// -----

// expected-error @below {{schedule (S7) expects register counts that are multiples of 8 from 24 to 240, got 42}}
#schedule_s7 = #moe.schedule<tile = 128x128x128, stages = 4, consumers = 2,
    group_m = 16, registers = 42 and 232>

// -----

// 384 threads start with 168 registers each.
// expected-error @below {{schedule (S8) expects at most 504 registers over one thread of each warpgroup, got 512: setmaxnreg would wait for ever}}
#schedule_s8 = #moe.schedule<tile = 128x128x128, stages = 4, consumers = 2,
    group_m = 16, registers = 48 and 232>

// -----

// expected-error @below {{schedule (S12) expects a cluster of 1 or 2 blocks, got 3}}
#schedule_s12 = #moe.schedule<tile = 128x128x128, stages = 4, consumers = 2,
    group_m = 16, registers = 40 and 232, cluster = 3>

// -----

//===----------------------------------------------------------------------===//
// moe.grouped_gemm
//===----------------------------------------------------------------------===//

func.func @grouped_gemm_g1(
    // expected-note @below {{a is defined here}}
    %x: memref<?x128xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G1) expects a of shape ?x256, got 'memref<?x128xf8E4M3FN>'}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1
      : memref<?x128xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g1_c(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    // expected-note @below {{c is defined here}}
    %y: memref<?x64xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G1) expects c of shape ?x128, got 'memref<?x64xbf16>'}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x64xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// Gate and up are joined: c has the columns of one of them.
func.func @grouped_gemm_g1_quantised(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x2x2xf32>,
    // expected-note @below {{c is defined here}}
    %h: memref<?x128xf8E4M3FN>, %hs: memref<1x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  // expected-error @below {{(G1) expects c of shape ?x64, got 'memref<?x128xf8E4M3FN>'}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x2x2xf32>, memref<?x128xf8E4M3FN>, memref<1x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g2(
    %x: memref<?x256xf8E4M3FN>,
    // expected-note @below {{a_scales is defined here}}
    %xs: memref<3x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G2) expects a_scales of shape 2x?, got 'memref<3x?xf32>'}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1
      : memref<?x256xf8E4M3FN>, memref<3x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// Gathered rows have their scales side by side.
func.func @grouped_gemm_g2_gathered(
    %x: memref<?x256xf8E4M3FN>,
    // expected-note @below {{a_scales is defined here}}
    %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index) {
  // expected-error @below {{(G2) expects a_scales of shape ?x2, got 'memref<2x?xf32>'}}
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) rows(%map, %pairs) epilogue = cast slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index
  return
}

// -----

// Two parts have two grids, however small.
func.func @grouped_gemm_g3(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>,
    // expected-note @below {{b_scales is defined here}}
    %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G3) expects b_scales of shape 8x2x2, got 'memref<8x1x2xf32>'}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast parts = 2 slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g4(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G4) expects rows(row_map, pairs) exactly when A is gathered or C is scattered: a is sorted, c is scattered, rows are not given}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) scattered
      experts(%e, %used, %real) epilogue = cast slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g4_superfluous(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index) {
  // expected-error @below {{(G4) expects rows(row_map, pairs) exactly when A is gathered or C is scattered: a is sorted, c is sorted, rows are given}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) rows(%map, %pairs) epilogue = cast slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index
  return
}

// -----

func.func @grouped_gemm_g5(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index,
    %weights: memref<?xf32>) {
  // expected-error @below {{(G5) expects weights exactly when the epilogue is weighted, weighted_add or combined, got epilogue cast}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) scattered
      experts(%e, %used, %real) rows(%map, %pairs) weights(%weights)
      epilogue = cast slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index, memref<?xf32>
  return
}

// -----

func.func @grouped_gemm_g5_sorted(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<?x2xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index,
    %weights: memref<?xf32>) {
  // expected-error @below {{(G5) expects C to be scattered when the epilogue is weighted or weighted_add, got sorted}}
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) rows(%map, %pairs) weights(%weights)
      epilogue = weighted slots = 1
      : memref<?x256xf8E4M3FN>, memref<?x2xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index, memref<?xf32>
  return
}

// -----

func.func @grouped_gemm_g6(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G6) expects 1 or 2 parts that divide N = 128, got 3}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast parts = 3 slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g6_offset(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G6) expects offsets to be multiples of 16 in 0 ... 127, got 8}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast n_offset = 8 slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g7(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x100x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x100xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G7) expects K and N / parts to be multiples of 16, got 100}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x100x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x100xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g8(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G8) expects row_alignment exactly when there is a schedule, got only row_alignment}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 128
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g8_divides(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G8) expects the rows of a cluster to divide row_alignment = 64, got 128}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 64
      schedule = <tile = 128x128x128, stages = 4, consumers = 2, group_m = 16,
                  registers = 40 and 232>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g8_cluster(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G8) expects the rows of a cluster to divide row_alignment = 128, got 256}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 128
      schedule = <tile = 128x128x128, stages = 4, consumers = 2, group_m = 16,
                  registers = 40 and 232, cluster = 2>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// Swapped, the blocks of a cluster have the same rows.
func.func @grouped_gemm_g8_swapped(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x384x256xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  // expected-error @below {{(G8) expects the rows of a cluster to divide row_alignment = 8, got 16}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 slots = 1 row_alignment = 8
      schedule = <tile = 16x128x128 swapped, stages = 4, consumers = 1,
                  group_m = 16, registers = 40 and 232, cluster = 2>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x384x256xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x192xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

// One stage more than fits.
func.func @grouped_gemm_g9_s9(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G9) schedule (S9) expects at most 232448 bytes of shared memory, got 236544}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 128
      schedule = <tile = 128x128x128, stages = 6, consumers = 2, group_m = 16,
                  registers = 40 and 232>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g9_s10(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<?x2xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index) {
  // expected-error @below {{(G9) schedule (S10) expects at least 64 producer registers to gather 256 rows, got 56}}
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) rows(%map, %pairs)
      epilogue = cast slots = 1 row_alignment = 256
      schedule = <tile = 256x128x128, stages = 3, consumers = 2, group_m = 16,
                  registers = 56 and 224>
      : memref<?x256xf8E4M3FN>, memref<?x2xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index
  return
}

// -----

func.func @grouped_gemm_g9_s10_copied(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G9) schedule (S10) expects at least 64 producer registers to copy 256 rows, got 56}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 256
      schedule = <tile = 256x128x128 copied_rows, stages = 3, consumers = 2,
                  group_m = 16, registers = 56 and 224>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g9_s14(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<?x2xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index) {
  // expected-error @below {{(G9) schedule (S14) expects copied rows only where A is sorted, got a gathered A: its rows are always copied}}
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) rows(%map, %pairs)
      epilogue = cast slots = 1 row_alignment = 128
      schedule = <tile = 128x128x128 copied_rows, stages = 3, consumers = 2,
                  group_m = 16, registers = 56 and 224>
      : memref<?x256xf8E4M3FN>, memref<?x2xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index
  return
}

// -----

// 192 columns of gate are no half group.
func.func @grouped_gemm_g9_s11(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x384x256xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  // expected-error @below {{(G9) schedule (S11) expects 256 columns of gate and up for swiglu_quant, or 128 where each part lies in one run of 64, got 128}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 slots = 1 row_alignment = 128
      schedule = <tile = 128x128x128, stages = 4, consumers = 2, group_m = 16,
                  registers = 40 and 232>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x384x256xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x192xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

// Swapped, those of all blocks of a cluster count.
func.func @grouped_gemm_g9_s11_swapped(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x384x256xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  // expected-error @below {{(G9) schedule (S11) expects 256 columns of gate and up for swiglu_quant, or 128 where each part lies in one run of 64, got 128}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 slots = 1 row_alignment = 16
      schedule = <tile = 16x128x128 swapped, stages = 4, consumers = 1,
                  group_m = 16, registers = 40 and 232>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x384x256xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x192xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

// Two blocks of 256 would have two groups.
func.func @grouped_gemm_g9_s11_cluster(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x384x256xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  // expected-error @below {{(G9) schedule (S11) expects 256 columns of gate and up for swiglu_quant, or 128 where each part lies in one run of 64, got 512}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 slots = 1 row_alignment = 16
      schedule = <tile = 16x256x128 swapped, stages = 4, consumers = 1,
                  group_m = 16, registers = 40 and 232, cluster = 2>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x384x256xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x192xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

// There is no scale group whose halves two blocks could have.
func.func @grouped_gemm_g9_s12(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G9) schedule (S12) expects no cluster where nothing is quantised, got 2}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 16
      schedule = <tile = 16x128x128 swapped, stages = 4, consumers = 1,
                  group_m = 16, registers = 40 and 232, cluster = 2>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// Two warpgroups would have half a slab of each.
func.func @grouped_gemm_g9_s13_half(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x384x256xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  // expected-error @below {{(G9) schedule (S13) expects a swapped tile of one slab of gate and one of up for each of 2 consumer warpgroups, got 128 columns}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 slots = 1 row_alignment = 16
      schedule = <tile = 16x128x128 swapped, stages = 4, consumers = 2,
                  group_m = 16, registers = 40 and 232, cluster = 2>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x384x256xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x192xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

// One warpgroup would have two slabs of gate and two of up.
func.func @grouped_gemm_g9_s13_two(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x384x256xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  // expected-error @below {{(G9) schedule (S13) expects a swapped tile of one slab of gate and one of up for each of 1 consumer warpgroups, got 256 columns}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 slots = 1 row_alignment = 16
      schedule = <tile = 16x256x128 swapped, stages = 4, consumers = 1,
                  group_m = 16, registers = 40 and 232>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x384x256xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x192xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g10(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G10) expects slots of at least 1, got 0}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 0
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g10_negative(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G10) expects slots of at least 1, got -1}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = -1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// expected-error @below {{(L9) expects a name of letters, digits and underscores that no digit begins, got 'qwen3.5'}}
moe.layer @qwen3.5 {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}

// -----

func.func @grouped_gemm_g11_packed(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    // expected-note @below {{the operand is defined here}}
    %y: memref<?x128xbf16, strided<[1024, 1]>>, %e: memref<?xi32>,
    %used: memref<1xi32>, %real: memref<?xi32>) {
  // expected-error @below {{(G11) expects packed operands, got 'memref<?x128xbf16, strided<[1024, 1]>>'}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16, strided<[1024, 1]>>,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g11_static(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x?x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G11) expects b and b_scales of static shape, got 'memref<8x?x256xf8E4M3FN>'}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x?x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g8_positive(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G8) expects the rows of a cluster to divide row_alignment = 0, got 128}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1 row_alignment = 0
      schedule = <tile = 128x128x128, stages = 4, consumers = 2, group_m = 16,
                  registers = 40 and 232>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g12(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xf8E4M3FN>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G12) expects c of f8E4M3FN and c_scales exactly when the epilogue is swiglu_quant, got epilogue cast and c of 'memref<?x128xf8E4M3FN>'}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xf8E4M3FN>, memref<?xi32>,
        memref<1xi32>, memref<?xi32>
  return
}

// -----

// There is no place for the scales.
func.func @grouped_gemm_g12_scales(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x2x2xf32>,
    %h: memref<?x64xf8E4M3FN>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G12) expects c of f8E4M3FN and c_scales exactly when the epilogue is swiglu_quant, got epilogue swiglu_quant and c of 'memref<?x64xf8E4M3FN>'}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      experts(%e, %used, %real) epilogue = swiglu_quant parts = 2 slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x2x2xf32>, memref<?x64xf8E4M3FN>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

// One part has no up for its gate.
func.func @grouped_gemm_g12_parts(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %h: memref<?x128xf8E4M3FN>, %hs: memref<1x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  // expected-error @below {{(G12) expects 2 parts and sorted C under swiglu_quant, got 1 and sorted}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xf8E4M3FN>, memref<1x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g12_scattered(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x2x2xf32>,
    %h: memref<?x64xf8E4M3FN>, %hs: memref<1x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>,
    %map: memref<?xi32>, %pairs: index) {
  // expected-error @below {{(G12) expects 2 parts and sorted C under swiglu_quant, got 2 and scattered}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) scattered
      c_scales(%hs, %pitch) experts(%e, %used, %real) rows(%map, %pairs)
      epilogue = swiglu_quant parts = 2 slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x2x2xf32>, memref<?x64xf8E4M3FN>, memref<1x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>, memref<?xi32>, index
  return
}

// -----

// 64 columns from 96 on touch two groups.
func.func @grouped_gemm_g12_groups(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    // expected-note @below {{c_scales is defined here}}
    %h: memref<?x64xf8E4M3FN>, %hs: memref<1x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>) {
  // expected-error @below {{(G12) expects c_scales of shape 2x?, got 'memref<1x?xf32>'}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real)
      epilogue = swiglu_quant parts = 2 n_offset = 96 slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x64xf8E4M3FN>, memref<1x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g12_activation_scale(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  // expected-error @below {{(G12) expects activation_scale only under swiglu_quant, got it with epilogue cast}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast activation_scale = pow2
      slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g13(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %taken: memref<1xi32>) {
  // expected-error @below {{(G13) expects a tile_counter of two numbers, got 'memref<1xi32>'}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) counter(%taken) epilogue = cast slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<1xi32>
  return
}

// -----

func.func @grouped_gemm_g14(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %progress: memref<?xi32>) {
  // expected-error @below {{(G14) expects progress where A or C is sorted, not both, got a sorted, c sorted}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) progress(%progress) epilogue = cast slots = 1
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>
  return
}

// -----

func.func @grouped_gemm_g15_given(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %p: memref<?x3x128xbf16>, %ids: memref<?xi32>,
    %own: memref<1xi32>, %tokens: index) {
  // expected-error @below {{(G15) expects sums(partials, topk_ids, own_rows, tokens) and a factor exactly when the epilogue is combined, got epilogue cast}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) sums(%p, %ids, %own, %tokens)
      epilogue = cast slots = 3
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?x3x128xbf16>, memref<?xi32>, memref<1xi32>,
        index
  return
}

// -----

func.func @grouped_gemm_g15_factor(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %weights: memref<?xf32>,
    %p: memref<?x3x128xbf16>, %ids: memref<?xi32>, %own: memref<1xi32>,
    %tokens: index) {
  // expected-error @below {{(G15) expects sums(partials, topk_ids, own_rows, tokens) and a factor exactly when the epilogue is combined, got epilogue combined}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) weights(%weights)
      sums(%p, %ids, %own, %tokens) epilogue = combined slots = 3
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xf32>, memref<?x3x128xbf16>, memref<?xi32>,
        memref<1xi32>, index
  return
}

// -----

func.func @grouped_gemm_g15_slots(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %weights: memref<?xf32>,
    %p: memref<?x32x128xbf16>, %ids: memref<?xi32>, %own: memref<1xi32>,
    %tokens: index) {
  // expected-error @below {{(G15) expects sorted A and C, 1 part and at most 31 slots where the epilogue is combined, got a sorted, c sorted, 1 and 32}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) weights(%weights)
      sums(%p, %ids, %own, %tokens) epilogue = combined slots = 32 factor = 1.0
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xf32>, memref<?x32x128xbf16>, memref<?xi32>,
        memref<1xi32>, index
  return
}

// -----

func.func @grouped_gemm_g15_shape(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x128x256xf8E4M3FN>, %ws: memref<8x1x2xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %weights: memref<?xf32>,
    // expected-note @below {{partials is defined here}}
    %p: memref<?x4x128xbf16>, %ids: memref<?xi32>, %own: memref<1xi32>,
    %tokens: index) {
  // expected-error @below {{(G15) expects partials of shape ?x3x128, got 'memref<?x4x128xbf16>'}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) weights(%weights)
      sums(%p, %ids, %own, %tokens) epilogue = combined slots = 3 factor = 1.0
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x128x256xf8E4M3FN>,
        memref<8x1x2xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xf32>, memref<?x4x128xbf16>, memref<?xi32>,
        memref<1xi32>, index
  return
}

// -----

func.func @grouped_gemm_s15(
    %x: memref<?x256xf8E4M3FN>, %xs: memref<2x?xf32>,
    %w: memref<8x256x256xf8E4M3FN>, %ws: memref<8x2x2xf32>,
    %y: memref<?x256xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %weights: memref<?xf32>,
    %p: memref<?x3x256xbf16>, %ids: memref<?xi32>, %own: memref<1xi32>,
    %tokens: index) {
  // expected-error @below {{(G9) schedule (S15) expects tiles of 128 columns and 64 rows for each consumer warpgroup, rows of A loaded by TMA, no cluster and room to add up slots, got 128x256}}
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) weights(%weights)
      sums(%p, %ids, %own, %tokens) epilogue = combined slots = 3 factor = 1.0
      row_alignment = 128
      schedule = <tile = 128x256x128, stages = 2, consumers = 2, group_m = 1,
                  registers = 40 and 232>
      : memref<?x256xf8E4M3FN>, memref<2x?xf32>, memref<8x256x256xf8E4M3FN>,
        memref<8x2x2xf32>, memref<?x256xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xf32>, memref<?x3x256xbf16>, memref<?xi32>,
        memref<1xi32>, index
  return
}
