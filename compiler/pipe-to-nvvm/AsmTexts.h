//===- AsmTexts.h - the inline assembly of kernels --------------*- C++ -*-===//
//
// One place for each text: the lowering prints it, the simulator knows it by
// it. Operands are $0, $1, …: results, then what is tied to them, then others.
//
//===----------------------------------------------------------------------===//
#ifndef COMPILER_PIPETONVVM_ASMTEXTS_H
#define COMPILER_PIPETONVVM_ASMTEXTS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

#include <string>

namespace mlir::pipe {

/// Arrives once on a local mbarrier; a predicate goes before it.
inline constexpr llvm::StringLiteral kArriveText =
    "mbarrier.arrive.shared::cta.b64 _, [$0];";

/// The same on an mbarrier of any block of the cluster.
inline constexpr llvm::StringLiteral kRemoteArriveText =
    "mbarrier.arrive.shared::cluster.b64 _, [$0];";

/// Stores $1 and $2, f32, at $0 in any block of the cluster, and counts their 8
/// bytes on the mbarrier $3 of that block. Nothing waits until they are there,
/// as a release of plain stores would: it costs a fence of the whole GPU's
/// scope (PTX ISA, "st.async").
inline constexpr llvm::StringLiteral kStoreAsyncText =
    "st.async.shared::cluster.mbarrier::complete_tx::bytes.v2.f32 [$0], {$1, "
    "$2}, [$3];";

/// Waits for the earlier kernels of a programmatic launch, and tells the next
/// one that it may start. The intrinsics do not say that they touch memory, so
/// LLVM may move loads over them: as a clobber of memory nothing moves.
inline constexpr llvm::StringLiteral kGridWaitText = "griddepcontrol.wait;";
inline constexpr llvm::StringLiteral kGridLaunchText =
    "griddepcontrol.launch_dependents;";

/// Adds `count` (1, 2 or 4) registers to global memory and returns nothing;
/// `type` is "f32", "noftz.bf16x2" or "noftz.f16x2".
inline std::string redAddText(llvm::StringRef type, int64_t count) {
  std::string text = "red.relaxed.gpu.global.add", list = "$1";
  // .noftz stands before the vector, the type behind it.
  llvm::StringRef element = type;
  if (element.consume_front("noftz."))
    text += ".noftz";
  if (count > 1)
    text += ".v" + std::to_string(count);
  for (int64_t i = 2; i <= count; ++i)
    list += ", $" + std::to_string(i);
  return text + "." + element.str() + " [$0], " +
         (count > 1 ? "{" + list + "}" : list) + ";";
}

/// Adds $2 bytes of shared memory at $1 to global memory at $0, in a bulk
/// group; `type` is "f32", "noftz.bf16" or "noftz.f16".
inline std::string bulkReduceAddText(llvm::StringRef type) {
  return "cp.reduce.async.bulk.global.shared::cta.bulk_group.add." +
         type.str() + " [$0], [$1], $2;";
}

/// A policy for accesses whose lines L2 should give up last.
inline constexpr llvm::StringLiteral kKeepInL2Text =
    "createpolicy.fractional.L2::evict_last.b64 $0, 1.0;";

/// Copies 16 bytes at $1 to shared memory at $0 past L1: the first $2, and
/// zeros for the rest; by the L2 policy $3.
inline constexpr llvm::StringLiteral kCopyByPolicyText =
    "cp.async.cg.shared.global.L2::cache_hint [$0], [$1], 16, $2, $3;";

/// Waits until all but `depth` committed groups of wgmma are over.
inline std::string wgmmaWaitText(int64_t depth) {
  return "wgmma.wait_group.sync.aligned " + std::to_string(depth) + ";";
}

namespace detail {
inline std::string operand(int64_t i) { return "$" + std::to_string(i); }

/// One step up to its descriptors; n/2 registers, then n/2 tied to them.
inline std::string wgmmaStart(int64_t n, int64_t scaleOut) {
  std::string text = "{\n.reg .pred p;\nsetp.ne.b32 p, " + operand(scaleOut) +
                     ", 0;\nwgmma.mma_async.sync.aligned.m64n" +
                     std::to_string(n) + "k32.f32.e4m3.e4m3 {";
  for (int64_t i = 0; i < n / 2; ++i)
    text += (i ? ", " : "") + operand(i);
  return text + "}, " + operand(n) + ", " + operand(n + 1) + ", p, ";
}
} // namespace detail

/// A step whose operand behind the descriptors says, at run time, whether it
/// adds to the registers or starts from zero.
inline std::string wgmmaIntoText(int64_t n) {
  return detail::wgmmaStart(n, n + 2) + "1, 1;\n}";
}

/// A step as MLIR prints nvvm.wgmma.mma_async; behind the descriptors come
/// scale-d and the signs of A and B.
inline std::string wgmmaText(int64_t n) {
  return detail::wgmmaStart(n, n + 2) + detail::operand(n + 3) + ",  " +
         detail::operand(n + 4) + ";\n}\n";
}

} // namespace mlir::pipe

#endif // COMPILER_PIPETONVVM_ASMTEXTS_H
