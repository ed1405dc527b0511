//===- KernelInputs.h - what tests give the small kernels -------*- C++ -*-===//
#ifndef MOE_TESTS_UNIT_KERNELINPUTS_H
#define MOE_TESTS_UNIT_KERNELINPUTS_H

#include "runtime/reference/Cuda.h"
#include "runtime/reference/Formats.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace moert {

inline bool hasHopper() {
  int count = 0, major = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0)
    return false;
  cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0);
  return major == 9;
}

#define SKIP_WITHOUT_HOPPER()                                                  \
  if (!hasHopper()) {                                                          \
    WARN("skipped: no Hopper GPU");                                            \
    return;                                                                    \
  }

/// Device memory full of a pattern that no kernel writes.
template <typename T> class Output {
public:
  explicit Output(std::size_t count) : count(count) {
    reference::upload(memory,
                      std::vector<std::uint8_t>(count * sizeof(T), kPoison));
  }
  T *data() const { return memory.as<T>(); }
  std::vector<T> read() const {
    return reference::download<T>(memory.data(), count);
  }
  static T poison() {
    T value;
    std::memset(&value, kPoison, sizeof value);
    return value;
  }

private:
  static constexpr std::uint8_t kPoison = 0xa5;
  reference::DeviceMemory memory;
  std::size_t count;
};

template <typename T> class Input {
public:
  explicit Input(const std::vector<T> &values) {
    reference::upload(memory, values);
  }
  const T *data() const { return memory.as<T>(); }

private:
  reference::DeviceMemory memory;
};

using Random = std::mt19937;

struct RoutingCase {
  std::int64_t tokens, slots, experts, alignment;
  int lowest, highest; ///< Ids are drawn from these, both included.
};

inline std::vector<std::int32_t> drawIds(const RoutingCase &c, Random &random) {
  std::uniform_int_distribution<int> draw(c.lowest, c.highest);
  std::vector<std::int32_t> ids(c.tokens * c.slots);
  for (std::int32_t &id : ids)
    id = draw(random);
  return ids;
}

inline std::vector<std::uint16_t> drawBf16(std::size_t count, Random &random) {
  std::normal_distribution<float> normal;
  std::vector<std::uint16_t> values(count);
  for (std::uint16_t &value : values)
    value = reference::encodeBf16(normal(random));
  return values;
}

/// Bits, so that NaNs compare equal.
inline std::vector<std::uint32_t> bits(const std::vector<float> &values) {
  std::vector<std::uint32_t> result(values.size());
  std::transform(values.begin(), values.end(), result.begin(),
                 reference::bitsOf);
  return result;
}

} // namespace moert

#endif // MOE_TESTS_UNIT_KERNELINPUTS_H
