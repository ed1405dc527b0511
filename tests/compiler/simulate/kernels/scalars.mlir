// Arithmetic and conversions behind the optimiser, which writes some of them in
// its own words. The intrinsics themselves: ScalarTest.cpp.
//
// RUN: moe-sim-kernel %s | FileCheck %s
// RUN: moe-sim-kernel %s --ptx > %t.ptx
// RUN: ptxas -arch=sm_90a %t.ptx -o %t.cubin
//
// CHECK: 8 of 8 seeds:
// CHECK-NEXT: power[0]: 1 2 0.5 8 1.41421 0 inf nan
// CHECK-NEXT: inverse[0]: inf 1 -1 0.333333 2 -0.00208333 0.00208333 nan
// CHECK-NEXT: quotient[0]: 0 0.142857 -0.142857 0.428571 0.0714286 -68.5714 68.5714 nan
// CHECK-NEXT: most[0]: 0.25 1 0.25 3 0.5 0.25 480 0.25
// CHECK-NEXT: magnitude[0]: 0 1 1 3 0.5 480 480 nan
// CHECK-NEXT: codes[0]: 0000 3838 38b8 4444 3030 7efe 7e7e 7f7f
// CHECK-NEXT: pairs[0]: 00000000 3f803f80 bf803f80 40404040 3f003f00 c3f043f0 43f043f0 7fff7fff
//
// launch: threads=32
// in x f32 8 0 1 -1 3 0.5 -480 480 nan
// out power f32 8
// out inverse f32 8
// out quotient f32 8
// out most f32 8
// out magnitude f32 8
// out codes u16 8
// out pairs u32 8
gpu.module @scalars {
  llvm.func @scalars(%x: !llvm.ptr<1>, %power: !llvm.ptr<1>, %inverse: !llvm.ptr<1>,
                     %quotient: !llvm.ptr<1>, %most: !llvm.ptr<1>, %magnitude: !llvm.ptr<1>,
                     %codes: !llvm.ptr<1>, %pairs: !llvm.ptr<1>)
      attributes {gpu.kernel, nvvm.kernel, nvvm.maxntid = array<i32: 32>} {
    %count = arith.constant 8 : i32
    %quarter = arith.constant 0.25 : f32
    %seven = arith.constant 7.0 : f32
    %lane = nvvm.read.ptx.sreg.tid.x : i32
    %works = arith.cmpi ult, %lane, %count : i32
    scf.if %works {
      %from = llvm.getelementptr %x[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      %value = llvm.load %from : !llvm.ptr<1> -> f32
      %0 = llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"(%value) : (f32) -> f32
      %to0 = llvm.getelementptr %power[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.store %0, %to0 : f32, !llvm.ptr<1>
      %1 = nvvm.rcp.approx.ftz.f %value : f32
      %to1 = llvm.getelementptr %inverse[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.store %1, %to1 : f32, !llvm.ptr<1>
      %2 = arith.divf %value, %seven : f32
      %to2 = llvm.getelementptr %quotient[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.store %2, %to2 : f32, !llvm.ptr<1>
      %3 = arith.maxnumf %value, %quarter : f32
      %to3 = llvm.getelementptr %most[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.store %3, %to3 : f32, !llvm.ptr<1>
      %4 = llvm.intr.fabs(%value) : (f32) -> f32
      %to4 = llvm.getelementptr %magnitude[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
      llvm.store %4, %to4 : f32, !llvm.ptr<1>
      %5 = nvvm.convert.f32x2.to.f8x2 %4, %value {rnd = #nvvm.fp_rnd_mode<rn>, sat = #nvvm.sat_mode<satfinite>} : i16 (f8E4M3FN)
      %to5 = llvm.getelementptr %codes[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, i16
      llvm.store %5, %to5 : i16, !llvm.ptr<1>
      %6 = nvvm.convert.f32x2.to.bf16x2 %value, %4 {rnd = #nvvm.fp_rnd_mode<rn>} : vector<2xbf16>
      %to6 = llvm.getelementptr %pairs[%lane] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, vector<2xbf16>
      llvm.store %6, %to6 : vector<2xbf16>, !llvm.ptr<1>
    }
    llvm.return
  }
}
