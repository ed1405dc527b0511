//===- host_app.cpp - run a generated layer once on random data -----------===//
//
// Usage: host_app DIRECTORY, where moe-codegen wrote a layer. Needs a Hopper
// GPU to run; without one it says so and stops.
//
//===----------------------------------------------------------------------===//
#include "moert/moert.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr std::int64_t kTokens = 16;

using Random = std::mt19937_64;

void check(cudaError_t status, const char *call) {
  if (status != cudaSuccess)
    throw std::runtime_error(std::string(call) + ": " +
                             cudaGetErrorString(status));
}

/// Device memory for the life of this object.
class Buffer {
public:
  explicit Buffer(std::size_t bytes) : bytes(bytes) {
    check(cudaMalloc(&pointer, bytes), "cudaMalloc");
  }
  template <typename T>
  explicit Buffer(const std::vector<T> &host)
      : Buffer(host.size() * sizeof(T)) {
    check(cudaMemcpy(pointer, host.data(), bytes, cudaMemcpyHostToDevice),
          "cudaMemcpy");
  }
  ~Buffer() { cudaFree(pointer); }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;

  template <typename T = void> T *data() const {
    return static_cast<T *>(pointer);
  }

  const std::size_t bytes;

private:
  void *pointer = nullptr;
};

/// A bf16 is the upper half of an f32 (cut, not rounded: the data is random).
std::uint16_t toBf16(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<std::uint16_t>(bits >> 16);
}

float fromBf16(std::uint16_t half) {
  std::uint32_t bits = std::uint32_t(half) << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

std::vector<std::uint16_t> randomActivations(std::size_t count,
                                             Random &random) {
  std::normal_distribution<float> normal;
  std::vector<std::uint16_t> values(count);
  for (std::uint16_t &value : values)
    value = toBf16(normal(random));
  return values;
}

/// e4m3 numbers of magnitude below 2 (without the upper bit of the exponent),
/// so that no code is a NaN. `count` is a multiple of 8.
std::vector<std::uint8_t> randomWeights(std::size_t count, Random &random) {
  std::vector<std::uint8_t> codes(count);
  for (std::size_t i = 0; i < count; i += 8) {
    std::uint64_t eight = random() & 0xbfbfbfbfbfbfbfbf;
    std::memcpy(&codes[i], &eight, sizeof eight);
  }
  return codes;
}

/// Distinct routed experts for every token, then the shared ones, which every
/// token visits.
std::vector<std::int32_t> randomIds(const moert::LayerDescription &layer,
                                    Random &random) {
  std::vector<std::int32_t> all(layer.globalExperts), ids;
  std::iota(all.begin(), all.end(), 0);
  for (std::int64_t token = 0; token < kTokens; ++token) {
    std::shuffle(all.begin(), all.end(), random);
    for (std::int64_t slot = 0; slot < layer.topK; ++slot)
      ids.push_back(all[slot] < layer.experts ? all[slot] : -1);
    for (std::int64_t i = 0; i < layer.sharedExperts; ++i)
      ids.push_back(static_cast<std::int32_t>(layer.experts + i));
  }
  return ids;
}

void describe(const moert::Manifest &manifest) {
  const moert::LayerDescription &layer = manifest.layer;
  std::printf("layer %s: %lld experts, %lld slots a token, hidden %lld, "
              "intermediate %lld\n",
              layer.name.c_str(), (long long)layer.totalExperts(),
              (long long)layer.slots(), (long long)layer.hidden,
              (long long)layer.intermediate);
  for (std::int64_t tokens : {1, 64, 4096})
    std::printf("workspace for %4lld tokens: %.1f MB\n", (long long)tokens,
                moert::workspaceBytes(manifest, tokens) / 1e6);
}

/// The rms of `out`; a NaN anywhere makes it NaN.
double rootMeanSquare(const Buffer &out) {
  std::vector<std::uint16_t> host(out.bytes / sizeof(std::uint16_t));
  check(cudaMemcpy(host.data(), out.data(), out.bytes, cudaMemcpyDeviceToHost),
        "cudaMemcpy");
  double sum = 0;
  for (std::uint16_t half : host)
    sum += double(fromBf16(half)) * fromBf16(half);
  return std::sqrt(sum / host.size());
}

void runOnce(const moert::FusedMoe &moe) {
  const moert::LayerDescription &layer = moe.manifest().layer;
  const std::size_t experts = layer.totalExperts(),
                    pairs = kTokens * layer.slots();
  const std::size_t h = layer.hidden, i = layer.intermediate;
  const std::size_t hBlocks = layer.hiddenBlocks(),
                    iBlocks = layer.intermediateBlocks();
  Random random(1);
  // Scales that bring the result to about the size of x.
  auto scales = [](std::size_t count, std::size_t depth) {
    return std::vector<float>(count, 1.0f / std::sqrt(float(depth)));
  };

  Buffer x(randomActivations(kTokens * h, random));
  Buffer ids(randomIds(layer, random));
  Buffer weights(std::vector<float>(pairs, 1.0f / layer.slots()));
  Buffer w13(randomWeights(experts * 2 * i * h, random));
  Buffer w13Scales(scales(experts * 2 * iBlocks * hBlocks, h));
  Buffer w2(randomWeights(experts * h * i, random));
  Buffer w2Scales(scales(experts * hBlocks * iBlocks, i));
  Buffer out(kTokens * h * sizeof(std::uint16_t));
  Buffer workspace(moe.workspaceBytes(kTokens));

  moert::LayerArgs args;
  args.tokens = kTokens;
  args.x = x.data();
  args.topkIds = ids.data<std::int32_t>();
  args.topkWeights = weights.data<float>();
  args.w13 = w13.data();
  args.w13Scales = w13Scales.data<float>();
  args.w2 = w2.data();
  args.w2Scales = w2Scales.data<float>();
  args.out = out.data();
  args.workspace = workspace.data();
  args.workspaceBytes = workspace.bytes;

  cudaStream_t stream;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking),
        "cudaStreamCreateWithFlags");
  // A fresh allocation may hold anything; every element is to be written.
  check(cudaMemset(out.data(), 0xff, out.bytes), "cudaMemset");
  check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
  moe.run(args, stream);
  check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  check(cudaStreamDestroy(stream), "cudaStreamDestroy");

  double rms = rootMeanSquare(out);
  if (!std::isfinite(rms) || rms == 0)
    throw std::runtime_error("expected finite values in out, got rms " +
                             std::to_string(rms));
  std::printf("ran %lld tokens: rms of out %.4f\n", (long long)kTokens, rms);
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: host_app DIRECTORY\n");
    return 1;
  }
  try {
    describe(moert::loadManifest(argv[1]));
    runOnce(moert::FusedMoe::load(argv[1]));
  } catch (const moert::Error &error) {
    if (error.code() == moert::ErrorCode::noDriver ||
        error.code() == moert::ErrorCode::noDevice) {
      std::printf("not run, no Hopper GPU: %s\n", error.what());
      return 0;
    }
    std::fprintf(stderr, "host_app: error: %s\n", error.what());
    return 1;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "host_app: error: %s\n", error.what());
    return 1;
  }
}
