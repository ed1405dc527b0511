//===- CudaObjects.h - streams, events, graphs and guards -------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_CUDAOBJECTS_H
#define MOE_RUNTIME_BENCH_CUDAOBJECTS_H

#include "runtime/reference/Cuda.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace moert::bench {

/// Why device 0 cannot run the kernels: no driver, no GPU, or none of Hopper.
/// Nothing if it can. Throws CudaError if the driver is there but fails.
std::optional<std::string> whyNoHopper();

/// Opens device 0 and makes its primary context current; returns the card's
/// name. Throws Error(noDevice) with whyNoHopper's text if there is one.
std::string openDevice();

/// A blocking stream: ordered with the plain copies of Cuda.h.
class Stream {
public:
  Stream();
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;
  ~Stream();
  operator cudaStream_t() const { return stream; }
  void wait() const;

private:
  cudaStream_t stream = nullptr;
};

class Event {
public:
  Event();
  Event(const Event &) = delete;
  Event &operator=(const Event &) = delete;
  ~Event();
  void record(cudaStream_t stream);
  /// Microseconds from `start` to this event, which has happened.
  double microsecondsSince(const Event &start) const;

private:
  cudaEvent_t event = nullptr;
};

/// What `enqueue` put on the stream, captured and ready to be replayed.
class Graph {
public:
  Graph(cudaStream_t stream, const std::function<void()> &enqueue);
  Graph(const Graph &) = delete;
  Graph &operator=(const Graph &) = delete;
  ~Graph();
  void launch(cudaStream_t stream) const;

private:
  cudaGraphExec_t executable = nullptr;
};

/// Device memory between two guard zones that nobody may touch.
class GuardedMemory {
public:
  GuardedMemory() = default;
  explicit GuardedMemory(std::size_t bytes);

  template <class T = std::uint8_t> T *at(std::size_t offset = 0) const {
    return reinterpret_cast<T *>(memory.as<std::uint8_t>() + kGuard + offset);
  }
  std::size_t size() const { return bytes; }
  /// Fills the memory and both guards with poison.
  void poison(cudaStream_t stream);
  /// Guard bytes that are not poison any more.
  std::int64_t brokenGuardBytes(cudaStream_t stream) const;

private:
  static constexpr std::size_t kGuard = 1 << 20;
  std::size_t after() const { return memory.size() - kGuard - bytes; }
  std::size_t bytes = 0;
  reference::DeviceMemory memory;
};

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_CUDAOBJECTS_H
