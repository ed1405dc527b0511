// What the simulator does not know is an error that names it: an intrinsic, an
// inline asm (a text, or known text with other constraints), and what LLVM's own
// intrinsics do to memory that is checked.
//
// RUN: sed 's|//@inval||' %s > %t.inval.mlir
// RUN: sed 's|//@text||' %s > %t.text.mlir
// RUN: sed 's|//@constraints||' %s > %t.constraints.mlir
// RUN: sed 's|//@memory||' %s > %t.memory.mlir
// RUN: %exits 1 moe-sim-kernel %t.inval.mlir 2>&1 | FileCheck %s --check-prefix=INTRINSIC
// RUN: %exits 1 moe-sim-kernel %t.text.mlir 2>&1 | FileCheck %s --check-prefix=TEXT
// RUN: %exits 1 moe-sim-kernel %t.constraints.mlir 2>&1 | FileCheck %s --check-prefix=CONSTRAINTS
// RUN: %exits 1 moe-sim-kernel %t.memory.mlir 2>&1 | FileCheck %s --check-prefix=MEMORY
// INTRINSIC: error: the simulator does not know 'llvm.nvvm.mbarrier.inval.shared', at unknown.mlir.tmp.inval.mlir:{{[0-9]+}}
// TEXT: error: the simulator does not know inline asm 'red.relaxed.gpu.global.min.s32 [$0], $1;' (l,r), at unknown.mlir.tmp.text.mlir:{{[0-9]+}}
// CONSTRAINTS: error: the simulator does not know inline asm 'griddepcontrol.wait;' (), at
// MEMORY: error: the simulator does not know 'llvm.memset.p1.i64', at
//
// launch: threads=32 shared=64
// out d i32 32
gpu.module @unknown {
  llvm.mlir.global external @smem() {addr_space = 3 : i32, alignment = 1024 : i64} : !llvm.array<0 x i8>
  llvm.func @unknown(%d: !llvm.ptr<1>, %long: i64)
      attributes {gpu.kernel, nvvm.kernel, nvvm.maxntid = array<i32: 32>} {
    %c4 = arith.constant 4 : i32
    %byte = arith.constant 0 : i8
    %s = llvm.mlir.addressof @smem : !llvm.ptr<3>
    //@inval nvvm.mbarrier.inval %s : !llvm.ptr<3>
    //@text llvm.inline_asm has_side_effects "red.relaxed.gpu.global.min.s32 [$0], $1;", "l,r" %d, %c4 : (!llvm.ptr<1>, i32) -> ()
    //@constraints llvm.inline_asm has_side_effects "griddepcontrol.wait;", "" : () -> ()
    //@memory "llvm.intr.memset"(%d, %byte, %long) <{isVolatile = false}> : (!llvm.ptr<1>, i8, i64) -> ()
    llvm.return
  }
}
