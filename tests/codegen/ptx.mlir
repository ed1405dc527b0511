// The instructions that a kernel is made of, and none that would make it slow.

// RUN: moe-codegen %s --emit=ptx --kernel=up \
// RUN:   | FileCheck %s --check-prefixes=CHECK,UP --implicit-check-not=.local
// RUN: moe-codegen %s --emit=ptx --kernel=down \
// RUN:   | FileCheck %s --check-prefixes=CHECK,DOWN --implicit-check-not=.local

// Gathered rows: cp.async by all producer threads, a copy of 0 bytes for what
// is to be zero, and an arrival at the slot's barrier when they have landed.
// RUN: moe-codegen %s --emit=ptx --kernel=up | FileCheck %s --check-prefix=GATHER
// GATHER: setmaxnreg.dec.sync.aligned.u32 56;
// GATHER: cp.async.cg.shared.global [%rd{{[0-9]+}}], [%rd{{[0-9]+}}], 16, %r{{[0-9]+}};
// GATHER: cp.async.ca.shared.global [%rd{{[0-9]+}}], [%rd{{[0-9]+}}], 4, %r{{[0-9]+}};
// GATHER: cp.async.mbarrier.arrive.noinc.shared.b64 [%rd{{[0-9]+}}];

// Nothing is gathered for down: TMA brings all there is.
// RUN: moe-codegen %s --emit=ptx --kernel=down | FileCheck %s --check-prefix=BOXES --implicit-check-not="{{cp.async.c[ag]|fence.proxy}}"
// BOXES: setmaxnreg.dec.sync.aligned.u32 40;
// BOXES: cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes

// CHECK: .version 8.
// CHECK: .target sm_90a
// CHECK: .extern .shared .align 1024 .b8 shared_memory[];
// UP: .entry small_up(
// DOWN: .entry small_down(
// CHECK: .maxntid 384
// CHECK: .minnctapersm 1
// UP: setmaxnreg.inc.sync.aligned.u32 224;
// DOWN: setmaxnreg.inc.sync.aligned.u32 232;

// Rows that cp.async wrote are seen by wgmma behind the fence only.
// UP: mbarrier.try_wait
// UP: fence.proxy.async.shared::cta;
// CHECK: wgmma.fence.sync.aligned;
// CHECK: wgmma.mma_async.sync.aligned.m64n128k32.f32.e4m3.e4m3
// UP: wgmma.mma_async.sync.aligned.m64n128k32.f32.e4m3.e4m3

// The slot goes back before the adds of the last part.
// CHECK: wgmma.wait_group.sync.aligned 0;
// UP: wgmma.wait_group.sync.aligned 0;
// CHECK-NOT: fma.rn.f32
// CHECK: mbarrier.arrive.shared::cta.b64
// CHECK-COUNT-64: fma.rn.f32
// CHECK: bra

// Lines of 16 bytes leave through staging.
// CHECK: stmatrix.sync.aligned.m8n8.x4.shared.b16
// CHECK: st.global.v4.b32

moe.layer @small {
  experts = 5, top_k = 2, hidden = 384, intermediate = 192,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}
