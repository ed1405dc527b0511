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
#include <string>
#include <vector>

typedef struct CUstream_st *CUstream;

namespace moert {

/// The steps of one call, in order. Each is one or a few kernels on the
/// caller's stream; `run` makes route and quantise one launch, four a call, if
/// x is bf16 and there are few tokens (up to 4096 pairs of token and slot, and
/// 1024 experts).
enum class Stage {
  route,    ///< topk_ids -> sorted_token_ids, expert_ids, the row counts.
  quantise, ///< x bf16 -> x e4m3 and its scales (nothing if given so); zeroes
            ///< out if the reduction is atomic.
  up,       ///< gathered rows of x times w13, silu(gate) * up, quantised -> h
            ///< e4m3 and its scales, rows sorted.
  down,     ///< h times w2, weighted -> partials bf16, by (token, slot); added
            ///< to out if the reduction is atomic.
  combine,  ///< Sum over slots in order, scaled -> out bf16; nothing if the
            ///< reduction is atomic. Where the plan names a kernel for it and
            ///< every token has expert E-1 in its last slot and nowhere else,
            ///< it multiplies that expert's rows, and down does not.
};
inline constexpr Stage kStages[] = {Stage::route, Stage::quantise, Stage::up,
                                    Stage::down, Stage::combine};
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
  void *out = nullptr;            ///< [T, H] bf16; every element is written. If
                                  ///< the reduction is atomic, it holds parts
                                  ///< of sums while the call runs.
  void *workspace = nullptr;      ///< 256-byte aligned.
  std::size_t workspaceBytes = 0; ///< FusedMoe::workspaceBytes of T, or of more
                                  ///< tokens; the least is the layout's bytes.
};

/// Where the intermediate tensors of a call lie in its workspace, as byte
/// offsets; shapes as in Tensor (Manifest.h). After a stage has run, its
/// tensors can be read there.
struct WorkspaceLayout {
  std::int64_t rows = 0;         ///< R: row capacity for T tokens.
  std::int64_t rowAlignment = 0; ///< A, of the plan for T tokens.
  // Written by route.
  std::size_t sortedTokenIds = 0, rowWeights = 0, expertIds = 0, blockRows = 0;
  std::size_t numTokensPostPadded = 0;
  std::size_t downRows = 0; ///< Tensor::downRows; only if the plan for T tokens
                            ///< has a combine kernel.
  std::size_t tileCounters = 0; ///< [4] i32: up's two, then down's.
  std::size_t hProgress = 0;    ///< Tensor::hProgress; used if up counts.
  std::size_t routing = 0;      ///< Scratch of the sort and the debug flag.
  // Written by quantise; unused if the caller gives xQuantised.
  std::size_t x = 0, xScales = 0;
  std::size_t h = 0, hScales = 0; ///< Written by up: rows that hold a pair, and
                                  ///< padding of their blocks or not.
  std::size_t partials = 0;       ///< Written by down; only pairs whose id is
                                  ///< in 0 ... E-1, and whose rows are not
                                  ///< combine's (Tensor::downRows). No bytes,
                                  ///< and nothing to read, if the reduction is
                                  ///< atomic.
  std::size_t bytes = 0;          ///< All of it.
};

struct LoadOptions {
  /// Check on the device that every topk id is in -1 ... E-1, wait for the
  /// answer and throw on a bad one (so such a call cannot be captured in a
  /// graph). Without it a bad id is treated as -1.
  bool checkIds = false;
  /// Let each kernel of a call start while the one before it still runs
  /// (programmatic dependent launch). The results are the same; off, it shows
  /// what the overlap is worth.
  bool programmaticLaunch = true;
};

/// A loaded layer: immutable, may be shared by threads and streams. It belongs
/// to the CUDA context that was current when it was loaded (the primary one of
/// device 0 if there was none).
///
/// What a layer with `reduction = atomic` (LayerDescription) gives: a token's
/// weighted rows go straight to `out`, so that a call has no partials in
/// memory, neither written nor read, and no combine. What it does not give: the
/// same bits again. Each of the n rows of a token is rounded to bf16 and added
/// in bf16, in the order in which blocks finish, so an element is within
///   ((1 + 2^-8)^(n-1) - 1) * sum of the rows' magnitudes
/// of the exact sum of its rows, and within twice that of what another call on
/// the same inputs gives, or the token alone. (An `ordered` layer sums in f32
/// and rounds once.) What stays: a token none of whose experts is here gets
/// zeros, one with a single row that row, and all before down is the same bits.
class FusedMoe {
public:
  /// Loads `directory`/manifest.json and its cubins, and every other kernel of
  /// a call, so that nothing is loaded later. Throws Error.
  static FusedMoe load(const std::filesystem::path &directory,
                       const LoadOptions &options = {});

  /// As above with a manifest of the caller's: part of what loadManifest gave
  /// for `directory`, with plans of its own. Only its kernels are read.
  static FusedMoe load(const std::filesystem::path &directory,
                       const Manifest &manifest, const LoadOptions &options);

  /// The same without files: `cubins` are the bytes of the kernels' cubins, in
  /// the order of manifest.kernels. The manifest is checked as one that is
  /// read. Throws Error; `origin` is what it calls the manifest.
  static FusedMoe load(const Manifest &manifest,
                       const std::vector<std::string> &cubins,
                       const std::string &origin,
                       const LoadOptions &options = {});
  FusedMoe(FusedMoe &&) noexcept;
  FusedMoe &operator=(FusedMoe &&) noexcept;
  ~FusedMoe();

  const Manifest &manifest() const;

  /// Row capacity, offsets and size of the workspace of a call with `tokens`
  /// tokens. Throws Error(invalidArgument) if tokens is negative or
  /// tokens * S does not fit 31 bits.
  WorkspaceLayout workspaceLayout(std::int64_t tokens) const;
  /// Bytes that are enough for a call with `tokens` tokens and for every call
  /// with fewer, whichever plan serves it. Throws as workspaceLayout does.
  std::size_t workspaceBytes(std::int64_t tokens) const;

  /// Enqueues the whole layer on `stream` and returns before it has run. The
  /// plan, and with it the kernels, is chosen by `tokens` here on the host.
  /// Allocates nothing and never synchronises (but see checkIds), so it may be
  /// captured in a CUDA graph. One workspace serves one call in flight.
  /// Throws Error on a bad argument, naming the field of LayerArgs, before
  /// anything is enqueued.
  void run(const LayerArgs &args, CUstream stream) const;

  /// Enqueues one stage alone; the stages before it must have run, or be
  /// enqueued, in the same workspace. If the reduction is atomic, down adds to
  /// `out`: before each down there must be a quantise, also if xQuantised is
  /// given.
  void runStage(Stage stage, const LayerArgs &args, CUstream stream) const;

private:
  struct Impl;
  explicit FusedMoe(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

/// The layout of a call's workspace, and bytes that are enough for it and for
/// every smaller one, from the manifest alone (no CUDA).
WorkspaceLayout workspaceLayout(const Manifest &manifest, std::int64_t tokens);
std::size_t workspaceBytes(const Manifest &manifest, std::int64_t tokens);

} // namespace moert

#endif // MOERT_MOERT_H
