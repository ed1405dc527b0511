// Rows that a kernel reads while another one stores them.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// One thread asks whether all is stored, and if not, how much of the tile's run
// of rows is: of a run of 128 rows 4 units for each 64 rows with one that is no
// padding, times 12 columns of 16. What TMA then reads comes behind a proxy fence.
// Without progress it waits for the kernel, and never asks again.
// CHECK-LABEL: llvm.func @await
// CHECK: llvm.load %[[OVER:.*]] : !llvm.ptr -> i32
// CHECK-NEXT: arith.constant 0 : i32
// CHECK-NEXT: %[[ASKS:.*]] = arith.cmpi eq,
// CHECK-NEXT: scf.if %[[ASKS]] {
// CHECK-NEXT: %[[ADDRESS:.*]] = llvm.ptrtoint %arg4 : !llvm.ptr<1> to i64
// CHECK: %[[NULL:.*]] = arith.cmpi eq, %[[ADDRESS]], %c0_i64
// CHECK: scf.if %[[NULL]] {
// CHECK: griddepcontrol.wait;
// CHECK: griddepcontrol.launch_dependents;
// CHECK: llvm.store %c1_i32{{.*}}, %[[OVER]]
// CHECK: } else {
// CHECK: llvm.load %arg4 atomic syncscope("device") acquire {alignment = 4 : i64} : !llvm.ptr<1> -> i32
// CHECK: arith.cmpi eq, %{{.*}}, %c1073741824_i32
// CHECK: %[[FULL:.*]] = arith.muli %{{.*}}, %c48_i32
// CHECK: scf.while : () -> () {
// CHECK: %[[COUNT:.*]] = llvm.load %{{.*}} atomic syncscope("device") acquire
// CHECK: %[[LACKS:.*]] = arith.cmpi ult, %[[COUNT]], %[[FULL]] : i32
// CHECK: scf.condition(%[[LACKS]])
// CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async>}
// CHECK: nvvm.cp.async.bulk.tensor
!a = !pipe.tile<128x128xf8E4M3FN>
!ring = !pipe.ring<2, !a, !a>
!map = !pipe.tensor_map<?x192xf8E4M3FN, box = 128x128>
gpu.module @m {
  gpu.func @await(%a: !map, %e: memref<?xi32>, %used: memref<1xi32>,
                  %real: memref<?xi32>, %progress: memref<?xi32>, %i: index)
      kernel attributes {pipe.shared_memory = 65568 : i64} {
    %ring = pipe.ring at [0, 32768, 65536] : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%ta: !a, %tb: !a):
        pipe.load_box %a[%i, %i] to %tb : !map to !a
      } : !ring
    }
    pipe.role late_producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%e, %used, %real) block_m = 128 row_alignment = 128
          column_tiles = 1 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        pipe.await_rows %progress[%row] rows %rows row_alignment = 128
            columns = 12 : memref<?xi32>
        pipe.fill %ring {
        ^bb0(%ta: !a, %tb: !a):
          pipe.load_box %a[%row, %i] to %ta : !map to !a
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
      pipe.wait_earlier
    }
    pipe.role consumer warpgroups = 2 registers = 232 {}
    gpu.return
  }
}

// -----

// A note: what the warp has stored is complete, and its first lane comes to one
// of two barriers in turn; at the end of the role to the third. The producer's
// first thread waits for the note before last, then a fence stands before what
// it counts.
// CHECK-LABEL: llvm.func @post
// CHECK-COUNT-3: nvvm.mbarrier.init %{{.*}}, %c8_i32
// CHECK: nvvm.setmaxregister decrease
// CHECK: %[[TILES:.*]] = llvm.load %{{.*}} : !llvm.ptr<3> -> i32
// CHECK: %[[BEHIND:.*]] = arith.cmpi uge, %[[TILES]], %c2_i32
// CHECK: scf.if %[[BEHIND]] {
// CHECK: nvvm.mbarrier.try_wait
// CHECK: llvm.fence syncscope("device") acq_rel
// CHECK: llvm.atomicrmw add %{{.*}} syncscope("device") monotonic
// CHECK: nvvm.mbarrier.try_wait
// CHECK: llvm.fence syncscope("device") acq_rel
// CHECK-COUNT-4: llvm.atomicrmw add %{{.*}} syncscope("device") monotonic
// CHECK: nvvm.setmaxregister increase
// CHECK: nvvm.cp.async.bulk.wait_group 0
// CHECK-NOT: read
// CHECK: nvvm.bar.warp.sync
// CHECK: nvvm.mbarrier.arrive
// CHECK: nvvm.cp.async.bulk.wait_group 0
// CHECK: nvvm.bar.warp.sync
// CHECK: nvvm.mbarrier.arrive
!a = !pipe.tile<128x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
gpu.module @m {
  gpu.func @post(%x: memref<?x512xf8E4M3FN>, %e: memref<?xi32>,
                 %used: memref<1xi32>, %real: memref<?xi32>,
                 %map: memref<?xi32>, %progress: memref<?xi32>, %i: index)
      kernel attributes {pipe.shared_memory = 32856 : i64} {
    %ring = pipe.ring at [0, 32768] : !ring
    %ledger = pipe.ledger at 32800
    pipe.role producer warpgroups = 1 registers = 72 {
      pipe.tiles experts(%e, %used, %real) block_m = 128 row_alignment = 128
          column_tiles = 1 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        pipe.post_rows %progress[%row] count %i row_alignment = 128
            from %ledger : memref<?xi32>
        %gathered = pipe.read_rows %map[%row] below %i
            : memref<?xi32> -> !pipe.rows<128, gather>
        pipe.fill %ring {
        ^bb0(%ta: !a):
          pipe.load_rows %x[%gathered, %i] to %ta
              : memref<?x512xf8E4M3FN>, !pipe.rows<128, gather> to !a
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 2 registers = 216 {
      pipe.tiles experts(%e, %used, %real) block_m = 128 row_alignment = 128
          column_tiles = 1 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        pipe.note_stored %ledger
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}
