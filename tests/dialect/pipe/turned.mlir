// Accumulators of which wgmma computes the transpose: what they look like, and
// the laws that they have beside those of the others.
// RUN: moe-opt %s --split-input-file --verify-diagnostics | FileCheck %s

!a = !pipe.tile<16x128xf8E4M3FN>
!b = !pipe.tile<128x128xf8E4M3FN>
!s = !pipe.tile<16x1xf32>
!acc = !pipe.acc<16x64xf32, turned>
!x = !pipe.row_exchange<16 rows, 16 warps>

// CHECK-LABEL: func private @types
// CHECK-SAME: !pipe.acc<8x64xf32, turned>, !pipe.pending<64x64xf32, turned>, !pipe.row_scales<24, turned>, !pipe.row_exchange<40 rows, 8 warps>, !pipe.rows<16, gather>
func.func private @types(
    !pipe.acc<8x64xf32, turned>, !pipe.pending<64x64xf32, turned>,
    !pipe.row_scales<24, turned>, !pipe.row_exchange<40 rows, 8 warps>,
    !pipe.rows<16, gather>)

// Where pipe-plan-shared-memory put it.
// CHECK-LABEL: gpu.func @placed
// CHECK: pipe.exchange at 2048 : <16 rows, 4 warps>
gpu.module @planned {
  gpu.func @placed() kernel {
    %x = pipe.exchange at 2048 : !pipe.row_exchange<16 rows, 4 warps>
    gpu.return
  }
}

// However many warpgroups compute its columns, a row has one sender.
// CHECK-LABEL: gpu.func @one_sender
// CHECK: pipe.outbox : <1 senders, 16 rows>
// CHECK: pipe.store_rows {{.*}} by !pipe.outbox<1 senders, 16 rows> to memref<?x256xbf16>, <16, store>
gpu.module @sent {
  gpu.func @one_sender(%y: memref<?x256xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !pipe.tile<16x136xbf16>
    %outbox = pipe.outbox : !pipe.outbox<1 senders, 16 rows>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<16, store>
      pipe.store_rows %acc via %staging by %outbox to %y[%rows, %i] columns %i to %i : !acc via !pipe.tile<16x136xbf16> by !pipe.outbox<1 senders, 16 rows> to memref<?x256xbf16>, !pipe.rows<16, store>
    }
    gpu.return
  }
}

// CHECK-LABEL: gpu.func @every_op
// CHECK: pipe.exchange : <16 rows, 16 warps>
// CHECK: pipe.tiles {{.*}} cluster = 2 by_columns
// CHECK: pipe.read_row_weights {{.*}} : memref<?xf32>, !pipe.row_scales<16, turned>
// CHECK: pipe.read_row_scales {{.*}} : <16x1xf32>, !pipe.row_scales<16, turned>
// CHECK: pipe.mma {{.*}} -> <16x64xf32, turned>
// CHECK: pipe.mma_wait %{{.*}}, %{{.*}} : !pipe.pending<16x64xf32, turned>, !pipe.pending<16x64xf32, turned> -> !pipe.acc<16x64xf32, turned>, !pipe.acc<16x64xf32, turned>
// CHECK: pipe.scale_add {{.*}} : <16x64xf32, turned>
// CHECK: pipe.quantise_rows {{.*}} via {{.*}} : !pipe.row_exchange<16 rows, 16 warps> : <16x64xf32, turned>, <16, turned>
// CHECK: pipe.store_row_scales {{.*}} : memref<?x?xf32>, !pipe.row_scales<16, turned>
gpu.module @m {
  gpu.func @every_op(%e: memref<?xi32>, %u: memref<1xi32>, %n: memref<?xi32>,
                      %w: memref<?xf32>, %h: memref<?x256xf8E4M3FN>,
                      %hs: memref<?x?xf32>, %i: index, %f: f32) kernel {
    %ring = pipe.ring : !pipe.ring<2, !a, !b, !b, !s>
    %staging = pipe.buffer : !pipe.tile<16x144xf8E4M3FN>
    %x = pipe.exchange : !x
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      pipe.tiles experts(%e, %u, %n) block_m = 16 row_alignment = 16 column_tiles = 4 group_m = 16 cluster = 2 by_columns {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        %targets = pipe.row_range %row : !pipe.rows<16, store>
        %weights = pipe.read_row_weights %w[%row] : memref<?xf32>, !pipe.row_scales<16, turned>
        %zero = pipe.zeros : !acc
        %part:3 = pipe.drain %ring {
        ^bb0(%a: !a, %b0: !b, %b1: !b, %s: !s):
          %scales = pipe.read_row_scales %s : !s, !pipe.row_scales<16, turned>
          %p = pipe.mma %a, %b0 : !a, !b -> !pipe.pending<16x64xf32, turned>
          %q = pipe.mma %a, %b1 : !a, !b -> !pipe.pending<16x64xf32, turned>
          %done:2 = pipe.mma_wait %p, %q : !pipe.pending<16x64xf32, turned>, !pipe.pending<16x64xf32, turned> -> !acc, !acc
          pipe.yield %done#0, %done#1, %scales : !acc, !acc, !pipe.row_scales<16, turned>
        } : !pipe.ring<2, !a, !b, !b, !s> -> !acc, !acc, !pipe.row_scales<16, turned>
        %sum = pipe.scale_add %zero, %part#0 by %part#2, %f : !acc
        %q, %qs = pipe.quantise_rows %sum via %x : !x : !acc, !pipe.row_scales<16, turned>
        pipe.store_rows %q via %staging to %h[%targets, %i] columns %i to %i : !acc via !pipe.tile<16x144xf8E4M3FN> to memref<?x256xf8E4M3FN>, !pipe.rows<16, store>
        pipe.store_row_scales %qs to %hs[%i, %row] pitch %i : memref<?x?xf32>, !pipe.row_scales<16, turned>
      }
      : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<16x128xf8E4M3FN>
!b = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @mma_p17() kernel {
    %ring = pipe.ring : !pipe.ring<2, !a, !b>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      pipe.drain %ring {
      ^bb0(%a: !a, %b: !b):
        // expected-error @below {{(P17) expects f8E4M3FN tiles of 128 columns, a of 8 to 64 rows in multiples of 8 and b of 128, got}}
        %p = pipe.mma %a, %b : !a, !b -> !pipe.pending<16x64xf32, turned>
        %acc = pipe.mma_wait %p : !pipe.pending<16x64xf32, turned> -> !pipe.acc<16x64xf32, turned>
        pipe.yield
      } : !pipe.ring<2, !a, !b>
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<72x128xf8E4M3FN>
!b = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @mma_p17_rows() kernel {
    %ring = pipe.ring : !pipe.ring<2, !a, !b>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.drain %ring {
      ^bb0(%a: !a, %b: !b):
        // expected-error @below {{(P17) expects f8E4M3FN tiles of 128 columns, a of 8 to 64 rows in multiples of 8 and b of 64, got}}
        %p = pipe.mma %a, %b : !a, !b -> !pipe.pending<72x64xf32, turned>
        %acc = pipe.mma_wait %p : !pipe.pending<72x64xf32, turned> -> !pipe.acc<72x64xf32, turned>
        pipe.yield
      } : !pipe.ring<2, !a, !b>
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<16x128xf8E4M3FN>
!b = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @mma_p18() kernel {
    %ring = pipe.ring : !pipe.ring<2, !a, !b>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.drain %ring {
      ^bb0(%a: !a, %b: !b):
        // expected-error @below {{(P18) expects a result of 16x64xf32, got '!pipe.pending<24x64xf32, turned>'}}
        %p = pipe.mma %a, %b : !a, !b -> !pipe.pending<24x64xf32, turned>
        %acc = pipe.mma_wait %p : !pipe.pending<24x64xf32, turned> -> !pipe.acc<24x64xf32, turned>
        pipe.yield
      } : !pipe.ring<2, !a, !b>
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @quantise_rows_p29(%f: f32) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %zero = pipe.zeros : !pipe.acc<16x64xf32, turned>
      // expected-error @below {{failed to verify that (P29) a scale for each row, held as the accumulator's}}
      "pipe.quantise_rows"(%zero) : (!pipe.acc<16x64xf32, turned>) -> (!pipe.acc<16x64xf32, turned>, !pipe.row_scales)
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @quantise_rows_p30() kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %zero = pipe.zeros : !pipe.acc<16x64xf32, turned>
      // expected-error @below {{(P30) expects '!pipe.row_exchange<16 rows, 4 warps>', got none}}
      %q, %s = pipe.quantise_rows %zero : !pipe.acc<16x64xf32, turned>, !pipe.row_scales<16, turned>
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @quantise_rows_p30_upright() kernel {
    %x = pipe.exchange : !pipe.row_exchange<16 rows, 4 warps>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %zero = pipe.zeros : !pipe.acc<64x64xf32>
      // expected-error @below {{(P30) expects no exchange for rows that lie in one warp each, got '!pipe.row_exchange<16 rows, 4 warps>'}}
      %q, %s = pipe.quantise_rows %zero via %x : !pipe.row_exchange<16 rows, 4 warps> : !pipe.acc<64x64xf32>, !pipe.row_scales
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @tiles_p8(%e: memref<?xi32>, %u: memref<1xi32>, %n: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-error @below {{(P8) expects the column tiles of a cluster to divide column_tiles = 3, got 2}}
      pipe.tiles experts(%e, %u, %n) block_m = 16 row_alignment = 16 column_tiles = 3 group_m = 16 cluster = 2 by_columns {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// -----

!a = !pipe.tile<16x128xf8E4M3FN>
!b = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @mma_p18_upright() kernel {
    %ring = pipe.ring : !pipe.ring<2, !a, !b>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.drain %ring {
      ^bb0(%a: !a, %b: !b):
        // expected-error @below {{(P18) expects a result of 16x64xf32, got '!pipe.pending<64x64xf32, turned>'}}
        %p = pipe.mma %a, %b : !a, !b -> !pipe.pending<64x64xf32, turned>
        %acc = pipe.mma_wait %p : !pipe.pending<64x64xf32, turned> -> !pipe.acc<64x64xf32, turned>
        pipe.yield
      } : !pipe.ring<2, !a, !b>
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<16x128xf8E4M3FN>
!b = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @mma_p18_reuse() kernel {
    %ring = pipe.ring : !pipe.ring<2, !a, !b>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.drain %ring {
      ^bb0(%a: !a, %b: !b):
        %acc = pipe.zeros : !pipe.acc<64x16xf32>
        // expected-error @below {{(P18) expects to reuse 16x64xf32, got '!pipe.acc<64x16xf32>'}}
        %p = pipe.mma %a, %b reuse %acc : !pipe.acc<64x16xf32> : !a, !b -> !pipe.pending<16x64xf32, turned>
        %done = pipe.mma_wait %p : !pipe.pending<16x64xf32, turned> -> !pipe.acc<16x64xf32, turned>
        pipe.yield
      } : !pipe.ring<2, !a, !b>
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<16x128xf8E4M3FN>
!b = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @mma_wait_p18() kernel {
    %ring = pipe.ring : !pipe.ring<2, !a, !b>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.drain %ring {
      ^bb0(%a: !a, %b: !b):
        %p = pipe.mma %a, %b : !a, !b -> !pipe.pending<16x64xf32, turned>
        // expected-error @below {{(P18) expects results of the shapes of '!pipe.pending<16x64xf32, turned>', got '!pipe.acc<16x64xf32>'}}
        %acc = pipe.mma_wait %p : !pipe.pending<16x64xf32, turned> -> !pipe.acc<16x64xf32>
        pipe.yield
      } : !pipe.ring<2, !a, !b>
    }
    gpu.return
  }
}

// -----

!a = !pipe.tile<16x128xf8E4M3FN>
!b = !pipe.tile<64x128xf8E4M3FN>
gpu.module @m {
  gpu.func @mma_wait_p18_count() kernel {
    %ring = pipe.ring : !pipe.ring<2, !a, !b>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.drain %ring {
      ^bb0(%a: !a, %b: !b):
        %p = pipe.mma %a, %b : !a, !b -> !pipe.pending<16x64xf32, turned>
        %q = pipe.mma %a, %b : !a, !b -> !pipe.pending<16x64xf32, turned>
        // expected-error @below {{(P18) expects results of the shapes of '!pipe.pending<16x64xf32, turned>', '!pipe.pending<16x64xf32, turned>', got '!pipe.acc<16x64xf32, turned>'}}
        %acc = pipe.mma_wait %p, %q : !pipe.pending<16x64xf32, turned>, !pipe.pending<16x64xf32, turned> -> !pipe.acc<16x64xf32, turned>
        pipe.yield
      } : !pipe.ring<2, !a, !b>
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @quantise_rows_p30_rows() kernel {
    %x = pipe.exchange : !pipe.row_exchange<24 rows, 4 warps>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %zero = pipe.zeros : !pipe.acc<16x64xf32, turned>
      // expected-error @below {{(P30) expects '!pipe.row_exchange<16 rows, 4 warps>', got '!pipe.row_exchange<24 rows, 4 warps>'}}
      %q, %s = pipe.quantise_rows %zero via %x : !pipe.row_exchange<24 rows, 4 warps> : !pipe.acc<16x64xf32, turned>, !pipe.row_scales<16, turned>
    }
    gpu.return
  }
}

// -----

// The warps of both blocks.
gpu.module @m {
  gpu.func @quantise_rows_p30_cluster(%e: memref<?xi32>, %u: memref<1xi32>, %n: memref<?xi32>) kernel {
    %x = pipe.exchange : !pipe.row_exchange<16 rows, 8 warps>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      pipe.tiles experts(%e, %u, %n) block_m = 16 row_alignment = 16 column_tiles = 4 group_m = 16 cluster = 2 by_columns {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        %zero = pipe.zeros : !pipe.acc<16x64xf32, turned>
        // expected-error @below {{(P30) expects '!pipe.row_exchange<16 rows, 16 warps>', got '!pipe.row_exchange<16 rows, 8 warps>'}}
        %q, %s = pipe.quantise_rows %zero via %x : !pipe.row_exchange<16 rows, 8 warps> : !pipe.acc<16x64xf32, turned>, !pipe.row_scales<16, turned>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @store_rows_p20(%c: memref<?x128xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !pipe.tile<16x136xbf16>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !pipe.acc<16x64xf32, turned>
      %other = pipe.zeros : !pipe.acc<16x64xf32>
      %rows = pipe.row_range %i : !pipe.rows<16, store>
      // expected-error @below {{(P20) expects columns in multiples of 16 and row numbers for store, one a row, got '!pipe.acc<16x64xf32, turned>', '!pipe.acc<16x64xf32>' and '!pipe.rows<16, store>'}}
      pipe.store_rows %acc, %other via %staging to %c[%rows, %i] columns %i to %i : !pipe.acc<16x64xf32, turned>, !pipe.acc<16x64xf32> via !pipe.tile<16x136xbf16> to memref<?x128xbf16>, !pipe.rows<16, store>
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @store_rows_p21(%c: memref<?x128xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !pipe.tile<128x72xbf16>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !pipe.acc<16x64xf32, turned>
      %rows = pipe.row_range %i : !pipe.rows<16, store>
      // expected-error @below {{(P21) expects staging of 16x136x'bf16' or wider, rows for all warpgroups and 16 bytes beside each, got '!pipe.tile<128x72xbf16>'}}
      pipe.store_rows %acc via %staging to %c[%rows, %i] columns %i to %i : !pipe.acc<16x64xf32, turned> via !pipe.tile<128x72xbf16> to memref<?x128xbf16>, !pipe.rows<16, store>
    }
    gpu.return
  }
}

// -----

func.func @exchange_p1() {
  // expected-error @below {{(P1) expects to stand in the body of a gpu.func}}
  %x = pipe.exchange : !pipe.row_exchange<16 rows, 4 warps>
  return
}

// -----

// A tile of few rows has one slab.
gpu.module @m {
  gpu.func @row_range_p22(%e: memref<?xi32>, %u: memref<1xi32>, %n: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      pipe.tiles experts(%e, %u, %n) block_m = 16 row_alignment = 16 column_tiles = 4 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        // expected-error @below {{(P22) expects a slab of 0 ... 0, got 1}}
        %targets = pipe.row_range %row slab = 1 : !pipe.rows<16, store>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

// The blocks of one walk share columns, those of the other rows.
gpu.module @m {
  gpu.func @tiles_p27(%e: memref<?xi32>, %u: memref<1xi32>, %n: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {
      // expected-note @below {{it is this one}}
      pipe.tiles experts(%e, %u, %n) block_m = 16 row_alignment = 32 column_tiles = 4 group_m = 16 cluster = 2 by_columns {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {
      // expected-error @below {{(P27) expects the attributes and the queue of the kernel's other walk}}
      pipe.tiles experts(%e, %u, %n) block_m = 16 row_alignment = 32 column_tiles = 4 group_m = 16 cluster = 2 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index, %shared: i1):
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

gpu.module @m {
  gpu.func @store_rows_p32(%c: memref<?x128xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !pipe.tile<16x136xbf16>
    %outbox = pipe.outbox : !pipe.outbox<2 senders, 16 rows>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !pipe.acc<16x64xf32, turned>
      %rows = pipe.row_range %i : !pipe.rows<16, store>
      // expected-error @below {{(P32) expects an outbox of 1 senders and 16 rows, got '!pipe.outbox<2 senders, 16 rows>'}}
      pipe.store_rows %acc via %staging by %outbox to %c[%rows, %i] columns %i to %i : !pipe.acc<16x64xf32, turned> via !pipe.tile<16x136xbf16> by !pipe.outbox<2 senders, 16 rows> to memref<?x128xbf16>, !pipe.rows<16, store>
    }
    gpu.return
  }
}
