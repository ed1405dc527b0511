// The kernel that ends a layer: tiles of tokens, a ring of rows of slots beside
// that of the product, and the sum in the order of the slots.

// RUN: moe-opt %s --moe-expand-layer=combine=true --moe-assign-schedule --convert-moe-to-pipe --canonicalize | FileCheck %s

// Where own rows begin, and whether there are any, says how many slots are in
// memory: all but the last, or all.
// CHECK-LABEL: gpu.func @ends_combine
// CHECK: %[[RING:.*]] = pipe.ring : <2, !pipe.tile<128x128xf8E4M3FN>
// CHECK: %[[SLOTS:.*]] = pipe.ring : <3, !pipe.tile<128x64xbf16>, !pipe.tile<128x64xbf16>>
// CHECK-NOT: pipe.tile_queue
// CHECK: %[[SOME:.*]] = arith.cmpi ult, %[[OWN:.*]], %{{.*}} : index
// CHECK: %[[FIRST:.*]] = arith.select %[[SOME]], %[[OWN]], %c0 : index
// CHECK: %[[COUNT:.*]] = arith.select %[[SOME]], %c2{{.*}}, %c3{{.*}} : index

// Weights are nobody's, and h is older than the kernel before this one: only rows
// of slots are waited for.
// CHECK: pipe.role producer
// CHECK: pipe.tiles rows(%[[TOKENS:.*]]) block_m = 128
// CHECK-NOT: pipe.wait_earlier
// CHECK: pipe.load_box %{{.*}}[%c8{{.*}}, %{{.*}}, %{{.*}}] to
// CHECK: pipe.role late_producer
// CHECK: ^bb0(%{{.*}}: index, %[[ROW:.*]]: index, %{{.*}}: index, %{{.*}}: index):
// CHECK: %[[ROW_OF_A:.*]] = arith.addi %[[FIRST]], %[[ROW]]
// CHECK: pipe.fill %[[RING]]
// CHECK: pipe.load_box %{{.*}}[%[[ROW_OF_A]], %{{.*}}] to
// CHECK: pipe.load_box %{{.*}}[%{{.*}}, %[[ROW_OF_A]]] to
// CHECK: pipe.wait_earlier
// CHECK: scf.for %[[SLOT:.*]] = %c0 to %[[COUNT]]
// CHECK: pipe.fill %[[SLOTS]]
// CHECK: pipe.load_box %{{.*}}[%[[ROW]], %[[SLOT]], %{{.*}}] to %{{.*}} : <?x3x512xbf16, box = 128x1x64>
// CHECK: pipe.load_box %{{.*}}[%[[ROW]], %[[SLOT]], %{{.*}}] to

// CHECK: pipe.role consumer
// CHECK: %[[WEIGHTS:.*]] = pipe.read_row_weights
// CHECK: %[[BITS:.*]] = pipe.read_row_slots %{{.*}}[%[[TOKEN:.*]]] below %[[TOKENS]] slots = 3 experts = 9
// CHECK: pipe.mma
// CHECK: %[[PART:.*]] = pipe.scale_rows %{{.*}} by %[[WEIGHTS]]
// CHECK: %[[SUM:.*]] = scf.for %[[SLOT:.*]] = %c0 to %[[COUNT]]
// CHECK: pipe.drain %[[SLOTS]]
// CHECK: pipe.add_tiles %{{.*}}, (%{{.*}}, %{{.*}}) if %[[BITS]] at %[[SLOT]]
// CHECK: %[[ALL:.*]] = pipe.add_rounded %[[SUM]], %[[PART]] if %[[BITS]] at %[[COUNT]]
// CHECK: %[[OUT:.*]] = pipe.scale %[[ALL]] by 2.500000e+00
// CHECK: %[[ROWS:.*]] = pipe.row_range %[[TOKEN]] below %[[TOKENS]]
// CHECK: pipe.store_rows %[[OUT]] via %{{.*}} by %{{.*}} to %{{.*}}[%[[ROWS]],
moe.layer @ends {
  experts = 8, top_k = 2, hidden = 512, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu, shared_experts = 1,
  routed_scaling_factor = 2.5
}
