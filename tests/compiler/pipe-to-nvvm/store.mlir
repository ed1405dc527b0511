// Rows on their way to global memory, 64 columns of 16 rows a warp at a time.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// Written to staging as wgmma's fragments lie, rounded to nearest even; read
// back as lines of 16 bytes once the warp has written, stored four rows at a
// time.
// CHECK-LABEL: llvm.func @through_staging
// CHECK: nvvm.bar.warp.sync
// CHECK: nvvm.convert.f32x2.to.bf16x2 {{.*}} {rnd = #nvvm.fp_rnd_mode<rn>}
// CHECK-COUNT-4: nvvm.stmatrix %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {eltType = #nvvm.ld_st_matrix_elt_type<b16>
// CHECK: nvvm.bar.warp.sync
// CHECK: %[[LINE:.*]] = llvm.load %{{.*}} {alignment = 16 : i64} : !llvm.ptr<3> -> vector<4xi32>
// CHECK: llvm.store %[[LINE]], %{{.*}} {alignment = 16 : i64} : vector<4xi32>, !llvm.ptr<1>
// CHECK-COUNT-3: llvm.store %{{.*}} : vector<4xi32>, !llvm.ptr<1>
// CHECK-NOT: llvm.store
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x64xbf16>
!rows = !pipe.rows<64, store>
gpu.module @m {
  gpu.func @through_staging(%y: memref<?x192xbf16>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 8192 : i64} {
    %staging = pipe.buffer at 0 : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows %acc via %staging to %y[%rows, %i] columns %i to %i
          : !acc, !staging to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// Signed comparisons keep the columns before the first (which are negative) and
// those past the last out, a negative row number the row. The offset of an
// element is 64 bits wide: rows * 192 may pass 2^31.
// CHECK-LABEL: llvm.func @masks
// CHECK: %[[AFTER:.*]] = arith.cmpi sge, %[[COLUMN:.*]], %[[FIRST:.*]] : i32
// CHECK: %[[BEFORE:.*]] = arith.cmpi slt, %[[COLUMN]], %[[LAST:.*]] : i32
// CHECK-NEXT: %[[INSIDE:.*]] = arith.andi %[[AFTER]], %[[BEFORE]] : i1
// CHECK: %[[REAL:.*]] = arith.cmpi sge, %[[ROW:.*]], %c0_i32{{.*}} : i32
// CHECK-NEXT: %[[STORED:.*]] = arith.andi %[[REAL]], %[[INSIDE]] : i1
// CHECK-NEXT: scf.if %[[STORED]] {
// CHECK: %[[WIDE:.*]] = arith.extui %[[ROW]] : i32 to i64
// CHECK-NEXT: %[[START:.*]] = arith.muli %[[WIDE]], %c192_i64 : i64
// CHECK: arith.addi %[[START]], %{{.*}} : i64
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x64xbf16>
!rows = !pipe.rows<64, store>
gpu.module @m {
  gpu.func @masks(%y: memref<?x192xbf16>, %map: memref<?xi32>, %row: index,
                  %pairs: index, %column: index, %first: index, %last: index)
      kernel attributes {pipe.shared_memory = 8192 : i64} {
    %staging = pipe.buffer at 0 : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.read_rows %map[%row] below %pairs : memref<?xi32> -> !rows
      pipe.store_rows %acc via %staging to %y[%rows, %column]
          columns %first to %last
          : !acc, !staging to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// 128 columns are two boxes; each waits for the lines of the one before.
// CHECK-LABEL: llvm.func @two_boxes
// CHECK-COUNT-2: nvvm.bar.warp.sync
// CHECK-COUNT-4: scf.if
// CHECK-COUNT-2: nvvm.bar.warp.sync
// CHECK-COUNT-4: scf.if
// CHECK-NOT: nvvm.bar.warp.sync
!acc = !pipe.acc<64x128xf32>
!staging = !pipe.tile<64x64xbf16>
!rows = !pipe.rows<64, store>
gpu.module @m {
  gpu.func @two_boxes(%y: memref<?x192xbf16>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 8192 : i64} {
    %staging = pipe.buffer at 0 : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows %acc via %staging to %y[%rows, %i] columns %i to %i
          : !acc, !staging to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// The weight of a pair; a padding row has none and reads that of pair 0, to be
// zeroed.
// CHECK-LABEL: llvm.func @weights
// CHECK: %[[REAL:.*]] = arith.cmpi ult, %[[PAIR:.*]], %{{.*}} : i32
// CHECK: %[[SAFE:.*]] = arith.select %[[REAL]], %[[PAIR]], %c0_i32{{.*}} : i32
// CHECK: arith.extui %[[SAFE]] : i32 to i64
// CHECK: %[[WEIGHT:.*]] = llvm.load %{{.*}} invariant {{.*}} -> f32
// CHECK: arith.select %[[REAL]], %[[WEIGHT]], %cst{{.*}} : f32
gpu.module @m {
  gpu.func @weights(%weights: memref<?xf32>, %map: memref<?xi32>, %row: index,
                    %pairs: index)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %scales = pipe.read_row_weights %weights[%map at %row] below %pairs
          : memref<?xf32>, memref<?xi32>
    }
    gpu.return
  }
}
