//===- PackOptions.h - kernels for a tuner, beside a package's --*- C++ -*-===//
#ifndef COMPILER_TOOLS_PACKOPTIONS_H
#define COMPILER_TOOLS_PACKOPTIONS_H

#include "compiler/emit/Compile.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <vector>

namespace mlir::moe {

extern llvm::cl::OptionCategory packCategory;

/// Whether --candidates was given.
bool packIsAsked();

/// The numbers of tokens that it names, or those that a pack is for.
llvm::Expected<std::vector<int64_t>> tokensOfPack();

/// Makes the package of the layer in `file` a pack, and says in `stream` which
/// kernels are left out and why.
llvm::Error addCandidates(CompiledLayer &layer, llvm::StringRef file,
                          const CompileOptions &options,
                          llvm::raw_ostream &stream);

} // namespace mlir::moe

#endif // COMPILER_TOOLS_PACKOPTIONS_H
