//===- GlobalMemory.h - the tensors of a launch -----------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_GLOBALMEMORY_H
#define COMPILER_SIMULATE_GLOBALMEMORY_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlir::moe::sim {

/// One tensor: where it lies on the host and who may write it.
struct Buffer {
  std::string name;
  uint8_t *base = nullptr;
  uint64_t bytes = 0;
  bool writable = false;
};

class GlobalMemory {
public:
  /// Who wrote a byte: a block, and where in the program.
  struct Writer {
    uint16_t block = 0; ///< Number + 1; 0 is nobody.
    uint16_t thread = 0;
    unsigned location = 0;
    bool updates = false; ///< By an atomic operation or a reduction.
  };

  void add(Buffer buffer);
  /// Forgets who wrote what, for another launch.
  void restart();

  /// The buffer that holds all of the bytes, or null.
  const Buffer *find(const void *address, uint64_t bytes) const;
  /// Where an address that no buffer holds lies, in words.
  std::string describe(const void *address) const;

  /// Notes a write; returns the writer before if there is one already and not
  /// both only update.
  std::optional<Writer> noteWrite(const void *address, uint64_t bytes,
                                  Writer writer);
  /// Bytes of a writable buffer that somebody wrote.
  uint64_t writtenBytes(const std::string &name) const;

private:
  std::vector<Buffer> buffers;
  std::vector<std::vector<Writer>> writers; ///< By 2-byte element.
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_GLOBALMEMORY_H
