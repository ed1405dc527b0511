//===- CompileSource.h - kernels compiled while others are timed -*- C++
//-*-===//
//
// No LLVM here, so that programs with exceptions can include it; what is behind
// it links LLVM.
//
//===----------------------------------------------------------------------===//
#ifndef TUNER_COMPILESOURCE_H
#define TUNER_COMPILESOURCE_H

#include "tuner/Kernels.h"

#include <memory>
#include <string>

namespace moert::tune {

/// A description and the compiler for its kernels.
struct Compiler {
  LayerDescription layer;
  std::unique_ptr<KernelSource> source;
};

/// Reads the one moe.layer of a file, looks for ptxas (`ptxas` if given, else
/// the PATH, $CUDA_HOME and /usr/local/cuda) and starts `jobs` threads, 0 for
/// all cores but two. What is wrong is put in `error`, and nothing is returned.
/// Kernels that ptxas spills or remarks on are dropped.
std::unique_ptr<Compiler> openCompiler(const std::string &path,
                                       const std::string &ptxas, unsigned jobs,
                                       std::string &error);

} // namespace moert::tune

#endif // TUNER_COMPILESOURCE_H
