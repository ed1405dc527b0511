//===- ManifestWords.h - enums as the words of the manifest -----*- C++ -*-===//
//
// Writer and reader share these tables, so a word cannot differ between them.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_MANIFESTWORDS_H
#define MOE_RUNTIME_MANIFESTWORDS_H

#include "moert/Manifest.h"

#include <array>

namespace moert {

/// The words of an enum, in the order of its values.
template <typename Enum> inline constexpr std::array<const char *, 0> kWords{};

template <> inline constexpr std::array kWords<ActivationScale>{"f32", "pow2"};
template <> inline constexpr std::array kWords<Reduction>{"ordered", "atomic"};
template <>
inline constexpr std::array kWords<KernelRole>{"up", "down", "combine"};
template <>
inline constexpr std::array kWords<ScheduleSource>{"given", "environment",
                                                   "installed", "none", "hand"};
template <>
inline constexpr std::array kWords<ElementType>{"u8", "bf16", "f32"};
template <>
inline constexpr std::array kWords<Extent::Symbol>{"constant", "tokens", "rows",
                                                   "pairs"};
template <>
inline constexpr std::array kWords<Tensor>{"x",
                                           "x_scales",
                                           "w13",
                                           "w13_scales",
                                           "h",
                                           "h_scales",
                                           "w2",
                                           "w2_scales",
                                           "partials",
                                           "out",
                                           "sorted_token_ids",
                                           "expert_ids",
                                           "block_rows",
                                           "num_tokens_post_padded",
                                           "topk_weights",
                                           "row_weights",
                                           "up_tiles",
                                           "down_tiles",
                                           "h_progress",
                                           "topk_ids",
                                           "down_rows"};

static_assert(kWords<Tensor>.size() == kTensors);

template <typename Enum> constexpr const char *wordOf(Enum value) {
  return kWords<Enum>.at(static_cast<std::size_t>(value));
}

} // namespace moert

#endif // MOE_RUNTIME_MANIFESTWORDS_H
