//===- Launch.cu - loading the small kernels, and their errors ------------===//
#include "runtime/kernels/Launch.cuh"

#include "moert/Error.h"

#include <string>

namespace moert {

void checkCuda(cudaError_t status, const char *call) {
  if (status == cudaSuccess)
    return;
  ErrorCode code = ErrorCode::cuda;
  if (status == cudaErrorInsufficientDriver)
    code = ErrorCode::noDriver;
  else if (status == cudaErrorNoDevice ||
           status == cudaErrorNoKernelImageForDevice)
    code = ErrorCode::noDevice;
  throw Error(code, std::string(call) + ": expected cudaSuccess, got " +
                        cudaGetErrorName(status) + " (" +
                        cudaGetErrorString(status) + ")");
}

void loadSmallKernels() {
  loadRouteKernels();
  loadQuantiseKernels();
  loadRouteQuantiseKernels();
  loadZeroKernels();
  loadCombineKernels();
}

} // namespace moert
