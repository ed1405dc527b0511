//===- Random.h - numbers from a seed and a counter -------------*- C++ -*-===//
//
// Number i of a stream depends on (seed, stream, i) alone: any thread, on the
// host or on the GPU, makes the ones that it needs, in any order.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_BENCH_RANDOM_H
#define MOE_RUNTIME_BENCH_RANDOM_H

#include "runtime/reference/Formats.h"

#include <cstdint>

namespace moert::bench {

/// What a stream is for; streams of one seed are independent.
enum class RandomUse : std::uint64_t {
  activations,
  activationSpread,
  upWeights,
  upSpread,
  downWeights,
  downSpread,
  permutation,
  routing,
  dropped,
  topkWeights,
  testCodes,
};

class RandomStream {
public:
  MOE_HOST_DEVICE RandomStream(std::uint64_t seed, RandomUse use)
      : key(mixed(mixed(seed + kGolden) +
                  static_cast<std::uint64_t>(use) * kGolden)) {}

  MOE_HOST_DEVICE std::uint64_t bits(std::uint64_t index) const {
    return mixed(key + (index + 1) * kGolden);
  }
  /// In [0, 1), a multiple of 2^-53.
  MOE_HOST_DEVICE double uniform(std::uint64_t index) const {
    return static_cast<double>(bits(index) >> 11) * 0x1p-53;
  }

private:
  static constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ull;
  /// The finaliser of splitmix64.
  static MOE_HOST_DEVICE std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  std::uint64_t key;
};

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_RANDOM_H
