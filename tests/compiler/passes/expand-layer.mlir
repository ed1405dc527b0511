// A layer gets its two products, with the shapes that its numbers say.

// RUN: moe-opt %s --moe-expand-layer | FileCheck %s

// The layers stay, their products follow: the manifest is made from a layer.
// CHECK: moe.layer @two_products
// CHECK: moe.layer @odd_rank
// CHECK: moe.layer @shared_experts
// CHECK: moe.layer @powers_of_two
// CHECK: moe.layer @atomic
moe.layer @two_products {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}

// Gate and up side by side, each with a scale grid of ceil(192 / 128) rows,
// leave as h, quantised as down reads it.
// CHECK-LABEL: func @two_products_up
// CHECK-SAME: memref<?x512xf8E4M3FN> {moe.tensor = "x"}, %{{.*}}: memref<?x4xf32> {moe.tensor = "x_scales"}
// CHECK-SAME: memref<8x384x512xf8E4M3FN> {moe.tensor = "w13"}, %{{.*}}: memref<8x4x4xf32> {moe.tensor = "w13_scales"}
// CHECK-SAME: memref<?x192xf8E4M3FN> {moe.tensor = "h"}, %{{.*}}: memref<2x?xf32> {moe.tensor = "h_scales"}, %{{.*}}: index {moe.tensor = "rows"}
// CHECK-SAME: memref<?xi32> {moe.tensor = "block_rows"}
// CHECK-SAME: memref<2xi32> {moe.tensor = "up_tiles"}, %{{.*}}: memref<?xi32> {moe.tensor = "h_progress"}) attributes {moe.kernel = "up"}
// CHECK: moe.grouped_gemm {{.*}} gathered {{.*}} sorted c_scales({{.*}} counter({{.*}} progress({{.*}} epilogue = swiglu_quant parts = 2 slots = 2 :

// The scales of h lie K block by K block, so that TMA can read them.
// CHECK-LABEL: func @two_products_down
// CHECK-SAME: memref<?x192xf8E4M3FN> {moe.tensor = "h"}, %{{.*}}: memref<2x?xf32> {moe.tensor = "h_scales"}
// CHECK-SAME: memref<8x512x192xf8E4M3FN> {moe.tensor = "w2"}, %{{.*}}: memref<8x4x2xf32> {moe.tensor = "w2_scales"}
// CHECK-SAME: memref<?xf32> {moe.tensor = "row_weights"}, %{{.*}}: memref<2xi32> {moe.tensor = "down_tiles"}, %{{.*}}: memref<?xi32> {moe.tensor = "h_progress"}) attributes {moe.kernel = "down"}
// CHECK: moe.grouped_gemm {{.*}} sorted {{.*}} scattered {{.*}} weights(%{{.*}}) counter(%{{.*}}) progress(%{{.*}}) epilogue = weighted slots = 2 :

// Columns 64 to 255 of the whole intermediate size touch two scale blocks: up
// starts inside one with its columns, down with its K.
// CHECK-LABEL: func @odd_rank_up
// CHECK-SAME: memref<8x4x4xf32> {moe.tensor = "w13_scales"}
// CHECK: epilogue = swiglu_quant parts = 2 n_offset = 64 slots = 2 :
// CHECK-LABEL: func @odd_rank_down
// CHECK-SAME: memref<8x4x2xf32> {moe.tensor = "w2_scales"}
// CHECK: epilogue = weighted k_offset = 64 slots = 2 :
moe.layer @odd_rank {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu, scale_offset = 64
}

// Shared experts are more experts and more slots of a token.
// CHECK-LABEL: func @shared_experts_up
// CHECK-SAME: memref<9x384x512xf8E4M3FN> {moe.tensor = "w13"}
// CHECK: parts = 2 slots = 3 :
// CHECK-LABEL: func @shared_experts_down
// CHECK-SAME: memref<9x512x192xf8E4M3FN> {moe.tensor = "w2"}
// CHECK: weighted slots = 3 :
moe.layer @shared_experts {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu, shared_experts = 1
}

// Only h is quantised, so that only up knows how.
// CHECK-LABEL: func @powers_of_two_up
// CHECK: epilogue = swiglu_quant activation_scale = pow2 parts = 2
// CHECK-LABEL: func @powers_of_two_down
// CHECK: epilogue = weighted slots = 2 :
moe.layer @powers_of_two {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu, activation_scale = pow2
}

// The results of down go to the output, whose rows are tokens, not pairs.
// CHECK-LABEL: func @atomic_down
// CHECK-SAME: memref<?x512xbf16> {moe.tensor = "out"}
// CHECK: epilogue = weighted_add slots = 2 :
moe.layer @atomic {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu, reduction = atomic
}
