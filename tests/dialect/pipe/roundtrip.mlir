// Every op and every type of pipe prints as it was read; the lines checked are
// those of ops with words of their own.

// RUN: moe-opt %s --verify-roundtrip | FileCheck %s

!a = !pipe.tile<256x128xf8E4M3FN>
!b = !pipe.tile<128x128xf8E4M3FN>
!scales = !pipe.tile<256x1xf32>
!staging = !pipe.tile<128x64xbf16>
!ring = !pipe.ring<4, !a, !b, !scales>
!acc = !pipe.acc<64x128xf32>
!pending = !pipe.pending<64x128xf32>
!weights = !pipe.tensor_map<8x128x512xf8E4M3FN, box = 1x128x128>

// CHECK-LABEL: func private @types
// CHECK-SAME: !pipe.tile<128x64xbf16>
// CHECK-SAME: !pipe.ring<2, !pipe.tile<64x1xf32>>
// CHECK-SAME: !pipe.tensor_map<2x?xf32, box = 1x64>
// CHECK-SAME: !pipe.rows<256, gather>, !pipe.rows<64, store>
// CHECK-SAME: !pipe.acc<64x64xf32>, !pipe.pending<64x64xf32>, !pipe.row_scales
func.func private @types(
    !pipe.tile<128x64xbf16>, !pipe.ring<2, !pipe.tile<64x1xf32>>,
    !pipe.tensor_map<2x?xf32, box = 1x64>,
    !pipe.rows<256, gather>, !pipe.rows<64, store>,
    !pipe.acc<64x64xf32>, !pipe.pending<64x64xf32>, !pipe.row_scales)

// Before pipe-plan-shared-memory and after it.
// CHECK-LABEL: gpu.func @shared_memory
// CHECK: pipe.ring : <2,
// CHECK: pipe.ring at [0, 32768, 34816] : <2,
// CHECK: pipe.buffer : <128x64xbf16>
// CHECK: pipe.buffer at 35840 : <128x64xbf16>
gpu.module @planned {
  gpu.func @shared_memory() kernel {
    %r0 = pipe.ring : !pipe.ring<2, !b, !scales>
    %r1 = pipe.ring at [0, 32768, 34816] : !pipe.ring<2, !b, !scales>
    %b0 = pipe.buffer : !staging
    %b1 = pipe.buffer at 35840 : !staging
    gpu.return
  }
}

// CHECK-LABEL: gpu.func @every_op
gpu.module @m {
  gpu.func @every_op(
      %a: memref<?x512xf8E4M3FN>, %as: memref<?x4xf32>, %b: !weights,
      %bs: memref<8x1x4xf32>, %c: memref<?x128xbf16>,
      %ids: memref<?xi32>, %used: memref<1xi32>,
      %map: memref<?xi32>, %pairs: index, %pair_weights: memref<?xf32>) kernel {
    %c0 = arith.constant 0 : index
    %c128 = arith.constant 128 : index
    %ring = pipe.ring : !ring
    %staging = pipe.buffer : !staging
    // CHECK: pipe.role producer warpgroups = 1 registers = 72
    pipe.role producer warpgroups = 1 registers = 72 {
      // CHECK: pipe.tiles experts(%{{.*}}, %{{.*}}) block_m = 256
      // CHECK-SAME: row_alignment = 256 column_tiles = 1 group_m = 16
      pipe.tiles experts(%ids, %used) block_m = 256 row_alignment = 256
          column_tiles = 1 group_m = 16 {
      ^bb0(%e: index, %row: index, %col: index):
        // CHECK: pipe.read_rows %{{.*}}[%{{.*}}] below %{{.*}} divisor = 8 :
        %rows = pipe.read_rows %map[%row] below %pairs divisor = 8
            : memref<?xi32> -> !pipe.rows<256, gather>
        // CHECK: pipe.load_rows %{{.*}}[%{{.*}}, %{{.*}}] to
        // CHECK: pipe.load_box %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] to
        pipe.fill %ring {
        ^bb0(%ta: !a, %tb: !b, %ts: !scales):
          pipe.load_rows %a[%rows, %c0] to %ta
              : memref<?x512xf8E4M3FN>, !pipe.rows<256, gather> to !a
          pipe.load_rows %as[%rows, %c0] to %ts
              : memref<?x4xf32>, !pipe.rows<256, gather> to !scales
          pipe.load_box %b[%e, %c0, %c0] to %tb : !weights to !b
        } : !ring
      } : memref<?xi32>, memref<1xi32>
    }
    pipe.role consumer warpgroups = 2 registers = 216 {
      pipe.tiles experts(%ids, %used) block_m = 256 row_alignment = 256
          column_tiles = 1 group_m = 16 {
      ^bb0(%e: index, %row: index, %col: index):
        %scale = memref.load %bs[%e, %c0, %c0] : memref<8x1x4xf32>
        // CHECK: pipe.read_rows %{{.*}}[%{{.*}}] below %{{.*}} :
        // CHECK: pipe.read_row_weights %{{.*}}[%{{.*}} at %{{.*}}] below
        // CHECK: pipe.row_range %{{.*}} slab = 1 : <64, store>
        %targets = pipe.read_rows %map[%row] below %pairs
            : memref<?xi32> -> !pipe.rows<64, store>
        %row_weights = pipe.read_row_weights %pair_weights[%map at %row]
            below %pairs : memref<?xf32>, memref<?xi32>
        %range = pipe.row_range %row slab = 1 : !pipe.rows<64, store>
        %zero = pipe.zeros : !acc
        // CHECK: pipe.mma %{{.*}}, %{{.*}} slab = 1 reuse %{{.*}} :
        %part, %scales = pipe.drain %ring {
        ^bb0(%ta: !a, %tb: !b, %ts: !scales):
          %s = pipe.read_row_scales %ts : !scales
          %pending = pipe.mma %ta, %tb slab = 1 reuse %zero : !acc
              : !a, !b -> !pending
          %done = pipe.mma_wait %pending : !pending -> !acc
          pipe.yield %done, %s : !acc, !pipe.row_scales
        } : !ring -> !acc, !pipe.row_scales
        // CHECK: pipe.scale_add %{{.*}}, %{{.*}} by
        // CHECK: pipe.store_rows %{{.*}} via %{{.*}} to %{{.*}} columns %{{.*}} to
        %sum = pipe.scale_add %zero, %part by %scales, %scale : !acc
        %result = pipe.scale_rows %sum by %row_weights : !acc
        pipe.store_rows %result via %staging to %c[%targets, %col]
            columns %c0 to %c128
            : !acc, !staging to memref<?x128xbf16>, !pipe.rows<64, store>
      } : memref<?xi32>, memref<1xi32>
    }
    gpu.return
  }
}
