// SwiGLU and quantisation. Accumulators have 8 or 16 columns here: a thread
// holds 4 registers of each 8, two of a row and two of the row 8 below.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// (gate * rcp(1 + ex2(-log2(e) * gate))) * up, in this order.
// CHECK-LABEL: llvm.func @swiglu
// CHECK: nvvm.setmaxregister increase
// CHECK: %[[UP:.*]] = arith.constant 0.000000e+00 : f32
// CHECK: %[[GATE:.*]] = llvm.fmul %[[UP]], %{{.*}} : f32
// CHECK: %[[LOG2E:.*]] = arith.constant -1.44269502 : f32
// CHECK: %[[POWER:.*]] = llvm.fmul %[[GATE]], %[[LOG2E]] : f32
// CHECK: %[[EX2:.*]] = llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f"(%[[POWER]])
// CHECK: %[[ONE_MORE:.*]] = llvm.fadd %{{.*}}, %[[EX2]] : f32
// CHECK: %[[SIGMOID:.*]] = nvvm.rcp.approx.ftz.f %[[ONE_MORE]] : f32
// CHECK: %[[SILU:.*]] = llvm.fmul %[[GATE]], %[[SIGMOID]] : f32
// CHECK: llvm.fmul %[[SILU]], %[[UP]] : f32
!acc = !pipe.acc<64x8xf32>
!scales = !pipe.tile<64x1xf32>
gpu.module @m {
  gpu.func @swiglu() kernel attributes {pipe.shared_memory = 256 : i64} {
    %tile = pipe.buffer at 0 : !scales
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %scales = pipe.read_row_scales %tile : !scales
      %up = pipe.zeros : !acc
      %gate = pipe.scale_rows %up by %scales : !acc
      %h = pipe.swiglu %gate, %up : !acc
    }
    gpu.return
  }
}

// -----

// Every 8 columns are kept or dropped as one, by signed comparisons: `column`
// may be negative.
// CHECK-LABEL: llvm.func @keep_columns
// CHECK: %[[AFTER:.*]] = arith.cmpi sge, %[[COLUMN:.*]], %[[FIRST:.*]] : i32
// CHECK-NEXT: %[[BEFORE:.*]] = arith.cmpi slt, %[[COLUMN]], %[[LAST:.*]] : i32
// CHECK-NEXT: %[[KEPT:.*]] = arith.andi %[[AFTER]], %[[BEFORE]] : i1
// CHECK-COUNT-4: arith.select %[[KEPT]], %{{.*}}, %{{.*}} : f32
// CHECK: %[[NEXT:.*]] = arith.addi %[[COLUMN]], %c8_i32{{.*}} : i32
// CHECK: arith.cmpi sge, %[[NEXT]], %[[FIRST]] : i32
// CHECK: arith.cmpi slt, %[[NEXT]], %[[LAST]] : i32
!acc = !pipe.acc<64x16xf32>
gpu.module @m {
  gpu.func @keep_columns(%column: index, %first: index, %last: index)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %kept = pipe.keep_columns %acc[%column] columns %first to %last : !acc
    }
    gpu.return
  }
}

// -----

// The largest magnitude of a row, of which four neighbouring threads hold the
// columns, is at least 1e-10. It becomes 448.
// CHECK-LABEL: llvm.func @quantise_rows
// CHECK-COUNT-2: llvm.intr.fabs
// CHECK: %[[MINE:.*]] = llvm.intr.maxnum
// CHECK: %[[OTHER:.*]] = nvvm.shfl.sync bfly %c-1_i32{{.*}}, %[[MINE]], %c1_i32{{.*}}, %c31_i32{{.*}} : f32 -> f32
// CHECK: %[[PAIR:.*]] = llvm.intr.maxnum(%[[MINE]], %[[OTHER]])
// CHECK: nvvm.shfl.sync bfly %c-1_i32{{.*}}, %[[PAIR]], %c2_i32{{.*}}, %c31_i32{{.*}} : f32 -> f32
// CHECK: %[[LARGEST:.*]] = llvm.intr.maxnum(%[[PAIR]],
// CHECK: %[[MOST:.*]] = arith.constant 4.480000e+02 : f32
// CHECK: %[[LEAST:.*]] = arith.constant 1.000000e-10 : f32
// CHECK: %[[A:.*]] = llvm.intr.maxnum(%[[LARGEST]], %[[LEAST]])
// CHECK: llvm.fdiv %[[A]], %[[MOST]] : f32
// CHECK: %[[FACTOR:.*]] = llvm.fdiv %[[MOST]], %[[A]] : f32
// CHECK-COUNT-2: llvm.fmul %{{.*}}, %[[FACTOR]] : f32
!acc = !pipe.acc<64x8xf32>
gpu.module @m {
  gpu.func @quantise_rows() kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %codes, %scales = pipe.quantise_rows %acc : !acc, !pipe.row_scales
    }
    gpu.return
  }
}

// -----

// The next power of two: any bit of the fraction carries into the exponent.
// CHECK-LABEL: llvm.func @powers_of_two
// CHECK: %[[SCALE:.*]] = llvm.fdiv %{{.*}}, %{{.*}} : f32
// CHECK: %[[BITS:.*]] = llvm.bitcast %[[SCALE]] : f32 to i32
// CHECK: %[[CARRIED:.*]] = arith.addi %[[BITS]], %c8388607_i32{{.*}} : i32
// CHECK: %[[EXPONENT:.*]] = arith.andi %[[CARRIED]], %c-8388608_i32{{.*}} : i32
// CHECK: %[[POWER:.*]] = llvm.bitcast %[[EXPONENT]] : i32 to f32
// CHECK: %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK: %[[FACTOR:.*]] = llvm.fdiv %[[ONE]], %[[POWER]] : f32
// CHECK: llvm.fmul %{{.*}}, %[[FACTOR]] : f32
!acc = !pipe.acc<64x8xf32>
gpu.module @m {
  gpu.func @powers_of_two() kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %codes, %scales = pipe.quantise_rows %acc pow2 : !acc, !pipe.row_scales
    }
    gpu.return
  }
}

// -----

// Turned, all that a thread has is of two columns of one run of 16: it is kept
// or dropped as one. The column is that of the warpgroup, the warp and the lane.
// CHECK-LABEL: llvm.func @keep_turned_columns
// CHECK: nvvm.setmaxregister increase
// CHECK: arith.muli %{{.*}}, %c64_i32{{.*}} : i32
// CHECK: arith.muli %{{.*}}, %c16_i32{{.*}} : i32
// CHECK: %[[IN_WARP:.*]] = arith.divui %{{.*}}, %c4_i32{{.*}} : i32
// CHECK: %[[MINE:.*]] = arith.addi %{{.*}}, %[[IN_WARP]] : i32
// CHECK: %[[COLUMN:.*]] = arith.addi %{{.*}}, %[[MINE]] : i32
// CHECK: arith.cmpi sge, %[[COLUMN]], %{{.*}} : i32
// CHECK-NEXT: arith.cmpi slt, %[[COLUMN]], %{{.*}} : i32
// CHECK-NEXT: %[[KEPT:.*]] = arith.andi
// CHECK-COUNT-8: arith.select %[[KEPT]], %{{.*}}, %{{.*}} : f32
// CHECK-NOT: arith.cmpi
!acc = !pipe.acc<16x64xf32, turned>
gpu.module @m {
  gpu.func @keep_turned_columns(%column: index, %first: index, %last: index)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !acc
      %kept = pipe.keep_columns %acc[%column] columns %first to %last : !acc
    }
    gpu.return
  }
}
