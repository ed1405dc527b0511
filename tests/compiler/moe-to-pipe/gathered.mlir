// A gathered GEMM: A and its scales are read row by row, B by boxes.

// RUN: moe-opt %s --convert-moe-to-pipe --split-input-file | FileCheck %s

// Only B is a tensor map; rows are those of tokens, two slots each.
// CHECK-LABEL: gpu.func @rows_are_gathered
// CHECK-SAME: (%[[X:.*]]: memref<?x512xf8E4M3FN>, %[[XS:.*]]: memref<?x4xf32>, %[[W:.*]]: !pipe.tensor_map<8x128x512xf8E4M3FN, box = 1x128x128>,
// CHECK: pipe.role producer warpgroups = 1 registers = 56
// CHECK: %[[ROWS:.*]] = pipe.read_rows %{{.*}} below %{{.*}} divisor = 2 : memref<?xi32> -> <128, gather>
// CHECK: scf.for %[[K:.*]] =
// CHECK: pipe.fill
// CHECK: pipe.load_rows %[[X]][%[[ROWS]], %[[COLUMN:.*]]] to
// CHECK: pipe.load_rows %[[XS]][%[[ROWS]], %[[K]]] to
// CHECK: pipe.load_box %[[W]][%{{.*}}, %{{.*}}, %[[COLUMN]]] to
// CHECK: pipe.role consumer warpgroups = 2 registers = 224
func.func @rows_are_gathered(
    %x: memref<?x512xf8E4M3FN>, %xs: memref<?x4xf32>,
    %w: memref<8x128x512xf8E4M3FN>, %ws: memref<8x1x4xf32>,
    %y: memref<?x128xbf16>, %e: memref<?xi32>, %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index) {
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) rows(%map, %pairs)
      epilogue = cast slots = 2 row_alignment = 128
      schedule = <tile = 128x128x128, stages = 4, consumers = 2, group_m = 16,
                  registers = 56 and 224>
      : memref<?x512xf8E4M3FN>, memref<?x4xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index
  return
}

// -----

// The frame keeps what a launch and the manifest need, names included.
// CHECK-LABEL: gpu.module @frame_is_kept
// CHECK: gpu.func @frame_is_kept
// CHECK-SAME: memref<?x512xf8E4M3FN> {moe.tensor = "x"}
// CHECK-SAME: !pipe.tensor_map<8x128x512xf8E4M3FN, box = 1x128x128> {moe.tensor = "w13"}
// CHECK-SAME: kernel attributes {known_block_size = array<i32: 256, 1, 1>, moe.kernel = "up", moe.row_alignment = 128 : i64
// CHECK-SAME: moe.schedule = #moe.schedule<tile = 64x128x128, stages = 5, consumers = 1, group_m = 8, registers = 56 and 224>
// CHECK: pipe.tiles experts(%{{.*}}, %{{.*}}) block_m = 64 row_alignment = 128 column_tiles = 1 group_m = 8
func.func @frame_is_kept(
    %x: memref<?x512xf8E4M3FN> {moe.tensor = "x"}, %xs: memref<?x4xf32>,
    %w: memref<8x128x512xf8E4M3FN> {moe.tensor = "w13"},
    %ws: memref<8x1x4xf32>, %y: memref<?x128xbf16>, %e: memref<?xi32>,
    %used: memref<1xi32>,
    %real: memref<?xi32>, %map: memref<?xi32>, %pairs: index)
    attributes {moe.kernel = "up"} {
  moe.grouped_gemm a(%x, %xs) gathered b(%w, %ws) c(%y) sorted
      experts(%e, %used, %real) rows(%map, %pairs)
      epilogue = cast slots = 2 row_alignment = 128
      schedule = <tile = 64x128x128, stages = 5, consumers = 1, group_m = 8,
                  registers = 56 and 224>
      : memref<?x512xf8E4M3FN>, memref<?x4xf32>, memref<8x128x512xf8E4M3FN>,
        memref<8x1x4xf32>, memref<?x128xbf16>, memref<?xi32>, memref<1xi32>,
        memref<?xi32>, memref<?xi32>, index
  return
}
