//===- Launch.cuh - what every launcher shares ------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_KERNELS_LAUNCH_CUH
#define MOE_RUNTIME_KERNELS_LAUNCH_CUH

#include "runtime/kernels/Kernels.h"

#include <cuda_runtime.h>

namespace moert {

/// Dynamic shared memory that a kernel may have without asking for more: 48 KB,
/// less a little that is static.
constexpr std::size_t kSharedBytesUnasked = 47 * 1024;

/// Launches `kernel`; throws Error naming it if that is refused. The status
/// comes from the launch itself, so an older error of the host app is neither
/// reported here nor cleared.
template <typename... Params, typename... Args>
void launch(const char *name, void (*kernel)(Params...), dim3 grid, dim3 block,
            std::size_t sharedBytes, cudaStream_t stream, Start start,
            Args... args) {
  if (sharedBytes > kSharedBytesUnasked)
    checkCuda(cudaFuncSetAttribute(kernel,
                                   cudaFuncAttributeMaxDynamicSharedMemorySize,
                                   int(sharedBytes)),
              name);
  cudaLaunchAttribute early{};
  early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  early.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = sharedBytes;
  config.stream = stream;
  config.attrs = &early;
  config.numAttrs = start == Start::early ? 1 : 0;
  checkCuda(cudaLaunchKernelEx(&config, kernel, args...), name);
}

/// Lets the next kernel start, if it was launched so: it waits for this one.
__device__ inline void letNextStart() {
  cudaTriggerProgrammaticLaunchCompletion();
}

/// Waits until the kernels before this one are done and what they wrote is
/// seen. Every thread of every block of the chain's kernels calls it before it
/// exits, with work or without, as Start.h says.
__device__ inline void waitForEarlier() { cudaGridDependencySynchronize(); }

/// Loads one kernel now: asking for its attributes needs its code.
template <typename... Params>
void loadKernel(const char *name, void (*kernel)(Params...)) {
  cudaFuncAttributes attributes;
  checkCuda(cudaFuncGetAttributes(&attributes, kernel), name);
}

/// Both in one launch, if one block holds all pairs in registers
/// (planSmallRoute); false, and nothing launched, if not. Without rows to
/// quantise it is the sort alone.
bool launchSmallSort(const RouteArgs &route, const QuantiseArgs &quantise,
                     cudaStream_t stream);

void loadRouteKernels();
void loadQuantiseKernels();
void loadRouteQuantiseKernels();
void loadZeroKernels();
void loadCombineKernels();

} // namespace moert

#endif // MOE_RUNTIME_KERNELS_LAUNCH_CUH
