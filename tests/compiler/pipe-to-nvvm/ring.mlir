// A ring becomes barriers, cursors, waits and arrives; how often a full barrier
// is arrived at follows from what its fills load.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// Boxes only: one thread announces their bytes, nobody else arrives. Empty:
// each of the 8 consumer warps arrives.
// CHECK-LABEL: llvm.func @boxes_only
// CHECK: nvvm.mbarrier.init %{{.*}}, %c1_i32{{.*}} :
// CHECK: nvvm.mbarrier.init %{{.*}}, %c8_i32{{.*}} :
// CHECK: nvvm.fence.mbarrier.init
// CHECK: nvvm.barrier0
// CHECK: nvvm.mbarrier.arrive.expect_tx %[[FULL:.*]], %c16384_i32{{.*}} :
// CHECK-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %[[FULL]], box
// CHECK-NOT: nvvm.fence.proxy
// CHECK: llvm.return
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8, !f8>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @boxes_only(%w: !map, %i: index)
      kernel attributes {pipe.shared_memory = 32800 : i64} {
    %ring = pipe.ring at [0, 16384, 32768] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%a: !f8, %b: !f8):
        pipe.load_box %w[%i, %i, %i] to %a : !map to !f8
        pipe.load_box %w[%i, %i, %i] to %b : !map to !f8
      } : !ring
    }
    pipe.role consumer warpgroups = 2 registers = 232 {
      pipe.drain %ring {
      ^bb0(%a: !f8, %b: !f8):
        pipe.yield
      } : !ring
    }
    gpu.return
  }
}

// -----

// Rows too: each of the 128 producer threads arrives when its copies have
// landed, one more announces the box. cp.async writes through the generic proxy
// and wgmma reads through the async one: the drain puts a fence between.
// CHECK-LABEL: llvm.func @rows_and_boxes
// CHECK: nvvm.mbarrier.init %{{.*}}, %c129_i32{{.*}} :
// CHECK: nvvm.mbarrier.init %{{.*}}, %c4_i32{{.*}} :
// CHECK: nvvm.elect.sync
// CHECK: nvvm.mbarrier.arrive.expect_tx %[[FULL:.*]], %c8192_i32{{.*}} :
// CHECK: nvvm.cp.async.mbarrier.arrive %[[FULL]] {noinc = true}
// CHECK: nvvm.mbarrier.try_wait
// CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8, !f8>
!rows = !pipe.rows<64, gather>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @rows_and_boxes(
      %x: memref<?x512xf8E4M3FN>, %w: !map, %ids: memref<?xi32>, %i: index)
      kernel attributes {pipe.shared_memory = 32800 : i64} {
    %ring = pipe.ring at [0, 16384, 32768] : !ring
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.read_rows %ids[%i] below %i : memref<?xi32> -> !rows
      pipe.fill %ring {
      ^bb0(%a: !f8, %b: !f8):
        pipe.load_rows %x[%rows, %i] to %a
            : memref<?x512xf8E4M3FN>, !rows to !f8
        pipe.load_box %w[%i, %i, %i] to %b : !map to !f8
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 224 {
      pipe.drain %ring {
      ^bb0(%a: !f8, %b: !f8):
        pipe.yield
      } : !ring
    }
    gpu.return
  }
}

// -----

// Two threads of the producer fill a slot together: each announces the bytes of
// its own boxes, and the one that copies scales arrives once more. Both wait for
// the slot.
// CHECK-LABEL: llvm.func @filled_by_two
// CHECK: nvvm.mbarrier.init %{{.*}}, %c3_i32{{.*}} :
// CHECK: nvvm.mbarrier.init %{{.*}}, %c4_i32{{.*}} :
// CHECK: nvvm.setmaxregister decrease
// CHECK: nvvm.mbarrier.try_wait
// CHECK: nvvm.mbarrier.arrive.expect_tx %[[FULL:.*]], %c8448_i32{{.*}} :
// CHECK-COUNT-2: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %[[FULL]], box
// CHECK-NOT: nvvm.cp.async
// CHECK: nvvm.mbarrier.try_wait
// CHECK: nvvm.mbarrier.arrive.expect_tx %[[FULL:.*]], %c8192_i32{{.*}} :
// CHECK: nvvm.cp.async.bulk.tensor.shared.cluster.global %{{.*}}, %[[FULL]], box
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 4, ca
// CHECK: nvvm.cp.async.mbarrier.arrive %[[FULL]] {noinc = true}
// CHECK: nvvm.setmaxregister increase
!f8 = !pipe.tile<64x128xf8E4M3FN>
!scales = !pipe.tile<64x1xf32>
!bscale = !pipe.tile<1x1xf32>
!ring = !pipe.ring<2, !f8, !f8, !scales, !bscale>
!h = !pipe.tensor_map<?x512xf8E4M3FN, box = 64x128>
!hs = !pipe.tensor_map<4x?xf32, box = 1x64>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @filled_by_two(%h: !h, %hs: !hs, %w: !map, %ws: memref<8x1x4xf32>,
                          %i: index)
      kernel attributes {pipe.shared_memory = 33568 : i64} {
    %ring = pipe.ring at [0, 16384, 32768, 33280, 33536] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%a: !f8, %b: !f8, %as: !scales, %bs: !bscale):
        pipe.load_box %w[%i, %i, %i] to %b : !map to !f8
        pipe.load_block_scales %ws[%i, (%i), %i] to %bs
            : memref<8x1x4xf32> to !bscale
      } : !ring
    }
    pipe.role late_producer warpgroups = 1 registers = 40 {
      pipe.wait_earlier
      pipe.fill %ring {
      ^bb0(%a: !f8, %b: !f8, %as: !scales, %bs: !bscale):
        pipe.load_box %h[%i, %i] to %a : !h to !f8
        pipe.load_box %hs[%i, %i] to %as : !hs to !scales
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// A fill waits for the phase before its own, so that it finds all slots empty
// on the first trip; behind it the cursor moves on. A drain waits for its own
// phase and hands the slot back with one arrival a warp, behind its last use.
// CHECK-LABEL: llvm.func @cursor
// CHECK: nvvm.elect.sync
// CHECK: llvm.load %{{.*}} : !llvm.ptr -> i32
// CHECK-NEXT: %[[FILL_PHASE:.*]] = llvm.load %[[PHASE:.*]] : !llvm.ptr -> i32
// CHECK: %[[BEFORE:.*]] = arith.xori %[[FILL_PHASE]], %c1_i32{{.*}} : i32
// CHECK: nvvm.mbarrier.try_wait %{{.*}}, %[[BEFORE]] :
// CHECK: llvm.store %{{.*}}, %[[PHASE]] : i32
// CHECK: %[[DRAIN_PHASE:.*]] = llvm.load %[[PHASE]] : !llvm.ptr -> i32
// CHECK: nvvm.mbarrier.try_wait %{{.*}}, %[[DRAIN_PHASE]] :
// CHECK: llvm.load %{{.*}} : !llvm.ptr<3> -> f32
// CHECK: nvvm.inline_ptx "mbarrier.arrive.shared::cta.b64 _, [$0];" ro(%{{.*}}), predicate = %{{.*}}
!scales = !pipe.tile<64x1xf32>
!ring = !pipe.ring<3, !scales>
!map = !pipe.tensor_map<4x?xf32, box = 1x64>
gpu.module @m {
  gpu.func @cursor(%xs: !map, %i: index)
      kernel attributes {pipe.shared_memory = 816 : i64} {
    %ring = pipe.ring at [0, 768] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%s: !scales):
        pipe.load_box %xs[%i, %i] to %s : !map to !scales
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {
      %scales = pipe.drain %ring {
      ^bb0(%s: !scales):
        %0 = pipe.read_row_scales %s : !scales
        pipe.yield %0 : !pipe.row_scales
      } : !ring -> !pipe.row_scales
    }
    gpu.return
  }
}

// -----

// Of two slots all tiles are there before one is used: two waits, each for the
// phase that the cursor has come to, then both reads, then both arrivals.
// CHECK-LABEL: llvm.func @two_slots
// CHECK: nvvm.setmaxregister increase
// CHECK: llvm.load %{{.*}} : !llvm.ptr -> i32
// CHECK-NEXT: %[[FIRST:.*]] = llvm.load %[[PHASE:.*]] : !llvm.ptr -> i32
// CHECK: nvvm.mbarrier.try_wait %{{.*}}, %[[FIRST]] :
// CHECK: llvm.store %{{.*}}, %[[PHASE]] : i32
// CHECK: %[[SECOND:.*]] = llvm.load %[[PHASE]] : !llvm.ptr -> i32
// CHECK: nvvm.mbarrier.try_wait %{{.*}}, %[[SECOND]] :
// CHECK: llvm.store %{{.*}}, %[[PHASE]] : i32
// CHECK-NOT: nvvm.mbarrier.try_wait
// CHECK-COUNT-4: llvm.load %{{.*}} : !llvm.ptr<3> -> f32
// CHECK: nvvm.bar.warp.sync
// CHECK: nvvm.inline_ptx "mbarrier.arrive.shared::cta.b64 _, [$0];" ro(%[[EMPTY:.*]]), predicate = %{{.*}}
// CHECK-NOT: ro(%[[EMPTY]])
// CHECK: nvvm.inline_ptx "mbarrier.arrive.shared::cta.b64 _, [$0];" ro(%{{.*}}), predicate = %{{.*}}
!scales = !pipe.tile<64x1xf32>
!ring = !pipe.ring<3, !scales>
!map = !pipe.tensor_map<4x?xf32, box = 1x64>
gpu.module @m {
  gpu.func @two_slots(%xs: !map, %i: index)
      kernel attributes {pipe.shared_memory = 816 : i64} {
    %ring = pipe.ring at [0, 768] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%s: !scales):
        pipe.load_box %xs[%i, %i] to %s : !map to !scales
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {
      %scales:2 = pipe.drain %ring slots = 2 {
      ^bb0(%s: !scales, %t: !scales):
        %0 = pipe.read_row_scales %s : !scales
        %1 = pipe.read_row_scales %t : !scales
        pipe.yield %0, %1 : !pipe.row_scales, !pipe.row_scales
      } : !ring -> !pipe.row_scales, !pipe.row_scales
    }
    gpu.return
  }
}

// -----

// LLVM promotes the stack slots that it finds in the first block: all cursors
// come before the first branch.
// CHECK-LABEL: llvm.func @first_block
// CHECK-COUNT-4: llvm.alloca
// CHECK: scf.if
// CHECK-NOT: llvm.alloca
// CHECK: llvm.return
!f8 = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !f8>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @first_block(%w: !map, %i: index)
      kernel attributes {pipe.shared_memory = 33824 : i64} {
    %first = pipe.ring at [0, 16384] : !ring
    %second = pipe.ring at [17408, 33792] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %first {
      ^bb0(%a: !f8):
        pipe.load_box %w[%i, %i, %i] to %a : !map to !f8
      } : !ring
      pipe.fill %second {
      ^bb0(%a: !f8):
        pipe.load_box %w[%i, %i, %i] to %a : !map to !f8
      } : !ring
    }
    pipe.role consumer warpgroups = 2 registers = 232 {
      pipe.drain %first {
      ^bb0(%a: !f8):
        pipe.yield
      } : !ring
      pipe.drain %second {
      ^bb0(%a: !f8):
        pipe.yield
      } : !ring
    }
    gpu.return
  }
}
