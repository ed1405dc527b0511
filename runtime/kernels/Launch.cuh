//===- Launch.cuh - what every launcher shares ------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_KERNELS_LAUNCH_CUH
#define MOE_RUNTIME_KERNELS_LAUNCH_CUH

#include "runtime/kernels/Kernels.h"

#include <cuda_runtime.h>

namespace moert {

/// Launches `kernel`; throws Error naming it if that is refused. The status
/// comes from the launch itself, so an older error of the host app is neither
/// reported here nor cleared.
template <typename... Params, typename... Args>
void launch(const char *name, void (*kernel)(Params...), dim3 grid, dim3 block,
            std::size_t sharedBytes, cudaStream_t stream, Args... args) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = sharedBytes;
  config.stream = stream;
  checkCuda(cudaLaunchKernelEx(&config, kernel, args...), name);
}

/// Loads one kernel now: asking for its attributes needs its code.
template <typename... Params>
void loadKernel(const char *name, void (*kernel)(Params...)) {
  cudaFuncAttributes attributes;
  checkCuda(cudaFuncGetAttributes(&attributes, kernel), name);
}

void loadRouteKernels();
void loadQuantiseKernels();
void loadActivationKernels();
void loadCombineKernels();

} // namespace moert

#endif // MOE_RUNTIME_KERNELS_LAUNCH_CUH
