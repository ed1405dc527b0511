// Rings and buffers get their place: swizzled tiles, buffers, other tiles,
// barriers. compiler/schedule counts the same bytes (ScheduleTest.cpp).

// RUN: moe-opt %s --split-input-file --verify-diagnostics \
// RUN:   --pass-pipeline="builtin.module(gpu.module(gpu.func(pipe-plan-shared-memory)))" \
// RUN:   | FileCheck %s

// The default schedule of a down projection, 128x128x128 in 6 stages: 98304
// bytes of A, as many of B, 16384 of staging, 3072 of scales, 96 of barriers.
// CHECK-LABEL: gpu.func @down
// CHECK-SAME: pipe.shared_memory = 216160
// CHECK: pipe.ring at [0, 98304, 212992, 216064]
// CHECK: pipe.buffer at 196608
!f8 = !pipe.tile<128x128xf8E4M3FN>
gpu.module @m {
  gpu.func @down() kernel {
    %ring = pipe.ring : !pipe.ring<6, !f8, !f8, !pipe.tile<128x1xf32>>
    %staging = pipe.buffer : !pipe.tile<128x64xbf16>
    gpu.return
  }
}

// -----

// The default schedule of an up projection, 128x256x128 in 4 stages, and the
// smallest tile in 2.
// CHECK-LABEL: gpu.func @up
// CHECK-SAME: pipe.shared_memory = 215104
// CHECK-LABEL: gpu.func @smallest
// CHECK-SAME: pipe.shared_memory = 41504
!f8 = !pipe.tile<128x128xf8E4M3FN>
!half = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @up() kernel {
    %ring = pipe.ring : !pipe.ring<4, !f8, !f8, !f8, !pipe.tile<128x1xf32>>
    %staging = pipe.buffer : !pipe.tile<128x64xbf16>
    gpu.return
  }
  gpu.func @smallest() kernel {
    %ring = pipe.ring : !pipe.ring<2, !half, !half, !pipe.tile<64x1xf32>>
    %staging = pipe.buffer : !pipe.tile<64x64xbf16>
    gpu.return
  }
}

// -----

// The order of the ring does not matter: the swizzled tile goes first, the
// columns of f32 last, each at a multiple of 128 bytes.
// CHECK-LABEL: gpu.func @swizzled_first
// CHECK-SAME: pipe.shared_memory = 3048
// CHECK: pipe.ring at [2560, 0, 2816, 3016]
// CHECK: pipe.buffer at 2048
gpu.module @m {
  gpu.func @swizzled_first() kernel {
    %ring = pipe.ring : !pipe.ring<2, !pipe.tile<25x1xf32>,
        !pipe.tile<8x128xf8E4M3FN>, !pipe.tile<25x1xf32>>
    %buffer = pipe.buffer : !pipe.tile<4x64xbf16>
    gpu.return
  }
}

// -----

// Rings lie behind each other, kind by kind.
// CHECK-LABEL: gpu.func @two_rings
// CHECK: pipe.ring at [0, 32768, 33280]
// CHECK: pipe.ring at [16384, 33408, 33920]
!f8 = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @two_rings() kernel {
    %r0 = pipe.ring : !pipe.ring<2, !f8, !pipe.tile<64x1xf32>>
    %r1 = pipe.ring : !pipe.ring<2, !f8, !pipe.tile<64x1xf32>>
    gpu.return
  }
}

// -----

!f8 = !pipe.tile<256x128xf8E4M3FN>
gpu.module @m {
  // expected-error @below {{expects at most 232448 bytes of shared memory, got 262208}}
  gpu.func @more_than_a_block_can_have() kernel {
    %ring = pipe.ring : !pipe.ring<4, !f8, !f8>
    gpu.return
  }
}
