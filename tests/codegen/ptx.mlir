// The instructions that a kernel is made of, and none that would make it slow.

// RUN: moe-codegen %s --emit=ptx --kernel=up \
// RUN:   | FileCheck %s --check-prefixes=CHECK,UP --implicit-check-not=.local
// RUN: moe-codegen %s --emit=ptx --kernel=down \
// RUN:   | FileCheck %s --check-prefixes=CHECK,DOWN --implicit-check-not=.local

// Gathered rows: cp.async by all producer threads, a copy of 0 bytes for what
// is to be zero, and an arrival at the slot's barrier when they have landed. One
// thread copies the scales of both blocks of weights.
// RUN: moe-codegen %s --emit=ptx --kernel=up | FileCheck %s --check-prefix=GATHER
// GATHER: setmaxnreg.dec.sync.aligned.u32 72;
// GATHER: cp.async.cg.shared.global.L2::cache_hint [%r{{[0-9]+}}], [%rd{{[0-9]+}}], 16, %r{{[0-9]+}}, %rd{{[0-9]+}};
// GATHER: cp.async.ca.shared.global [%rd{{[0-9]+}}], [%rd{{[0-9]+}}], 4, %r{{[0-9]+}};
// GATHER: bra
// GATHER-COUNT-2: cp.async.ca.shared.global [%rd{{[0-9]+}}], [%rd{{[0-9]+}}], 4, 4;
// GATHER-NOT: cp.async.ca

// RUN: moe-codegen %s --emit=ptx --kernel=up | FileCheck %s --check-prefix=LANDED
// LANDED: setmaxnreg.dec
// LANDED: cp.async.mbarrier.arrive.noinc.shared.b64 [%rd{{[0-9]+}}];

// Of four K blocks the scales of a row come in one copy, as do those of a block of
// weights.
// RUN: sed "s/hidden = 384/hidden = 512/" %s | moe-codegen - --emit=ptx --kernel=up | FileCheck %s --check-prefix=GROUPS --implicit-check-not="cp.async.ca"
// GROUPS: cp.async.cg.shared.global [%rd{{[0-9]+}}], [%rd{{[0-9]+}}], 16, %r{{[0-9]+}};
// GROUPS-COUNT-2: cp.async.cg.shared.global [{{.*}}], [{{.*}}], 16, 16;
// GROUPS: cp.async.mbarrier.arrive.noinc.shared.b64
// GROUPS: cp.async.cg.shared.global
// GROUPS: cp.async.mbarrier.arrive.noinc.shared.b64

// Nothing is gathered for down: TMA brings all there is but the scale of the
// block of weights, and wgmma needs no fence.
// RUN: moe-codegen %s --emit=ptx --kernel=down | FileCheck %s --check-prefix=BOXES --implicit-check-not="{{cp.async.c[ag]}}"
// BOXES-NOT: fence.proxy
// BOXES: wgmma.fence.sync.aligned;
// BOXES: setmaxnreg.dec.sync.aligned.u32 40;
// A thread of its own waits for up, and loads what up writes.
// BOXES: griddepcontrol.wait;
// BOXES: griddepcontrol.launch_dependents;
// BOXES-NOT: griddepcontrol
// BOXES-COUNT-2: cp.async.bulk.tensor.2d.shared::cta.global.tile.mbarrier::complete_tx::bytes
// BOXES: cp.async.bulk.tensor.3d.shared::cta.global.tile.mbarrier::complete_tx::bytes
// BOXES: cp.async.ca.shared.global [{{.*}}], [{{.*}}], 4, 4;
// BOXES-NEXT: cp.async.mbarrier.arrive.noinc.shared.b64

// In a cluster each block loads half of B for both, and hands slots back to
// both.
// RUN: moe-codegen %s --emit=ptx --kernel=down --cluster=2 | FileCheck %s --check-prefix=CLUSTER
// CLUSTER: .reqnctapercluster 2, 1, 1
// CLUSTER: barrier.cluster.arrive.aligned;
// CLUSTER-NEXT: barrier.cluster.wait.aligned;
// CLUSTER: mapa.shared::cluster.u64
// CLUSTER: mbarrier.arrive.shared::cluster.b64 _, [
// CLUSTER: cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster

// Slots of a token that are added where they belong.
// RUN: sed "s/activation = silu/activation = silu, reduction = atomic/" %s \
// RUN:   | moe-codegen - --emit=ptx --kernel=down | FileCheck %s --check-prefix=ATOMIC
// ATOMIC: cp.reduce.async.bulk.global.shared::cta.bulk_group.add.noftz.bf16 [

// CHECK: .version 8.
// CHECK: .target sm_90a
// CHECK: .extern .shared .align 1024 .b8 shared_memory[];
// UP: .entry small_up(
// DOWN: .entry small_down(
// CHECK: .maxntid 384
// CHECK: .minnctapersm 1
// UP: griddepcontrol.wait;
// UP: griddepcontrol.launch_dependents;
// UP: setmaxnreg.inc.sync.aligned.u32 216;
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

// Gate and up are joined and quantised: 64 registers of each.
// UP-COUNT-64: rcp.approx.ftz.f32
// UP: shfl.sync.bfly.b32
// UP: div.rn.f32

// Rows leave through staging, one bulk copy each, once what is there has left,
// and stay in L2: of up sent by the warp that wrote them.
// UP: cp.async.bulk.wait_group.read 0;
// UP: cvt.rn.satfinite.e4m3x2.f32
// UP: fence.proxy.async.shared::cta;
// UP: elect.sync
// UP: createpolicy.fractional.L2::evict_last.b64 [[KEEP:%rd[0-9]+]], 1.0;
// UP-COUNT-16: cp.async.bulk.global.shared::cta.bulk_group.L2::cache_hint [%rd{{[0-9]+}}], [%rd{{[0-9]+}}{{.*}}], %r{{[0-9]+}}, [[KEEP]];

// Of down by warps of the producer, eight without a branch between them.
// DOWN: mbarrier.try_wait
// DOWN: stmatrix.sync.aligned.m8n8.x4.shared.b16
// DOWN: fence.proxy.async.shared::cta;
// DOWN-NOT: cp.async.bulk.global
// DOWN: setmaxnreg.dec.sync.aligned.u32 40;
// DOWN: elect.sync
// DOWN: cp.async.bulk.wait_group.read 0;
// DOWN: mbarrier.try_wait
// DOWN: createpolicy.fractional.L2::evict_last.b64
// DOWN: cp.async.bulk.global.shared::cta.bulk_group.L2::cache_hint
// DOWN-NEXT: cp.async.bulk.global.shared::cta.bulk_group
// DOWN-NEXT: cp.async.bulk.global.shared::cta.bulk_group
// DOWN-NEXT: cp.async.bulk.global.shared::cta.bulk_group
// DOWN-NEXT: cp.async.bulk.global.shared::cta.bulk_group
// DOWN-NEXT: cp.async.bulk.global.shared::cta.bulk_group
// DOWN-NEXT: cp.async.bulk.global.shared::cta.bulk_group
// DOWN-NEXT: cp.async.bulk.global.shared::cta.bulk_group
// DOWN: bra
// DOWN: cp.async.bulk.global.shared::cta.bulk_group
// DOWN-NOT: cp.async.bulk.global

moe.layer @small {
  experts = 5, top_k = 2, hidden = 384, intermediate = 256,
  activations = f8E4M3FN per 1x128, weights = f8E4M3FN per 128x128,
  output = bf16, activation = silu
}
