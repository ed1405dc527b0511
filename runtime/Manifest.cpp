//===- Manifest.cpp - the words of the manifest and its writer ------------===//
#include "moert/Manifest.h"

#include "moert/Error.h"
#include "runtime/ManifestWords.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>

namespace moert {

namespace {

// Keeps the keys in the order they are written, so that a person can read it.
using Json = nlohmann::ordered_json;

Json toJson(const LayerDescription &layer) {
  return {{"name", layer.name},
          {"experts", layer.experts},
          {"shared_experts", layer.sharedExperts},
          {"global_experts", layer.globalExperts},
          {"top_k", layer.topK},
          {"hidden", layer.hidden},
          {"intermediate", layer.intermediate},
          {"scale_offset", layer.scaleOffset},
          {"activation_scale", wordOf(layer.activationScale)},
          {"routed_scaling_factor", layer.routedScalingFactor}};
}

Json toJson(const ScheduleRecord &schedule) {
  return {{"block_m", schedule.blockM},
          {"block_n", schedule.blockN},
          {"block_k", schedule.blockK},
          {"stages", schedule.stages},
          {"consumers", schedule.consumers},
          {"group_m", schedule.groupM},
          {"producer_registers", schedule.producerRegisters},
          {"consumer_registers", schedule.consumerRegisters}};
}

Json toJson(const Extent &extent) {
  if (extent.symbol == Extent::Symbol::constant)
    return extent.value;
  return wordOf(extent.symbol);
}

Json toJson(const TensorMapParam &param) {
  Json extents = Json::array();
  for (const Extent &extent : param.extents)
    extents.push_back(toJson(extent));
  return {{"kind", "tensor_map"},
          {"tensor", wordOf(param.tensor)},
          {"element", wordOf(param.element)},
          {"extents", extents},
          {"box", param.box},
          {"swizzle", param.swizzle}};
}

Json toJson(const PointerParam &param) {
  return {{"kind", "pointer"}, {"tensor", wordOf(param.tensor)}};
}

Json toJson(const ScalarParam &param) {
  return {{"kind", "i32"}, {"value", wordOf(param.value)}};
}

Json toJson(const KernelRecord &kernel) {
  Json params = Json::array();
  for (const KernelParam &param : kernel.params)
    params.push_back(
        std::visit([](const auto &p) { return toJson(p); }, param));
  return {{"role", wordOf(kernel.role)},
          {"symbol", kernel.symbol},
          {"cubin", kernel.cubin},
          {"ptx", kernel.ptx},
          {"cubin_bytes", kernel.cubinBytes},
          {"cubin_checksum", kernel.cubinChecksum},
          {"schedule", toJson(kernel.schedule)},
          {"threads", kernel.threads},
          {"shared_memory", kernel.sharedMemory},
          {"registers", kernel.registers},
          {"spill_bytes", kernel.spillBytes},
          {"column_tiles", kernel.columnTiles},
          {"params", params}};
}

} // namespace

const char *tensorName(Tensor tensor) { return wordOf(tensor); }
const char *roleName(KernelRole role) { return wordOf(role); }

const KernelRecord &Manifest::kernel(KernelRole role) const {
  for (const KernelRecord &record : kernels)
    if (record.role == role)
      return record;
  throw Error(ErrorCode::badManifest,
              fmt::format("layer '{}': expected a kernel with the role '{}', "
                          "got none among {}",
                          layer.name, wordOf(role), kernels.size()));
}

std::string checksum(const void *data, std::size_t bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto *at = static_cast<const unsigned char *>(data);
  for (std::size_t i = 0; i < bytes; ++i)
    hash = (hash ^ at[i]) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

std::string writeManifest(const Manifest &manifest) {
  Json kernels = Json::array();
  for (const KernelRecord &kernel : manifest.kernels)
    kernels.push_back(toJson(kernel));
  Json root = {{"format", Manifest::kFormat},
               {"target", manifest.target},
               {"layer", toJson(manifest.layer)},
               {"row_alignment", manifest.rowAlignment},
               {"kernels", kernels}};
  return root.dump(2) + "\n";
}

Manifest loadManifest(const std::filesystem::path &directory) {
  std::filesystem::path path = directory / "manifest.json";
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)),
                   std::istreambuf_iterator<char>());
  if (!file)
    throw Error(ErrorCode::badManifest,
                fmt::format("{}: expected a manifest that moe-codegen wrote, "
                            "got no readable file",
                            path.string()));
  return readManifest(text, path.string());
}

} // namespace moert
