//===- RunFacts.cpp - on what and when times were measured ----------------===//
#include "runtime/bench/RunFacts.h"

#include "runtime/reference/Cuda.h"

#include <fmt/format.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>

namespace moert::bench {

using reference::check;

namespace {

/// Nothing if this driver does not say.
std::optional<int> attribute(cudaDeviceAttr which) {
  int value = 0;
  if (cudaDeviceGetAttribute(&value, which, 0) != cudaSuccess) {
    (void)cudaGetLastError();
    return std::nullopt;
  }
  return value > 0 ? std::optional(value) : std::nullopt;
}

std::optional<double> megahertz(cudaDeviceAttr kilohertz) {
  auto value = attribute(kilohertz);
  return value ? std::optional(*value / 1e3) : std::nullopt;
}

std::string now() {
  const std::time_t seconds = std::time(nullptr);
  std::tm utc{};
  char text[sizeof "2026-01-01T00:00:00Z"] = "";
  if (gmtime_r(&seconds, &utc))
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

} // namespace

std::string driverVersion(const std::string &text) {
  std::istringstream words(text.substr(0, text.find('\n')));
  for (std::string word; words >> word;)
    if (word.find_first_not_of("0123456789.") == std::string::npos &&
        word.find('.') != std::string::npos)
      return word;
  return "";
}

Run factsOfDevice() {
  Run run;
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  run.gpu = properties.name;
  run.date = now();
  // No call of CUDA tells the driver's own number; not every system has this.
  std::ifstream file("/proc/driver/nvidia/version");
  run.driver = driverVersion({std::istreambuf_iterator<char>(file), {}});
  int cuda = 0;
  check(cudaDriverGetVersion(&cuda), "cudaDriverGetVersion");
  run.cuda = fmt::format("{}.{}", cuda / 1000, cuda % 1000 / 10);
  run.multiprocessors = properties.multiProcessorCount;
  run.maxSmClockMhz = megahertz(cudaDevAttrClockRate);
  run.memoryClockMhz = megahertz(cudaDevAttrMemoryClockRate);
  return run;
}

} // namespace moert::bench
