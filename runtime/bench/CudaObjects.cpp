//===- CudaObjects.cpp - streams, events, graphs and guards ---------------===//
#include "runtime/bench/CudaObjects.h"

#include "moert/Error.h"

#include "runtime/reference/Compare.h"

#include <fmt/format.h>

namespace moert::bench {

using reference::check;

std::optional<std::string> whyNoHopper() {
  int count = 0;
  cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver)
    return "no GPU driver, or one that is older than this program's CUDA";
  if (status == cudaErrorNoDevice)
    return "no GPU";
  check(status, "cudaGetDeviceCount");
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  if (properties.major == 9 && properties.minor == 0)
    return std::nullopt;
  return fmt::format("expected a Hopper GPU (sm_90), got {} (sm_{}{})",
                     properties.name, properties.major, properties.minor);
}

std::string openDevice() {
  if (auto why = whyNoHopper())
    throw Error(ErrorCode::noDevice, *why);
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  check(cudaSetDevice(0), "cudaSetDevice(0)");
  check(cudaFree(nullptr), "making the primary context");
  return properties.name;
}

Stream::Stream() { check(cudaStreamCreate(&stream), "cudaStreamCreate"); }
Stream::~Stream() { (void)cudaStreamDestroy(stream); }
void Stream::wait() const {
  check(cudaStreamSynchronize(stream), "waiting for the stream");
}

Event::Event() { check(cudaEventCreate(&event), "cudaEventCreate"); }
Event::~Event() { (void)cudaEventDestroy(event); }
void Event::record(cudaStream_t stream) {
  check(cudaEventRecord(event, stream), "cudaEventRecord");
}
double Event::microsecondsSince(const Event &start) const {
  float milliseconds = 0.0f;
  check(cudaEventElapsedTime(&milliseconds, start.event, event),
        "cudaEventElapsedTime");
  return 1e3 * milliseconds;
}

Graph::Graph(cudaStream_t stream, const std::function<void()> &enqueue) {
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal),
        "cudaStreamBeginCapture");
  cudaGraph_t graph = nullptr;
  try {
    enqueue();
  } catch (...) {
    (void)cudaStreamEndCapture(stream, &graph); // what was thrown matters more
    if (graph)
      (void)cudaGraphDestroy(graph);
    throw;
  }
  check(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture");
  cudaError_t status = cudaGraphInstantiate(&executable, graph, 0);
  (void)cudaGraphDestroy(graph);
  check(status, "cudaGraphInstantiate");
  check(cudaGraphUpload(executable, stream), "cudaGraphUpload");
}
Graph::~Graph() { (void)cudaGraphExecDestroy(executable); }
void Graph::launch(cudaStream_t stream) const {
  check(cudaGraphLaunch(executable, stream), "cudaGraphLaunch");
}

GuardedMemory::GuardedMemory(std::size_t bytes)
    : bytes(bytes), memory(bytes + 2 * kGuard) {}

void GuardedMemory::poison(cudaStream_t stream) {
  check(
      cudaMemsetAsync(memory.data(), reference::kPoison, memory.size(), stream),
      "poisoning " + std::to_string(memory.size()) + " bytes");
}

std::int64_t GuardedMemory::brokenGuardBytes(cudaStream_t stream) const {
  // No row passes a filter whose limit is zero.
  const reference::RowFilter none{memory.as<std::int32_t>(), 0};
  return reference::countStrayWrites(memory.data(), 1, kGuard, none, stream) +
         reference::countStrayWrites(at(bytes), 1, after(), none, stream);
}

} // namespace moert::bench
