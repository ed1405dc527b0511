//===- Report.cuh - what a comparison brings back from the GPU --*- C++ -*-===//
#ifndef MOE_RUNTIME_REFERENCE_REPORT_CUH
#define MOE_RUNTIME_REFERENCE_REPORT_CUH

#include "runtime/reference/Cuda.h"

namespace moert::reference {

constexpr int kMaxBlocks = 132 * 16; ///< Enough to fill any Hopper GPU.

/// A value of T on the device that the host sets and reads.
template <class T> class Report {
public:
  explicit Report(T value) : memory(sizeof(T)) {
    copyToDevice(memory.data(), &value, sizeof value);
  }
  T *device() { return memory.as<T>(); }
  T read(cudaStream_t stream, const char *what) {
    checkLaunch(what);
    check(cudaStreamSynchronize(stream), what);
    T value;
    copyToHost(&value, memory.data(), sizeof value);
    return value;
  }

private:
  DeviceMemory memory;
};

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_REPORT_CUH
