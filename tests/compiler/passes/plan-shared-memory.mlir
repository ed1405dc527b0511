// Rings, buffers and queues get their place: swizzled tiles, buffers, other
// tiles, barriers, exchanges, outboxes, tile queues. compiler/schedule counts the
// same bytes (ScheduleTest.cpp), without the gap between the barriers of one ring
// and the slots of the next.

// RUN: moe-opt %s --split-input-file --verify-diagnostics \
// RUN:   --pass-pipeline="builtin.module(gpu.module(gpu.func(pipe-plan-shared-memory)))" \
// RUN:   | FileCheck %s

// The default schedule of a down projection, 128x128x128 in 5 stages: 81920
// bytes of A, as many of B, 34816 of staging, 2560 and 640 of scales, 80 of
// barriers, 1088 of the outbox, 96 of the queue.
// CHECK-LABEL: gpu.func @down
// CHECK-SAME: pipe.shared_memory = 203120
// CHECK: pipe.ring at [0, 81920, 198656, 201216, 201856]
// CHECK: pipe.buffer at 163840
// CHECK: pipe.outbox at 201936
// CHECK: pipe.tile_queue %{{.*}} at 203024
!f8 = !pipe.tile<128x128xf8E4M3FN>
gpu.module @m {
  gpu.func @down(%taken: memref<2xi32>) kernel {
    %ring = pipe.ring : !pipe.ring<5, !f8, !f8, !pipe.tile<128x1xf32>,
        !pipe.tile<1x1xf32>>
    %staging = pipe.buffer : !pipe.tile<128x136xbf16>
    %outbox = pipe.outbox : !pipe.outbox<2 senders, 64 rows>
    %queue = pipe.tile_queue %taken : memref<2xi32>
    gpu.return
  }
}

// -----

// The default schedule of an up projection, 128x256x128 in 4 stages, whose
// staging holds e4m3; one whose scales lie in a ring of their own, four K blocks a
// slot; and a small tile, which a cluster walks without a queue.
// CHECK-LABEL: gpu.func @up
// CHECK-SAME: pipe.shared_memory = 217760
// CHECK-LABEL: gpu.func @groups_up
// CHECK-SAME: pipe.shared_memory = 219648
// CHECK: pipe.ring at [0, 65536, 131072, 215040]
// CHECK: pipe.ring at [215168, 219264, 219520]
// CHECK: pipe.tile_queue %{{.*}} at 219552
// CHECK-LABEL: gpu.func @small
// CHECK-SAME: pipe.shared_memory = 43328
!f8 = !pipe.tile<128x128xf8E4M3FN>
!half = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @up(%taken: memref<2xi32>) kernel {
    %ring = pipe.ring : !pipe.ring<4, !f8, !f8, !f8, !pipe.tile<128x1xf32>,
        !pipe.tile<2x1xf32>>
    %staging = pipe.buffer : !pipe.tile<128x144xf8E4M3FN>
    %queue = pipe.tile_queue %taken : memref<2xi32>
    gpu.return
  }
  gpu.func @groups_up(%taken: memref<2xi32>) kernel {
    %ring = pipe.ring : !pipe.ring<4, !f8, !f8, !f8>
    %scales = pipe.ring : !pipe.ring<2, !pipe.tile<128x4xf32>,
        !pipe.tile<2x4xf32>>
    %staging = pipe.buffer : !pipe.tile<128x144xf8E4M3FN>
    %queue = pipe.tile_queue %taken : memref<2xi32>
    gpu.return
  }
  gpu.func @small() kernel {
    %ring = pipe.ring : !pipe.ring<2, !half, !half, !pipe.tile<64x1xf32>,
        !pipe.tile<1x1xf32>>
    %staging = pipe.buffer : !pipe.tile<64x72xbf16>
    %outbox = pipe.outbox : !pipe.outbox<1 senders, 64 rows>
    gpu.return
  }
}

// -----

// Swapped tiles: slots of 8 or 24 scales are padded to 128 bytes; an exchange
// lies behind the barriers, with room for two turns.
// CHECK-LABEL: gpu.func @swapped_up
// CHECK-SAME: pipe.shared_memory = 188496
// CHECK: pipe.ring at [0, 20480, 102400, 185600]
// CHECK: pipe.ring at [185856, 186880, 187392]
// CHECK: pipe.buffer at 184320
// CHECK: pipe.exchange at 187456
// CHECK-LABEL: gpu.func @swapped_wide_up
// CHECK-SAME: pipe.shared_memory = 123792
// CHECK: pipe.exchange at 121120
// CHECK: pipe.tile_queue %{{.*}} at 123696
// CHECK-LABEL: gpu.func @swapped_down
// CHECK-SAME: pipe.shared_memory = 193552
// CHECK: pipe.outbox at 193232
// CHECK: pipe.tile_queue %{{.*}} at 193456
!f8 = !pipe.tile<128x128xf8E4M3FN>
!half = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @swapped_up() kernel {
    %ring = pipe.ring : !pipe.ring<10, !pipe.tile<16x128xf8E4M3FN>, !half,
        !half>
    %scales = pipe.ring : !pipe.ring<4, !pipe.tile<16x4xf32>,
        !pipe.tile<2x4xf32>>
    %staging = pipe.buffer : !pipe.tile<16x80xf8E4M3FN>
    %exchange = pipe.exchange : !pipe.row_exchange<16 rows, 8 warps>
    gpu.return
  }
  gpu.func @swapped_wide_up(%taken: memref<2xi32>) kernel {
    %ring = pipe.ring : !pipe.ring<3, !pipe.tile<40x128xf8E4M3FN>, !f8, !f8>
    %scales = pipe.ring : !pipe.ring<2, !pipe.tile<40x4xf32>,
        !pipe.tile<2x4xf32>>
    %staging = pipe.buffer : !pipe.tile<40x144xf8E4M3FN>
    %exchange = pipe.exchange : !pipe.row_exchange<40 rows, 8 warps>
    %queue = pipe.tile_queue %taken : memref<2xi32>
    gpu.return
  }
  gpu.func @swapped_down(%taken: memref<2xi32>) kernel {
    %ring = pipe.ring : !pipe.ring<5, !pipe.tile<24x128xf8E4M3FN>, !f8, !f8,
        !pipe.tile<24x1xf32>, !pipe.tile<2x1xf32>>
    %staging = pipe.buffer : !pipe.tile<24x264xbf16>
    %outbox = pipe.outbox : !pipe.outbox<1 senders, 24 rows>
    %queue = pipe.tile_queue %taken : memref<2xi32>
    gpu.return
  }
}

// -----

// The order of the ring does not matter: the swizzled tile goes first, the
// columns of f32 last, each slot of each at a multiple of 128 bytes.
// CHECK-LABEL: gpu.func @swizzled_first
// CHECK-SAME: pipe.shared_memory = 3104
// CHECK: pipe.ring at [2560, 0, 2816, 3072]
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
