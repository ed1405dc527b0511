//===- ConfigName.h - what a configuration file is called -------*- C++ -*-===//
//
// E=257,N=256,device_name=NVIDIA_H200,dtype=fp8_w8a8,block_shape=[128,
// 128].json
//
// tunes up on that layer and that device, the same with `_down` before `.json`
// tunes down. The names are sglang's and vLLM's.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_CONFIG_CONFIGNAME_H
#define MOE_RUNTIME_CONFIG_CONFIGNAME_H

#include "moert/Manifest.h"

#include <cstdint>
#include <string>

namespace moert::config {

/// What a configuration was tuned for.
struct ConfigName {
  std::int64_t experts = 0;      ///< E, LayerDescription::totalExperts().
  std::int64_t intermediate = 0; ///< The name's N: I of this rank.
  std::string device;            ///< "NVIDIA H200", as CUDA says it, or with
                                 ///< underscores, as file names have it.
  KernelRole role = KernelRole::up;
  bool operator==(const ConfigName &) const = default;
};

/// The name of the file. Throws Error(badConfig) if the device is empty or has
/// characters that no file name should have, or a size is not positive.
std::string fileNameOf(const ConfigName &name);

/// The reverse; the device keeps its underscores. Throws Error(badConfig) that
/// says where the name goes wrong; one for other number formats than e4m3 with
/// 128x128 scale blocks is refused too.
ConfigName parseFileName(const std::string &fileName);

} // namespace moert::config

#endif // MOE_RUNTIME_CONFIG_CONFIGNAME_H
