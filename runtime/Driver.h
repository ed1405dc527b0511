//===- Driver.h - libcuda, opened at first use ------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_DRIVER_H
#define MOE_RUNTIME_DRIVER_H

#include <cuda.h>

#include <string>

// The driver calls that moert makes. cuda.h renames some of them (_v2); as
// macro arguments they are expanded first, so field, type and symbol agree.
#define MOERT_DRIVER_CALLS(CALL)                                               \
  CALL(cuInit)                                                                 \
  CALL(cuGetErrorName)                                                         \
  CALL(cuGetErrorString)                                                       \
  CALL(cuDeviceGet)                                                            \
  CALL(cuDeviceGetAttribute)                                                   \
  CALL(cuDeviceGetName)                                                        \
  CALL(cuDevicePrimaryCtxRetain)                                               \
  CALL(cuDevicePrimaryCtxRelease)                                              \
  CALL(cuCtxGetCurrent)                                                        \
  CALL(cuCtxGetDevice)                                                         \
  CALL(cuCtxPushCurrent)                                                       \
  CALL(cuCtxPopCurrent)                                                        \
  CALL(cuModuleLoadDataEx)                                                     \
  CALL(cuModuleUnload)                                                         \
  CALL(cuModuleGetFunction)                                                    \
  CALL(cuFuncSetAttribute)                                                     \
  CALL(cuOccupancyMaxActiveBlocksPerMultiprocessor)                            \
  CALL(cuOccupancyMaxActiveClusters)                                           \
  CALL(cuLaunchKernelEx)                                                       \
  CALL(cuTensorMapEncodeTiled)

namespace moert {

/// The driver's functions. libcuda is opened by the first get(), not linked:
/// programs start, and say what is missing, on machines without a driver.
struct Driver {
// NOLINTNEXTLINE(bugprone-macro-parentheses)
#define MOERT_FIELD(name) decltype(&::name) name = nullptr;
  MOERT_DRIVER_CALLS(MOERT_FIELD)
#undef MOERT_FIELD

  /// Throws Error(noDriver) if libcuda is absent, too old or does not start,
  /// Error(noDevice) if it sees no GPU.
  static const Driver &get();

  /// Throws Error naming `call`, the object it is about and the status,
  /// unless that is CUDA_SUCCESS.
  void check(CUresult status, const char *call,
             const std::string &about = {}) const;
  /// "CUDA_ERROR_INVALID_VALUE (invalid argument)".
  std::string describe(CUresult status) const;

private:
  Driver();
};

/// The context that is current, or the primary one of device 0 if there is
/// none; a primary one is kept alive.
class Context {
public:
  Context();
  ~Context();
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  CUcontext handle() const { return context; }
  int attribute(CUdevice_attribute which) const;
  /// "device 0 (NVIDIA H200)".
  std::string deviceName() const;

private:
  CUcontext context = nullptr;
  CUdevice device = 0;
  bool retained = false;
};

/// Makes a context current for the life of this object.
class ScopedContext {
public:
  explicit ScopedContext(const Context &context);
  ~ScopedContext();
  ScopedContext(const ScopedContext &) = delete;
  ScopedContext &operator=(const ScopedContext &) = delete;
};

} // namespace moert

#endif // MOE_RUNTIME_DRIVER_H
