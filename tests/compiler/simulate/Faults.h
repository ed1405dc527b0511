//===- Faults.h - faults written beside a kernel ----------------*- C++ -*-===//
//
// Comments of the kernel's file name what is to be broken and what the
// simulator must say of it:
//
//   // fault no-fence: drop nvvm.fence.proxy
//   //   says proxy fence: warp; no fence.proxy.async follows; @store
//   // fault too-long: put 128 : i32 => 256 : i32; drop wait_group
//
// "drop" empties the lines that hold a text, "put" replaces it in all of them.
// A finding is right if its law is one of those before the colon (split by |)
// and its text holds each of the pieces; @store is the line that ends in
// "// @store".
//
//===----------------------------------------------------------------------===//
#ifndef TESTS_COMPILER_SIMULATE_FAULTS_H
#define TESTS_COMPILER_SIMULATE_FAULTS_H

#include "compiler/simulate/Finding.h"
#include "compiler/simulate/Jit.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

struct Fault {
  std::string name, edits, laws;
  std::vector<std::string> pieces; ///< Marks as "file:N".

  /// The kernel's text with the fault; empty if there was nothing to change.
  std::string plant(llvm::StringRef text) const;
  /// What is wrong with the finding; empty if nothing.
  std::string refute(const mlir::moe::sim::Finding &finding) const;
};

/// The faults of a kernel whose locations name `file`.
std::vector<Fault> readFaults(llvm::StringRef text, llvm::StringRef file);

/// Plants each fault of a kernel, runs it under every seed and prints what is
/// found. 0 if all are found in the right words.
int runFaults(llvm::StringRef file, llvm::StringRef text, unsigned seeds,
              llvm::function_ref<std::optional<mlir::moe::sim::Finding>(
                  const mlir::moe::sim::Jit &, unsigned seed)>
                  run);

#endif // TESTS_COMPILER_SIMULATE_FAULTS_H
