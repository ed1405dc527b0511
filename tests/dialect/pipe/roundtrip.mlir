// Every op and every type of pipe prints as it was read; the lines checked are
// those of ops with words of their own.

// RUN: moe-opt %s --verify-roundtrip | FileCheck %s

!a = !pipe.tile<256x128xf8E4M3FN>
!b = !pipe.tile<128x128xf8E4M3FN>
!scales = !pipe.tile<256x1xf32>
!bscales = !pipe.tile<2x1xf32>
!staging = !pipe.tile<128x264xbf16>
!staging8 = !pipe.tile<128x144xf8E4M3FN>
!ring = !pipe.ring<4, !a, !b, !scales, !bscales>
!acc = !pipe.acc<64x128xf32>
!pending = !pipe.pending<64x128xf32>
!weights = !pipe.tensor_map<8x128x512xf8E4M3FN, box = 1x128x128>

// CHECK-LABEL: func private @types
// CHECK-SAME: !pipe.tile<128x64xbf16>
// CHECK-SAME: !pipe.ring<2, !pipe.tile<64x1xf32>>
// CHECK-SAME: !pipe.tensor_map<2x?xf32, box = 1x64>
// CHECK-SAME: !pipe.rows<256, gather>, !pipe.rows<64, store>
// CHECK-SAME: !pipe.acc<64x64xf32>, !pipe.pending<64x64xf32>, !pipe.row_scales, !pipe.tile_queue, !pipe.outbox<2 senders, 64 rows>
func.func private @types(
    !pipe.tile<128x64xbf16>, !pipe.ring<2, !pipe.tile<64x1xf32>>,
    !pipe.tensor_map<2x?xf32, box = 1x64>,
    !pipe.rows<256, gather>, !pipe.rows<64, store>,
    !pipe.acc<64x64xf32>, !pipe.pending<64x64xf32>, !pipe.row_scales,
    !pipe.tile_queue, !pipe.outbox<2 senders, 64 rows>)

// Before pipe-plan-shared-memory and after it.
// CHECK-LABEL: gpu.func @shared_memory
// CHECK: pipe.ring : <2,
// CHECK: pipe.ring at [0, 32768, 34816] : <2,
// CHECK: pipe.buffer : <128x264xbf16>
// CHECK: pipe.buffer at 35840 : <128x264xbf16>
// CHECK: pipe.tile_queue %{{.*}} : memref<2xi32>
// CHECK: pipe.tile_queue %{{.*}} at 103424 : memref<2xi32>
// CHECK: pipe.outbox : <2 senders, 64 rows>
// CHECK-LABEL: gpu.func @outbox_at
// CHECK: pipe.outbox at 103520 : <2 senders, 64 rows>
gpu.module @planned {
  gpu.func @shared_memory(%taken: memref<2xi32>) kernel {
    %r0 = pipe.ring : !pipe.ring<2, !b, !scales>
    %r1 = pipe.ring at [0, 32768, 34816] : !pipe.ring<2, !b, !scales>
    %b0 = pipe.buffer : !staging
    %b1 = pipe.buffer at 35840 : !staging
    %q0 = pipe.tile_queue %taken : memref<2xi32>
    %q1 = pipe.tile_queue %taken at 103424 : memref<2xi32>
    %o0 = pipe.outbox : !pipe.outbox<2 senders, 64 rows>
    gpu.return
  }
  gpu.func @outbox_at() kernel {
    %o1 = pipe.outbox at 103520 : !pipe.outbox<2 senders, 64 rows>
    gpu.return
  }
}

// CHECK-LABEL: gpu.func @every_op
gpu.module @m {
  gpu.func @every_op(
      %a: memref<?x512xf8E4M3FN>, %as: memref<?x4xf32>, %b: !weights,
      %bs: memref<8x1x4xf32>, %c: memref<?x256xbf16>,
      %h: memref<?x128xf8E4M3FN>, %hs: memref<1x?xf32>, %pitch: index,
      %ids: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>,
      %map: memref<?xi32>, %pairs: index, %weights: memref<?xf32>,
      %taken: memref<2xi32>) kernel {
    %c0 = arith.constant 0 : index
    %c256 = arith.constant 256 : index
    %ring = pipe.ring : !ring
    %staging = pipe.buffer : !staging
    %staging8 = pipe.buffer : !staging8
    %queue = pipe.tile_queue %taken : memref<2xi32>
    // CHECK: pipe.wait_earlier
    pipe.wait_earlier
    // CHECK: pipe.role producer warpgroups = 1 registers = 72
    pipe.role producer warpgroups = 1 registers = 72 {
      // CHECK: pipe.tiles from %{{.*}} experts(%{{.*}}, %{{.*}}, %{{.*}}) block_m = 256
      // CHECK-SAME: row_alignment = 256 column_tiles = 1 group_m = 16 {
      pipe.tiles from %queue experts(%ids, %used, %real) block_m = 256
          row_alignment = 256 column_tiles = 1 group_m = 16 {
      ^bb0(%e: index, %row: index, %col: index, %some: index):
        // CHECK: pipe.read_rows %{{.*}}[%{{.*}}] below %{{.*}} divisor = 8 :
        %rows = pipe.read_rows %map[%row] below %pairs divisor = 8
            : memref<?xi32> -> !pipe.rows<256, gather>
        // CHECK: pipe.row_range %{{.*}} : <256, gather>
        %as_they_are = pipe.row_range %row : !pipe.rows<256, gather>
        // CHECK: pipe.load_rows %{{.*}}[%{{.*}}, %{{.*}}] to
        // CHECK: pipe.load_box %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] to %{{.*}} :
        // CHECK: pipe.load_block_scales %{{.*}}[%{{.*}}, (%{{.*}}, %{{.*}}), %{{.*}}] to %{{.*}} : memref<8x1x4xf32> to <2x1xf32>
        pipe.fill %ring {
        ^bb0(%ta: !a, %tb: !b, %ts: !scales, %tbs: !bscales):
          pipe.load_rows %a[%rows, %c0] to %ta
              : memref<?x512xf8E4M3FN>, !pipe.rows<256, gather> to !a
          pipe.load_rows %as[%rows, %c0] to %ts
              : memref<?x4xf32>, !pipe.rows<256, gather> to !scales
          pipe.load_box %b[%e, %c0, %c0] to %tb : !weights to !b
          pipe.load_block_scales %bs[%e, (%c0, %c0), %c0] to %tbs
              : memref<8x1x4xf32> to !bscales
        } : !ring
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 2 registers = 216 {
      pipe.tiles from %queue experts(%ids, %used, %real) block_m = 256
          row_alignment = 256 column_tiles = 1 group_m = 16 {
      ^bb0(%e: index, %row: index, %col: index, %some: index):
        // CHECK: pipe.holds_rows %{{.*}}
        %holds = pipe.holds_rows %some
        // CHECK: pipe.read_rows %{{.*}}[%{{.*}}] below %{{.*}} :
        // CHECK: pipe.read_row_weights %{{.*}}[%{{.*}}] slab = 1 :
        // CHECK: pipe.row_range %{{.*}} slab = 1 : <64, store>
        %targets = pipe.read_rows %map[%row] below %pairs
            : memref<?xi32> -> !pipe.rows<64, store>
        %row_weights = pipe.read_row_weights %weights[%row] slab = 1
            : memref<?xf32>
        %range = pipe.row_range %row slab = 1 : !pipe.rows<64, store>
        %zero = pipe.zeros : !acc
        // CHECK: pipe.read_block_scale %{{.*}}[1] : <2x1xf32>
        // CHECK: pipe.mma %{{.*}}, %{{.*}} slab = 1 reuse %{{.*}} :
        %part, %scales, %scale = pipe.drain %ring {
        ^bb0(%ta: !a, %tb: !b, %ts: !scales, %tbs: !bscales):
          %s = pipe.read_row_scales %ts : !scales
          %f = pipe.read_block_scale %tbs[1] : !bscales
          %pending = pipe.mma %ta, %tb slab = 1 reuse %zero : !acc
              : !a, !b -> !pending
          %done = pipe.mma_wait %pending : !pending -> !acc
          pipe.yield %done, %s, %f : !acc, !pipe.row_scales, f32
        } : !ring -> !acc, !pipe.row_scales, f32
        // CHECK: pipe.scale_add %{{.*}}, %{{.*}} by
        // CHECK: pipe.store_rows %{{.*}}, %{{.*}} via %{{.*}} to %{{.*}} columns %{{.*}} to %{{[^ ]*}} : !pipe.acc<64x128xf32>, !pipe.acc<64x128xf32> via <128x264xbf16> to memref<?x256xbf16>, <64, store>
        %sum = pipe.scale_add %zero, %part by %scales, %scale : !acc
        %result = pipe.scale_rows %sum by %row_weights : !acc
        pipe.store_rows %result, %sum via %staging to %c[%targets, %col]
            columns %c0 to %c256
            : !acc, !acc via !staging to memref<?x256xbf16>,
              !pipe.rows<64, store>
        // CHECK: pipe.store_rows add %{{.*}} via
        pipe.store_rows add %result, %sum via %staging to %c[%targets, %col]
            columns %c0 to %c256
            : !acc, !acc via !staging to memref<?x256xbf16>,
              !pipe.rows<64, store>
        // CHECK: pipe.swiglu %{{.*}}, %{{.*}} : <64x128xf32>
        // CHECK: pipe.keep_columns %{{.*}}[%{{.*}}] columns %{{.*}} to %{{.*}} :
        // CHECK: pipe.quantise_rows %{{.*}} : <64x128xf32>,
        // CHECK: pipe.quantise_rows %{{.*}} pow2 :
        // CHECK: pipe.store_row_scales %{{.*}} to %{{.*}}[%{{.*}}, %{{.*}}] pitch %{{.*}} slab = 1 : memref<1x?xf32>
        %swiglu = pipe.swiglu %sum, %result : !acc
        %kept = pipe.keep_columns %swiglu[%col] columns %c0 to %c256 : !acc
        %q, %qs = pipe.quantise_rows %kept : !acc, !pipe.row_scales
        %q2, %qs2 = pipe.quantise_rows %kept pow2 : !acc, !pipe.row_scales
        pipe.store_rows %q via %staging8 to %h[%range, %col]
            columns %c0 to %c256
            : !acc via !staging8 to memref<?x128xf8E4M3FN>,
              !pipe.rows<64, store>
        pipe.store_row_scales %qs to %hs[%col, %row] pitch %pitch slab = 1
            : memref<1x?xf32>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// A cluster walks together, takes tiles from one queue, and its blocks load half
// of a tile each where they share it.
// CHECK-LABEL: gpu.func @cluster
// CHECK: pipe.tiles from %{{.*}} experts({{.*}} group_m = 16 cluster = 2 {
// CHECK-NEXT: ^bb0({{.*}}, %[[SHARED:.*]]: i1):
// CHECK: pipe.load_box %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}] to %{{.*}} multicast = 2 if %[[SHARED]] :
!half = !pipe.tensor_map<8x128x512xf8E4M3FN, box = 1x64x128>
gpu.module @together {
  gpu.func @cluster(%b: !half, %taken: memref<2xi32>, %ids: memref<?xi32>,
                    %used: memref<1xi32>, %real: memref<?xi32>) kernel {
    %queue = pipe.tile_queue %taken : memref<2xi32>
    %ring = pipe.ring : !pipe.ring<2, !b>
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.tiles from %queue experts(%ids, %used, %real) block_m = 64
          row_alignment = 128 column_tiles = 1 group_m = 16 cluster = 2 {
      ^bb0(%e: index, %row: index, %col: index, %some: index, %shared: i1):
        pipe.fill %ring {
        ^bb0(%tb: !b):
          pipe.load_box %b[%e, %col, %col] to %tb multicast = 2 if %shared
              : !half to !b
        } : !pipe.ring<2, !b>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// Where nothing is gathered, warps of the producer send rows.
// CHECK-LABEL: gpu.func @by_an_outbox
// CHECK: %[[OUTBOX:.*]] = pipe.outbox : <1 senders, 64 rows>
// CHECK: pipe.store_rows %{{.*}} via %{{.*}} by %[[OUTBOX]] to %{{.*}} columns %{{.*}} to %{{[^ ]*}} : !pipe.acc<64x128xf32> via <64x136xbf16> by !pipe.outbox<1 senders, 64 rows> to memref<?x256xbf16>, <64, store>
// CHECK-LABEL: gpu.func @added_by_an_outbox
// CHECK: pipe.store_rows add %{{.*}} via %{{.*}} by %{{.*}} to
gpu.module @sent {
  gpu.func @by_an_outbox(%c: memref<?x256xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !pipe.tile<64x136xbf16>
    %outbox = pipe.outbox : !pipe.outbox<1 senders, 64 rows>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<64, store>
      pipe.store_rows %acc via %staging by %outbox to %c[%rows, %i]
          columns %i to %i
          : !acc via !pipe.tile<64x136xbf16>
            by !pipe.outbox<1 senders, 64 rows>
            to memref<?x256xbf16>, !pipe.rows<64, store>
    }
    gpu.return
  }
  gpu.func @added_by_an_outbox(%c: memref<?x256xbf16>, %i: index) kernel {
    %staging = pipe.buffer : !pipe.tile<64x136xbf16>
    %outbox = pipe.outbox : !pipe.outbox<1 senders, 64 rows>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %i : !pipe.rows<64, store>
      pipe.store_rows add %acc via %staging by %outbox to %c[%rows, %i]
          columns %i to %i
          : !acc via !pipe.tile<64x136xbf16>
            by !pipe.outbox<1 senders, 64 rows>
            to memref<?x256xbf16>, !pipe.rows<64, store>
    }
    gpu.return
  }
}

// Two threads of the producer fill a slot: one of them when an earlier kernel
// is over.
// CHECK-LABEL: gpu.func @late
// CHECK: pipe.role producer warpgroups = 1 registers = 40
// CHECK: pipe.fill
// CHECK: pipe.role late_producer warpgroups = 1 registers = 40
// CHECK-NEXT: pipe.tiles {{.*}} cluster = 2 by_columns paced
// CHECK: pipe.wait_earlier
// CHECK: pipe.fill
// CHECK: pipe.wait_earlier
// CHECK: pipe.role consumer
!h = !pipe.tensor_map<?x512xf8E4M3FN, box = 128x128>
gpu.module @filled_by_two {
  gpu.func @late(%a: !h, %b: !weights, %i: index, %e: memref<?xi32>,
                 %u: memref<1xi32>, %n: memref<?xi32>) kernel {
    %ring = pipe.ring : !pipe.ring<2, !b, !b>
    pipe.role producer warpgroups = 1 registers = 40 {
      pipe.fill %ring {
      ^bb0(%ta: !b, %tb: !b):
        pipe.load_box %b[%i, %i, %i] to %tb : !weights to !b
      } : !pipe.ring<2, !b, !b>
    }
    pipe.role late_producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%e, %u, %n) block_m = 128 row_alignment = 128
          column_tiles = 4 group_m = 16 cluster = 2 by_columns paced {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        pipe.wait_earlier
        pipe.fill %ring {
        ^bb0(%ta: !b, %tb: !b):
          pipe.load_box %a[%row, %i] to %ta : !h to !b
        } : !pipe.ring<2, !b, !b>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
      pipe.wait_earlier
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// What consumers have stored is counted for a later kernel, which waits for it.
// CHECK-LABEL: gpu.func @counted
// CHECK: %[[LEDGER:.*]] = pipe.ledger
// CHECK: pipe.post_rows %{{.*}}[%{{.*}}] count %{{.*}} row_alignment = 128 from %[[LEDGER]] : memref<?xi32>
// CHECK: pipe.note_stored %[[LEDGER]]
// CHECK-LABEL: gpu.func @awaited
// CHECK: pipe.await_rows %{{.*}}[%{{.*}}] rows %{{.*}} row_alignment = 256 columns = 16 : memref<?xi32>
gpu.module @progress {
  gpu.func @counted(%x: memref<?x512xf8E4M3FN>, %i: index, %e: memref<?xi32>,
                    %u: memref<1xi32>, %n: memref<?xi32>, %p: memref<?xi32>)
      kernel {
    %ring = pipe.ring : !pipe.ring<2, !b>
    %ledger = pipe.ledger
    pipe.role producer warpgroups = 1 registers = 72 {
      %gathered = pipe.read_rows %n[%i] below %i
          : memref<?xi32> -> !pipe.rows<128, gather>
      pipe.tiles experts(%e, %u, %n) block_m = 128 row_alignment = 128
          column_tiles = 4 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        pipe.post_rows %p[%row] count %i row_alignment = 128 from %ledger
            : memref<?xi32>
        pipe.fill %ring {
        ^bb0(%t: !b):
          pipe.load_rows %x[%gathered, %i] to %t
              : memref<?x512xf8E4M3FN>, !pipe.rows<128, gather> to !b
        } : !pipe.ring<2, !b>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    pipe.role consumer warpgroups = 2 registers = 216 {
      pipe.note_stored %ledger
    }
    gpu.return
  }
  gpu.func @awaited(%i: index, %e: memref<?xi32>, %u: memref<1xi32>,
                    %n: memref<?xi32>, %p: memref<?xi32>) kernel {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role late_producer warpgroups = 1 registers = 40 {
      pipe.tiles experts(%e, %u, %n) block_m = 128 row_alignment = 256
          column_tiles = 4 group_m = 16 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        pipe.await_rows %p[%row] rows %rows row_alignment = 256 columns = 16
            : memref<?xi32>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
      pipe.wait_earlier
    }
    pipe.role consumer warpgroups = 1 registers = 232 {}
    gpu.return
  }
}

// Scales of four K blocks in a slot of their own.
// CHECK-LABEL: gpu.func @scale_columns
// CHECK: pipe.load_rows %{{.*}}[%{{.*}}, %{{.*}}] to %{{.*}} : memref<?x4xf32>, <128, gather> to <128x4xf32>
// CHECK: pipe.load_block_scales %{{.*}}[%{{.*}}, (%{{.*}}, %{{.*}}), %{{.*}}] to %{{.*}} : memref<8x2x4xf32> to <2x4xf32>
// CHECK: pipe.read_row_scales %{{.*}} column %{{.*}} slab = 1 : <128x4xf32>
// CHECK: pipe.read_block_scale %{{.*}}[1] column %{{.*}} : <2x4xf32>
// CHECK: pipe.drain %{{.*}} slots = 2 {
!four = !pipe.tile<128x4xf32>
!bfour = !pipe.tile<2x4xf32>
gpu.module @groups {
  gpu.func @scale_columns(%as: memref<?x4xf32>, %bs: memref<8x2x4xf32>,
                          %map: memref<?xi32>, %i: index) kernel {
    %ring = pipe.ring : !pipe.ring<2, !four, !bfour>
    pipe.role producer warpgroups = 1 registers = 56 {
      %rows = pipe.read_rows %map[%i] below %i
          : memref<?xi32> -> !pipe.rows<128, gather>
      pipe.fill %ring {
      ^bb0(%ta: !four, %tb: !bfour):
        pipe.load_rows %as[%rows, %i] to %ta
            : memref<?x4xf32>, !pipe.rows<128, gather> to !four
        pipe.load_block_scales %bs[%i, (%i, %i), %i] to %tb
            : memref<8x2x4xf32> to !bfour
      } : !pipe.ring<2, !four, !bfour>
    }
    pipe.role consumer warpgroups = 1 registers = 224 {
      %s, %f = pipe.drain %ring {
      ^bb0(%ta: !four, %tb: !bfour):
        %s = pipe.read_row_scales %ta column %i slab = 1 : !four
        %f = pipe.read_block_scale %tb[1] column %i : !bfour
        pipe.yield %s, %f : !pipe.row_scales, f32
      } : !pipe.ring<2, !four, !bfour> -> !pipe.row_scales, f32
      pipe.drain %ring slots = 2 {
      ^bb0(%ta: !four, %tb: !bfour, %ua: !four, %ub: !bfour):
        pipe.yield
      } : !pipe.ring<2, !four, !bfour>
    }
    gpu.return
  }
}

// Rows of tokens: walked without experts, and the rows of their slots added up.
// CHECK-LABEL: gpu.func @slots
// CHECK: pipe.tiles rows(%{{.*}}) block_m = 64 row_alignment = 64 column_tiles = 1 group_m = 1 {
// CHECK: %[[BITS:.*]] = pipe.read_row_slots %{{.*}}[%[[ROW:.*]]] below %{{.*}} slots = 3 experts = 8 : memref<?xi32>
// CHECK: pipe.add_tiles %{{.*}}, (%{{.*}}) if %[[BITS]] at %[[ROW]] : <64x64xf32>, !pipe.tile<64x64xbf16>
// CHECK: pipe.add_rounded %{{.*}}, %{{.*}} if %[[BITS]] at %[[ROW]] : <64x64xf32>
// CHECK: pipe.scale %{{.*}} by 2.500000e+00 : <64x64xf32>
// CHECK: pipe.row_range %[[ROW]] below %{{.*}} : <64, store>
gpu.module @tokens {
  gpu.func @slots(%ids: memref<?xi32>, %tokens: index) kernel {
    %tile = pipe.buffer : !pipe.tile<64x64xbf16>
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.tiles rows(%tokens) block_m = 64 row_alignment = 64
          column_tiles = 1 group_m = 1 {
      ^bb0(%expert: index, %row: index, %column: index, %rows: index):
        %bits = pipe.read_row_slots %ids[%row] below %tokens slots = 3
            experts = 8 : memref<?xi32>
        %zero = pipe.zeros : !pipe.acc<64x64xf32>
        %sum = pipe.add_tiles %zero, (%tile) if %bits at %row
            : !pipe.acc<64x64xf32>, !pipe.tile<64x64xbf16>
        %all = pipe.add_rounded %sum, %zero if %bits at %row
            : !pipe.acc<64x64xf32>
        %out = pipe.scale %all by 2.5 : !pipe.acc<64x64xf32>
        %mine = pipe.row_range %row below %tokens : !pipe.rows<64, store>
      }
    }
    gpu.return
  }
}
