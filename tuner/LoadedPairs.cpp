//===- LoadedPairs.cpp - kernels of a source as layers that run -----------===//
#include "tuner/LoadedPairs.h"

namespace moert::tune {

namespace {

constexpr std::size_t kMostLoaded = 512; // a module each costs device memory

} // namespace

Manifest manifestOf(const LayerDescription &layer, const Kernel &up,
                    const Kernel &down) {
  Manifest manifest;
  manifest.layer = layer;
  manifest.kernels = {up.record, down.record};
  manifest.plans = {
      {0, up.record.rowAlignment, up.record.name, down.record.name}};
  return manifest;
}

std::shared_ptr<const FusedMoe> LoadedPairs::of(const Pair &pair) {
  const std::pair key(pair.up.name(), pair.down.name());
  if (auto known = loaded.find(key); known != loaded.end())
    return known->second;
  const Kernel *up = source.get(pair.up), *down = source.get(pair.down);
  if (!up || !down)
    throw Error(ErrorCode::badManifest, "expected the kernels " + key.first +
                                            " and " + key.second +
                                            ", got one that cannot be had");
  if (loaded.size() >= kMostLoaded)
    loaded.clear();
  auto moe = std::make_shared<const FusedMoe>(
      FusedMoe::load(manifestOf(layer, *up, *down), {up->cubin, down->cubin},
                     key.first + " + " + key.second));
  loaded.emplace(key, moe);
  return moe;
}

} // namespace moert::tune
