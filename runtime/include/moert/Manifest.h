//===- Manifest.h - what moe-codegen tells the runtime ----------*- C++ -*-===//
//
// The one thing that the compiler and the runtime share: one schema, one
// writer, one reader. It needs neither CUDA nor LLVM. A directory written by
// moe-codegen holds `manifest.json` and the files that it names.
//
//===----------------------------------------------------------------------===//
#ifndef MOERT_MANIFEST_H
#define MOERT_MANIFEST_H

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace moert {

/// Columns of K that share one activation scale, and side of a weight block.
inline constexpr std::int64_t kScaleBlock = 128;

/// How the scale of a quantised group is chosen: max|x|/448, or the next power
/// of two that is not smaller (DeepSeek-V3.1 and later).
enum class ActivationScale { f32, pow2 };

/// How the rows of a token's slots are summed. `ordered`: down writes them, as
/// partials, and combine adds them in f32 in the order of the slots. `atomic`:
/// down adds them to the output as they come, in bf16, so the last bits of an
/// output may differ from call to call.
enum class Reduction { ordered, atomic };

/// The layer as `moe.layer` describes it. E is `totalExperts()`, S `slots()`.
struct LayerDescription {
  std::string name;               ///< Symbol of the moe.layer.
  std::int64_t experts = 0;       ///< Routed experts of this rank.
  std::int64_t sharedExperts = 0; ///< Experts that every token visits.
  std::int64_t globalExperts = 0; ///< Experts that routing draws from.
  std::int64_t topK = 0;          ///< Routed slots a token.
  std::int64_t hidden = 0;        ///< H.
  std::int64_t intermediate = 0;  ///< I, of this rank.
  std::int64_t scaleOffset = 0;   ///< o: where I starts in its scale block.
  ActivationScale activationScale = ActivationScale::f32;
  double routedScalingFactor = 1.0; ///< Multiplies the sum over all slots.
  Reduction reduction = Reduction::ordered;

  /// E: experts whose weights this rank holds, the shared ones last.
  std::int64_t totalExperts() const { return experts + sharedExperts; }
  /// S: slots a token, the shared ones last.
  std::int64_t slots() const { return topK + sharedExperts; }
  /// ceil(H / 128): scales a row of x.
  std::int64_t hiddenBlocks() const {
    return (hidden + kScaleBlock - 1) / kScaleBlock;
  }
  /// G = ceil((o + I) / 128): scale blocks that I touches.
  std::int64_t intermediateBlocks() const {
    return (scaleOffset + intermediate + kScaleBlock - 1) / kScaleBlock;
  }
  bool operator==(const LayerDescription &) const = default;
};

/// Every tensor that a kernel may name. T tokens, R the row capacity of the
/// sort, A the plan's row alignment, P = T * S (token, slot) pairs; row major,
/// last extent contiguous.
enum class Tensor {
  x,              ///< [T, H] e4m3.
  xScales,        ///< [T, ceil(H/128)] f32.
  w13,            ///< [E, 2I, H] e4m3, gate rows first.
  w13Scales,      ///< [E, 2G, ceil(H/128)] f32, gate's G rows first.
  h,              ///< [R, I] e4m3: up's output, rows sorted.
  hScales,        ///< [G, R] f32: up's output, one row a K block of down.
  w2,             ///< [E, H, I] e4m3.
  w2Scales,       ///< [E, ceil(H/128), G] f32.
  partials,       ///< [P, H] bf16: weighted rows of down, by pair; only
                  ///< where the reduction is ordered.
  out,            ///< [T, H] bf16: the caller's output. Where the reduction
                  ///< is atomic it is zero when down starts, which adds
                  ///< bf16(row_weights * sum) of a row to that of the
                  ///< row's token, sorted_token_ids / S; elsewhere only a
                  ///< combine names it.
  sortedTokenIds, ///< [R] i32: token * S + slot, P for padding.
  expertIds,      ///< [R / A] i32; -1 past the last block.
  blockRows,      ///< [R / A] i32: rows of each block that hold
                  ///< a pair, not padding; 0 past the last block.
  numTokensPostPadded, ///< [1] i32: rows in use.
  topkWeights,         ///< [T, S] f32.
  rowWeights,          ///< [R] f32: topk_weights by sorted row; times the
                       ///< routed_scaling_factor where the reduction is atomic.
  upTiles,             ///< [2] i32: tiles of up taken by blocks, blocks that
                       ///< are done; zeros before and after a launch.
  downTiles,           ///< [2] i32: the same of down.
  hProgress,           ///< [1 + R / A] i32: what of h is stored; zeros when up
                       ///< starts. [0]: 2^30 when all is; then for each A rows
  ///< 16 columns of 16 rows each, where 64 rows with a pair
  ///< among them count whole. Of kernels that count, or wait
  ///< so; null to a down that shall wait for all of up.
  topkIds,  ///< [T, S] i32: the caller's.
  downRows, ///< [1] i32: rows that down multiplies where a combine kernel ends
            ///< the layer. All in use (num_tokens_post_padded), or, if every
            ///< token has expert E - 1 in its last slot and nowhere else, those
            ///< of the other experts: the rest are combine's. All where one
            ///< block sorts the few pairs of a call.
};
inline constexpr std::size_t kTensors =
    static_cast<std::size_t>(Tensor::downRows) + 1;

/// The word for a tensor in the manifest, `num_tokens_post_padded` for example.
const char *tensorName(Tensor tensor);

/// An extent of a tensor map: a number, or one known only at the call.
struct Extent {
  enum class Symbol { constant, tokens, rows, pairs };
  Symbol symbol = Symbol::constant;
  std::int64_t value = 0; ///< The number; 0 when symbolic.
  bool operator==(const Extent &) const = default;
};

enum class ElementType { u8, bf16, f32 };

/// A CUtensorMap passed by value (tiled, packed strides, no interleave,
/// out-of-bounds elements read as zero).
struct TensorMapParam {
  Tensor tensor;
  ElementType element;
  std::vector<Extent> extents;   ///< Innermost first.
  std::vector<std::int64_t> box; ///< Elements, innermost first.
  std::int64_t swizzle = 0;      ///< Bytes: 0 (none), 32, 64 or 128.
  bool operator==(const TensorMapParam &) const = default;
};

/// A global pointer to the first element of a tensor.
struct PointerParam {
  Tensor tensor;
  bool operator==(const PointerParam &) const = default;
};

/// A 32-bit integer that the call decides.
struct ScalarParam {
  Extent::Symbol value;
  bool operator==(const ScalarParam &) const = default;
};

using KernelParam = std::variant<TensorMapParam, PointerParam, ScalarParam>;

/// How the kernel was built; what #moe.schedule says.
struct ScheduleRecord {
  std::int64_t blockM = 0, blockN = 0, blockK = 0;
  std::int64_t stages = 0;
  std::int64_t consumers = 0;         ///< Consumer warpgroups.
  std::int64_t groupM = 0;            ///< Row tiles walked before the column.
  std::int64_t producerRegisters = 0; ///< setmaxnreg of the producer.
  std::int64_t consumerRegisters = 0; ///< setmaxnreg of the consumers.
  bool swapped = false; ///< Columns of B are the rows of wgmma, and the blocks
                        ///< of a cluster share columns, not rows.
  bool copiedRows = false; ///< Sorted rows of A are copied by threads, not
                           ///< loaded by TMA.
  bool operator==(const ScheduleRecord &) const = default;
};

/// Which part of the layer a kernel computes. `combine` multiplies the rows of
/// the last shared expert, instead of down, and sums the slots of each token.
enum class KernelRole { up, down, combine };
/// The word for a role in the manifest: `up`, `down` or `combine`.
const char *roleName(KernelRole role);

/// One kernel: where it is, how it is launched, what ptxas said of it.
struct KernelRecord {
  std::string name; ///< `up`, `down_t64`: its own within the manifest.
  KernelRole role = KernelRole::up;
  std::string symbol; ///< Entry point in the cubin.
  std::string cubin;  ///< File name beside the manifest.
  std::string ptx;    ///< File name beside the manifest.
  std::int64_t cubinBytes = 0;
  std::string cubinChecksum; ///< FNV-1a 64 of the cubin, 16 hex digits.
  ScheduleRecord schedule;
  std::int64_t threads = 0;  ///< A block; the grid is persistent.
  std::int64_t cluster = 1;  ///< Blocks of a cluster, which the kernel itself
                             ///< declares; the grid is a multiple of it.
  bool programmatic = false; ///< Waits (griddepcontrol.wait) for the kernels
                             ///< before it, and so may be launched while
                             ///< they run.
  std::int64_t sharedMemory = 0; ///< Dynamic, bytes.
  std::int64_t registers = 0;    ///< A thread at entry.
  std::int64_t spillBytes = 0;
  std::int64_t columnTiles = 0; ///< Tiles across N: grid <= rows/blockM * this.
  std::int64_t rowAlignment = 0; ///< Rows that experts are padded to wherever
                                 ///< it runs; 0 in packages that are older than
                                 ///< this key.
  std::vector<KernelParam> params; ///< In the order of the entry point.

  bool has(Tensor tensor) const; ///< Among its parameters.
  /// Rows that the blocks of a cluster have in hand.
  std::int64_t clusterRows() const {
    return schedule.swapped ? schedule.blockM : schedule.blockM * cluster;
  }
  bool operator==(const KernelRecord &) const = default;
};

/// Which kernels serve a call. Kernels have different tiles, so a plan also
/// says what the sort pads to.
struct Plan {
  std::int64_t fromTokens = 0;   ///< The plan's smallest T.
  std::int64_t rowAlignment = 0; ///< A: rows an expert is padded to, a multiple
                                 ///< of both kernels' clusterRows().
  std::string up, down;          ///< Names of kernels.
  std::string combine{}; ///< Of a kernel too, whose tiles' rows divide A; empty
                         ///< where down multiplies all rows and a kernel of the
                         ///< runtime sums the slots.
  bool operator==(const Plan &) const = default;
};

/// Who chose the schedules of a GEMM: a configuration that the caller gave,
/// that MOE_CONFIG_DIR or the installation has; the cost model; or somebody by
/// hand.
enum class ScheduleSource { given, environment, installed, none, hand };
/// The word for a source in the manifest: `given`, ..., `none` for the cost
/// model, `hand`.
const char *sourceName(ScheduleSource source);

/// Where the schedules of one GEMM come from.
struct ConfigurationRecord {
  ScheduleSource source = ScheduleSource::none;
  std::string file; ///< Name of the configuration file, without its folder;
                    ///< "" if there is none.
  bool operator==(const ConfigurationRecord &) const = default;
};

/// The same of both.
struct LayerConfiguration {
  ConfigurationRecord up, down;
  bool operator==(const LayerConfiguration &) const = default;
};

struct Manifest {
  /// Raised when a reader of the old schema would misread the new one.
  static constexpr std::int64_t kFormat = 3;

  std::string target = "sm_90a";
  LayerDescription layer;
  /// Who chose the plans; nothing in packages that are older than this key.
  std::optional<LayerConfiguration> configuration;
  std::vector<Plan> plans; ///< By ascending fromTokens, the first from 0.
  /// At least those that the plans name. A pack is a package with more: what a
  /// tuner can try without a compiler. They are loaded, and serve no call.
  std::vector<KernelRecord> kernels;

  /// The plan of a call with `tokens` tokens: the last one that starts at or
  /// below. Throws Error(badManifest) if there is none.
  const Plan &plan(std::int64_t tokens) const;
  /// The kernel of a name; throws Error(badManifest) if there is none.
  const KernelRecord &kernel(const std::string &name) const;
  bool operator==(const Manifest &) const = default;
};

/// FNV-1a, 64 bits, as 16 lower-case hex digits.
std::string checksum(const void *data, std::size_t bytes);

/// The JSON text of a manifest, with a newline at its end.
std::string writeManifest(const Manifest &manifest);

/// Reads a manifest. Throws Error(badManifest) that names `origin` (a file
/// name), the key, what was wanted and what was got.
Manifest readManifest(const std::string &text, const std::string &origin);

/// Reads `directory`/manifest.json. Throws as readManifest does.
Manifest loadManifest(const std::filesystem::path &directory);

} // namespace moert

#endif // MOERT_MANIFEST_H
