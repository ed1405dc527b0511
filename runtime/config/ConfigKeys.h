//===- ConfigKeys.h - the keys of a configuration file ----------*- C++ -*-===//
//
// Writer and reader share them, so a key cannot differ between the two.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_CONFIG_CONFIGKEYS_H
#define MOE_RUNTIME_CONFIG_CONFIGKEYS_H

#include <array>
#include <cstdint>

namespace moert::config::key {

/// The mark of our own files, with the version of what the keys mean.
inline constexpr const char *kMark = "moe_codegen";
inline constexpr std::int64_t kVersion = 1;
/// Beside the tokens in vLLM's files.
inline constexpr const char *kTritonVersion = "triton_version";

// What all tuners write.
inline constexpr const char *kBlockM = "BLOCK_SIZE_M";
inline constexpr const char *kBlockN = "BLOCK_SIZE_N";
inline constexpr const char *kBlockK = "BLOCK_SIZE_K";
inline constexpr const char *kGroupM = "GROUP_SIZE_M";
inline constexpr const char *kWarps = "num_warps";
inline constexpr const char *kStages = "num_stages";
inline constexpr const char *kUseTma = "USE_TMA";

// What only our kernels have; the words are the manifest's.
inline constexpr const char *kSwapped = "swapped";
inline constexpr const char *kConsumers = "consumers";
inline constexpr const char *kProducerRegisters = "producer_registers";
inline constexpr const char *kConsumerRegisters = "consumer_registers";
inline constexpr const char *kCluster = "cluster";

inline constexpr std::array kShared{kBlockM, kBlockN, kBlockK, kGroupM,
                                    kWarps,  kStages, kUseTma};
inline constexpr std::array kOurs{kSwapped, kConsumers, kProducerRegisters,
                                  kConsumerRegisters, kCluster};

} // namespace moert::config::key

#endif // MOE_RUNTIME_CONFIG_CONFIGKEYS_H
