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
          {"routed_scaling_factor", layer.routedScalingFactor},
          {"reduction", wordOf(layer.reduction)}};
}

Json toJson(const ScheduleRecord &schedule) {
  return {{"block_m", schedule.blockM},
          {"block_n", schedule.blockN},
          {"block_k", schedule.blockK},
          {"stages", schedule.stages},
          {"consumers", schedule.consumers},
          {"group_m", schedule.groupM},
          {"producer_registers", schedule.producerRegisters},
          {"consumer_registers", schedule.consumerRegisters},
          {"swapped", schedule.swapped},
          {"copied_rows", schedule.copiedRows}};
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
  return {{"name", kernel.name},
          {"role", wordOf(kernel.role)},
          {"symbol", kernel.symbol},
          {"cubin", kernel.cubin},
          {"ptx", kernel.ptx},
          {"cubin_bytes", kernel.cubinBytes},
          {"cubin_checksum", kernel.cubinChecksum},
          {"schedule", toJson(kernel.schedule)},
          {"row_alignment", kernel.rowAlignment},
          {"threads", kernel.threads},
          {"cluster", kernel.cluster},
          {"programmatic", kernel.programmatic},
          {"shared_memory", kernel.sharedMemory},
          {"registers", kernel.registers},
          {"spill_bytes", kernel.spillBytes},
          {"column_tiles", kernel.columnTiles},
          {"params", params}};
}

Json toJson(const ConfigurationRecord &record) {
  Json result = {{"source", wordOf(record.source)}};
  if (!record.file.empty())
    result["file"] = record.file;
  return result;
}

Json toJson(const Plan &plan) {
  Json result = {{"from_tokens", plan.fromTokens},
                 {"row_alignment", plan.rowAlignment},
                 {"up", plan.up},
                 {"down", plan.down}};
  if (!plan.combine.empty())
    result["combine"] = plan.combine;
  return result;
}

} // namespace

const char *tensorName(Tensor tensor) { return wordOf(tensor); }
const char *roleName(KernelRole role) { return wordOf(role); }
const char *sourceName(ScheduleSource source) { return wordOf(source); }

const Plan &Manifest::plan(std::int64_t tokens) const {
  const Plan *found = nullptr;
  for (const Plan &plan : plans)
    if (plan.fromTokens <= tokens)
      found = &plan;
  if (!found)
    throw Error(ErrorCode::badManifest,
                fmt::format("layer '{}': expected a plan for {} tokens, got "
                            "none among {}",
                            layer.name, tokens, plans.size()));
  return *found;
}

bool KernelRecord::has(Tensor tensor) const {
  return std::any_of(params.begin(), params.end(), [&](const KernelParam &p) {
    const auto *pointer = std::get_if<PointerParam>(&p);
    return pointer && pointer->tensor == tensor;
  });
}

const KernelRecord &Manifest::kernel(const std::string &name) const {
  for (const KernelRecord &record : kernels)
    if (record.name == name)
      return record;
  throw Error(ErrorCode::badManifest,
              fmt::format("layer '{}': expected a kernel '{}', got none among "
                          "{}",
                          layer.name, name, kernels.size()));
}

std::string checksum(const void *data, std::size_t bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto *at = static_cast<const unsigned char *>(data);
  for (std::size_t i = 0; i < bytes; ++i)
    hash = (hash ^ at[i]) * 0x100000001b3;
  return fmt::format("{:016x}", hash);
}

std::string writeManifest(const Manifest &manifest) {
  Json plans = Json::array(), kernels = Json::array();
  for (const Plan &plan : manifest.plans)
    plans.push_back(toJson(plan));
  for (const KernelRecord &kernel : manifest.kernels)
    kernels.push_back(toJson(kernel));
  Json root = {{"format", Manifest::kFormat},
               {"target", manifest.target},
               {"layer", toJson(manifest.layer)}};
  if (manifest.configuration)
    root["configuration"] = {{"up", toJson(manifest.configuration->up)},
                             {"down", toJson(manifest.configuration->down)}};
  root["plans"] = plans;
  root["kernels"] = kernels;
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
