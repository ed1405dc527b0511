//===- Variants.h - kernels that no plan asks for ---------------*- C++ -*-===//
#ifndef COMPILER_EMIT_VARIANTS_H
#define COMPILER_EMIT_VARIANTS_H

#include "compiler/emit/Compile.h"
#include "compiler/schedule/Space.h"

#include "llvm/Support/Error.h"

namespace mlir::moe {

/// The file of one moe.layer, and what was read from it.
struct LayerSource {
  std::string path, text;
  moert::LayerDescription layer;
};

/// Reads the one moe.layer of a file. What is wrong with it is an error that
/// says where, as the parser's diagnostics do.
llvm::Expected<LayerSource> readLayer(llvm::StringRef path);

/// Compiles one kernel, alone and in the calling thread, with a context of its
/// own. It is called variant.name(). `ptxas` is a path. What ptxas spilled or
/// remarked on is an error like any other: whoever tries kernels goes on
/// without it.
llvm::Expected<CompiledKernel> compileVariant(const LayerSource &source,
                                              const Variant &variant,
                                              llvm::StringRef ptxas);

/// Adds to `layer` the kernels of `variants` that it does not have, which makes
/// it a pack. Reports as options.progress asks, compiles options.jobs at a
/// time. Returns a line for each that is left out, with the reason.
llvm::Expected<std::vector<std::string>>
addVariants(CompiledLayer &layer, const LayerSource &source,
            const std::vector<Variant> &variants,
            const CompileOptions &options);

} // namespace mlir::moe

#endif // COMPILER_EMIT_VARIANTS_H
