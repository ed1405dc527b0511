//===- KernelCheck.h - kernels against the bit-exact model ------*- C++ -*-===//
#ifndef TUNER_KERNELCHECK_H
#define TUNER_KERNELCHECK_H

#include "runtime/bench/CheckState.h"
#include "tuner/Kernels.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace moert::tune {

/// Checks many kernels of one layer. What the model makes of a case is computed
/// once for each padding, so that a kernel costs a launch and a comparison.
class KernelCheck {
public:
  KernelCheck(const bench::Weights &weights, std::uint64_t seed,
              cudaStream_t stream);
  ~KernelCheck();

  /// What is wrong with moe's kernel for `gemm`, its only one; nothing if all
  /// it writes is the model's, bit for bit (if the reduction is atomic: a sum
  /// of the model's rows in some order), and it writes nothing else. Few tokens
  /// on uniform routing, then more on routing that gives some experts hundreds
  /// of rows and others none.
  std::optional<std::string> fault(std::shared_ptr<const FusedMoe> moe,
                                   Gemm gemm);

private:
  struct Case;

  Case &caseOf(const std::shared_ptr<const FusedMoe> &moe, int index);
  std::string faultIn(Case &one, const FusedMoe &moe, Gemm gemm);

  const bench::Weights &weights;
  std::uint64_t seed;
  cudaStream_t stream;
  std::map<std::pair<std::int64_t, int>, std::unique_ptr<Case>> cases;
};

} // namespace moert::tune

#endif // TUNER_KERNELCHECK_H
