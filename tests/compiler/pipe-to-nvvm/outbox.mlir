// Warps of the producer send the rows of consumers: each sender has a slip, on
// which it is told what to send, and a barrier for either direction.

// RUN: moe-opt %s --convert-pipe-to-nvvm --split-input-file | FileCheck %s

// Two slips (16 bytes and 64 addresses each), the full barriers, the empty ones.
// The 4 warps of a warpgroup post to its sender, which answers alone.
// CHECK-LABEL: llvm.func @slips_and_barriers
// CHECK: %[[MEMORY:.*]] = llvm.mlir.addressof @shared_memory
// CHECK: %[[OUTBOX:.*]] = llvm.getelementptr inbounds %[[MEMORY]][18432]
// CHECK: %[[FULL0:.*]] = llvm.getelementptr inbounds %[[OUTBOX]][%c1056_i32{{.*}}]
// CHECK: %[[EMPTY0:.*]] = llvm.getelementptr inbounds %[[FULL0]][16]
// CHECK: nvvm.mbarrier.init %[[FULL0]], %c4_i32{{.*}} :
// CHECK: nvvm.mbarrier.init %[[EMPTY0]], %c1_i32{{.*}} :
// CHECK: %[[FULL1:.*]] = llvm.getelementptr inbounds %[[OUTBOX]][%c1064_i32{{.*}}]
// CHECK: %[[EMPTY1:.*]] = llvm.getelementptr inbounds %[[FULL1]][16]
// CHECK: nvvm.mbarrier.init %[[FULL1]], %c4_i32{{.*}} :
// CHECK: nvvm.mbarrier.init %[[EMPTY1]], %c1_i32{{.*}} :
// CHECK-NOT: nvvm.mbarrier.init
// CHECK: nvvm.fence.mbarrier.init
// CHECK-NEXT: nvvm.barrier0
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<128x72xbf16>
!rows = !pipe.rows<64, store>
!outbox = !pipe.outbox<2 senders, 64 rows>
gpu.module @m {
  gpu.func @slips_and_barriers(%y: memref<?x192xbf16>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 19520 : i64} {
    %staging = pipe.buffer at 0 : !staging
    %outbox = pipe.outbox at 18432 : !outbox
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows %acc via %staging by %outbox to %y[%rows, %i]
          columns %i to %i
          : !acc via !staging by !outbox to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// The sender's answer to the post before says that slip and staging may be
// written; then the post: a lane below 16 writes where its row goes, the first
// of a warp how many of its rows are real, the first of all what of each row is
// sent. What a warp wrote is before its arrival, for TMA too. Nothing is sent
// here.
// CHECK-LABEL: llvm.func @post
// CHECK: nvvm.setmaxregister increase
// CHECK: %[[ROW:.*]] = arith.select %{{.*}}, %{{.*}}, %c-1_i32{{.*}} : i32
// CHECK: %[[SENDER:.*]] = arith.subi %{{.*}}, %c1_i32{{.*}} : i32
// CHECK: arith.muli %[[SENDER]], %c528_i32{{.*}} : i32
// CHECK: %[[SLIP:.*]] = llvm.getelementptr inbounds
// CHECK: arith.muli %[[SENDER]], %c8_i32{{.*}} : i32
// CHECK: %[[FULL:.*]] = llvm.getelementptr inbounds
// CHECK: %[[EMPTY:.*]] = llvm.getelementptr inbounds %[[FULL]][16]
// CHECK: %[[PHASE:.*]] = llvm.load %[[CURSOR:.*]] : !llvm.ptr -> i32
// CHECK: %[[OTHER:.*]] = arith.xori %[[PHASE]], %c1_i32{{.*}} : i32
// CHECK: nvvm.mbarrier.try_wait %[[EMPTY]], %[[OTHER]] :
// CHECK: llvm.store %[[OTHER]], %[[CURSOR]] :
// CHECK-COUNT-4: nvvm.stmatrix
// CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
// CHECK: %[[BEFORE:.*]] = arith.subi %{{.*}}, %[[COLUMN:.*]] : i32
// CHECK: %[[SKIP:.*]] = arith.muli %[[BEFORE]], %c2_i32{{.*}} : i32
// CHECK: %[[COLUMNS:.*]] = arith.subi
// CHECK: %[[BYTES:.*]] = arith.muli %[[COLUMNS]], %c2_i32{{.*}} : i32
// CHECK: %[[TARGET:.*]] = llvm.ptrtoint %{{.*}} : !llvm.ptr<1> to i64
// CHECK: %[[REAL:.*]] = arith.cmpi sge, %[[ROW]], %c0_i32{{.*}} : i32
// CHECK: %[[BEGINS:.*]] = arith.muli %[[WARP:.*]], %c16_i32{{.*}} : i32
// CHECK: %[[INSLIP:.*]] = arith.addi %[[BEGINS]], %[[LANE:.*]] : i32
// CHECK: %[[BELOW:.*]] = arith.cmpi ult, %[[LANE]], %c16_i32{{.*}} : i32
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[INSLIP]], %c64_i32{{.*}} : i32
// CHECK: %[[MINE:.*]] = arith.andi %[[BELOW]], %[[INSIDE]] : i1
// CHECK: %[[COUNTS:.*]] = arith.andi %[[REAL]], %[[MINE]] : i1
// CHECK: %[[VOTES:.*]] = nvvm.vote.sync ballot %{{.*}}, %[[COUNTS]] -> i32
// CHECK-NEXT: scf.if %[[MINE]] {
// CHECK: %[[BYTE:.*]] = arith.muli %[[INSLIP]], %c8_i32{{.*}} : i32
// CHECK: %[[BEHIND:.*]] = arith.addi %[[BYTE]], %c16_i32{{.*}} : i32
// CHECK: %[[PLACE:.*]] = llvm.getelementptr inbounds %[[SLIP]][%[[BEHIND]]]
// CHECK-NEXT: llvm.store %[[TARGET]], %[[PLACE]] {alignment = 8 : i64} : i64, !llvm.ptr<3>
// CHECK: %[[COUNT:.*]] = llvm.intr.ctpop(%[[VOTES]])
// CHECK-NEXT: %[[SHORT:.*]] = arith.trunci %[[COUNT]] : i32 to i8
// CHECK: arith.addi %[[WARP]], %c8_i32{{.*}} : i32
// CHECK: llvm.store %[[SHORT]], %{{.*}} {alignment = 1 : i64} : i8, !llvm.ptr<3>
// CHECK: %[[THREAD:.*]] = arith.cmpi eq, %{{.*}}, %c0_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[THREAD]] {
// CHECK: llvm.store %[[SKIP]], %[[SLIP]] {alignment = 4 : i64}
// CHECK: %[[SECOND:.*]] = llvm.getelementptr inbounds %[[SLIP]][4]
// CHECK-NEXT: llvm.store %[[BYTES]], %[[SECOND]] {alignment = 4 : i64}
// CHECK-NEXT: }
// CHECK: nvvm.bar.warp.sync
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[LANE]], %c0_i32{{.*}} : i32
// CHECK-NEXT: nvvm.inline_ptx "mbarrier.arrive.shared::cta.b64 _, [$0];" ro(%[[FULL]] : !llvm.ptr<3>), predicate = %[[FIRST]]
// CHECK-NOT: nvvm.cp.async.bulk
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<128x72xbf16>
!rows = !pipe.rows<64, store>
!outbox = !pipe.outbox<2 senders, 64 rows>
gpu.module @m {
  gpu.func @post(%y: memref<?x192xbf16>, %row: index, %first: index,
                 %column: index, %last: index)
      kernel attributes {pipe.shared_memory = 19520 : i64} {
    %staging = pipe.buffer at 0 : !staging
    %outbox = pipe.outbox at 18432 : !outbox
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows %acc via %staging by %outbox to %y[%rows, %column]
          columns %first to %last
          : !acc via !staging by !outbox to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// What a consumer does last: once the rows of its last post were read, it tells
// its sender that there will be no more. It has no copies of its own to wait
// for.
// CHECK-LABEL: llvm.func @closing_post
// CHECK: nvvm.setmaxregister increase
// CHECK: nvvm.inline_ptx "mbarrier.arrive
// CHECK: %[[EMPTY:.*]] = llvm.getelementptr inbounds %[[FULL:.*]][8]
// CHECK: nvvm.mbarrier.try_wait %[[EMPTY]],
// CHECK: llvm.store %c0_i32{{.*}} {alignment = 4 : i64} : i32, !llvm.ptr<3>
// CHECK: llvm.store %c-1_i32{{.*}} {alignment = 4 : i64} : i32, !llvm.ptr<3>
// CHECK: nvvm.bar.warp.sync
// CHECK: nvvm.inline_ptx "mbarrier.arrive.shared::cta.b64 _, [$0];" ro(%[[FULL]] : !llvm.ptr<3>)
// CHECK-NEXT: }
// CHECK-NOT: nvvm.cp.async.bulk.wait_group
// CHECK: llvm.return
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<64x72xbf16>
!rows = !pipe.rows<64, store>
!outbox = !pipe.outbox<1 senders, 64 rows>
gpu.module @m {
  gpu.func @closing_post(%y: memref<?x192xbf16>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 9760 : i64} {
    %staging = pipe.buffer at 0 : !staging
    %outbox = pipe.outbox at 9216 : !outbox
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 1 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows %acc via %staging by %outbox to %y[%rows, %i]
          columns %i to %i
          : !acc via !staging by !outbox to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// One thread of warp s + 1 is sender s, whose 64 rows of 144 bytes lie behind
// those of the senders before. It waits for a post, leaves if it is the last
// one, and else sends the rows that the four warps counted: eight at a time,
// whose addresses are read together, then one by one, no row asked about. Its
// copies have read staging when it answers.
// CHECK-LABEL: llvm.func @sender
// CHECK: nvvm.setmaxregister decrease 40
// CHECK: %[[SENDER:.*]] = arith.subi %{{.*}}, %c1_i32{{.*}} : i32
// CHECK: %[[SENDS:.*]] = arith.cmpi ult, %[[SENDER]], %c2_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[SENDS]] {
// CHECK: %[[ELECTED:.*]] = nvvm.elect.sync
// CHECK-NEXT: scf.if %[[ELECTED]] {
// CHECK: %[[SLIP:.*]] = llvm.getelementptr inbounds %[[OUTBOX:.*]][%{{.*}}]
// CHECK: %[[FULL:.*]] = llvm.getelementptr inbounds %[[OUTBOX]][%{{.*}}]
// CHECK: %[[EMPTY:.*]] = llvm.getelementptr inbounds %[[FULL]][16]
// CHECK: %[[BEFORE:.*]] = arith.muli %[[SENDER]], %c9216_i32{{.*}} : i32
// CHECK: %[[ROWS:.*]] = llvm.getelementptr inbounds %{{.*}}[%[[BEFORE]]]
// CHECK: scf.while (%[[PHASE:.*]] = %c0_i32{{.*}}) : (i32) -> (i32, i32) {
// CHECK: nvvm.mbarrier.try_wait %[[FULL]], %[[PHASE]] :
// CHECK: %[[WORD:.*]] = llvm.getelementptr inbounds %[[SLIP]][4]
// CHECK-NEXT: %[[READ:.*]] = llvm.load %[[WORD]] {alignment = 4 : i64}
// CHECK: %[[MORE:.*]] = arith.cmpi ne, %[[READ]], %c-1_i32{{.*}} : i32
// CHECK-NEXT: scf.condition(%[[MORE]]) %[[PHASE]], %[[READ]] :
// CHECK: ^bb0(%[[PHASE:.*]]: i32, %[[BYTES:.*]]: i32):
// CHECK: %[[SOME:.*]] = arith.cmpi sgt, %[[BYTES]], %c0_i32{{.*}} : i32
// CHECK-NEXT: scf.if %[[SOME]] {
// CHECK: %[[SKIP:.*]] = llvm.load %[[SLIP]] {alignment = 4 : i64}
// CHECK: %[[START:.*]] = llvm.getelementptr inbounds %[[ROWS]][%[[SKIP]]]
// CHECK: %[[WORD:.*]] = llvm.getelementptr inbounds %[[SLIP]][8]
// CHECK-NEXT: %[[COUNTS:.*]] = llvm.load %[[WORD]] {alignment = 4 : i64}
// CHECK: %[[SUMS:.*]] = arith.muli %[[COUNTS]], %c16843009_i32{{.*}} : i32
// CHECK: %[[COUNT:.*]] = arith.shrui %[[SUMS]], %c24_i32{{.*}} : i32
// CHECK: %[[REST:.*]] = arith.remui %[[COUNT]], %c8_i32{{.*}} : i32
// CHECK: %[[WHOLE:.*]] = arith.subi %[[COUNT]], %[[REST]] : i32
// CHECK: scf.for %[[FIRST:.*]] = %c0_i32{{.*}} to %[[WHOLE]] step %c8_i32{{.*}}
// CHECK-COUNT-8: llvm.load %{{.*}} {alignment = 8 : i64} : !llvm.ptr<3> -> i64
// CHECK: %[[BYTE:.*]] = arith.muli %[[FIRST]], %c144_i32{{.*}} : i32
// CHECK: %[[FROM:.*]] = llvm.getelementptr inbounds %[[START]][%[[BYTE]]]
// CHECK-NOT: scf.if
// CHECK: %[[KEEP:.*]] = llvm.inline_asm {{.*}}"createpolicy.fractional.L2::evict_last.b64 $0, 1.0;"
// CHECK-NEXT: nvvm.cp.async.bulk.global.shared.cta %{{.*}}, %[[FROM]], %[[BYTES]] l2_cache_hint = %[[KEEP]] :
// CHECK-NOT: scf.if
// CHECK-COUNT-7: nvvm.cp.async.bulk.global.shared.cta %{{.*}}, %{{.*}}, %[[BYTES]] l2_cache_hint = %{{.*}} :
// CHECK-NEXT: }
// CHECK: scf.for %{{.*}} = %[[WHOLE]] to %[[COUNT]] step %c1_i32{{.*}}
// CHECK-NOT: scf.if
// CHECK: llvm.load %{{.*}} {alignment = 8 : i64} : !llvm.ptr<3> -> i64
// CHECK-NOT: scf.if
// CHECK: nvvm.cp.async.bulk.global.shared.cta %{{.*}}, %{{.*}}, %[[BYTES]] l2_cache_hint = %{{.*}} :
// CHECK-NEXT: }
// CHECK-NEXT: }
// CHECK-NEXT: nvvm.cp.async.bulk.commit.group
// CHECK-NEXT: nvvm.cp.async.bulk.wait_group 0 {read}
// CHECK: nvvm.mbarrier.arrive %[[EMPTY]], %c1_i32{{.*}} :
// CHECK: %[[NEXT:.*]] = arith.xori %[[PHASE]], %c1_i32{{.*}} : i32
// CHECK-NEXT: scf.yield %[[NEXT]] : i32
// CHECK-NOT: nvvm.cp.async.bulk
!acc = !pipe.acc<64x64xf32>
!staging = !pipe.tile<128x72xbf16>
!rows = !pipe.rows<64, store>
!outbox = !pipe.outbox<2 senders, 64 rows>
gpu.module @m {
  gpu.func @sender(%y: memref<?x192xbf16>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 19520 : i64} {
    %staging = pipe.buffer at 0 : !staging
    %outbox = pipe.outbox at 18432 : !outbox
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows %acc via %staging by %outbox to %y[%rows, %i]
          columns %i to %i
          : !acc via !staging by !outbox to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}

// -----

// Turned, all 8 warps write columns of the same rows, and post to one sender;
// of the 24 rows the first two warps know where they go. The sender adds.
// CHECK-LABEL: llvm.func @turned
// CHECK: %[[FULL:.*]] = llvm.getelementptr inbounds %{{.*}}[%c208_i32{{.*}}]
// CHECK: nvvm.mbarrier.init %[[FULL]], %c8_i32{{.*}} :
// CHECK: nvvm.mbarrier.init %{{.*}}, %c1_i32{{.*}} :
// CHECK-NOT: nvvm.mbarrier.init
// CHECK: arith.cmpi ult, %{{.*}}, %c1_i32{{.*}} : i32
// CHECK-NEXT: scf.if
// CHECK: scf.for
// CHECK-COUNT-8: cp.reduce.async.bulk.global.shared::cta.bulk_group.add.noftz.bf16
// CHECK: scf.for
// CHECK: cp.reduce.async.bulk.global.shared::cta.bulk_group.add.noftz.bf16
// CHECK: nvvm.setmaxregister increase
// CHECK: %[[WARP:.*]] = arith.subi %[[OFBLOCK:.*]], %c4_i32{{.*}} : i32
// CHECK: nvvm.vote.sync
// CHECK: %[[HASPLACE:.*]] = arith.cmpi ult, %{{.*}}, %c4_i32{{.*}} : i32
// CHECK: arith.andi %{{.*}}, %[[HASPLACE]] : i1
// CHECK: llvm.intr.ctpop
!acc = !pipe.acc<24x64xf32, turned>
!staging = !pipe.tile<24x136xbf16>
!rows = !pipe.rows<24, store>
!outbox = !pipe.outbox<1 senders, 24 rows>
gpu.module @m {
  gpu.func @turned(%y: memref<?x192xbf16>, %row: index, %i: index)
      kernel attributes {pipe.shared_memory = 6752 : i64} {
    %staging = pipe.buffer at 0 : !staging
    %outbox = pipe.outbox at 6528 : !outbox
    pipe.role producer warpgroups = 1 registers = 40 {}
    pipe.role consumer warpgroups = 2 registers = 232 {
      %acc = pipe.zeros : !acc
      %rows = pipe.row_range %row : !rows
      pipe.store_rows add %acc via %staging by %outbox to %y[%rows, %i]
          columns %i to %i
          : !acc via !staging by !outbox to memref<?x192xbf16>, !rows
    }
    gpu.return
  }
}
