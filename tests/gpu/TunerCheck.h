//===- TunerCheck.h - what the tuner's check of a kernel sees ---*- C++ -*-===//
#ifndef MOE_TESTS_GPU_TUNERCHECK_H
#define MOE_TESTS_GPU_TUNERCHECK_H

#include "runtime/bench/CheckLine.h"
#include "runtime/bench/Inputs.h"

#include <filesystem>

namespace moert::tests {

/// The tuner's check of single kernels passes the kernels of the package's last
/// plan, loaded as it loads them, and finds a down kernel that is given the
/// wrong scales.
bench::CheckLine checkTunerCheck(const std::filesystem::path &directory,
                                 const bench::Weights &weights,
                                 cudaStream_t stream);

} // namespace moert::tests

#endif // MOE_TESTS_GPU_TUNERCHECK_H
