//===- Tensors.cpp --------------------------------------------------------===//

#include "compiler/simulate/Tensors.h"

#include "runtime/Routing.h"
#include "runtime/reference/HostLayer.h"
#include "runtime/reference/Model.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <cstring>
#include <random>

#include <sys/mman.h>

using namespace mlir::moe::sim;
using moert::KernelRole;
using moert::Tensor;
namespace reference = moert::reference;

static constexpr int kNaNs = 0xff;             ///< e4m3, bf16 and f32 alike.
static constexpr int32_t kAllStored = 1 << 30; ///< In h_progress[0].

Tensors::Tensors(const moert::LayerDescription &layer, int64_t rowAlignment,
                 bool upCounts, int64_t tokens, RoutingKind routing,
                 uint64_t seed)
    : layer(layer), rowAlignment(rowAlignment), upCounts(upCounts) {
  call.tokens = tokens;
  call.pairs = tokens * layer.slots();
  call.rows =
      moert::rowCapacity(call.pairs, layer.totalExperts(), rowAlignment);
  drawRouting(routing, seed);
  drawActivations(seed + 1);
  int64_t h = layer.hidden, i = layer.intermediate, o = layer.scaleOffset;
  drawWeights(Tensor::w13, Tensor::w13Scales, i, h, 2, o, 0, seed + 2);
  drawWeights(Tensor::w2, Tensor::w2Scales, h, i, 1, 0, o, seed + 3);
  sort();
  expectUp();
  expectDown();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

static constexpr size_t kSpace = size_t(1) << 32;

Island::~Island() {
  if (reserved)
    munmap(reserved, 2 * kSpace + bytes);
}

void Island::assign(size_t count, int fill) {
  if (reserved && count != bytes) {
    munmap(reserved, 2 * kSpace + bytes);
    reserved = nullptr;
  }
  if (!reserved) {
    bytes = count;
    reserved = mmap(nullptr, 2 * kSpace + bytes, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED)
      llvm::report_fatal_error("no address space for a tensor");
    start = static_cast<uint8_t *>(reserved) + kSpace;
    mprotect(start, bytes, PROT_READ | PROT_WRITE);
  }
  std::memset(start, fill, bytes);
}

Buffer Tensors::buffer(Tensor tensor, KernelRole role) {
  bool output = tensor == Tensor::out;
  if (role == KernelRole::up)
    output = tensor == Tensor::h || tensor == Tensor::hScales ||
             tensor == Tensor::upTiles || tensor == Tensor::hProgress;
  else if (role == KernelRole::down)
    output |= tensor == Tensor::partials || tensor == Tensor::downTiles;
  return {moert::tensorName(tensor), data(tensor),
          storage[size_t(tensor)].size(), output};
}

/// The queue of a kernel that has one.
static std::optional<Tensor> tilesOf(KernelRole role) {
  if (role == KernelRole::combine)
    return std::nullopt;
  return role == KernelRole::up ? Tensor::upTiles : Tensor::downTiles;
}

void Tensors::prepare(KernelRole role) {
  poisonH();
  if (auto tiles = tilesOf(role))
    resize(*tiles, 8, 0);
  resize(Tensor::hProgress, moert::progressNumbers(call.rows, rowAlignment) * 4,
         0);
  if (role == KernelRole::up)
    return;
  fillH();
  resize(Tensor::out, call.tokens * layer.hidden * 2, isAtomic() ? 0 : kNaNs);
  if (!isAtomic())
    resize(Tensor::partials, call.pairs * layer.hidden * 2, kNaNs);
  if (role == KernelRole::combine)
    fillPartials();
}

//===----------------------------------------------------------------------===//
// Inputs
//===----------------------------------------------------------------------===//

namespace {

/// Numbers as layers have them: most small, a few large.
class Numbers {
public:
  explicit Numbers(uint64_t seed) : generator(seed * 2654435761u + 17) {}
  float value() { return normal(generator); }
  float spread() { return std::exp(normal(generator)); }
  uint64_t below(uint64_t end) { return generator() % end; }
  double uniform() { return double(generator() >> 11) * 0x1p-53; }

private:
  std::mt19937_64 generator;
  std::normal_distribution<float> normal;
};

} // namespace

void Tensors::drawRouting(RoutingKind routing, uint64_t seed) {
  Numbers numbers(seed);
  int64_t slots = layer.slots();
  ids.assign(call.pairs, -1);
  resize(Tensor::topkWeights, call.pairs * sizeof(float), 0);
  for (int64_t token = 0; token < call.tokens; ++token) {
    int32_t *own = &ids[token * slots];
    std::vector<int32_t> left(layer.globalExperts);
    std::iota(left.begin(), left.end(), 0);
    for (int64_t slot = 0; slot < layer.topK; ++slot) {
      size_t chosen = numbers.below(left.size());
      int32_t expert = left[chosen];
      left.erase(left.begin() + chosen);
      bool dropped = numbers.below(16) == 0;
      bool any =
          routing == RoutingKind::uniform || routing == RoutingKind::unshared;
      if (any && expert < layer.experts && !dropped)
        own[slot] = expert;
    }
    if (routing == RoutingKind::one)
      own[0] = int32_t(layer.experts / 2);
    bool misses = routing == RoutingKind::unshared && token % 3 == 1;
    for (int64_t i = 0; i < layer.sharedExperts; ++i)
      if (routing != RoutingKind::none && !misses)
        own[layer.topK + i] = int32_t(layer.experts + i);
    for (int64_t slot = 0; slot < slots; ++slot)
      as<float>(Tensor::topkWeights)[token * slots + slot] =
          float(0.05 + numbers.uniform());
  }
}

void Tensors::drawActivations(uint64_t seed) {
  Numbers numbers(seed);
  std::vector<float> values(call.tokens * layer.hidden);
  for (float &value : values)
    value = reference::decodeBf16(
        reference::encodeBf16(numbers.value() * numbers.spread()));
  auto rows = reference::quantiseRows(values, call.tokens, layer.hidden, 0,
                                      layer.activationScale);
  resize(Tensor::x, rows.codes.size(), 0);
  std::copy(rows.codes.begin(), rows.codes.end(), data(Tensor::x));
  resize(Tensor::xScales, rows.scales.size() * sizeof(float), 0);
  std::copy(rows.scales.begin(), rows.scales.end(), as<float>(Tensor::xScales));
}

/// Weights [E, parts * n, k]; each part has a grid of 128x128 scale blocks of
/// its own, which starts `offset` before the first element.
void Tensors::drawWeights(Tensor weights, Tensor scales, int64_t n, int64_t k,
                          int64_t parts, int64_t offsetN, int64_t offsetK,
                          uint64_t seed) {
  Numbers numbers(seed);
  int64_t experts = layer.totalExperts();
  int64_t rowBlocks = moert::ceilDiv(n + offsetN, moert::kScaleBlock);
  int64_t columnBlocks = moert::ceilDiv(k + offsetK, moert::kScaleBlock);
  resize(weights, experts * parts * n * k, 0);
  resize(scales, experts * parts * rowBlocks * columnBlocks * sizeof(float), 0);
  float *scale = as<float>(scales);
  for (int64_t i = 0; i < experts * parts * rowBlocks * columnBlocks; ++i)
    scale[i] = numbers.spread() * 1e-3f;
  uint8_t *code = data(weights);
  for (int64_t i = 0; i < experts * parts * n * k; ++i)
    code[i] = reference::encodeE4m3(numbers.value() * 96.0f);
}

void Tensors::sort() {
  auto routing =
      reference::sortByExpert(ids, layer.totalExperts(), rowAlignment);
  usedRows = routing.paddedRows();
  resize(Tensor::sortedTokenIds, call.rows * 4, 0x7e);
  resize(Tensor::expertIds, call.rows / rowAlignment * 4, 0x7e);
  resize(Tensor::blockRows, call.rows / rowAlignment * 4, 0x7e);
  resize(Tensor::numTokensPostPadded, 4, 0);
  resize(Tensor::upTiles, 8, 0);
  resize(Tensor::downTiles, 8, 0);
  resize(Tensor::rowWeights, call.rows * sizeof(float), kNaNs);
  llvm::copy(routing.sortedTokenIds, as<int32_t>(Tensor::sortedTokenIds));
  llvm::copy(routing.expertIds, as<int32_t>(Tensor::expertIds));
  llvm::copy(routing.blockRows, as<int32_t>(Tensor::blockRows));
  *as<int32_t>(Tensor::numTokensPostPadded) = int32_t(usedRows);
  resize(Tensor::downRows, 4, 0);
  *as<int32_t>(Tensor::downRows) = int32_t(firstSharedRow());
  resize(Tensor::topkIds, call.pairs * 4, 0);
  llvm::copy(ids, as<int32_t>(Tensor::topkIds));
  // Where down adds to the output, nobody comes after it to apply the factor.
  if (isAtomic())
    for (int64_t pair = 0; pair < call.pairs; ++pair)
      as<float>(Tensor::topkWeights)[pair] *= float(layer.routedScalingFactor);
  for (int64_t row : rowsOf(KernelRole::up))
    as<float>(Tensor::rowWeights)[row] =
        as<float>(Tensor::topkWeights)[routing.sortedTokenIds[row]];
}

//===----------------------------------------------------------------------===//
// Outputs
//===----------------------------------------------------------------------===//

void Tensors::expectUp() {
  auto routing =
      reference::sortByExpert(ids, layer.totalExperts(), rowAlignment);
  reference::LayerWeights weights{
      data(Tensor::w13), as<float>(Tensor::w13Scales), nullptr, nullptr};
  std::vector<float> sums(call.rows * 2 * layer.intermediate);
  reference::modelGemmOnHost(
      reference::upGemm(layer, weights, data(Tensor::x),
                        as<float>(Tensor::xScales),
                        as<int32_t>(Tensor::sortedTokenIds)),
      routing.tiles, sums.data());
  auto h = reference::activation(layer, sums, usedRows);
  hCodes = std::move(h.codes);
  hScales = std::move(h.scales);
}

void Tensors::poisonH() {
  resize(Tensor::h, call.rows * layer.intermediate, kNaNs);
  resize(Tensor::hScales,
         layer.intermediateBlocks() * call.rows * sizeof(float), kNaNs);
}

void Tensors::fillH() { fillH(0, call.rows); }

void Tensors::fillH(int64_t begin, int64_t end) {
  int64_t columns = layer.intermediate, groups = layer.intermediateBlocks();
  for (int64_t row : rowsOf(KernelRole::up)) {
    if (row < begin || row >= end)
      continue;
    std::copy_n(&hCodes[row * columns], columns,
                data(Tensor::h) + row * columns);
    for (int64_t group = 0; group < groups; ++group)
      as<float>(Tensor::hScales)[group * call.rows + row] =
          hScales[row * groups + group];
  }
}

/// What up leaves of the rows in use; but that they are all it does not say.
std::vector<int32_t> Tensors::storedOfH() const {
  constexpr int64_t slab = 64, unit = 16, header = 1;
  auto routing =
      reference::sortByExpert(ids, layer.totalExperts(), rowAlignment);
  std::vector<int32_t> numbers(moert::progressNumbers(call.rows, rowAlignment));
  for (size_t run = 0; run < routing.blockRows.size(); ++run)
    numbers[header + run] =
        int32_t(moert::ceilDiv(routing.blockRows[run], slab) * (slab / unit) *
                layer.intermediate / unit);
  return numbers;
}

std::vector<std::function<void()>> Tensors::upByRuns() {
  poisonH();
  std::vector<int32_t> numbers = storedOfH();
  std::fill_n(as<int32_t>(Tensor::hProgress), numbers.size(), 0);
  std::vector<std::function<void()>> steps;
  for (int64_t run = 0; run < usedRows / rowAlignment; ++run)
    steps.push_back([this, run, stored = numbers[1 + run]] {
      fillH(run * rowAlignment, (run + 1) * rowAlignment);
      as<int32_t>(Tensor::hProgress)[1 + run] = stored;
    });
  return steps;
}

void Tensors::endUp() { as<int32_t>(Tensor::hProgress)[0] = kAllStored; }

void Tensors::expectDown() {
  poisonH();
  fillH();
  auto routing =
      reference::sortByExpert(ids, layer.totalExperts(), rowAlignment);
  reference::LayerWeights weights{nullptr, nullptr, data(Tensor::w2),
                                  as<float>(Tensor::w2Scales)};
  partials.assign(call.pairs * layer.hidden, 0);
  reference::modelGemmOnHost(
      reference::downGemm(layer, weights, data(Tensor::h),
                          as<float>(Tensor::hScales), call.rows,
                          as<float>(Tensor::topkWeights),
                          as<int32_t>(Tensor::sortedTokenIds)),
      routing.tiles, partials.data());
  if (!isAtomic())
    out = reference::combine(layer, partials, ids);
}

int64_t Tensors::firstSharedRow() const {
  int64_t experts = layer.totalExperts();
  return reference::sharedRowsBegin(
      reference::sortByExpert(ids, experts, rowAlignment), call.tokens,
      layer.slots(), experts, rowAlignment);
}

void Tensors::fillPartials() {
  int64_t hidden = layer.hidden, last = layer.totalExperts() - 1;
  bool leavesOut = firstSharedRow() < usedRows;
  for (int64_t pair : rowsOf(KernelRole::down))
    if (!leavesOut || ids[pair] != last)
      std::copy_n(&partials[pair * hidden], hidden,
                  as<uint16_t>(Tensor::partials) + pair * hidden);
}

std::vector<int64_t> Tensors::rowsOf(KernelRole role) const {
  std::vector<int64_t> rows;
  auto routing =
      reference::sortByExpert(ids, layer.totalExperts(), rowAlignment);
  for (const reference::RowTile &tile : routing.tiles)
    for (int64_t row = tile.firstRow; row < tile.firstRow + tile.rows; ++row)
      rows.push_back(role == KernelRole::up ? row
                                            : routing.sortedTokenIds[row]);
  return rows;
}

int64_t Tensors::comparedElements(KernelRole role) const {
  if (role == KernelRole::combine)
    return call.tokens * layer.hidden;
  int64_t columns = role == KernelRole::up
                        ? layer.intermediate + layer.intermediateBlocks()
                        : layer.hidden;
  return int64_t(rowsOf(role).size()) * columns;
}

namespace {

/// Counts elements that differ, and keeps the first in words.
class Differences {
public:
  template <typename T>
  void compare(const char *tensor, int64_t row, int64_t column, T expected,
               T got, float (*decode)(T)) {
    if (std::memcmp(&expected, &got, sizeof(T)) == 0 || count++ > 0)
      return;
    first = llvm::formatv("{0}[{1}, {2}] expected {3}, got {4}", tensor, row,
                          column, text(expected, decode), text(got, decode));
  }
  std::string summary() const {
    return count > 1 ? first + llvm::formatv(", and {0} more", count - 1).str()
                     : first;
  }

private:
  template <typename T> static std::string text(T value, float (*decode)(T)) {
    uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof(T));
    return llvm::formatv("{0} ({1:x})", decode(value), bits);
  }

  int64_t count = 0;
  std::string first;
};

float same(float value) { return value; }
float fromE4m3(uint8_t code) { return reference::decodeE4m3(code); }
float fromBf16(uint16_t code) { return reference::decodeBf16(code); }

} // namespace

std::string Tensors::wrongElement(KernelRole role) const {
  // The last block leaves the counters of the tile queue as it found them.
  if (auto tiles = tilesOf(role)) {
    auto *counters =
        reinterpret_cast<const int32_t *>(storage[size_t(*tiles)].data());
    if (counters[0] || counters[1])
      return std::string(moert::tensorName(*tiles)) +
             " expected zero at the end";
  }
  if (role == KernelRole::combine)
    return wrongOut();
  if (role == KernelRole::up) {
    std::string wrong = wrongH();
    return wrong.empty() && upCounts ? wrongProgress() : wrong;
  }
  return isAtomic() ? wrongSum() : wrongPartial();
}

std::string Tensors::wrongH() const {
  const uint8_t *codes = storage[size_t(Tensor::h)].data();
  auto *scales =
      reinterpret_cast<const float *>(storage[size_t(Tensor::hScales)].data());
  int64_t columns = layer.intermediate, groups = layer.intermediateBlocks();
  Differences differences;
  for (int64_t row : rowsOf(KernelRole::up)) {
    for (int64_t i = row * columns; i < (row + 1) * columns; ++i)
      differences.compare("h", row, i % columns, hCodes[i], codes[i], fromE4m3);
    for (int64_t group = 0; group < groups; ++group)
      differences.compare("h_scales", group, row, hScales[row * groups + group],
                          scales[group * call.rows + row], same);
  }
  return differences.summary();
}

std::string Tensors::wrongProgress() const {
  auto *got = reinterpret_cast<const int32_t *>(
      storage[size_t(Tensor::hProgress)].data());
  std::vector<int32_t> want = storedOfH();
  want[0] = kAllStored;
  for (size_t i = 0; i < want.size(); ++i)
    if (got[i] != want[i])
      return llvm::formatv("h_progress[{0}] expected {1}, got {2}", i, want[i],
                           got[i]);
  return "";
}

std::string Tensors::wrongPartial() const {
  auto *got = reinterpret_cast<const uint16_t *>(
      storage[size_t(Tensor::partials)].data());
  Differences differences;
  for (int64_t pair : rowsOf(KernelRole::down))
    for (int64_t i = 0; i < layer.hidden; ++i)
      differences.compare("partials", pair, i,
                          partials[pair * layer.hidden + i],
                          got[pair * layer.hidden + i], fromBf16);
  return differences.summary();
}

std::string Tensors::wrongOut() const {
  auto *got =
      reinterpret_cast<const uint16_t *>(storage[size_t(Tensor::out)].data());
  Differences differences;
  for (int64_t i = 0; i < call.tokens * layer.hidden; ++i)
    differences.compare("out", i / layer.hidden, i % layer.hidden, out[i],
                        got[i], fromBf16);
  return differences.summary();
}

/// Every order of bf16 additions ends within (1 + 2^-8)^(n - 1) - 1 of the sum
/// of magnitudes of n numbers; the first one is added to zero.
std::string Tensors::wrongSum() const {
  auto *got =
      reinterpret_cast<const uint16_t *>(storage[size_t(Tensor::out)].data());
  int64_t slots = layer.slots(), hidden = layer.hidden;
  for (int64_t i = 0; i < call.tokens * hidden; ++i) {
    int64_t token = i / hidden;
    double sum = 0, magnitudes = 0, grown = 1;
    for (int64_t pair = token * slots; pair < (token + 1) * slots; ++pair) {
      if (ids[pair] < 0)
        continue;
      double part = fromBf16(partials[pair * hidden + i % hidden]);
      grown = magnitudes == 0 ? 1 : grown * (1 + 0x1p-8);
      sum += part;
      magnitudes += std::abs(part);
    }
    double off = std::abs(fromBf16(got[i]) - sum);
    if (!(off <= (grown - 1) * magnitudes))
      return llvm::formatv("out[{0}, {1}] expected {2}, got {3}", token,
                           i % hidden, sum, fromBf16(got[i]));
  }
  return "";
}
