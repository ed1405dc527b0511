// Roles become branches on the warpgroup, each with its registers.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// The producer is the first warpgroup, it gives registers away; the others
// take them. It loads boxes only, which one thread can do.
// CHECK-LABEL: llvm.func @one_thread_loads_boxes
// CHECK: %[[WARP:.*]] = nvvm.shfl.sync idx
// CHECK: %[[GROUP:.*]] = arith.divui %[[WARP]], %c4_i32{{.*}} : i32
// CHECK: %[[PRODUCER:.*]] = arith.cmpi eq, %[[GROUP]], %c0_i32{{.*}} : i32
// CHECK: scf.if %[[PRODUCER]] {
// CHECK-NEXT: nvvm.setmaxregister decrease 40
// CHECK: nvvm.elect.sync
// CHECK: nvvm.mbarrier.try_wait
// CHECK: } else {
// CHECK-NEXT: nvvm.setmaxregister increase 232
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @one_thread_loads_boxes(%w: !map, %i: index)
      kernel attributes {pipe.shared_memory = 16416 : i64} {
    %ring = pipe.ring at [0, 16384] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%t: !f8):
        pipe.load_box %w[%i, %i, %i] to %t : !map to !f8
      } : !ring
    }
    pipe.role consumer warpgroups = 2 registers = 232 {}
    gpu.return
  }
}

// -----

// Gathered rows take the whole warpgroup, which waits for its copies before it
// exits.
// CHECK-LABEL: llvm.func @all_threads_gather_rows
// CHECK: nvvm.setmaxregister decrease 56
// CHECK-NOT: nvvm.elect.sync
// CHECK: "cp.async.cg
// CHECK: nvvm.cp.async.wait.group 0
// CHECK-NEXT: } else {
// CHECK-NEXT: nvvm.setmaxregister increase 224
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8>
!rows = !pipe.rows<64, gather>
gpu.module @m {
  gpu.func @all_threads_gather_rows(
      %x: memref<?x512xf8E4M3FN>, %map: memref<?xi32>, %i: index)
      kernel attributes {pipe.shared_memory = 16416 : i64} {
    %ring = pipe.ring at [0, 16384] : !ring
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.read_rows %map[%i] below %i : memref<?xi32> -> !rows
      pipe.fill %ring {
      ^bb0(%t: !f8):
        pipe.load_rows %x[%rows, %i] to %t
            : memref<?x512xf8E4M3FN>, !rows to !f8
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 224 {}
    gpu.return
  }
}

// -----

// The last warp of the producer's warpgroup is the late producer. One thread of
// it waits for earlier kernels, and nobody else does; then later ones may start.
// It has the registers of its warpgroup already.
// CHECK-LABEL: llvm.func @late_producer
// CHECK-NOT: griddepcontrol
// CHECK: %[[WARP:.*]] = nvvm.shfl.sync idx
// CHECK-NOT: griddepcontrol
// CHECK: nvvm.setmaxregister decrease 40
// CHECK: %[[LAST:.*]] = arith.cmpi eq, %[[WARP]], %c3_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[LAST]] {
// CHECK-NEXT: %[[ELECTED:.*]] = nvvm.elect.sync
// CHECK-NEXT: scf.if %[[ELECTED]] {
// CHECK-NEXT: llvm.inline_asm has_side_effects {{.*}} "griddepcontrol.wait;", "~{memory}"
// CHECK-NEXT: llvm.inline_asm has_side_effects {{.*}} "griddepcontrol.launch_dependents;", "~{memory}"
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global {{.*}} box[%{{[^ ,]*}}, %{{[^ ,]*}}]
// CHECK-NOT: nvvm.cp.async.bulk.tensor
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[WARP]], %c0_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[FIRST]] {
// CHECK-NEXT: %[[ELECTED:.*]] = nvvm.elect.sync
// CHECK-NEXT: scf.if %[[ELECTED]] {
// CHECK-NOT: griddepcontrol
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global {{.*}} box[%{{[^ ,]*}}, %{{[^ ,]*}}, %{{[^ ,]*}}]
// CHECK-NOT: setmaxregister decrease
// CHECK: nvvm.setmaxregister increase 232
// CHECK-NOT: griddepcontrol
// CHECK: llvm.return
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8, !f8>
!h = !pipe.tensor_map<?x512xf8E4M3FN, box = 64x128>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @late_producer(%h: !h, %w: !map, %i: index)
      kernel attributes {pipe.shared_memory = 32800 : i64} {
    %ring = pipe.ring at [0, 16384, 32768] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%a: !f8, %b: !f8):
        pipe.load_box %w[%i, %i, %i] to %b : !map to !f8
      } : !ring
    }
    pipe.role late_producer warpgroups = 1 registers = 40 {
      pipe.wait_earlier
      pipe.fill %ring {
      ^bb0(%a: !f8, %b: !f8):
        pipe.load_box %h[%i, %i] to %a : !h to !f8
      } : !ring
    }
    pipe.role consumer warpgroups = 2 registers = 232 {}
    gpu.return
  }
}
