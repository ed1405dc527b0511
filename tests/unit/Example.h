//===- Example.h - a small layer and its files ------------------*- C++ -*-===//
#ifndef MOE_TESTS_UNIT_EXAMPLE_H
#define MOE_TESTS_UNIT_EXAMPLE_H

#include "moert/moert.h"

#include <functional>

namespace moert {

/// 4 + 1 experts, 2 + 1 slots, H = 272, I = 192 at offset 64. Up to 47 tokens
/// are served by up_t64 (clusters of two) and down, rows padded to 64; more by
/// up and down, rows padded to 128. Parameters of every kind.
Manifest exampleManifest();

/// What an example cubin holds: not a cubin, but the size and the checksum are
/// those of the manifest.
std::string exampleCubin(const KernelRecord &kernel);

/// A folder that goes away with this object.
class ExampleFolder {
public:
  ExampleFolder();
  ~ExampleFolder();
  const std::filesystem::path path;

  void write(const std::string &name, const std::string &text) const;
  /// The manifest, and a file for each cubin that it names.
  void write(const Manifest &manifest) const;
};

/// The error that `body` throws; fails the test if it throws none.
Error errorOf(const std::function<void()> &body);

} // namespace moert

#endif // MOE_TESTS_UNIT_EXAMPLE_H
