// Every law of pipe, broken once. Pieces are named for the op and the law.

// RUN: moe-opt %s --split-input-file --verify-diagnostics

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

// expected-error @below {{expects a box of as many extents as the tensor, 1 to 5, got 1 for 2}}
func.func private @tensor_map_rank(!pipe.tensor_map<8x8xf32, box = 8>)

// -----

// expected-error @below {{expects box extents of 1 to 256, got 257}}
func.func private @tensor_map_box(!pipe.tensor_map<8x?xf32, box = 8x257>)

// -----

// expected-error @below {{expects a ring of at least 2 stages, got 1}}
func.func private @ring_stages(!pipe.ring<1, !pipe.tile<8x8xf32>>)

// -----

// expected-error @below {{expects a ring of tiles, got 'f32'}}
func.func private @ring_tiles(!pipe.ring<2, f32>)

// -----

// expected-error @below {{expects 1 to 2 senders, got 4}}
func.func private @outbox_senders(!pipe.outbox<4 senders, 64 rows>)

// -----

// expected-error @below {{expects 1 to 2 senders, got 0}}
func.func private @outbox_no_sender(!pipe.outbox<0 senders, 64 rows>)

// -----

// expected-error @below {{expects rows in multiples of 8, got 12}}
func.func private @outbox_rows(!pipe.outbox<1 senders, 12 rows>)

// -----

// expected-error @below {{expects rows in multiples of 8, got 0}}
func.func private @outbox_no_row(!pipe.outbox<1 senders, 0 rows>)

// -----

// expected-error @below {{expects rows x columns, got 3 extents}}
func.func private @tile_rank(!pipe.tile<2x8x8xf32>)

// -----

// expected-error @below {{expected static shape}}
func.func private @acc_dynamic(!pipe.acc<?x8xf32>)

// -----

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

func.func @ring_p1() {
  // expected-error @below {{(P1) expects to stand in the body of a gpu.func}}
  %ring = pipe.ring : !pipe.ring<2, !pipe.tile<64x1xf32>>
  return
}

// -----

func.func @buffer_p1() {
  // expected-error @below {{(P1) expects to stand in the body of a gpu.func}}
  %buffer = pipe.buffer : !pipe.tile<64x64xbf16>
  return
}

// -----

func.func @outbox_p1() {
  // expected-error @below {{(P1) expects to stand in the body of a gpu.func}}
  %outbox = pipe.outbox : !pipe.outbox<1 senders, 64 rows>
  return
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
!rows = !pipe.rows<64, gather>
// Every warp of the producer copies rows.
gpu.module @m {
  gpu.func @outbox_p31(
      %x: memref<?x512xf8E4M3FN>, %map: memref<?xi32>, %i: index) kernel {
    %ring = pipe.ring : !ring
    // expected-error @below {{(P31) expects a producer that gathers no rows}}
    %outbox = pipe.outbox : !pipe.outbox<1 senders, 64 rows>
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.read_rows %map[%i] below %i : memref<?xi32> -> !rows
      pipe.fill %ring {
      ^bb0(%t: !a):
        pipe.load_rows %x[%rows, %i] to %t : memref<?x512xf8E4M3FN>, !rows to !a
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 224 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @outbox_p31_another() kernel {
    // expected-error @below {{(P31) expects to be the only outbox of the kernel}}
    %outbox = pipe.outbox : !pipe.outbox<1 senders, 64 rows>
    %another = pipe.outbox : !pipe.outbox<1 senders, 64 rows>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

func.func @tile_queue_p1(%taken: memref<2xi32>) {
  // expected-error @below {{(P1) expects to stand in the body of a gpu.func}}
  %queue = pipe.tile_queue %taken : memref<2xi32>
  return
}

// -----

func.func @wait_earlier_p1() {
  // expected-error @below {{(P1) expects to stand in the body of a gpu.func}}
  pipe.wait_earlier
  return
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @wait_earlier_p40() kernel {
    // expected-error @below {{(P40) expects rings, exchanges, ledgers, outboxes and tile queues before it, got pipe.ring behind it}}
    pipe.wait_earlier
    // expected-note @below {{it is this one}}
    %ring = pipe.ring : !pipe.ring<2, !a>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// What the producer loads is written by no kernel.
gpu.module @m {
  gpu.func @wait_earlier_p1_producer() kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P1) expects to stand in the body of a gpu.func}}
      pipe.wait_earlier
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @wait_earlier_p1_tiles(%e: memref<?xi32>, %u: memref<1xi32>,
                                  %n: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%e, %u, %n) block_m = 64 row_alignment = 64
          column_tiles = 1 group_m = 1 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        // expected-error @below {{(P1) expects to stand in the body of a gpu.func}}
        pipe.wait_earlier
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @wait_earlier_p1_consumer() kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role late_producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P1) expects to stand in the body of a gpu.func}}
      pipe.wait_earlier
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @ring_p2() kernel {
    // expected-error @below {{(P2) expects 2 offsets, one for each tile and one for the barriers, got 1}}
    %ring = pipe.ring at [0] : !pipe.ring<2, !a>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @ring_p2_alignment() kernel {
    // expected-error @below {{(P2) expects the offset of '!pipe.tile<64x128xf8E4M3FN>' to be a multiple of 1024, got 512}}
    %ring = pipe.ring at [512, 0] : !pipe.ring<2, !a>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

//===----------------------------------------------------------------------===//
// Roles and tiles
//===----------------------------------------------------------------------===//

func.func @role_p3() {
  // expected-error @below {{(P3) expects to stand in the body of a gpu.func}}
  pipe.role consumer warpgroups = 1 registers = 232 {}
  return
}

// -----

gpu.module @m {
  gpu.func @role_p3_producer_first() kernel {
    // expected-error @below {{(P3) expects gpu.return next}}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    // expected-note @below {{this comes next}}
    pipe.role producer warpgroups = 1 registers = 40 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @role_p3_consumer_next() kernel {
    // expected-error @below {{(P3) expects the consumer role next}}
    pipe.role producer warpgroups = 1 registers = 40 {}
    // expected-note @below {{this comes next}}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @role_p3_late_first() kernel {
    // expected-error @below {{(P3) expects the consumer role next}}
    pipe.role late_producer warpgroups = 1 registers = 40 {}
    // expected-note @below {{this comes next}}
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @role_p3_late_alone() kernel {
    // expected-error @below {{(P3) expects the producer role before the consumers}}
    pipe.role late_producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @role_p3_late_twice() kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    // expected-error @below {{(P3) expects the consumer role next}}
    pipe.role late_producer warpgroups = 1 registers = 40 {}
    // expected-note @below {{this comes next}}
    pipe.role late_producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @role_p3_late_last() kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    // expected-error @below {{(P3) expects gpu.return next}}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    // expected-note @below {{this comes next}}
    pipe.role late_producer warpgroups = 1 registers = 40 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @role_p4() kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    // expected-error @below {{(P4) expects 1 or 2 consumer warpgroups, got 3}}
    pipe.role consumer warpgroups = 3 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @role_p4_negative() kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    // expected-error @below {{(P4) expects 1 or 2 consumer warpgroups, got -1}}
    pipe.role consumer warpgroups = -1 registers = 232 {}
    gpu.return
  }
}

// -----

// Both are warps of one warpgroup, which has one number of registers.
gpu.module @m {
  gpu.func @role_p4_late_registers() kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    // expected-error @below {{(P4) expects the registers of the producer, 40, got 48}}
    pipe.role late_producer warpgroups = 1 registers = 48 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @role_p4_late_warpgroups() kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    // expected-error @below {{(P4) expects 1 producer warpgroup, got 2}}
    pipe.role late_producer warpgroups = 2 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
!rows = !pipe.rows<64, gather>
// Every warp of the producer copies rows.
gpu.module @m {
  gpu.func @role_p37(
      %x: memref<?x512xf8E4M3FN>, %map: memref<?xi32>, %i: index) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.read_rows %map[%i] below %i : memref<?xi32> -> !rows
      pipe.fill %ring {
      ^bb0(%t: !a):
        pipe.load_rows %x[%rows, %i] to %t : memref<?x512xf8E4M3FN>, !rows to !a
      } : !ring
    }
    // expected-error @below {{(P37) expects a kernel that gathers no rows}}
    pipe.role late_producer warpgroups = 1 registers = 56 {}
    pipe.role consumer warpgroups = 1 registers = 224 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @role_p5() kernel {
    // expected-error @below {{(P5) expects registers to be a multiple of 8 in 24 ... 240, got 44}}
    pipe.role producer warpgroups = 1 registers = 44 {}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

func.func @tiles_p6(%ids: memref<?xi32>, %used: memref<1xi32>,
                    %real: memref<?xi32>) {
  // expected-error @below {{(P6) expects to stand in any role}}
  pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 64
      column_tiles = 1 group_m = 1 {
  ^bb0(%e: index, %row: index, %col: index, %rows: index):
  } : memref<?xi32>, memref<1xi32>, memref<?xi32>
  return
}

// -----

gpu.module @m {
  gpu.func @tiles_p7(%ids: memref<?xi32>, %used: memref<1xi32>,
                     %real: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P7) expects a region of four index arguments, got 'index', 'index'}}
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 64
          column_tiles = 1 group_m = 1 {
      ^bb0(%e: index, %row: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// A block of a pair has to know whether the other one needs the same weights.
gpu.module @m {
  gpu.func @tiles_p7_pair(%ids: memref<?xi32>, %used: memref<1xi32>,
                     %real: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P7) expects a region of four index arguments and an i1, got 'index', 'index', 'index', 'index'}}
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 128
          column_tiles = 1 group_m = 1 cluster = 2 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @tiles_p8(%ids: memref<?xi32>, %used: memref<1xi32>,
                     %real: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P8) expects the rows of a cluster to divide row_alignment = 64, got 128}}
      pipe.tiles experts(%ids, %used, %real) block_m = 128 row_alignment = 64
          column_tiles = 1 group_m = 1 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @tiles_p8_together(%ids: memref<?xi32>, %used: memref<1xi32>,
                              %real: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P8) expects the rows of a cluster to divide row_alignment = 128, got 256}}
      pipe.tiles experts(%ids, %used, %real) block_m = 128 row_alignment = 128
          column_tiles = 1 group_m = 1 cluster = 2 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index, %shared: i1):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @tiles_p8_cluster(%ids: memref<?xi32>, %used: memref<1xi32>,
                             %real: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P8) expects a cluster of 1 or 2 blocks, got 4}}
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 256
          column_tiles = 1 group_m = 1 cluster = 4 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index, %shared: i1):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// The consumers would wait for tiles that the producer does not load.
gpu.module @m {
  gpu.func @tiles_p27(%ids: memref<?xi32>, %used: memref<1xi32>,
                      %real: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-note @below {{it is this one}}
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 128
          column_tiles = 1 group_m = 1 cluster = 2 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index, %shared: i1):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P27) expects the attributes and the queue of the kernel's other walk}}
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 128
          column_tiles = 1 group_m = 1 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @tiles_p39(%c: memref<2xi32>, %e: memref<?xi32>, %u: memref<1xi32>,
                      %n: memref<?xi32>) kernel {
    %queue = pipe.tile_queue %c : memref<2xi32>
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P39) expects paced tiles to come from no queue, got one}}
      pipe.tiles from %queue experts(%e, %u, %n) block_m = 64
          row_alignment = 64 column_tiles = 1 group_m = 1 paced {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @tile_queue_p28(%taken: memref<1xi32>) kernel {
    // expected-error @below {{(P28) expects a counter of two numbers, got 'memref<1xi32>'}}
    %queue = pipe.tile_queue %taken : memref<1xi32>
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @tiles_p8_count(%ids: memref<?xi32>, %used: memref<1xi32>,
                           %real: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P8) expects column_tiles and group_m of at least 1, got 0}}
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 64
          column_tiles = 0 group_m = 1 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

//===----------------------------------------------------------------------===//
// Fill and drain
//===----------------------------------------------------------------------===//

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
gpu.module @m {
  gpu.func @fill_p6() kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {}
    // expected-note @below {{it stands in this consumer}}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P6) expects to stand in producer role}}
      pipe.fill %ring {
      ^bb0(%t: !a):
      } : !ring
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
gpu.module @m {
  gpu.func @drain_p6() kernel {
    %ring = pipe.ring : !ring
    // expected-note @below {{it stands in this producer}}
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P6) expects to stand in consumer role}}
      pipe.drain %ring {
      ^bb0(%t: !a):
        pipe.yield
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
gpu.module @m {
  gpu.func @fill_p9() kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P9) expects a region that takes the 1 tiles of '!pipe.ring<2, !pipe.tile<64x128xf8E4M3FN>>', got '!pipe.tile<64x64xf8E4M3FN>'}}
      pipe.fill %ring {
      ^bb0(%t: !pipe.tile<64x64xf8E4M3FN>):
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
gpu.module @m {
  gpu.func @drain_p9() kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P9) expects a region that takes the 1 tiles of '!pipe.ring<2, !pipe.tile<64x128xf8E4M3FN>>', got '!pipe.tile<64x128xf8E4M3FN>', '!pipe.tile<64x128xf8E4M3FN>'}}
      pipe.drain %ring {
      ^bb0(%t: !a, %u: !a):
        pipe.yield
      } : !ring
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
gpu.module @m {
  gpu.func @drain_p9_slots() kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P9) expects a region that takes the 2 tiles of 2 slots of '!pipe.ring<2, !pipe.tile<64x128xf8E4M3FN>>', got '!pipe.tile<64x128xf8E4M3FN>'}}
      pipe.drain %ring slots = 2 {
      ^bb0(%t: !a):
        pipe.yield
      } : !ring
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
gpu.module @m {
  gpu.func @drain_p38() kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P38) expects 1 to 2 slots, as many as the ring has, got 3}}
      pipe.drain %ring slots = 3 {
      ^bb0(%t: !a, %u: !a, %v: !a):
        pipe.yield
      } : !ring
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
gpu.module @m {
  gpu.func @drain_p38_none() kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P38) expects 1 to 2 slots, as many as the ring has, got 0}}
      pipe.drain %ring slots = 0 {
        pipe.yield
      } : !ring
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
gpu.module @m {
  gpu.func @fill_p10() kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P10) expects each tile to be loaded once, got 0 loads of tile 0}}
      pipe.fill %ring {
      ^bb0(%t: !a):
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @fill_p10_twice(%w: !map, %i: index) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P10) expects each tile to be loaded once, got 2 loads of tile 0}}
      pipe.fill %ring {
      ^bb0(%t: !a):
        pipe.load_box %w[%i, %i, %i] to %t : !map to !a
        pipe.load_box %w[%i, %i, %i] to %t : !map to !a
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// Only one of the two loads a tile.
!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @fill_p10_both(%w: !map, %i: index) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P10) expects each tile to be loaded once, got 2 loads of tile 0}}
      pipe.fill %ring {
      ^bb0(%t: !a):
        pipe.load_box %w[%i, %i, %i] to %t : !map to !a
      } : !ring
    }
    pipe.role late_producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%t: !a):
        pipe.load_box %w[%i, %i, %i] to %t : !map to !a
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// One of the two does.
!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a, !a>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @fill_p10_neither(%w: !map, %i: index) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P10) expects each tile to be loaded once, got 0 loads of tile 1}}
      pipe.fill %ring {
      ^bb0(%t: !a, %u: !a):
        pipe.load_box %w[%i, %i, %i] to %t : !map to !a
      } : !ring
    }
    pipe.role late_producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%t: !a, %u: !a):
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
gpu.module @m {
  gpu.func @drain_p11() kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P11) expects to yield '!pipe.acc<64x64xf32>', got '!pipe.acc<64x128xf32>'}}
      %acc = pipe.drain %ring {
      ^bb0(%t: !a):
        %zero = pipe.zeros : !pipe.acc<64x128xf32>
        pipe.yield %zero : !pipe.acc<64x128xf32>
      } : !ring -> !pipe.acc<64x64xf32>
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
gpu.module @m {
  gpu.func @drain_p11_tile() kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P11) expects values that outlive the slot, got '!pipe.tile<64x128xf8E4M3FN>'}}
      %tile = pipe.drain %ring {
      ^bb0(%t: !a):
        pipe.yield %t : !a
      } : !ring -> !a
    }
    gpu.return
  }
}

// -----

//===----------------------------------------------------------------------===//
// Loads
//===----------------------------------------------------------------------===//

!a = !pipe.tile<64x128xf8E4M3FN>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @load_box_p12(%w: !map, %i: index) kernel {
    %buffer = pipe.buffer : !a
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P12) expects to stand in a pipe.fill}}
      pipe.load_box %w[%i, %i, %i] to %buffer : !map to !a
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!rows = !pipe.rows<64, gather>
gpu.module @m {
  gpu.func @load_rows_p12(
      %x: memref<?x512xf8E4M3FN>, %map: memref<?xi32>, %i: index) kernel {
    %buffer = pipe.buffer : !a
    pipe.role producer warpgroups = 1 registers = 40 {
      %rows = pipe.read_rows %map[%i] below %i : memref<?xi32> -> !rows
      // expected-error @below {{(P12) expects to stand in a pipe.fill}}
      pipe.load_rows %x[%rows, %i] to %buffer
          : memref<?x512xf8E4M3FN>, !rows to !a
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @load_box_p13(%w: !map, %i: index) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%t: !a):
        // expected-error @below {{(P13) expects 3 indices into '!pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>', got 2}}
        pipe.load_box %w[%i, %i] to %t : !map to !a
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x48x128>
gpu.module @m {
  gpu.func @load_box_p14(%w: !map, %i: index) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%t: !a):
        // expected-error @below {{(P14) expects boxes that fill 64 rows of '!pipe.tile<64x128xf8E4M3FN>', got '!pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x48x128>'}}
        pipe.load_box %w[%i, %i, %i] to %t : !map to !a
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// No more rows are loaded than the tile has.
!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @load_box_p14_rows(%w: !map, %i: index) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%t: !a):
        // expected-error @below {{(P14) expects boxes that fill 128 rows of '!pipe.tile<64x128xf8E4M3FN>', got '!pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>'}}
        pipe.load_box %w[%i, %i, %i] to %t rows = 128 : !map to !a
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// Two blocks load 64 rows each, not 64 together.
!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>
gpu.module @m {
  gpu.func @load_box_p14_share(%w: !map, %i: index, %yes: i1) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%t: !a):
        // expected-error @below {{(P14) expects boxes that fill 64 rows of '!pipe.tile<64x128xf8E4M3FN>', got '!pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x64x128>'}}
        pipe.load_box %w[%i, %i, %i] to %t multicast = 2 if %yes : !map to !a
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x32x128>
gpu.module @m {
  gpu.func @load_box_p24(
      %w: !map, %ids: memref<?xi32>, %used: memref<1xi32>,
      %real: memref<?xi32>, %yes: i1) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 64
          column_tiles = 1 group_m = 1 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index):
        pipe.fill %ring {
        ^bb0(%t: !a):
          // expected-error @below {{(P24) expects to multicast to the 1 blocks of the cluster, got 2}}
          pipe.load_box %w[%e, %row, %col] to %t multicast = 2 if %yes
              : !map to !a
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 1x32x128>
gpu.module @m {
  gpu.func @load_box_p24_if(
      %w: !map, %ids: memref<?xi32>, %used: memref<1xi32>,
      %real: memref<?xi32>, %yes: i1) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 128
          column_tiles = 1 group_m = 1 cluster = 2 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index, %shared: i1):
        pipe.fill %ring {
        ^bb0(%t: !a):
          // expected-error @below {{(P24) expects to multicast if the walk of a pair of row tiles says so by its last argument}}
          pipe.load_box %w[%e, %row, %col] to %t multicast = 2 if %yes
              : !map to !a
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<128x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
!map = !pipe.tensor_map<8x64x512xf8E4M3FN, box = 2x32x128>
gpu.module @m {
  gpu.func @load_box_p14_box(
      %w: !map, %ids: memref<?xi32>, %used: memref<1xi32>,
      %real: memref<?xi32>) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%ids, %used, %real) block_m = 64 row_alignment = 128
          column_tiles = 1 group_m = 1 cluster = 2 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index, %shared: i1):
        pipe.fill %ring {
        ^bb0(%t: !a):
          // expected-error @below {{(P14) expects boxes of rows where several fill a tile, got}}
          pipe.load_box %w[%e, %row, %col] to %t multicast = 2 if %shared
              : !map to !a
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!ring = !pipe.ring<2, !a>
!rows = !pipe.rows<128, gather>
gpu.module @m {
  gpu.func @load_rows_p15(
      %x: memref<?x512xf8E4M3FN>, %map: memref<?xi32>, %i: index) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      %rows = pipe.read_rows %map[%i] below %i : memref<?xi32> -> !rows
      pipe.fill %ring {
      ^bb0(%t: !a):
        // expected-error @below {{(P15) expects rows for gather and a swizzled tile of f8E4M3FN, or one or four columns of f32, with as many rows, got 'memref<?x512xf8E4M3FN>', '!pipe.rows<128, gather>' to '!pipe.tile<64x128xf8E4M3FN>'}}
        pipe.load_rows %x[%rows, %i] to %t : memref<?x512xf8E4M3FN>, !rows to !a
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// Copies are of one scale or of four.
!scales = !pipe.tile<64x2xf32>
!ring = !pipe.ring<2, !scales>
!rows = !pipe.rows<64, gather>
gpu.module @m {
  gpu.func @load_rows_p15_columns(
      %x: memref<?x4xf32>, %map: memref<?xi32>, %i: index) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      %rows = pipe.read_rows %map[%i] below %i : memref<?xi32> -> !rows
      pipe.fill %ring {
      ^bb0(%t: !scales):
        // expected-error @below {{(P15) expects rows for gather and a swizzled tile of f8E4M3FN, or one or four columns of f32, with as many rows, got 'memref<?x4xf32>', '!pipe.rows<64, gather>' to '!pipe.tile<64x2xf32>'}}
        pipe.load_rows %x[%rows, %i] to %t : memref<?x4xf32>, !rows to !scales
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!scales = !pipe.tile<1x1xf32>
gpu.module @m {
  gpu.func @load_block_scales_p12(%ws: memref<8x1x4xf32>, %i: index) kernel {
    %buffer = pipe.buffer : !scales
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P12) expects to stand in a pipe.fill}}
      pipe.load_block_scales %ws[%i, (%i), %i] to %buffer
          : memref<8x1x4xf32> to !scales
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!scales = !pipe.tile<1x1xf32>
!ring = !pipe.ring<2, !scales>
gpu.module @m {
  gpu.func @load_block_scales_p33(%ws: memref<8x2x4xf32>, %i: index) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%t: !scales):
        // expected-error @below {{(P33) expects one or four columns of f32 with 2 rows, one for each line, got '!pipe.tile<1x1xf32>'}}
        pipe.load_block_scales %ws[%i, (%i, %i), %i] to %t
            : memref<8x2x4xf32> to !scales
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// Scales lie below each other, as those of rows do.
!scales = !pipe.tile<1x2xf32>
!ring = !pipe.ring<2, !scales>
gpu.module @m {
  gpu.func @load_block_scales_p33_row(%ws: memref<8x2x4xf32>, %i: index) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%t: !scales):
        // expected-error @below {{(P33) expects one or four columns of f32 with 1 rows, one for each line, got '!pipe.tile<1x2xf32>'}}
        pipe.load_block_scales %ws[%i, (%i), %i] to %t
            : memref<8x2x4xf32> to !scales
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!scales = !pipe.tile<1x1xbf16>
!ring = !pipe.ring<2, !scales>
gpu.module @m {
  gpu.func @load_block_scales_p33_type(%ws: memref<8x1x4xf32>, %i: index) kernel {
    %ring = pipe.ring : !ring
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%t: !scales):
        // expected-error @below {{(P33) expects one or four columns of f32 with 1 rows, one for each line, got '!pipe.tile<1x1xbf16>'}}
        pipe.load_block_scales %ws[%i, (%i), %i] to %t
            : memref<8x1x4xf32> to !scales
      } : !ring
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

gpu.module @m {
  gpu.func @read_rows_p6(%map: memref<?xi32>, %i: index) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    // expected-note @below {{it stands in this consumer}}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P6) expects to stand in producer role}}
      %rows = pipe.read_rows %map[%i] below %i
          : memref<?xi32> -> !pipe.rows<64, gather>
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @read_row_weights_p6(%weights: memref<?xf32>, %i: index) kernel {
    // expected-note @below {{it stands in this producer}}
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P6) expects to stand in consumer role}}
      %scales = pipe.read_row_weights %weights[%i] : memref<?xf32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @row_range_p6_gather(%i: index) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    // expected-note @below {{it stands in this consumer}}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P6) expects to stand in producer role}}
      %rows = pipe.row_range %i : !pipe.rows<64, gather>
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @row_range_p6_store(%i: index) kernel {
    // expected-note @below {{it stands in this producer}}
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P6) expects to stand in consumer role}}
      %rows = pipe.row_range %i : !pipe.rows<64, store>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @holds_rows_p6(%i: index) kernel {
    // expected-note @below {{it stands in this producer}}
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P6) expects to stand in consumer role}}
      %holds = pipe.holds_rows %i
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!scales = !pipe.tile<64x2xf32>
gpu.module @m {
  gpu.func @read_row_scales_p16() kernel {
    %buffer = pipe.buffer : !scales
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P16) expects f32 and, with more than one column, to be told which, got '!pipe.tile<64x2xf32>'}}
      %scales = pipe.read_row_scales %buffer : !scales
    }
    gpu.return
  }
}

// -----

!scales = !pipe.tile<64x1xf32>
gpu.module @m {
  gpu.func @read_row_scales_p16_column(%i: index) kernel {
    %buffer = pipe.buffer : !scales
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P16) expects f32 and, with more than one column, to be told which, got '!pipe.tile<64x1xf32>'}}
      %scales = pipe.read_row_scales %buffer column %i : !scales
    }
    gpu.return
  }
}

// -----

!scales = !pipe.tile<64x4xbf16>
gpu.module @m {
  gpu.func @read_row_scales_p16_type(%i: index) kernel {
    %buffer = pipe.buffer : !scales
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P16) expects f32 and, with more than one column, to be told which, got '!pipe.tile<64x4xbf16>'}}
      %scales = pipe.read_row_scales %buffer column %i : !scales
    }
    gpu.return
  }
}

// -----

!scales = !pipe.tile<2x1xf32>
gpu.module @m {
  gpu.func @read_block_scale_p6() kernel {
    %buffer = pipe.buffer : !scales
    // expected-note @below {{it stands in this producer}}
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P6) expects to stand in consumer role}}
      %scale = pipe.read_block_scale %buffer[0] : !scales
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!scales = !pipe.tile<2x1xf32>
gpu.module @m {
  gpu.func @read_block_scale_p34() kernel {
    %buffer = pipe.buffer : !scales
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P34) expects f32 with a row 2 and, with more than one column, to be told which, got '!pipe.tile<2x1xf32>'}}
      %scale = pipe.read_block_scale %buffer[2] : !scales
    }
    gpu.return
  }
}

// -----

!scales = !pipe.tile<2x1xf32>
gpu.module @m {
  gpu.func @read_block_scale_p34_negative() kernel {
    %buffer = pipe.buffer : !scales
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P34) expects f32 with a row -1 and, with more than one column, to be told which, got '!pipe.tile<2x1xf32>'}}
      %scale = pipe.read_block_scale %buffer[-1] : !scales
    }
    gpu.return
  }
}

// -----

!scales = !pipe.tile<2x2xf32>
gpu.module @m {
  gpu.func @read_block_scale_p34_no_column() kernel {
    %buffer = pipe.buffer : !scales
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P34) expects f32 with a row 0 and, with more than one column, to be told which, got '!pipe.tile<2x2xf32>'}}
      %scale = pipe.read_block_scale %buffer[0] : !scales
    }
    gpu.return
  }
}

// -----

!scales = !pipe.tile<2x1xf32>
gpu.module @m {
  gpu.func @read_block_scale_p34_column(%i: index) kernel {
    %buffer = pipe.buffer : !scales
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P34) expects f32 with a row 0 and, with more than one column, to be told which, got '!pipe.tile<2x1xf32>'}}
      %scale = pipe.read_block_scale %buffer[0] column %i : !scales
    }
    gpu.return
  }
}

// -----

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

!a = !pipe.tile<64x128xf8E4M3FN>
!b = !pipe.tile<136x128xf8E4M3FN>
gpu.module @m {
  gpu.func @mma_p17() kernel {
    %a = pipe.buffer : !a
    %b = pipe.buffer : !b
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P17) expects f8E4M3FN tiles of 128 columns, b of 8 to 128 rows in multiples of 8, got '!pipe.tile<64x128xf8E4M3FN>' and '!pipe.tile<136x128xf8E4M3FN>'}}
      %p = pipe.mma %a, %b : !a, !b -> !pipe.pending<64x136xf32>
      %acc = pipe.mma_wait %p
          : !pipe.pending<64x136xf32> -> !pipe.acc<64x136xf32>
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!b = !pipe.tile<32x128xf8E4M3FN>
gpu.module @m {
  gpu.func @mma_p18() kernel {
    %a = pipe.buffer : !a
    %b = pipe.buffer : !b
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P18) expects a result of 64x32xf32, got '!pipe.pending<64x64xf32>'}}
      %p = pipe.mma %a, %b : !a, !b -> !pipe.pending<64x64xf32>
      %acc = pipe.mma_wait %p
          : !pipe.pending<64x64xf32> -> !pipe.acc<64x64xf32>
    }
    gpu.return
  }
}

// -----

// Half of 24 columns is nothing that wgmma could have.
!a = !pipe.tile<64x128xf8E4M3FN>
!b = !pipe.tile<24x128xf8E4M3FN>
gpu.module @m {
  gpu.func @mma_p18_half() kernel {
    %a = pipe.buffer : !a
    %b = pipe.buffer : !b
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P18) expects a result of 64x24xf32, got '!pipe.pending<64x12xf32>'}}
      %p = pipe.mma %a, %b : !a, !b -> !pipe.pending<64x12xf32>
      %acc = pipe.mma_wait %p
          : !pipe.pending<64x12xf32> -> !pipe.acc<64x12xf32>
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!b = !pipe.tile<32x128xf8E4M3FN>
gpu.module @m {
  gpu.func @mma_p18_reuse() kernel {
    %a = pipe.buffer : !a
    %b = pipe.buffer : !b
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %zero = pipe.zeros : !pipe.acc<64x64xf32>
      // expected-error @below {{(P18) expects to reuse 64x32xf32, got '!pipe.acc<64x64xf32>'}}
      %p = pipe.mma %a, %b reuse %zero : !pipe.acc<64x64xf32>
          : !a, !b -> !pipe.pending<64x32xf32>
      %acc = pipe.mma_wait %p
          : !pipe.pending<64x32xf32> -> !pipe.acc<64x32xf32>
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!b = !pipe.tile<32x128xf8E4M3FN>
gpu.module @m {
  gpu.func @mma_wait_p18() kernel {
    %a = pipe.buffer : !a
    %b = pipe.buffer : !b
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %p = pipe.mma %a, %b : !a, !b -> !pipe.pending<64x32xf32>
      // expected-error @below {{(P18) expects results of the shapes of '!pipe.pending<64x32xf32>', got '!pipe.acc<64x64xf32>'}}
      %acc = pipe.mma_wait %p
          : !pipe.pending<64x32xf32> -> !pipe.acc<64x64xf32>
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<64x128xf8E4M3FN>
!b = !pipe.tile<32x128xf8E4M3FN>
// Nobody waits.
gpu.module @m {
  gpu.func @mma_p19() kernel {
    %a = pipe.buffer : !a
    %b = pipe.buffer : !b
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P19) expects its result to have one use, a pipe.mma_wait}}
      %p = pipe.mma %a, %b : !a, !b -> !pipe.pending<64x32xf32>
    }
    gpu.return
  }
}

// -----

!acc = !pipe.acc<64x64xf32>
gpu.module @m {
  gpu.func @quantise_rows_p6() kernel {
    // expected-note @below {{it stands in this producer}}
    pipe.role producer warpgroups = 1 registers = 40 {
      %acc = pipe.zeros : !acc
      // expected-error @below {{(P6) expects to stand in consumer role}}
      %h, %scales = pipe.quantise_rows %acc : !acc, !pipe.row_scales
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

//===----------------------------------------------------------------------===//
// Stores
//===----------------------------------------------------------------------===//

!acc = !pipe.acc<64x24xf32>
!staging = !pipe.tile<64x32xbf16>
gpu.module @m {
  gpu.func @store_rows_p20(%c: memref<?x128xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<64, store>
      // expected-error @below {{(P20) expects columns in multiples of 16 and row numbers for store, one a row, got '!pipe.acc<64x24xf32>' and '!pipe.rows<64, store>'}}
      pipe.store_rows %acc via %staging to %c[%rows, %i] columns %i to %i
          : !acc via !staging to memref<?x128xbf16>, !pipe.rows<64, store>
    }
    gpu.return
  }
}

// -----

!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x72xbf16>
gpu.module @m {
  gpu.func @store_rows_p20_rows(%c: memref<?x128xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<128, store>
      // expected-error @below {{(P20) expects columns in multiples of 16 and row numbers for store, one a row, got '!pipe.acc<64x64xf32>' and '!pipe.rows<128, store>'}}
      pipe.store_rows %acc via %staging to %c[%rows, %i] columns %i to %i
          : !acc via !staging to memref<?x128xbf16>, !pipe.rows<128, store>
    }
    gpu.return
  }
}

// -----

// Two warpgroups want rows of their own, and each row 16 bytes beside it.
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x64xbf16>
gpu.module @m {
  gpu.func @store_rows_p21(%c: memref<?x128xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<64, store>
      // expected-error @below {{(P21) expects staging of 128x72x'bf16' or wider, rows for all warpgroups and 16 bytes beside each, got '!pipe.tile<64x64xbf16>'}}
      pipe.store_rows %acc via %staging to %c[%rows, %i] columns %i to %i
          : !acc via !staging to memref<?x128xbf16>, !pipe.rows<64, store>
    }
    gpu.return
  }
}

// -----

// Accumulators lie side by side.
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x72xbf16>
gpu.module @m {
  gpu.func @store_rows_p21_accs(%c: memref<?x128xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<64, store>
      // expected-error @below {{(P21) expects staging of 64x136x'bf16' or wider, rows for all warpgroups and 16 bytes beside each, got '!pipe.tile<64x72xbf16>'}}
      pipe.store_rows %acc, %acc via %staging to %c[%rows, %i] columns %i to %i
          : !acc, !acc via !staging to memref<?x128xbf16>,
            !pipe.rows<64, store>
    }
    gpu.return
  }
}

// -----

// A row of e4m3 is rounded to e4m3 in staging, where 16 columns are 16 bytes.
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x72xbf16>
gpu.module @m {
  gpu.func @store_rows_p21_type(%h: memref<?x128xf8E4M3FN>, %i: index) kernel {
    %staging = pipe.buffer : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<64, store>
      // expected-error @below {{(P21) expects staging of 64x80x'f8E4M3FN' or wider, rows for all warpgroups and 16 bytes beside each, got '!pipe.tile<64x72xbf16>'}}
      pipe.store_rows %acc via %staging to %h[%rows, %i] columns %i to %i
          : !acc via !staging to memref<?x128xf8E4M3FN>, !pipe.rows<64, store>
    }
    gpu.return
  }
}

// -----

!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x72xbf16>
gpu.module @m {
  gpu.func @store_rows_p23(%c: memref<?x?xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<64, store>
      // expected-error @below {{(P23) expects packed rows of a static length, got 'memref<?x?xbf16>'}}
      pipe.store_rows %acc via %staging to %c[%rows, %i] columns %i to %i
          : !acc via !staging to memref<?x?xbf16>, !pipe.rows<64, store>
    }
    gpu.return
  }
}

// -----

!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x80xf8E4M3FN>
gpu.module @m {
  gpu.func @store_rows_p26(%h: memref<?x128xf8E4M3FN>, %i: index) kernel {
    %staging = pipe.buffer : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<64, store>
      // expected-error @below {{(P26) expects to add bf16, got 'f8E4M3FN'}}
      pipe.store_rows add %acc via %staging to %h[%rows, %i] columns %i to %i
          : !acc via !staging to memref<?x128xf8E4M3FN>, !pipe.rows<64, store>
    }
    gpu.return
  }
}

// -----

// A sender for each warpgroup.
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<128x72xbf16>
!outbox = !pipe.outbox<1 senders, 64 rows>
gpu.module @m {
  gpu.func @store_rows_p32(%c: memref<?x128xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !staging
    %outbox = pipe.outbox : !outbox
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<64, store>
      // expected-error @below {{(P32) expects an outbox of 2 senders and 64 rows, got '!pipe.outbox<1 senders, 64 rows>'}}
      pipe.store_rows %acc via %staging by %outbox to %c[%rows, %i]
          columns %i to %i
          : !acc via !staging by !outbox to memref<?x128xbf16>,
            !pipe.rows<64, store>
    }
    gpu.return
  }
}

// -----

!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x72xbf16>
!outbox = !pipe.outbox<1 senders, 32 rows>
gpu.module @m {
  gpu.func @store_rows_p32_rows(%c: memref<?x128xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !staging
    %outbox = pipe.outbox : !outbox
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<64, store>
      // expected-error @below {{(P32) expects an outbox of 1 senders and 64 rows, got '!pipe.outbox<1 senders, 32 rows>'}}
      pipe.store_rows %acc via %staging by %outbox to %c[%rows, %i]
          columns %i to %i
          : !acc via !staging by !outbox to memref<?x128xbf16>,
            !pipe.rows<64, store>
    }
    gpu.return
  }
}

// -----

// A sender either adds or does not.
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x72xbf16>
!outbox = !pipe.outbox<1 senders, 64 rows>
gpu.module @m {
  gpu.func @store_rows_p32_add(%c: memref<?x128xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !staging
    %outbox = pipe.outbox : !outbox
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<64, store>
      // expected-error @below {{(P32) expects all stores by the outbox to use one staging, and all or none to add}}
      pipe.store_rows %acc via %staging by %outbox to %c[%rows, %i]
          columns %i to %i
          : !acc via !staging by !outbox to memref<?x128xbf16>,
            !pipe.rows<64, store>
      pipe.store_rows add %acc via %staging by %outbox to %c[%rows, %i]
          columns %i to %i
          : !acc via !staging by !outbox to memref<?x128xbf16>,
            !pipe.rows<64, store>
    }
    gpu.return
  }
}

// -----

// It knows where the rows of one staging lie.
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x72xbf16>
!outbox = !pipe.outbox<1 senders, 64 rows>
gpu.module @m {
  gpu.func @store_rows_p32_staging(%c: memref<?x128xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !staging
    %other = pipe.buffer : !staging
    %outbox = pipe.outbox : !outbox
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<64, store>
      // expected-error @below {{(P32) expects all stores by the outbox to use one staging, and all or none to add}}
      pipe.store_rows %acc via %staging by %outbox to %c[%rows, %i]
          columns %i to %i
          : !acc via !staging by !outbox to memref<?x128xbf16>,
            !pipe.rows<64, store>
      pipe.store_rows %acc via %other by %outbox to %c[%rows, %i]
          columns %i to %i
          : !acc via !staging by !outbox to memref<?x128xbf16>,
            !pipe.rows<64, store>
    }
    gpu.return
  }
}

// -----

// A warpgroup that sends rows itself does not know when the sender has read.
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x72xbf16>
!outbox = !pipe.outbox<1 senders, 64 rows>
gpu.module @m {
  gpu.func @store_rows_p32_without(%c: memref<?x128xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !staging
    %outbox = pipe.outbox : !outbox
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<64, store>
      // expected-error @below {{(P32) expects all stores via its staging to be by the same outbox, or none}}
      pipe.store_rows %acc via %staging by %outbox to %c[%rows, %i]
          columns %i to %i
          : !acc via !staging by !outbox to memref<?x128xbf16>,
            !pipe.rows<64, store>
      pipe.store_rows %acc via %staging to %c[%rows, %i]
          columns %i to %i
          : !acc via !staging to memref<?x128xbf16>, !pipe.rows<64, store>
    }
    gpu.return
  }
}

// -----

!acc = !pipe.acc<64x64xf32>
gpu.module @m {
  gpu.func @store_row_scales_p22(
      %hs: memref<2x?xf32>, %i: index, %ids: memref<?xi32>,
      %used: memref<1xi32>, %real: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.tiles experts(%ids, %used, %real) block_m = 128 row_alignment = 128
          column_tiles = 1 group_m = 1 {
      ^bb0(%e: index, %row: index, %col: index, %rows: index):
        %acc = pipe.zeros : !acc
        %h, %scales = pipe.quantise_rows %acc : !acc, !pipe.row_scales
        // expected-error @below {{(P22) expects a slab of 0 ... 1, got 2}}
        pipe.store_row_scales %scales to %hs[%col, %row] pitch %i slab = 2
            : memref<2x?xf32>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

// A warpgroup of two has one slab of a tile of 128 rows.
gpu.module @m {
  gpu.func @row_range_p22(%e: memref<?xi32>, %used: memref<1xi32>,
                          %real: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      pipe.tiles experts(%e, %used, %real) block_m = 128 row_alignment = 128
          column_tiles = 1 group_m = 1 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        // expected-error @below {{(P22) expects a slab of 0 ... 0, got 1}}
        %range = pipe.row_range %row slab = 1 : !pipe.rows<64, store>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @role_p3_without_producer() kernel {
    // expected-error @below {{(P3) expects the producer role before the consumers}}
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

// expected-error @below {{expects integers or floats as elements, got 'index'}}
func.func private @tile_of_indices(!pipe.tile<64x128xindex>)

// -----

gpu.module @m {
  gpu.func @ledger_p41() kernel {
    // expected-error @below {{(P41) expects a pipe.post_rows in the tile loop of a producer that gathers}}
    %ledger = pipe.ledger
    pipe.role producer warpgroups = 1 registers = 72 {}
    pipe.role consumer warpgroups = 1 registers = 216 {
      pipe.note_stored %ledger
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @ledger_p41_two() kernel {
    // expected-error @below {{(P41) expects to be the only ledger of the kernel}}
    %ledger = pipe.ledger
    %other = pipe.ledger
    pipe.role producer warpgroups = 1 registers = 72 {}
    pipe.role consumer warpgroups = 1 registers = 216 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @await_rows_p42(%e: memref<?xi32>, %u: memref<1xi32>,
                           %n: memref<?xi32>, %p: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role late_producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%e, %u, %n) block_m = 128 row_alignment = 128
          column_tiles = 4 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        // expected-error @below {{(P42) expects to stand in the tile loop of a late producer, with a pipe.wait_earlier behind that}}
        pipe.await_rows %p[%row] rows %rows row_alignment = 128 columns = 16
            : memref<?xi32>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @tiles_p43_both(%e: memref<?xi32>, %u: memref<1xi32>,
                           %n: memref<?xi32>, %tokens: index) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P43) expects experts or a number of rows, got both}}
      pipe.tiles experts(%e, %u, %n) rows(%tokens) block_m = 64
          row_alignment = 64 column_tiles = 1 group_m = 1 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @tiles_p43_cluster(%tokens: index) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P43) expects no cluster where rows belong to nobody, got 2}}
      pipe.tiles rows(%tokens) block_m = 64 row_alignment = 64
          column_tiles = 2 group_m = 1 cluster = 2 by_columns {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      }
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @row_range_p44(%row: index, %tokens: index) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P44) expects a limit only of rows for store, got it of '!pipe.rows<64, gather>'}}
      %rows = pipe.row_range %row below %tokens : !pipe.rows<64, gather>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @read_row_slots_p45(%ids: memref<?xi32>, %row: index,
                               %tokens: index) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P45) expects 1 to 32 slots, got 33}}
      %bits = pipe.read_row_slots %ids[%row] below %tokens slots = 33
          experts = 8 : memref<?xi32>
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @add_tiles_p46(%ids: memref<?xi32>, %row: index, %tokens: index)
      kernel {
    %tile = pipe.buffer : !pipe.tile<128x64xbf16>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %bits = pipe.read_row_slots %ids[%row] below %tokens slots = 3
          experts = 8 : memref<?xi32>
      %acc = pipe.zeros : !pipe.acc<64x128xf32>
      // expected-error @below {{(P46) expects swizzled tiles of 128 rows of bf16 with the columns of '!pipe.acc<64x128xf32>', got '!pipe.tile<128x64xbf16>'}}
      %sum = pipe.add_tiles %acc, (%tile) if %bits at %row
          : !pipe.acc<64x128xf32>, !pipe.tile<128x64xbf16>
    }
    gpu.return
  }
}
