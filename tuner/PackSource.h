//===- PackSource.h - kernels that were compiled elsewhere ------*- C++ -*-===//
#ifndef TUNER_PACKSOURCE_H
#define TUNER_PACKSOURCE_H

#include "tuner/Kernels.h"

#include <filesystem>
#include <map>
#include <string>

namespace moert::tune {

/// A directory that `moe-codegen --candidates` wrote: a package with more
/// kernels than its plans name. A kernel is known by its role, its schedule and
/// its row alignment, not by its name. Cubins are read when they are asked for.
class PackSource : public KernelSource {
public:
  /// Throws Error(badManifest).
  explicit PackSource(const std::filesystem::path &directory);

  const LayerDescription &layer() const { return manifest.layer; }
  std::size_t size() const { return manifest.kernels.size(); }

  bool offers(const Variant &variant) const override;
  void want(const std::vector<Variant> &) override {}
  /// Throws Error(badCubin) if the cubin is not the manifest's.
  const Kernel *get(const Variant &variant) override;
  std::vector<std::string> dropped() const override { return {}; }

private:
  std::filesystem::path directory;
  Manifest manifest;
  std::map<std::string, const KernelRecord *> records; ///< By Variant::name.
  std::map<std::string, Kernel> kernels;               ///< Those read so far.
};

} // namespace moert::tune

#endif // TUNER_PACKSOURCE_H
