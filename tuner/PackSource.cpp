//===- PackSource.cpp - kernels that were compiled elsewhere --------------===//
#include "tuner/PackSource.h"

#include "compiler/schedule/OfLayer.h"
#include "runtime/GemmKernel.h"

namespace moert::tune {

PackSource::PackSource(const std::filesystem::path &directory)
    : directory(directory), manifest(loadManifest(directory)) {
  for (const KernelRecord &record : manifest.kernels)
    records[mlir::moe::variantOf(record).name()] = &record;
}

bool PackSource::offers(const Variant &variant) const {
  const auto found = records.find(variant.name());
  return found != records.end() &&
         mlir::moe::variantOf(*found->second) == variant;
}

const Kernel *PackSource::get(const Variant &variant) {
  if (!offers(variant))
    return nullptr;
  const std::string name = variant.name();
  auto known = kernels.find(name);
  if (known == kernels.end()) {
    const KernelRecord &record = *records.at(name);
    known = kernels.emplace(name, Kernel{record, readCubin(directory, record)})
                .first;
  }
  return &known->second;
}

} // namespace moert::tune
