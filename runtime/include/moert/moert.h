//===- moert.h - run a generated MoE layer ----------------------*- C++ -*-===//
//
// Load a directory that moe-codegen wrote, ask for a workspace, run on a
// stream. No LLVM, no Python and no compiler at run time; libcuda is opened at
// first use.
//
//===----------------------------------------------------------------------===//
#ifndef MOERT_MOERT_H
#define MOERT_MOERT_H

#include "moert/Error.h"
#include "moert/Manifest.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

typedef struct CUstream_st *CUstream;

namespace moert {

/// The steps of one call, in order. Each is one or a few kernels on the
/// caller's stream.
enum class Stage {
  route,      ///< topk_ids -> sorted_token_ids, expert_ids, the row count.
  quantise,   ///< x bf16 -> x e4m3 and its scales (nothing if given so).
  up,         ///< gathered rows of x times w13 -> gate_up bf16, rows sorted.
  activation, ///< silu(gate) * up, quantised -> h e4m3 and its scales.
  down,       ///< h times w2, weighted -> partials bf16, by (token, slot).
  combine,    ///< Sum over slots in order, scaled -> out bf16.
};
inline constexpr Stage kStages[] = {Stage::route, Stage::quantise,
                                    Stage::up,    Stage::activation,
                                    Stage::down,  Stage::combine};
const char *stageName(Stage stage);

/// Device pointers and extents of one call. T is `tokens`; H, I, E (experts
/// with the shared ones), S (slots with the shared ones) and G are the
/// layer's, see LayerDescription. Matrices are row major. Pointers are 16-byte
/// aligned; topkIds and topkWeights 4-byte, workspace 256-byte aligned.
struct LayerArgs {
  std::int64_t tokens = 0;          ///< T; 0 makes the call a no-op.
  const void *x = nullptr;          ///< [T, H] bf16; not read if xQuantised
                                    ///< is given.
  const void *xQuantised = nullptr; ///< [T, H] e4m3, or null.
  const float *xScales = nullptr;   ///< [T, ceil(H/128)], with xQuantised.
  const std::int32_t *topkIds = nullptr; ///< [T, S] in -1 ... E-1; -1: another
                                         ///< rank's expert, contributes zero.
  const float *topkWeights = nullptr;    ///< [T, S].
  const void *w13 = nullptr;             ///< [E, 2I, H] e4m3, gate rows first.
  const float *w13Scales = nullptr;      ///< [E, 2G, ceil(H/128)].
  const void *w2 = nullptr;              ///< [E, H, I] e4m3.
  const float *w2Scales = nullptr;       ///< [E, ceil(H/128), G].
  void *out = nullptr;            ///< [T, H] bf16; every element is written.
  void *workspace = nullptr;      ///< 256-byte aligned.
  std::size_t workspaceBytes = 0; ///< At least FusedMoe::workspaceBytes(T).
};

/// Where the intermediate tensors of a call lie in its workspace, as byte
/// offsets; shapes as in Tensor (Manifest.h). After a stage has run, its
/// tensors can be read there.
struct WorkspaceLayout {
  std::int64_t rows = 0; ///< R: row capacity for T tokens.
  // Written by route.
  std::size_t sortedTokenIds = 0, expertIds = 0, numTokensPostPadded = 0;
  std::size_t routing = 0; ///< Scratch of the sort and the debug flag.
  // Written by quantise; unused if the caller gives xQuantised.
  std::size_t x = 0, xScales = 0;
  std::size_t gateUp = 0;         ///< Written by up.
  std::size_t h = 0, hScales = 0; ///< Written by activation.
  std::size_t partials = 0;       ///< Written by down; only pairs whose id is
                                  ///< in 0 ... E-1.
  std::size_t bytes = 0;          ///< All of it.
};

struct LoadOptions {
  /// Check on the device that every topk id is in -1 ... E-1, wait for the
  /// answer and throw on a bad one (so such a call cannot be captured in a
  /// graph). Without it a bad id is treated as -1.
  bool checkIds = false;
};

/// A loaded layer: immutable, may be shared by threads and streams. It belongs
/// to the CUDA context that was current when it was loaded (the primary one of
/// device 0 if there was none).
class FusedMoe {
public:
  /// Loads `directory`/manifest.json and its cubins, and every other kernel of
  /// a call, so that nothing is loaded later. Throws Error.
  static FusedMoe load(const std::filesystem::path &directory,
                       const LoadOptions &options = {});
  FusedMoe(FusedMoe &&) noexcept;
  FusedMoe &operator=(FusedMoe &&) noexcept;
  ~FusedMoe();

  const Manifest &manifest() const;

  /// Row capacity, offsets and size of the workspace of a call with `tokens`
  /// tokens. Throws Error(invalidArgument) if tokens is negative or
  /// tokens * S does not fit 31 bits.
  WorkspaceLayout workspaceLayout(std::int64_t tokens) const;
  std::size_t workspaceBytes(std::int64_t tokens) const;

  /// Enqueues the whole layer on `stream` and returns before it has run.
  /// Allocates nothing and never synchronises (but see checkIds), so it may be
  /// captured in a CUDA graph. One workspace serves one call in flight.
  /// Throws Error on a bad argument, naming the field of LayerArgs, before
  /// anything is enqueued.
  void run(const LayerArgs &args, CUstream stream) const;

  /// Enqueues one stage alone; the stages before it must have run in the same
  /// workspace.
  void runStage(Stage stage, const LayerArgs &args, CUstream stream) const;

private:
  struct Impl;
  explicit FusedMoe(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

/// The layout of a call's workspace, from the manifest alone (no CUDA).
WorkspaceLayout workspaceLayout(const Manifest &manifest, std::int64_t tokens);

} // namespace moert

#endif // MOERT_MOERT_H
