//===- Tensors.h - a small layer with data, and its answer ------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_TENSORS_H
#define COMPILER_SIMULATE_TENSORS_H

#include "compiler/simulate/GlobalMemory.h"
#include "compiler/simulate/TensorMap.h"
#include "moert/Manifest.h"

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace mlir::moe::sim {

/// Which experts tokens visit.
enum class RoutingKind {
  uniform,  ///< top_k distinct ones of all global experts, some dropped.
  one,      ///< All the same expert.
  unshared, ///< As uniform, but every third token does without shared experts.
  none,     ///< No expert of this rank at all.
};

/// Memory with nothing for 4 GiB on either side, so that an offset that is off,
/// be it by a wrapped 32-bit number, does not meet another tensor.
class Island {
public:
  Island() = default;
  ~Island();
  Island(const Island &) = delete;
  Island &operator=(const Island &) = delete;

  void assign(size_t bytes, int fill);
  uint8_t *data() const { return start; }
  size_t size() const { return bytes; }

private:
  void *reserved = nullptr;
  uint8_t *start = nullptr;
  size_t bytes = 0;
};

/// Every tensor of a call on the host: inputs by a seed, and what both kernels
/// must write, by the bit-exact model. What no kernel may depend on (padding,
/// capacity beyond the rows in use) is filled with NaN or with absurd numbers.
class Tensors {
public:
  /// `upCounts`: up must say what of h it has stored.
  Tensors(const moert::LayerDescription &layer, int64_t rowAlignment,
          bool upCounts, int64_t tokens, RoutingKind routing, uint64_t seed);

  const CallSizes &sizes() const { return call; }
  int64_t rowsInUse() const { return usedRows; }
  /// The tensor as a kernel of this role sees it.
  Buffer buffer(moert::Tensor tensor, moert::KernelRole role);
  uint8_t *data(moert::Tensor tensor) { return storage[size_t(tensor)].data(); }

  /// Fills what a kernel of this role writes with poison, and what it reads of
  /// the other one with what that must write.
  void prepare(moert::KernelRole role);
  /// Undoes what up writes, and returns what does it again, a run of rows each;
  /// and what it says in the end.
  std::vector<std::function<void()>> upByRuns();
  void endUp();
  /// The first element of the output that is not the model's, in words; none if
  /// every bit is the same.
  std::string wrongElement(moert::KernelRole role) const;
  /// True if its output is known bit for bit, not only how far it may be off.
  bool isExact(moert::KernelRole role) const {
    return role != moert::KernelRole::down || !isAtomic();
  }
  /// Elements that wrongElement compares.
  int64_t comparedElements(moert::KernelRole role) const;

private:
  void resize(moert::Tensor tensor, size_t bytes, int fill) {
    storage[size_t(tensor)].assign(bytes, fill);
  }
  template <typename T> T *as(moert::Tensor tensor) {
    return reinterpret_cast<T *>(data(tensor));
  }
  void drawRouting(RoutingKind routing, uint64_t seed);
  void drawActivations(uint64_t seed);
  void drawWeights(moert::Tensor weights, moert::Tensor scales, int64_t n,
                   int64_t k, int64_t parts, int64_t offsetN, int64_t offsetK,
                   uint64_t seed);
  void sort();
  std::vector<int32_t> storedOfH() const;
  void expectUp();
  void expectDown();
  int64_t firstSharedRow() const; ///< Of combine's; usedRows if there is none.
  void poisonH();
  void fillH();
  void fillH(int64_t begin, int64_t end); ///< Of these rows.
  void fillPartials();                    ///< As down leaves them to combine.
  std::string wrongH() const;
  std::string wrongProgress() const;
  std::string wrongPartial() const;
  std::string wrongOut() const;
  std::string wrongSum() const;
  bool isAtomic() const { return layer.reduction == moert::Reduction::atomic; }
  /// Rows of an output that are compared.
  std::vector<int64_t> rowsOf(moert::KernelRole role) const;

  moert::LayerDescription layer;
  int64_t rowAlignment;
  bool upCounts;
  CallSizes call;
  int64_t usedRows = 0;
  std::vector<int32_t> ids;
  std::array<Island, moert::kTensors> storage;
  // Expected.
  std::vector<uint8_t> hCodes;    ///< By row.
  std::vector<float> hScales;     ///< By row, a group each.
  std::vector<uint16_t> partials; ///< By pair; what is added, if atomic.
  std::vector<uint16_t> out;      ///< By token; empty if atomic.
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_TENSORS_H
