//===- Cuda.h - CUDA calls that throw, and memory that frees ----*- C++ -*-===//
#ifndef MOE_RUNTIME_REFERENCE_CUDA_H
#define MOE_RUNTIME_REFERENCE_CUDA_H

#include <cuda_runtime_api.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace moert::reference {

/// A CUDA call failed; the text names the call and its status.
class CudaError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Throws CudaError unless `status` is success.
void check(cudaError_t status, const std::string &call);

/// Throws CudaError if the launch just made was refused.
void checkLaunch(const char *kernel);

/// Device memory; moves, never copies.
class DeviceMemory {
public:
  DeviceMemory() = default;
  explicit DeviceMemory(std::size_t bytes);
  DeviceMemory(DeviceMemory &&other) noexcept { swap(other); }
  DeviceMemory &operator=(DeviceMemory &&other) noexcept {
    swap(other);
    return *this;
  }
  ~DeviceMemory();

  void *data() const { return pointer; }
  std::size_t size() const { return bytes; }
  template <class T> T *as() const { return static_cast<T *>(pointer); }

  /// At least `wanted` bytes; the content is lost when it grows.
  void grow(std::size_t wanted);

private:
  void swap(DeviceMemory &other) noexcept {
    std::swap(pointer, other.pointer);
    std::swap(bytes, other.bytes);
  }
  void *pointer = nullptr;
  std::size_t bytes = 0;
};

/// Copies, ordered after everything on every blocking stream, and waits.
void copyToDevice(void *device, const void *host, std::size_t bytes);
void copyToHost(void *host, const void *device, std::size_t bytes);

template <class T> void upload(DeviceMemory &memory, const std::vector<T> &v) {
  memory.grow(v.size() * sizeof(T));
  copyToDevice(memory.data(), v.data(), v.size() * sizeof(T));
}

template <class T>
std::vector<T> download(const void *device, std::size_t count) {
  std::vector<T> v(count);
  copyToHost(v.data(), device, count * sizeof(T));
  return v;
}

} // namespace moert::reference

#endif // MOE_RUNTIME_REFERENCE_CUDA_H
