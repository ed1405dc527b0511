// The kernel's frame: what a launch passes, and what every part starts from.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file --verify-diagnostics \
// RUN:   | FileCheck %s

// Memrefs are bare pointers, tensor maps are passed by value and read where
// they lie, indices are 32 bits wide.
// CHECK-LABEL: llvm.func @parameters
// CHECK-SAME: %{{.*}}: !llvm.ptr<1>,
// CHECK-SAME: %{{.*}}: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant},
// CHECK-SAME: %{{.*}}: i32)
gpu.module @m {
  gpu.func @parameters(
      %x: memref<?x512xf8E4M3FN>,
      %w: !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>, %pairs: index)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// setmaxnreg needs to know how many registers a thread starts with: maxntid and
// one block an SM say it. The launch says how much shared memory there is.
// CHECK: llvm.mlir.global external @shared_memory() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
// CHECK-LABEL: llvm.func @launch
// CHECK-SAME: attributes {nvvm.kernel, nvvm.maxntid = array<i32: 384>, nvvm.minctasm = 1 : i32, pipe.shared_memory = 4096 : i64}
gpu.module @m {
  gpu.func @launch() kernel attributes {
      known_block_size = array<i32: 384, 1, 1>,
      pipe.shared_memory = 4096 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {}
    gpu.return
  }
}

// -----

// The warp is the same in all its lanes: what follows from it stays in uniform
// registers.
// CHECK-LABEL: llvm.func @thread
// CHECK: %[[THREAD:.*]] = nvvm.read.ptx.sreg.tid.x : i32
// CHECK: %[[WARP:.*]] = arith.divui %[[THREAD]], %c32_i32{{.*}} : i32
// CHECK: nvvm.shfl.sync idx %c-1_i32{{.*}}, %[[WARP]], %c0_i32{{.*}}, %c31_i32{{.*}} : i32 -> i32
// CHECK: llvm.mlir.addressof @shared_memory : !llvm.ptr<3>
gpu.module @m {
  gpu.func @thread() kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// Every thread waits for earlier kernels of the stream, behind the barriers,
// before the roles; then later ones may start, which so know that all before
// this one are over. No load may move over either.
// CHECK-LABEL: llvm.func @wait_earlier
// CHECK: nvvm.barrier0
// CHECK: llvm.inline_asm has_side_effects {{.*}} "griddepcontrol.wait;", "~{memory}"
// CHECK-NEXT: llvm.inline_asm has_side_effects {{.*}} "griddepcontrol.launch_dependents;", "~{memory}"
// CHECK: nvvm.setmaxregister
!ring = !pipe.ring<2, !pipe.tile<64x1xf32>>
gpu.module @m {
  gpu.func @wait_earlier() kernel attributes {pipe.shared_memory = 544 : i64} {
    %ring = pipe.ring at [0, 512] : !ring
    pipe.wait_earlier
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// A scalar of a tensor is at a 64-bit offset: (expert * 4 + row) * 56 + block.
// No kernel writes weights and their scales.
// CHECK-LABEL: llvm.func @scalar_load
// CHECK: arith.muli %{{.*}}, %c4_i64{{.*}} : i64
// CHECK: arith.muli %{{.*}}, %c56_i64{{.*}} : i64
// CHECK: %[[OFFSET:.*]] = arith.addi %{{.*}}, %{{.*}} : i64
// CHECK: llvm.getelementptr inbounds %{{.*}}[%[[OFFSET]]] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, f32
// CHECK-NEXT: llvm.load %{{.*}} invariant
gpu.module @m {
  gpu.func @scalar_load(%ws: memref<256x4x56xf32>, %i: index, %j: index,
                        %k: index)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %scale = memref.load %ws[%i, %j, %k] : memref<256x4x56xf32>
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  // expected-error @below {{expects a shared-memory plan (run pipe-plan-shared-memory)}}
  gpu.func @a_plan_is_wanted() kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  // expected-error @below {{expects a shared-memory plan (run pipe-plan-shared-memory)}}
  gpu.func @a_place_for_the_outbox_is_wanted()
      kernel attributes {pipe.shared_memory = 544 : i64} {
    %outbox = pipe.outbox : !pipe.outbox<1 senders, 64 rows>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}
