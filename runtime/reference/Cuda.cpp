//===- Cuda.cpp - CUDA calls that throw, and memory that frees ------------===//
#include "runtime/reference/Cuda.h"

namespace moert::reference {

void check(cudaError_t status, const std::string &call) {
  if (status == cudaSuccess)
    return;
  throw CudaError(call + ": " + cudaGetErrorString(status) + " (" +
                  cudaGetErrorName(status) + ")");
}

void checkLaunch(const char *kernel) {
  check(cudaGetLastError(), std::string("launch of ") + kernel);
}

DeviceMemory::DeviceMemory(std::size_t bytes) : bytes(bytes) {
  if (bytes != 0)
    check(cudaMalloc(&pointer, bytes),
          "cudaMalloc of " + std::to_string(bytes) + " bytes");
}

// A failing free can only report an error of an earlier launch, and a
// destructor cannot: the next checked call will.
DeviceMemory::~DeviceMemory() { (void)cudaFree(pointer); }

void DeviceMemory::grow(std::size_t wanted) {
  if (wanted <= bytes)
    return;
  *this = DeviceMemory(); // first free: two at once may not fit
  *this = DeviceMemory(wanted);
}

void copyToDevice(void *device, const void *host, std::size_t bytes) {
  if (bytes != 0)
    check(cudaMemcpy(device, host, bytes, cudaMemcpyHostToDevice),
          "copy of " + std::to_string(bytes) + " bytes to the device");
}

void copyToHost(void *host, const void *device, std::size_t bytes) {
  if (bytes != 0)
    check(cudaMemcpy(host, device, bytes, cudaMemcpyDeviceToHost),
          "copy of " + std::to_string(bytes) + " bytes to the host");
}

} // namespace moert::reference
