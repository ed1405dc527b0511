//===- Workspace.h - sizes and checks of a call, without CUDA ---*- C++ -*-===//
#ifndef MOE_RUNTIME_WORKSPACE_H
#define MOE_RUNTIME_WORKSPACE_H

#include "moert/moert.h"

namespace moert {

inline constexpr std::size_t kWorkspaceAlignment = 256;

/// Bytes before the sort's scratch, for the debug flag of checkIds.
inline constexpr std::size_t kFlagBytes = kWorkspaceAlignment;

/// The most tokens of a call: pair and row numbers are 32-bit, padding by the
/// plan of the call included.
std::int64_t maxTokens(const Manifest &manifest);

/// Throws Error(invalidArgument) or Error(workspaceTooSmall), naming the field
/// of LayerArgs, what was wanted and what was got. Nothing but `tokens` is
/// looked at when that is 0.
void checkArguments(const Manifest &manifest, const LayerArgs &args);

} // namespace moert

#endif // MOE_RUNTIME_WORKSPACE_H
