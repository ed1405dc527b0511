//===- GemmKernel.h - one generated kernel, loaded --------------*- C++ -*-===//
#ifndef MOE_RUNTIME_GEMMKERNEL_H
#define MOE_RUNTIME_GEMMKERNEL_H

#include "runtime/Driver.h"
#include "runtime/Start.h"
#include "runtime/TensorMap.h"

#include <filesystem>

namespace moert {

/// Reads the cubin of a kernel. Throws Error(badCubin) naming the file, what
/// was wanted and what was got, unless it is the one the manifest describes.
std::string readCubin(const std::filesystem::path &directory,
                      const KernelRecord &record);

/// Throws the same if `cubin` has another size or checksum than the record's;
/// `origin` is what the error calls it.
void checkCubin(const std::string &cubin, const KernelRecord &record,
                const std::string &origin);

/// Blocks of a launch over `rows` sorted rows: one a tile, at most `resident`,
/// which is what the GPU holds at once; a multiple of the kernel's cluster.
std::int64_t gridBlocks(const KernelRecord &record, std::int64_t rows,
                        std::int64_t resident);

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

  /// Enqueues it on gridBlocks: it is persistent. `start` counts only for a
  /// kernel that waits itself (KernelRecord::programmatic). The context is
  /// current.
  void launch(const TensorPointers &tensors, const CallSizes &sizes,
              Start start, CUstream stream) const;

  /// True if it counts what of h it has stored (Tensor::hProgress), or waits by
  /// such counts.
  bool counts() const { return record.has(Tensor::hProgress); }

private:
  void findFunction(const std::string &origin);
  std::int64_t countResidentBlocks(const std::string &origin) const;

  const Context &context;
  const KernelRecord record;
  CUmodule module = nullptr;
  CUfunction function = nullptr;
  std::int64_t resident = 0; ///< Blocks that the GPU holds at once.
};

} // namespace moert

#endif // MOE_RUNTIME_GEMMKERNEL_H
