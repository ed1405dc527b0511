// The kernel that ends a layer with a shared expert: that expert's rows of h, and
// what down stored for the other slots.

// RUN: moe-opt %s --split-input-file --moe-expand-layer=combine=true --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func @ends_combine
// CHECK-SAME: memref<?x192xf8E4M3FN> {moe.tensor = "h"}, %{{.*}}: memref<2x?xf32> {moe.tensor = "h_scales"}
// CHECK-SAME: memref<9x512x192xf8E4M3FN> {moe.tensor = "w2"}
// CHECK-SAME: memref<?x512xbf16> {moe.tensor = "out"}
// CHECK-NOT: sorted_token_ids
// CHECK-SAME: memref<?x3x512xbf16> {moe.tensor = "partials"}, %{{.*}}: memref<?xi32> {moe.tensor = "topk_ids"}, %{{.*}}: memref<?xi32> {moe.tensor = "down_rows"}, %{{.*}}: index {moe.tensor = "tokens"}) attributes {moe.kernel = "combine"}
// CHECK: moe.grouped_gemm {{.*}} sorted {{.*}} sorted {{.*}} weights(%{{.*}}) sums(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) epilogue = combined k_offset = 64 slots = 3 factor = 2.500000e+00 :
// CHECK-NOT: func
moe.layer @ends {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu, shared_experts = 1, scale_offset = 64,
  routed_scaling_factor = 2.5
}

// -----

// expected-error @below {{expects a shared expert, an ordered reduction and at most 31 slots for a kernel that ends the layer, got 0, ordered and 2}}
moe.layer @nobody_shared {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}

// -----

// expected-error @below {{got 1, atomic and 3}}
moe.layer @atomic {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu, shared_experts = 1, reduction = atomic
}
