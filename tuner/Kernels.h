//===- Kernels.h - where the kernels to try come from -----------*- C++ -*-===//
#ifndef TUNER_KERNELS_H
#define TUNER_KERNELS_H

#include "compiler/schedule/Space.h"
#include "moert/Manifest.h"

#include <string>
#include <vector>

namespace moert::tune {

using mlir::moe::Gemm;
using mlir::moe::kGemms;
using mlir::moe::Schedule;
using mlir::moe::Variant;

/// A kernel as the runtime loads it.
struct Kernel {
  KernelRecord record;
  std::string cubin; ///< Its bytes.
};

/// A pack of cubins, or a compiler.
class KernelSource {
public:
  virtual ~KernelSource() = default;

  /// Whether it knows how to come by this kernel. What it offers it may still
  /// fail to give.
  virtual bool offers(const Variant &variant) const = 0;
  /// These will be asked for, the first ones first. Returns at once.
  virtual void want(const std::vector<Variant> &variants) = 0;
  /// The kernel, waiting for it if need be; null if there is none. Lives as
  /// long as the source.
  virtual const Kernel *get(const Variant &variant) = 0;
  /// A line for each kernel that was offered and could not be given, with the
  /// reason.
  virtual std::vector<std::string> dropped() const = 0;
};

} // namespace moert::tune

#endif // TUNER_KERNELS_H
