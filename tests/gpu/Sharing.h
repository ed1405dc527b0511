//===- Sharing.h - one layer, several streams, and bad ids ------*- C++ -*-===//
#ifndef MOE_TESTS_GPU_SHARING_H
#define MOE_TESTS_GPU_SHARING_H

#include "moert/moert.h"
#include "runtime/bench/CheckLine.h"
#include "runtime/bench/Inputs.h"

#include <filesystem>

namespace moert::tests {

/// A loaded layer is immutable: two threads that call it on two streams, each
/// with its own workspace, get what each gets alone (bench::ExpectedOutput).
bench::CheckLine checkTwoStreams(const FusedMoe &moe,
                                 const bench::Weights &weights);

/// Ids outside -1 ... E-1 count as -1, and throw in the debug mode.
bench::CheckLine checkBadIds(const std::filesystem::path &directory,
                             const FusedMoe &moe,
                             const bench::Weights &weights);

} // namespace moert::tests

#endif // MOE_TESTS_GPU_SHARING_H
