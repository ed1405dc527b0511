//===- Tune.h - what moe-tune does ------------------------------*- C++ -*-===//
#ifndef TUNER_TUNE_H
#define TUNER_TUNE_H

#include "tuner/CompileSource.h"
#include "tuner/Options.h"

#include <functional>
#include <memory>

namespace moert::tune {

/// How a description becomes kernels: openCompiler, or nothing where there is
/// no compiler.
using OpenCompiler = std::function<std::unique_ptr<Compiler>(
    const std::string &path, const std::string &ptxas, unsigned jobs,
    std::string &error)>;

/// Tunes on device 0 what the options name, printing as it goes, and writes
/// configuration files. False if a kernel was wrong, or if there are numbers of
/// tokens that no kernels could be had for; what could be tuned is written
/// nevertheless. Throws bench::InputError, Error or CudaError.
bool runTune(const Options &options, const OpenCompiler &open);

} // namespace moert::tune

#endif // TUNER_TUNE_H
