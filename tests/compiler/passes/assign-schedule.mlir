// Each grouped GEMM gets a schedule, all of them one row alignment.

// RUN: moe-opt %s --moe-assign-schedule | FileCheck %s

// What is asked for wins over the rule, `down:` speaks of one kernel only.
// RUN: moe-opt %s "--moe-assign-schedule=request=tile=64x256,stages=3,group_m=8,down:tile=128x128,down:registers=32x224" \
// RUN:   | FileCheck %s --check-prefix=ASKED

// The row tiles of a cluster are padded together.
// RUN: moe-opt %s --moe-assign-schedule=request=down:tile=256x128,down:cluster=2 \
// RUN:   | FileCheck %s --check-prefix=CLUSTER

// Swapped tiles have few rows, of which both blocks of a cluster have all; the
// alignment suits all kernels.
// RUN: moe-opt %s "--moe-assign-schedule=request=swapped=1,down:tile=24x256" \
// RUN:   | FileCheck %s --check-prefix=SWAPPED

// Rows of down are copied; the producer has the registers of one that gathers.
// RUN: moe-opt %s --moe-assign-schedule=request=down:copied_rows=1 \
// RUN:   | FileCheck %s --check-prefix=COPIED
// COPIED-LABEL: func @down
// COPIED: schedule = <tile = 128x128x128 copied_rows, {{.*}}registers = 56 and 224>

// Requests that are none, and one that breaks a law.
// RUN: not moe-opt %s --moe-assign-schedule=request=tile=wide 2>&1 | FileCheck %s --check-prefix=WIDE
// WIDE: error: expects a request such as tile=128x256, up:stages=4, consumers=2, group_m=16, cluster=2, swapped=1, copied_rows=1 or registers=56x224, got 'tile=wide'
// RUN: not moe-opt %s --moe-assign-schedule=request=warps=4 2>&1 | FileCheck %s --check-prefix=KEY
// KEY: error: expects a request such as {{.*}}, got 'warps=4'
// RUN: not moe-opt %s --moe-assign-schedule=request=sideways:stages=4 2>&1 | FileCheck %s --check-prefix=KERNEL
// KERNEL: error: expects a request such as {{.*}}, got 'sideways:stages=4'
// RUN: not moe-opt %s --moe-assign-schedule=request=down:stages=9 2>&1 | FileCheck %s --check-prefix=LAW
// LAW: error: the schedule of 'down' (S9) expects at most 232448 bytes of shared memory, got
// RUN: not moe-opt %s --moe-assign-schedule=request=up:tile=128x128 2>&1 | FileCheck %s --check-prefix=GROUP
// RUN: not moe-opt %s --moe-assign-schedule=request=down:swapped=1,down:cluster=2 2>&1 | FileCheck %s --check-prefix=NO-CLUSTER
// NO-CLUSTER: error: the schedule of 'down' (S12) expects no cluster where nothing is quantised, got 2
// GROUP: error: the schedule of 'up' (S11) expects 256 columns of gate and up for swiglu_quant, {{.*}}, got 128

// Gate and up of a scale group: 256 columns, and registers for gathering rows.
// The last tile is narrow, so the walk goes column by column. The alignment is the larger block_m, which @keeps_its_schedule brings.
// CHECK-LABEL: func @up
// CHECK: row_alignment = 256 schedule = <tile = 128x256x128, stages = 4, consumers = 2, group_m = 1024, registers = 72 and 216>
// ASKED-LABEL: func @up
// ASKED: row_alignment = 256 schedule = <tile = 64x256x128, stages = 3, consumers = 1, group_m = 8, registers = 56 and 224>
// SWAPPED-LABEL: func @up
// SWAPPED: row_alignment = 768 schedule = <tile = 16x128x128 swapped, stages = 10, consumers = 1, group_m = 16, registers = 56 and 224, cluster = 2>
func.func @up(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<?x4xf32>,
    %w: memref<8x384x512xf8E4M3FN>, %ws: memref<8x4x4xf32>,
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>,
    %map: memref<?xi32>, %pairs: index) attributes {moe.kernel = "up"} {
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real) rows(%map, %pairs)
      epilogue = swiglu_quant parts = 2 slots = 2
      : memref<?x512xf8E4M3FN>, memref<?x4xf32>, memref<8x384x512xf8E4M3FN>,
        memref<8x4x4xf32>, memref<?x192xf8E4M3FN>, memref<2x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>, memref<?xi32>, index
  return
}

// Parts of 64 columns are half a group: 64 of gate and 64 of up are enough.
// CHECK-LABEL: func @half_group
// CHECK: schedule = <tile = 128x128x128, stages = 6,
// SWAPPED-LABEL: func @half_group
// SWAPPED: schedule = <tile = 16x128x128 swapped, stages = 10, consumers = 1, group_m = 16, registers = 56 and 224> :
func.func @half_group(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<?x4xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x2x4xf32>,
    %h: memref<?x64xf8E4M3FN>, %hs: memref<1x?xf32>, %pitch: index,
    %e: memref<?xi32>, %used: memref<1xi32>, %real: memref<?xi32>,
    %map: memref<?xi32>, %pairs: index) {
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%h) sorted
      c_scales(%hs, %pitch) experts(%e, %used, %real) rows(%map, %pairs)
      epilogue = swiglu_quant parts = 2 slots = 2
      : memref<?x512xf8E4M3FN>, memref<?x4xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x2x4xf32>, memref<?x64xf8E4M3FN>, memref<1x?xf32>, index,
        memref<?xi32>, memref<1xi32>, memref<?xi32>, memref<?xi32>, index
  return
}

// In bf16 they fill tiles of 64; of 256 they would leave half empty.
// CHECK-LABEL: func @narrow_parts
// CHECK: schedule = <tile = 128x64x128, stages = 6,
func.func @narrow_parts(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<4x?xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x2x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%x, %xs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast parts = 2 slots = 2
      : memref<?x512xf8E4M3FN>, memref<4x?xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x2x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// Nothing is gathered: one thread of the producer works, the consumers get its
// registers.
// CHECK-LABEL: func @down
// CHECK: row_alignment = 256 schedule = <tile = 128x128x128, stages = 5, consumers = 2, group_m = 16, registers = 40 and 232>
// ASKED-LABEL: func @down
// ASKED: schedule = <tile = 128x128x128, stages = 3, consumers = 2, group_m = 8, registers = 32 and 224>
// SWAPPED-LABEL: func @down
// SWAPPED: schedule = <tile = 24x256x128 swapped, stages = 6, consumers = 2, group_m = 16, registers = 40 and 232> :
// CLUSTER-LABEL: func @down
// CLUSTER: row_alignment = 512 schedule = <tile = 256x128x128, {{.*}}, cluster = 2>
func.func @down(
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>,
    %w: memref<8x512x192xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %y: memref<?x512xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>)
    attributes {moe.kernel = "down"} {
  moe.grouped_gemm a(%h, %hs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 2
      : memref<?x192xf8E4M3FN>, memref<2x?xf32>, memref<8x512x192xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x512xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}

// A schedule that is there stays, whatever is asked; only its row alignment
// follows the others.
// CHECK-LABEL: func @keeps_its_schedule
// CHECK: row_alignment = 256 schedule = <tile = 256x128x128, stages = 3, consumers = 2, group_m = 4, registers = 40 and 232>
// ASKED-LABEL: func @keeps_its_schedule
// ASKED: row_alignment = 256 schedule = <tile = 256x128x128, stages = 3, consumers = 2, group_m = 4, registers = 40 and 232>
func.func @keeps_its_schedule(
    %h: memref<?x192xf8E4M3FN>, %hs: memref<2x?xf32>,
    %w: memref<8x512x192xf8E4M3FN>, %ws: memref<8x4x2xf32>,
    %y: memref<?x512xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>) {
  moe.grouped_gemm a(%h, %hs) sorted b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) epilogue = cast slots = 2 row_alignment = 768
      schedule = <tile = 256x128x128, stages = 3, consumers = 2, group_m = 4,
                  registers = 40 and 232>
      : memref<?x192xf8E4M3FN>, memref<2x?xf32>, memref<8x512x192xf8E4M3FN>,
        memref<8x4x2xf32>, memref<?x512xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>
  return
}
