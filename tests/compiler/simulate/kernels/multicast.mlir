// A block-scaled GEMM in clusters of two: tiles of 64 x 16 whose blocks share B.
// Each block loads half of B and multicasts it into both; a slot is empty when
// the consumers of both blocks have read it, so they arrive on both barriers.
// Warps 0 to 3 multiply, warp 4 loads; two slots of 8 KiB of A and 2 KiB of B.
//
// RUN: moe-sim-module %s 64 16 20 | FileCheck %s
// RUN: moe-sim-module %s 64 16 8 faults
// RUN: moe-sim-kernel %s --ptx > %t.ptx
// RUN: ptxas -arch=sm_90a %t.ptx -o %t.cubin
// CHECK: 131072 values right, every bit; 20 seeds
//
// fault only-own-slot-released: drop @peer
//   says deadlock: warp 4 waits for shared address 0x54; arrivals; @empty
// fault own-slot-alone-counts: drop @peer; put %releases = arith.constant 8 => %releases = arith.constant 4
//   says still being read|not ordered|copy in flight|cluster|tx-count: block; shared address 0x
// fault one-block-of-the-mask: put %both = arith.constant 3 : i16 => %both = arith.constant 1 : i16
//   says deadlock|tx-count|arrival count: shared address 0x54
// fault half-into-the-same-place: put %rank, %half => %c0, %half
//   says copy in flight|still being read|not ordered: block; warp 4, thread; loads into shared address 0x; @multicast
// fault own-half-expected: put constant 10240 => constant 9216
//   says tx-count|copy in flight|never written|not ordered: block; shared address 0x
// fault wrong-half-loaded: put %column, %own : => %column, %c0 :
//   says wrong bits: d[
// fault cluster-sync-before-dropped: drop @begin
//   says barrier|not ordered|never written: block; shared address 0x54
// fault cluster-sync-after-dropped: drop @end
//   says cluster: block; shared; @peer
!S = !llvm.struct<(f32, f32, f32, f32, f32, f32, f32, f32)>
gpu.module @multicast {
  llvm.mlir.global external @smem() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
  llvm.func @multicast(%a: !llvm.ptr {llvm.byval = !llvm.array<128 x i8>, llvm.align = 64 : i64, nvvm.grid_constant},
                       %b: !llvm.ptr {llvm.byval = !llvm.array<128 x i8>, llvm.align = 64 : i64, nvvm.grid_constant},
                       %dMap: !llvm.ptr {llvm.byval = !llvm.array<128 x i8>, llvm.align = 64 : i64, nvvm.grid_constant},
                       %sfa: !llvm.ptr<1>, %sfb: !llvm.ptr<1>, %d: !llvm.ptr<1>, %m: i32, %n: i32, %k: i32)
      attributes {gpu.kernel, nvvm.kernel, nvvm.maxntid = array<i32: 160>, nvvm.cluster_dim = array<i32: 2, 1, 1>} {
    %c0 = arith.constant 0 : i32
    %c1 = arith.constant 1 : i32
    %c2 = arith.constant 2 : i32
    %c4 = arith.constant 4 : i32
    %c7 = arith.constant 7 : i32
    %c8 = arith.constant 8 : i32
    %c16 = arith.constant 16 : i32
    %c32 = arith.constant 32 : i32
    %c64 = arith.constant 64 : i32
    %c128 = arith.constant 128 : i32
    %all = arith.constant -1 : i32
    %true = arith.constant true
    %both = arith.constant 3 : i16
    %half = arith.constant 1024 : i32
    %slotBytes = arith.constant 10240 : i32
    %c10240 = arith.constant 0x2800 : i32
    %releases = arith.constant 8 : i32
    %zero = arith.constant 0.0 : f32
    %smem = llvm.mlir.addressof @smem : !llvm.ptr<3>
    %thread = nvvm.read.ptx.sreg.tid.x : i32
    %rank = nvvm.read.ptx.sreg.cluster.ctarank : i32
    %cluster = nvvm.read.ptx.sreg.clusterid.x : i32
    %clusters = nvvm.read.ptx.sreg.nclusterid.x : i32
    %peer = arith.xori %rank, %c1 : i32
    %warp = arith.divui %thread, %c32 : i32
    %lane = arith.remui %thread, %c32 : i32
    %full = llvm.getelementptr %smem[20480] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
    %empty = llvm.getelementptr %smem[20496] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8

    %isFirst = arith.cmpi eq, %thread, %c0 : i32
    scf.if %isFirst {
      scf.for %i = %c0 to %c2 step %c1 : i32 {
        %f = llvm.getelementptr %full[%i] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i64
        nvvm.mbarrier.init %f, %c1 : !llvm.ptr<3>, i32
        %e = llvm.getelementptr %empty[%i] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i64
        nvvm.mbarrier.init %e, %releases : !llvm.ptr<3>, i32
      }
      nvvm.fence.mbarrier.init
    }
    nvvm.cluster.arrive // @begin
    nvvm.cluster.wait // @begin

    // Tiles of a cluster: two beside each other in M, N outermost.
    %tilesM = arith.divui %m, %c128 : i32
    %tilesN = arith.divui %n, %c16 : i32
    %tiles = arith.muli %tilesM, %tilesN : i32
    %blocks = arith.divui %k, %c128 : i32
    %loads = arith.cmpi eq, %warp, %c4 : i32
    scf.if %loads {
      %speaks = nvvm.elect.sync -> i1
      scf.if %speaks {
        %end = scf.for %tile = %cluster to %tiles step %clusters iter_args(%i0 = %c0) -> (i32) : i32 {
          %pair = arith.remui %tile, %tilesM : i32
          %two = arith.muli %pair, %c2 : i32
          %mine = arith.addi %two, %rank : i32
          %row = arith.muli %mine, %c64 : i32
          %columns = arith.divui %tile, %tilesM : i32
          %column = arith.muli %columns, %c16 : i32
          %own = arith.muli %rank, %c8 : i32
          %ownColumn = arith.addi %column, %own : i32
          %next = scf.for %block = %c0 to %blocks step %c1 iter_args(%i = %i0) -> (i32) : i32 {
            %stage = arith.andi %i, %c1 : i32
            %turn = arith.shrui %i, %c1 : i32
            %phase = arith.andi %turn, %c1 : i32
            %parity = arith.xori %phase, %c1 : i32
            %isEmpty = llvm.getelementptr %empty[%stage] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i64
            %isFull = llvm.getelementptr %full[%stage] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i64
            scf.while : () -> () {
              %over = nvvm.mbarrier.try_wait %isEmpty, %parity {scope = #nvvm.mem_scope<cluster>} : !llvm.ptr<3>, i32 -> i1 // @empty
              %again = arith.xori %over, %true : i1
              scf.condition(%again)
            } do {
              scf.yield
            }
            %token = nvvm.mbarrier.arrive.expect_tx %isFull, %slotBytes : !llvm.ptr<3>, i32 -> i64
            %slot = arith.muli %stage, %c10240 : i32
            %inner = arith.muli %block, %c128 : i32
            %toA = llvm.getelementptr %smem[%slot] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
            nvvm.cp.async.bulk.tensor.shared.cluster.global %toA, %a, %isFull, box[%inner, %row] {isCTAOnly = true} : !llvm.ptr<3>, !llvm.ptr
            %slotB = llvm.getelementptr %toA[8192] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
            %offset = arith.muli %rank, %half : i32
            %toB = llvm.getelementptr %slotB[%offset] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
            %toBoth = llvm.addrspacecast %toB : !llvm.ptr<3> to !llvm.ptr<7>
            nvvm.cp.async.bulk.tensor.shared.cluster.global %toBoth, %b, %isFull, box[%inner, %ownColumn] multicast_mask = %both : !llvm.ptr<7>, !llvm.ptr // @multicast
            %j = arith.addi %i, %c1 : i32
            scf.yield %j : i32
          }
          scf.yield %next : i32
        }
      }
    } else {
      %speaks = arith.cmpi eq, %lane, %c0 : i32
      %end = scf.for %tile = %cluster to %tiles step %clusters iter_args(%i0 = %c0) -> (i32) : i32 {
        %pair = arith.remui %tile, %tilesM : i32
        %two = arith.muli %pair, %c2 : i32
        %mine = arith.addi %two, %rank : i32
        %row = arith.muli %mine, %c64 : i32
        %columns = arith.divui %tile, %tilesM : i32
        %column = arith.muli %columns, %c16 : i32
        %warpRow = arith.muli %warp, %c16 : i32
        %quad = arith.divui %lane, %c4 : i32
        %rows = arith.addi %row, %warpRow : i32
        %r0 = arith.addi %rows, %quad : i32
        %r1 = arith.addi %r0, %c8 : i32
        %scaleColumn = arith.divui %column, %c128 : i32
        %scaleRow = arith.muli %scaleColumn, %blocks : i32
        %next, %s0, %s1, %s2, %s3, %s4, %s5, %s6, %s7 = scf.for %block = %c0 to %blocks step %c1
            iter_args(%i = %i0, %a0 = %zero, %a1 = %zero, %a2 = %zero, %a3 = %zero, %a4 = %zero, %a5 = %zero, %a6 = %zero, %a7 = %zero)
            -> (i32, f32, f32, f32, f32, f32, f32, f32, f32) : i32 {
          %scaleStart = arith.muli %block, %m : i32
          %sa0At = arith.addi %scaleStart, %r0 : i32
          %sa1At = arith.addi %scaleStart, %r1 : i32
          %sbAt = arith.addi %scaleRow, %block : i32
          %sa0From = llvm.getelementptr %sfa[%sa0At] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
          %sa1From = llvm.getelementptr %sfa[%sa1At] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
          %sbFrom = llvm.getelementptr %sfb[%sbAt] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
          %sa0 = llvm.load %sa0From : !llvm.ptr<1> -> f32
          %sa1 = llvm.load %sa1From : !llvm.ptr<1> -> f32
          %sb = llvm.load %sbFrom : !llvm.ptr<1> -> f32
          %scale0 = arith.mulf %sa0, %sb : f32
          %scale1 = arith.mulf %sa1, %sb : f32

          %stage = arith.andi %i, %c1 : i32
          %turn = arith.shrui %i, %c1 : i32
          %phase = arith.andi %turn, %c1 : i32
          %isFull = llvm.getelementptr %full[%stage] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i64
          scf.while : () -> () {
            %over = nvvm.mbarrier.try_wait %isFull, %phase : !llvm.ptr<3>, i32 -> i1 // @full
            %again = arith.xori %over, %true : i1
            scf.condition(%again)
          } do {
            scf.yield
          }
          // Descriptors: 128-byte swizzle, 1024 bytes from 8 rows to the next.
          %slot = arith.muli %stage, %c10240 : i32
          %atA = llvm.getelementptr %smem[%slot] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i8
          %addressA = llvm.ptrtoint %atA : !llvm.ptr<3> to i64
          %reach = arith.constant 0x3ffff : i64
          %c4Long = arith.constant 4 : i64
          %layout = arith.constant 0x4000004000010000 : i64
          %reachA = arith.andi %addressA, %reach : i64
          %unitsA = arith.shrui %reachA, %c4Long : i64
          %dA0 = arith.addi %unitsA, %layout : i64
          %toB = arith.constant 512 : i64
          %dB0 = arith.addi %dA0, %toB : i64
          %kStep = arith.constant 2 : i64
          %dA1 = arith.addi %dA0, %kStep : i64
          %dB1 = arith.addi %dB0, %kStep : i64
          %dA2 = arith.addi %dA1, %kStep : i64
          %dB2 = arith.addi %dB1, %kStep : i64
          %dA3 = arith.addi %dA2, %kStep : i64
          %dB3 = arith.addi %dB2, %kStep : i64
          nvvm.wgmma.fence.aligned
          %none = llvm.mlir.undef : !S
          %w0 = nvvm.wgmma.mma_async %dA0, %dB0, %none, #nvvm.shape<m = 64, n = 16, k = 32>, D[<f32>, #nvvm.wgmma_scale_out<zero>], A[<e4m3>, #nvvm.wgmma_scale_in<one>, <row>], B[<e4m3>, #nvvm.wgmma_scale_in<one>, <col>] : !S -> !S
          %w1 = nvvm.wgmma.mma_async %dA1, %dB1, %w0, #nvvm.shape<m = 64, n = 16, k = 32>, D[<f32>, #nvvm.wgmma_scale_out<one>], A[<e4m3>, #nvvm.wgmma_scale_in<one>, <row>], B[<e4m3>, #nvvm.wgmma_scale_in<one>, <col>] : !S -> !S
          %w2 = nvvm.wgmma.mma_async %dA2, %dB2, %w1, #nvvm.shape<m = 64, n = 16, k = 32>, D[<f32>, #nvvm.wgmma_scale_out<one>], A[<e4m3>, #nvvm.wgmma_scale_in<one>, <row>], B[<e4m3>, #nvvm.wgmma_scale_in<one>, <col>] : !S -> !S
          %w3 = nvvm.wgmma.mma_async %dA3, %dB3, %w2, #nvvm.shape<m = 64, n = 16, k = 32>, D[<f32>, #nvvm.wgmma_scale_out<one>], A[<e4m3>, #nvvm.wgmma_scale_in<one>, <row>], B[<e4m3>, #nvvm.wgmma_scale_in<one>, <col>] : !S -> !S
          nvvm.wgmma.commit.group.sync.aligned
          %f0 = llvm.extractvalue %w3[0] : !S
          %f1 = llvm.extractvalue %w3[1] : !S
          %f2 = llvm.extractvalue %w3[2] : !S
          %f3 = llvm.extractvalue %w3[3] : !S
          %f4 = llvm.extractvalue %w3[4] : !S
          %f5 = llvm.extractvalue %w3[5] : !S
          %f6 = llvm.extractvalue %w3[6] : !S
          %f7 = llvm.extractvalue %w3[7] : !S
          %t = llvm.inline_asm has_side_effects "wgmma.wait_group.sync.aligned 0;", "=f,=f,=f,=f,=f,=f,=f,=f,0,1,2,3,4,5,6,7" %f0, %f1, %f2, %f3, %f4, %f5, %f6, %f7 : (f32, f32, f32, f32, f32, f32, f32, f32) -> !S

          // The slot goes back to the producers of both blocks.
          nvvm.bar.warp.sync %all : i32
          %isEmpty = llvm.getelementptr %empty[%stage] : (!llvm.ptr<3>, i32) -> !llvm.ptr<3>, i64
          %emptyHere = nvvm.mapa %isEmpty, %rank : !llvm.ptr<3> -> !llvm.ptr<7>
          %emptyThere = nvvm.mapa %isEmpty, %peer : !llvm.ptr<3> -> !llvm.ptr<7>
          llvm.inline_asm has_side_effects "@$1 mbarrier.arrive.shared::cluster.b64 _, [$0];", "l,b" %emptyHere, %speaks : (!llvm.ptr<7>, i1) -> ()
          llvm.inline_asm has_side_effects "@$1 mbarrier.arrive.shared::cluster.b64 _, [$0];", "l,b" %emptyThere, %speaks : (!llvm.ptr<7>, i1) -> () // @peer

          %t0 = llvm.extractvalue %t[0] : !S
          %t1 = llvm.extractvalue %t[1] : !S
          %t2 = llvm.extractvalue %t[2] : !S
          %t3 = llvm.extractvalue %t[3] : !S
          %t4 = llvm.extractvalue %t[4] : !S
          %t5 = llvm.extractvalue %t[5] : !S
          %t6 = llvm.extractvalue %t[6] : !S
          %t7 = llvm.extractvalue %t[7] : !S
          %b0 = llvm.intr.fma(%t0, %scale0, %a0) : (f32, f32, f32) -> f32
          %b1 = llvm.intr.fma(%t1, %scale0, %a1) : (f32, f32, f32) -> f32
          %b2 = llvm.intr.fma(%t2, %scale1, %a2) : (f32, f32, f32) -> f32
          %b3 = llvm.intr.fma(%t3, %scale1, %a3) : (f32, f32, f32) -> f32
          %b4 = llvm.intr.fma(%t4, %scale0, %a4) : (f32, f32, f32) -> f32
          %b5 = llvm.intr.fma(%t5, %scale0, %a5) : (f32, f32, f32) -> f32
          %b6 = llvm.intr.fma(%t6, %scale1, %a6) : (f32, f32, f32) -> f32
          %b7 = llvm.intr.fma(%t7, %scale1, %a7) : (f32, f32, f32) -> f32
          %j = arith.addi %i, %c1 : i32
          scf.yield %j, %b0, %b1, %b2, %b3, %b4, %b5, %b6, %b7 : i32, f32, f32, f32, f32, f32, f32, f32, f32
        }
        %inQuad = arith.remui %lane, %c4 : i32
        %pairColumn = arith.muli %inQuad, %c2 : i32
        %left = arith.addi %column, %pairColumn : i32
        %start0 = arith.muli %r0, %n : i32
        %start1 = arith.muli %r1, %n : i32
        %at0 = arith.addi %start0, %left : i32
        %at1 = arith.addi %start1, %left : i32
        %p0 = llvm.getelementptr %d[%at0] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i16
        %p1 = llvm.getelementptr %d[%at1] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i16
        %p2 = llvm.getelementptr %p0[8] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i16
        %p3 = llvm.getelementptr %p1[8] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i16
        %v0 = nvvm.convert.f32x2.to.bf16x2 %s1, %s0 {rnd = #nvvm.fp_rnd_mode<rn>} : vector<2xbf16>
        %v1 = nvvm.convert.f32x2.to.bf16x2 %s3, %s2 {rnd = #nvvm.fp_rnd_mode<rn>} : vector<2xbf16>
        %v2 = nvvm.convert.f32x2.to.bf16x2 %s5, %s4 {rnd = #nvvm.fp_rnd_mode<rn>} : vector<2xbf16>
        %v3 = nvvm.convert.f32x2.to.bf16x2 %s7, %s6 {rnd = #nvvm.fp_rnd_mode<rn>} : vector<2xbf16>
        llvm.store %v0, %p0 {alignment = 4 : i64} : vector<2xbf16>, !llvm.ptr<1>
        llvm.store %v1, %p1 {alignment = 4 : i64} : vector<2xbf16>, !llvm.ptr<1>
        llvm.store %v2, %p2 {alignment = 4 : i64} : vector<2xbf16>, !llvm.ptr<1>
        llvm.store %v3, %p3 {alignment = 4 : i64} : vector<2xbf16>, !llvm.ptr<1>
        scf.yield %next : i32
      }
    }
    // The other block may still load into this one and arrive on its barriers.
    nvvm.cluster.arrive // @end
    nvvm.cluster.wait // @end
    llvm.return
  }
}
