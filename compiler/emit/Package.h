//===- Package.h - the directory the runtime loads --------------*- C++ -*-===//
#ifndef COMPILER_EMIT_PACKAGE_H
#define COMPILER_EMIT_PACKAGE_H

#include "compiler/emit/Compile.h"

#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::moe {

/// Writes `contents` to `path`, whole or not at all.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef contents);

/// Writes manifest.json and the PTX and cubin of every kernel to `directory`,
/// which is made if need be. Each file appears whole, the manifest last, so a
/// reader never sees a manifest whose kernels are not there. Kernels of an
/// earlier package that this one does not have stay: somebody may be reading
/// them.
llvm::Error writePackage(const CompiledLayer &layer, llvm::StringRef directory);

/// A table of the kernels: tile, stages, threads, what they take of an SM.
void printTable(const CompiledLayer &layer, llvm::raw_ostream &stream);

} // namespace mlir::moe

#endif // COMPILER_EMIT_PACKAGE_H
