// Rows on their way to global memory, 16 of them a warp.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// Rounded to nearest even and written to staging as wgmma's fragments lie, when
// the copies of the tile before have read it. Bulk copies read it through the
// async proxy, and keep what they write in L2. Rows that follow each other go
// without asking for each. Rows of staging are 144 bytes.
// CHECK-LABEL: llvm.func @through_staging
// CHECK: nvvm.cp.async.bulk.wait_group 0 {read}
// CHECK-NEXT: nvvm.bar.warp.sync
// CHECK: arith.muli %{{.*}}, %c144_i32{{.*}} : i32
// CHECK: nvvm.convert.f32x2.to.bf16x2 {{.*}} {rnd = #nvvm.fp_rnd_mode<rn>}
// CHECK-COUNT-4: nvvm.stmatrix %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {eltType = #nvvm.ld_st_matrix_elt_type<b16>
// CHECK-NOT: nvvm.stmatrix
// CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
// CHECK-NEXT: nvvm.bar.warp.sync
// CHECK: %[[ROW:.*]] = nvvm.shfl.sync idx %{{.*}}, %{{.*}}, %c0_i32{{.*}}, %c31_i32{{.*}} : i32 -> i32
// CHECK-NOT: nvvm.shfl.sync
// CHECK: nvvm.elect.sync
// CHECK-NEXT: scf.if
// CHECK-NOT: scf.if
// CHECK: %[[KEEP:.*]] = llvm.inline_asm {{.*}}"createpolicy.fractional.L2::evict_last.b64 $0, 1.0;", "=l"
// CHECK-NEXT: nvvm.cp.async.bulk.global.shared.cta %{{.*}}, %{{.*}}, %{{.*}} l2_cache_hint = %[[KEEP]] :
// CHECK-NOT: scf.if
// CHECK: arith.addi %[[ROW]], %c1_i32{{.*}} : i32
// CHECK-COUNT-15: nvvm.cp.async.bulk.global.shared.cta {{.*}} l2_cache_hint
// CHECK-NEXT: nvvm.cp.async.bulk.commit.group
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x72xbf16>
!rows = !pipe.rows<64, store>
gpu.module @m {
  gpu.func @through_staging(%y: memref<?x192xbf16>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 9216 : i64} {
    %staging = pipe.buffer at 0 : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows %acc via %staging to %y[%rows, %i] columns %i to %i
          : !acc via !staging to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// Signed comparisons keep the columns before the first (which are negative) and
// those past the last out, a negative row number the row. A lane has the number
// of one row, and one lane sends all. The offset of an element is 64 bits wide:
// rows * 192 may pass 2^31.
// CHECK-LABEL: llvm.func @masks
// CHECK: %[[END:.*]] = arith.addi %[[COLUMN:.*]], %c64_i32{{.*}} : i32
// CHECK: %[[BEHIND:.*]] = arith.cmpi sgt, %[[COLUMN]], %[[FIRST:.*]] : i32
// CHECK-NEXT: %[[BEGIN:.*]] = arith.select %[[BEHIND]], %[[COLUMN]], %[[FIRST]] : i32
// CHECK: %[[LAST:.*]] = arith.minsi %[[END]], %{{.*}} : i32
// CHECK: %[[COLUMNS:.*]] = arith.subi %[[LAST]], %[[BEGIN]] : i32
// CHECK: %[[BYTES:.*]] = arith.muli %[[COLUMNS]], %c2_i32{{.*}} : i32
// CHECK: %[[ROW:.*]] = nvvm.shfl.sync idx %{{.*}}, %[[MINE:.*]], %c0_i32{{.*}}, %c31_i32{{.*}} : i32 -> i32
// CHECK-COUNT-15: nvvm.shfl.sync idx %{{.*}}, %[[MINE]],
// CHECK: %[[SOME:.*]] = arith.cmpi sgt, %[[BYTES]], %c0_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[SOME]] {
// CHECK: nvvm.elect.sync
// CHECK: %[[REAL:.*]] = arith.cmpi sge, %[[ROW]], %c0_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[REAL]] {
// CHECK: %[[WIDE:.*]] = arith.extui %[[ROW]] : i32 to i64
// CHECK-NEXT: %[[START:.*]] = arith.muli %[[WIDE]], %c192_i64 : i64
// CHECK: arith.addi %[[START]], %{{.*}} : i64
// CHECK: nvvm.cp.async.bulk.global.shared.cta %{{.*}}, %{{.*}}, %[[BYTES]]
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x72xbf16>
!rows = !pipe.rows<64, store>
gpu.module @m {
  gpu.func @masks(%y: memref<?x192xbf16>, %map: memref<?xi32>, %row: index,
                  %pairs: index, %column: index, %first: index, %last: index)
      kernel attributes {pipe.shared_memory = 9216 : i64} {
    %staging = pipe.buffer at 0 : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.read_rows %map[%row] below %pairs : memref<?xi32> -> !rows
      pipe.store_rows %acc via %staging to %y[%rows, %column]
          columns %first to %last
          : !acc via !staging to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// Pieces side by side are written one behind the other and leave together.
// CHECK-LABEL: llvm.func @side_by_side
// CHECK-COUNT-2: nvvm.stmatrix
// CHECK: nvvm.fence.proxy
// CHECK-COUNT-16: nvvm.cp.async.bulk.global.shared.cta
// CHECK-NOT: nvvm.cp.async.bulk.global.shared.cta
!acc = !pipe.acc<64x16xf32>
!staging = !pipe.tile<64x40xbf16>
!rows = !pipe.rows<64, store>
gpu.module @m {
  gpu.func @side_by_side(%y: memref<?x192xbf16>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 5120 : i64} {
    %staging = pipe.buffer at 0 : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows %acc, %acc via %staging to %y[%rows, %i] columns %i to %i
          : !acc, !acc via !staging to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// Two neighbouring columns make two bytes of e4m3, rounded to nearest even and
// kept finite; a thread has them of a row and of the row 8 below, which lies
// 8 * 32 bytes further on.
// CHECK-LABEL: llvm.func @e4m3
// CHECK: %[[CODES:.*]] = nvvm.convert.f32x2.to.f8x2 {{.*}} {rnd = #nvvm.fp_rnd_mode<rn>, sat = #nvvm.sat_mode<satfinite>} : i16(f8E4M3FN)
// CHECK: llvm.store %[[CODES]], %[[PLACE:.*]] {alignment = 2 : i64} : i16, !llvm.ptr<3>
// CHECK-NEXT: nvvm.convert.f32x2.to.f8x2
// CHECK-NEXT: %[[BELOW:.*]] = llvm.getelementptr inbounds %[[PLACE]][256]
// CHECK-NEXT: llvm.store %{{.*}}, %[[BELOW]] {alignment = 2 : i64} : i16, !llvm.ptr<3>
// CHECK-COUNT-2: llvm.store %{{.*}} : i16, !llvm.ptr<3>
// CHECK: nvvm.cp.async.bulk.global.shared.cta
!acc = !pipe.acc<64x16xf32>
!staging = !pipe.tile<64x32xf8E4M3FN>
!rows = !pipe.rows<64, store>
gpu.module @m {
  gpu.func @e4m3(%h: memref<?x192xf8E4M3FN>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 2048 : i64} {
    %staging = pipe.buffer at 0 : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows %acc via %staging to %h[%rows, %i] columns %i to %i
          : !acc via !staging to memref<?x192xf8E4M3FN>, !rows
    }
    gpu.return
  }
}

// -----

// The warpgroup goes on while its rows leave, but not out of the role before
// shared memory has been read.
// CHECK-LABEL: llvm.func @last_rows
// CHECK: nvvm.cp.async.bulk.commit.group
// CHECK-NOT: nvvm.bar.warp.sync
// CHECK: nvvm.cp.async.bulk.wait_group 0 {read}
// CHECK-NEXT: }
// CHECK-NEXT: llvm.return
!acc = !pipe.acc<64x16xf32>
!staging = !pipe.tile<64x24xbf16>
!rows = !pipe.rows<64, store>
gpu.module @m {
  gpu.func @last_rows(%y: memref<?x192xbf16>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 3072 : i64} {
    %staging = pipe.buffer at 0 : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows %acc via %staging to %y[%rows, %i] columns %i to %i
          : !acc via !staging to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// With `add` they are added to what is there, each sum rounded to bf16. PTX
// wants shared memory as a 32-bit address.
// CHECK-LABEL: llvm.func @added
// CHECK: %[[FROM:.*]] = llvm.ptrtoint %{{.*}} : !llvm.ptr<3> to i32
// CHECK: llvm.inline_asm has_side_effects {{.*}} "cp.reduce.async.bulk.global.shared::cta.bulk_group.add.noftz.bf16 [$0], [$1], $2;", "l,r,r,~{memory}" %{{.*}}, %[[FROM]], %{{.*}} :
// CHECK-NOT: nvvm.cp.async.bulk.global.shared.cta
// CHECK: nvvm.cp.async.bulk.commit.group
!acc = !pipe.acc<64x16xf32>
!staging = !pipe.tile<64x24xbf16>
!rows = !pipe.rows<64, store>
gpu.module @m {
  gpu.func @added(%y: memref<?x192xbf16>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 3072 : i64} {
    %staging = pipe.buffer at 0 : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows add %acc via %staging to %y[%rows, %i] columns %i to %i
          : !acc via !staging to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// One of the four threads that share a row stores its scale, at line * pitch +
// row in 64 bits, and that of the row 8 below. Slab 1 of a warpgroup starts 64
// rows below its first.
// CHECK-LABEL: llvm.func @row_scales
// CHECK-COUNT-2: llvm.load %{{.*}} : !llvm.ptr<3> -> f32
// CHECK: %[[IN_ROW:.*]] = arith.remui %{{.*}}, %c4_i32{{.*}} : i32
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[IN_ROW]], %c0_i32{{.*}} : i32
// CHECK: scf.if %[[FIRST]] {
// CHECK: %[[START:.*]] = arith.muli %{{.*}}, %{{.*}} : i64
// CHECK: %[[SHARE:.*]] = arith.muli %{{.*}}, %c128_i32{{.*}} : i32
// CHECK: arith.addi %[[SHARE]], %c64_i32{{.*}} : i32
// CHECK: %[[PLACE:.*]] = arith.addi %[[START]], %{{.*}} : i64
// CHECK: llvm.getelementptr inbounds %{{.*}}[%[[PLACE]]] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, f32
// CHECK-COUNT-2: llvm.store %{{.*}} {alignment = 4 : i64} : f32, !llvm.ptr<1>
!scales = !pipe.tile<256x1xf32>
gpu.module @m {
  gpu.func @row_scales(%hs: memref<2x?xf32>, %pitch: index, %ids: memref<?xi32>,
                       %used: memref<1xi32>, %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 1024 : i64} {
    %tile = pipe.buffer at 0 : !scales
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      pipe.tiles experts(%ids, %used, %real) block_m = 256 row_alignment = 256
          column_tiles = 2 group_m = 16 {
      ^bb0(%e: index, %row: index, %column: index, %rows: index):
        %scales = pipe.read_row_scales %tile slab = 1 : !scales
        pipe.store_row_scales %scales to %hs[%column, %row] pitch %pitch
            slab = 1 : memref<2x?xf32>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

// The weights of a thread's two rows.
// CHECK-LABEL: llvm.func @weights
// CHECK: nvvm.setmaxregister increase
// CHECK-COUNT-2: llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr<1> -> f32
// CHECK-NOT: llvm.load
gpu.module @m {
  gpu.func @weights(%weights: memref<?xf32>, %row: index)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %scales = pipe.read_row_weights %weights[%row] : memref<?xf32>
    }
    gpu.return
  }
}

// -----

// Turned: every warp of the consumers writes its 16 columns of all rows, so all
// of them wait for each other, at a barrier that the producer takes no part in.
// stmatrix transposes: columns 0-7 and 8-15 of 16 rows, and of the 8 below.
// Rows of staging are 272 bytes: 128 columns and 16 bytes.
// CHECK-LABEL: llvm.func @turned
// CHECK: %[[SENT:.*]] = arith.muli %{{.*}}, %c4352_i32{{.*}} : i32
// CHECK: llvm.getelementptr inbounds %{{.*}}[%[[SENT]]]
// CHECK: nvvm.cp.async.bulk.wait_group 0 {read}
// CHECK: nvvm.barrier id = %c1_i32{{.*}} number_of_threads = %c256_i32
// CHECK: arith.muli %{{.*}}, %c272_i32{{.*}} : i32
// CHECK: nvvm.stmatrix %[[START:.*]], %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {{{.*}} layout = #nvvm.mma_layout<col>,
// CHECK: %[[BELOW:.*]] = llvm.getelementptr inbounds %[[START]][4352]
// CHECK-NEXT: nvvm.stmatrix %[[BELOW]], %{{.*}}, %{{.*}} {eltType
// CHECK-NOT: nvvm.stmatrix
// CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
// CHECK: nvvm.barrier id = %c1_i32{{.*}} number_of_threads = %c256_i32
// CHECK-COUNT-16: nvvm.cp.async.bulk.global.shared.cta
// CHECK-NOT: nvvm.cp.async.bulk.global.shared.cta
!acc = !pipe.acc<24x64xf32, turned>
!staging = !pipe.tile<24x136xbf16>
!rows = !pipe.rows<24, store>
gpu.module @m {
  gpu.func @turned(%y: memref<?x192xbf16>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 6528 : i64} {
    %staging = pipe.buffer at 0 : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows %acc via %staging to %y[%rows, %i] columns %i to %i
          : !acc via !staging to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// Pieces side by side begin where the columns of all warpgroups end.
// CHECK-LABEL: llvm.func @turned_side_by_side
// CHECK: arith.muli %[[COLUMN:.*]], %c2_i32{{.*}} : i32
// CHECK: nvvm.stmatrix
// CHECK: %[[NEXT:.*]] = arith.addi %[[COLUMN]], %c128_i32{{.*}} : i32
// CHECK: arith.muli %[[NEXT]], %c2_i32{{.*}} : i32
// CHECK: nvvm.stmatrix
// CHECK-NOT: nvvm.stmatrix
// CHECK: nvvm.fence.proxy
!acc = !pipe.acc<16x64xf32, turned>
!staging = !pipe.tile<16x264xbf16>
!rows = !pipe.rows<16, store>
gpu.module @m {
  gpu.func @turned_side_by_side(%y: memref<?x256xbf16>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 8448 : i64} {
    %staging = pipe.buffer at 0 : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows %acc, %acc via %staging to %y[%rows, %i] columns %i to %i
          : !acc, !acc via !staging to memref<?x256xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// Two e4m3 of neighbouring rows go into two bytes, a row of 80 bytes apart; the
// other two of a thread are those of the column 8 further on.
// CHECK-LABEL: llvm.func @turned_e4m3
// CHECK: nvvm.barrier id = %c1_i32{{.*}} number_of_threads = %c128_i32
// CHECK: arith.muli %{{.*}}, %c80_i32{{.*}} : i32
// CHECK: %[[CODES:.*]] = nvvm.convert.f32x2.to.f8x2 {{.*}} : i16(f8E4M3FN)
// CHECK: %[[UPPER:.*]] = arith.shrui %[[CODES]], %c8_i16{{.*}} : i16
// CHECK: %[[FIRST:.*]] = arith.trunci %[[CODES]] : i16 to i8
// CHECK: llvm.store %[[FIRST]], %[[PLACE:.*]] {alignment = 1 : i64} : i8, !llvm.ptr<3>
// CHECK: %[[SECOND:.*]] = arith.trunci %[[UPPER]] : i16 to i8
// CHECK: %[[BELOW:.*]] = llvm.getelementptr inbounds %[[PLACE]][80]
// CHECK: llvm.store %[[SECOND]], %[[BELOW]] {alignment = 1 : i64} : i8
// CHECK: llvm.getelementptr inbounds %[[PLACE]][8]
// CHECK: llvm.getelementptr inbounds %[[PLACE]][88]
// CHECK-NOT: nvvm.stmatrix
!acc = !pipe.acc<8x64xf32, turned>
!staging = !pipe.tile<8x80xf8E4M3FN>
!rows = !pipe.rows<8, store>
gpu.module @m {
  gpu.func @turned_e4m3(%h: memref<?x192xf8E4M3FN>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 640 : i64} {
    %staging = pipe.buffer at 0 : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows %acc via %staging to %h[%rows, %i] columns %i to %i
          : !acc via !staging to memref<?x192xf8E4M3FN>, !rows
    }
    gpu.return
  }
}

// -----

// 16 rows are those of the first warp: a row past the tile is none, which bulk
// copies leave out.
// CHECK-LABEL: llvm.func @rows_of_the_first_warps
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[ROW:.*]], %c16_i32{{.*}} : i32
// CHECK: %[[SAFE:.*]] = arith.select %[[INSIDE]], %[[ROW]], %c0_i32{{.*}} : i32
// CHECK: %[[ID:.*]] = llvm.load %{{.*}} : !llvm.ptr<1> -> i32
// CHECK-NEXT: %[[PAIR:.*]] = arith.cmpi ult, %[[ID]],
// CHECK-NEXT: %[[REAL:.*]] = arith.andi %[[PAIR]], %[[INSIDE]] : i1
// CHECK: arith.select %[[REAL]], %{{.*}}, %c-1_i32{{.*}} : i32
// CHECK: %[[INSIDE_TOO:.*]] = arith.cmpi ult, %{{.*}}, %c16_i32{{.*}} : i32
// CHECK: arith.select %[[INSIDE_TOO]], %{{.*}}, %c-1_i32{{.*}} : i32
gpu.module @m {
  gpu.func @rows_of_the_first_warps(
      %map: memref<?xi32>, %pairs: index, %ids: memref<?xi32>,
      %used: memref<1xi32>, %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      pipe.tiles experts(%ids, %used, %real) block_m = 16 row_alignment = 16
          column_tiles = 2 group_m = 16 {
      ^bb0(%e: index, %row: index, %column: index, %rows: index):
        %scattered = pipe.read_rows %map[%row] below %pairs
            : memref<?xi32> -> !pipe.rows<16, store>
        %sorted = pipe.row_range %row : !pipe.rows<16, store>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

// Rows that follow each other, of a tile of 24: a warp has 16 of them, 8 or none,
// and sends 8 at a time.
// CHECK-LABEL: llvm.func @turned_range
// CHECK-COUNT-2: nvvm.barrier id = %c1_i32
// CHECK: nvvm.shfl.sync idx %{{.*}}, %{{.*}}, %c0_i32{{.*}}, %c31_i32{{.*}} : i32 -> i32
// CHECK: %[[WARP:.*]] = arith.subi %{{.*}}, %c4_i32{{.*}} : i32
// CHECK: nvvm.elect.sync
// CHECK: %[[ROW:.*]] = arith.muli %[[WARP]], %c16_i32{{.*}} : i32
// CHECK: %[[IN:.*]] = arith.cmpi slt, %[[ROW]], %c24_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[IN]] {
// CHECK-COUNT-8: nvvm.cp.async.bulk.global.shared.cta
// CHECK-NEXT: }
// CHECK: %[[ROW:.*]] = arith.addi %{{.*}}, %c8_i32{{.*}} : i32
// CHECK: %[[IN:.*]] = arith.cmpi slt, %[[ROW]], %c24_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[IN]] {
// CHECK-COUNT-8: nvvm.cp.async.bulk.global.shared.cta
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.cp.async.bulk.commit.group
!acc = !pipe.acc<24x64xf32, turned>
!staging = !pipe.tile<24x136xbf16>
!rows = !pipe.rows<24, store>
gpu.module @m {
  gpu.func @turned_range(%y: memref<?x192xbf16>, %ids: memref<?xi32>,
                         %used: memref<1xi32>, %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 6528 : i64} {
    %staging = pipe.buffer at 0 : !staging
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      pipe.tiles experts(%ids, %used, %real) block_m = 24 row_alignment = 24
          column_tiles = 1 group_m = 16 {
      ^bb0(%e: index, %row: index, %i: index, %some: index):
        %acc = pipe.zeros : !acc
        %rows = pipe.row_range %row : !rows
        pipe.store_rows %acc via %staging to %y[%rows, %i] columns %i to %i
            : !acc via !staging to memref<?x192xbf16>, !rows
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

// Every warp has the scales of all turned rows: four lanes of the first consumer
// warp store them, in the first block of the cluster only.
// CHECK-LABEL: llvm.func @turned_row_scales
// CHECK-COUNT-4: llvm.load %{{.*}} : !llvm.ptr<3> -> f32
// CHECK: %[[RANK:.*]] = nvvm.read.ptx.sreg.cluster.ctarank
// CHECK: %[[FAR:.*]] = arith.muli %[[RANK]], %c64_i32{{.*}} : i32
// CHECK: %[[WARP:.*]] = arith.addi %{{.*}}, %[[FAR]] : i32
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[WARP]], %c4_i32{{.*}} : i32
// CHECK: %[[LANES:.*]] = arith.cmpi ult, %{{.*}}, %c4_i32{{.*}} : i32
// CHECK: %[[STORES:.*]] = arith.andi %[[FIRST]], %[[LANES]] : i1
// CHECK: scf.if %[[STORES]] {
// CHECK-COUNT-4: llvm.store %{{.*}} {alignment = 4 : i64} : f32, !llvm.ptr<1>
// CHECK-NOT: llvm.store
!scales = !pipe.tile<16x1xf32>
gpu.module @m {
  gpu.func @turned_row_scales(
      %hs: memref<2x?xf32>, %pitch: index, %ids: memref<?xi32>,
      %used: memref<1xi32>, %real: memref<?xi32>)
      kernel attributes {pipe.shared_memory = 64 : i64} {
    %tile = pipe.buffer at 0 : !scales
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      pipe.tiles experts(%ids, %used, %real) block_m = 16 row_alignment = 16
          column_tiles = 2 group_m = 16 cluster = 2 by_columns {
      ^bb0(%e: index, %row: index, %column: index, %rows: index):
        %scales = pipe.read_row_scales %tile
            : !scales, !pipe.row_scales<16, turned>
        pipe.store_row_scales %scales to %hs[%column, %row] pitch %pitch
            : memref<2x?xf32>, !pipe.row_scales<16, turned>
      } : memref<?xi32>, memref<1xi32>, memref<?xi32>
    }
    gpu.return
  }
}

// -----

// The weights of two rows of each 8.
// CHECK-LABEL: llvm.func @turned_weights
// CHECK: nvvm.setmaxregister increase
// CHECK-COUNT-4: llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr<1> -> f32
// CHECK-NOT: llvm.load
gpu.module @m {
  gpu.func @turned_weights(%weights: memref<?xf32>, %row: index)
      kernel attributes {pipe.shared_memory = 0 : i64} {
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %scales = pipe.read_row_weights %weights[%row]
          : memref<?xf32>, !pipe.row_scales<16, turned>
    }
    gpu.return
  }
}
