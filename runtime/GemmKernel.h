//===- GemmKernel.h - one generated kernel, loaded --------------*- C++ -*-===//
#ifndef MOE_RUNTIME_GEMMKERNEL_H
#define MOE_RUNTIME_GEMMKERNEL_H

#include "runtime/Driver.h"
#include "runtime/TensorMap.h"

#include <filesystem>

namespace moert {

/// Reads the cubin of a kernel. Throws Error(badCubin) naming the file, what
/// was wanted and what was got, unless it is the one the manifest describes.
std::string readCubin(const std::filesystem::path &directory,
                      const KernelRecord &record);

/// A kernel in a context, which outlives it.
class GemmKernel {
public:
  /// `origin` is the cubin's file name. Throws Error(badCubin) if the driver
  /// cannot use the cubin. The context is current.
  GemmKernel(const Context &context, const KernelRecord &record,
             const std::string &cubin, const std::string &origin);
  ~GemmKernel();
  GemmKernel(const GemmKernel &) = delete;
  GemmKernel &operator=(const GemmKernel &) = delete;

  /// Enqueues it on as many blocks as there are tiles, at most
  /// `multiprocessors`: it is persistent, and each block fills one. The
  /// context is current.
  void launch(const TensorPointers &tensors, const CallSizes &sizes,
              int multiprocessors, CUstream stream) const;

private:
  const Context &context;
  const KernelRecord record;
  CUmodule module = nullptr;
  CUfunction function = nullptr;
};

} // namespace moert

#endif // MOE_RUNTIME_GEMMKERNEL_H
