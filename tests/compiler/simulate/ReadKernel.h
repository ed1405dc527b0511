//===- ReadKernel.h - a small kernel written by hand ------------*- C++ -*-===//
#ifndef TESTS_COMPILER_SIMULATE_READKERNEL_H
#define TESTS_COMPILER_SIMULATE_READKERNEL_H

#include "compiler/simulate/Jit.h"

#include "llvm/IR/Module.h"

#include <memory>
#include <optional>
#include <string>

/// The final module of a file's text: LLVM IR as it is (.ll); or a gpu.module
/// of the dialects llvm, nvvm, arith, cf and scf, lowered and optimised as the
/// emitted kernels are, with the file's lines as locations. Null after an
/// error, which is reported.
std::unique_ptr<llvm::Module> readKernel(llvm::StringRef file,
                                         llvm::StringRef text,
                                         llvm::LLVMContext &context);

/// The same, compiled for the host.
llvm::Expected<std::unique_ptr<mlir::moe::sim::Jit>>
compileKernel(llvm::StringRef file, llvm::StringRef text);

/// A file's text; an error is reported.
std::optional<std::string> readText(llvm::StringRef file);

#endif // TESTS_COMPILER_SIMULATE_READKERNEL_H
