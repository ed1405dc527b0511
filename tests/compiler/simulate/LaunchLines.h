//===- LaunchLines.h - how a test's kernel is launched ----------*- C++ -*-===//
//
// Comments of the kernel's file say it:
//
//   // launch: grid=2 threads=64 shared=1024 earlier-writes=a earlier-reads=b
//   // in a f32 64 iota           (or: zero, or the values)
//   // out d i32 8 zero           (or nothing: poison)
//   // map a 64x8 box 16x8 swizzle 128
//   // value 5
//
// in and out are tensors; they, maps of a tensor named before (innermost extent
// first) and values are the arguments, in this order. A tensor that only maps
// name stands behind "tensor" instead: // tensor in a ...
//
//===----------------------------------------------------------------------===//
#ifndef TESTS_COMPILER_SIMULATE_LAUNCHLINES_H
#define TESTS_COMPILER_SIMULATE_LAUNCHLINES_H

#include "compiler/simulate/Launch.h"

#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <deque>

/// A tensor of a test, with what it starts as.
struct TestTensor {
  std::string name, type;
  bool isOutput = false;
  std::vector<uint8_t> initial, bytes; ///< The second is what kernels see.
  size_t elementBytes() const;
  void print(llvm::raw_ostream &stream) const;
};

/// A launch with what its arguments point to.
struct TestLaunch {
  mlir::moe::sim::LaunchConfig config;
  std::deque<TestTensor> tensors;
  std::deque<mlir::moe::sim::TensorMap> maps;

  static llvm::Expected<std::unique_ptr<TestLaunch>> read(llvm::StringRef text);
  /// Tensors as they were, and a memory that holds them.
  mlir::moe::sim::GlobalMemory prepare();
  std::string outputs() const;

private:
  llvm::Error readLine(llvm::StringRef line);
  llvm::Error addTensor(llvm::ArrayRef<llvm::StringRef> words);
  llvm::Error addMap(llvm::ArrayRef<llvm::StringRef> words);
  TestTensor *find(llvm::StringRef name);
};

#endif // TESTS_COMPILER_SIMULATE_LAUNCHLINES_H
