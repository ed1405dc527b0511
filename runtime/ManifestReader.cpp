//===- ManifestReader.cpp - JSON to Manifest, with every refusal ----------===//
//
// What passes here is safe to launch: types, ranges and words are checked, and
// every file lies beside the manifest. Unknown keys are ignored, so a newer
// writer may add some without raising the format.
//
//===----------------------------------------------------------------------===//
#include "moert/Error.h"
#include "moert/Manifest.h"
#include "runtime/JsonNode.h"
#include "runtime/ManifestWords.h"

#include <fmt/format.h>

#include <limits>

namespace moert {

namespace {

constexpr std::int64_t kMax32 = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMaxExperts = 4096; // what the routing sort can count
constexpr std::int64_t kMaxSharedMemory = 232448; // a block on sm_90: 227 KB
constexpr std::int64_t kMaxCluster = 8; // what every Hopper GPU can launch
constexpr std::size_t kMaxPlans = 2048, kMaxKernels = 4096; // above any need
constexpr std::int64_t kMaxAlignment = 1024; // what the sort can pad to

using Node = JsonNode;

LayerDescription readLayer(const Node &node) {
  LayerDescription layer;
  layer.name = node["name"].text();
  layer.experts = node["experts"].integer(1, kMaxExperts);
  layer.sharedExperts = node["shared_experts"].integer(0, kMaxExperts);
  layer.globalExperts = node["global_experts"].integer(layer.experts, 65536);
  layer.topK = node["top_k"].integer(1, layer.globalExperts);
  layer.hidden = node["hidden"].integer(16, 1 << 20, 16);
  layer.intermediate = node["intermediate"].integer(16, 1 << 20, 16);
  layer.scaleOffset = node["scale_offset"].integer(0, kScaleBlock - 16, 16);
  layer.activationScale = node["activation_scale"].word<ActivationScale>();
  layer.routedScalingFactor = node["routed_scaling_factor"].number();
  layer.reduction = node["reduction"].word<Reduction>();
  return layer;
}

ScheduleRecord readSchedule(const Node &node) {
  ScheduleRecord schedule;
  schedule.blockM = node["block_m"].integer(1, 1024);
  schedule.blockN = node["block_n"].integer(1, 1024);
  schedule.blockK = node["block_k"].integer(1, 1024);
  schedule.stages = node["stages"].integer(1, 1024);
  schedule.consumers = node["consumers"].integer(1, 32);
  schedule.groupM = node["group_m"].integer(0, kMax32);
  schedule.producerRegisters = node["producer_registers"].integer(0, 256);
  schedule.consumerRegisters = node["consumer_registers"].integer(0, 256);
  schedule.swapped = node["swapped"].boolean();
  if (node.has("copied_rows")) // packages may be older
    schedule.copiedRows = node["copied_rows"].boolean();
  return schedule;
}

Extent readExtent(const Node &node) {
  if (node.isText())
    return {node.word<Extent::Symbol>(/*first=*/1), 0};
  return {Extent::Symbol::constant, node.integer(1, std::int64_t(1) << 40)};
}

/// What the parameters of a kernel depend on.
struct ParamRules {
  Reduction reduction;
  KernelRole role;
};

/// Partials have no memory where the reduction is atomic, and nobody zeroes
/// the output where it is ordered: it is for who writes all of it.
Tensor readTensor(const Node &node, const ParamRules &rules) {
  const auto tensor = node.word<Tensor>();
  const bool atomic = rules.reduction == Reduction::atomic;
  const bool writesOut = atomic || rules.role == KernelRole::combine;
  if ((tensor == Tensor::partials && atomic) ||
      (tensor == Tensor::out && !writesOut))
    node.refuse(fmt::format("a tensor of a layer whose reduction is {}",
                            wordOf(rules.reduction)));
  return tensor;
}

TensorMapParam readTensorMap(const Node &node, const ParamRules &rules) {
  TensorMapParam param;
  param.tensor = readTensor(node["tensor"], rules);
  param.element = node["element"].word<ElementType>();
  for (const Node &extent : node["extents"].elements(1, 5))
    param.extents.push_back(readExtent(extent));
  std::size_t rank = param.extents.size();
  for (const Node &side : node["box"].elements(rank, rank))
    param.box.push_back(side.integer(1, 256));
  param.swizzle = node["swizzle"].integer(0, 128);
  if (param.swizzle != 0 && param.swizzle != 32 && param.swizzle != 64 &&
      param.swizzle != 128)
    node["swizzle"].refuse("0, 32, 64 or 128");
  return param;
}

KernelParam readParam(const Node &node, const ParamRules &rules) {
  std::string kind = node["kind"].text();
  if (kind == "tensor_map")
    return readTensorMap(node, rules);
  if (kind == "pointer")
    return PointerParam{readTensor(node["tensor"], rules)};
  if (kind == "i32")
    return ScalarParam{node["value"].word<Extent::Symbol>(/*first=*/1)};
  node["kind"].refuse("one of tensor_map, pointer, i32");
}

std::string readChecksum(const Node &node) {
  std::string digits = node.text();
  if (digits.size() != 16 ||
      digits.find_first_not_of("0123456789abcdef") != std::string::npos)
    node.refuse("16 lower-case hex digits");
  return digits;
}

KernelRecord readKernel(const Node &node, Reduction reduction) {
  KernelRecord kernel;
  kernel.name = node["name"].text();
  kernel.role = node["role"].word<KernelRole>();
  kernel.symbol = node["symbol"].text();
  kernel.cubin = node["cubin"].fileName();
  kernel.ptx = node["ptx"].fileName();
  kernel.cubinBytes = node["cubin_bytes"].integer(1, kMax32);
  kernel.cubinChecksum = readChecksum(node["cubin_checksum"]);
  kernel.schedule = readSchedule(node["schedule"]);
  kernel.threads = node["threads"].integer(32, 1024, 32);
  kernel.cluster = node["cluster"].integer(1, kMaxCluster);
  kernel.programmatic = node["programmatic"].boolean();
  kernel.sharedMemory = node["shared_memory"].integer(0, kMaxSharedMemory);
  kernel.registers = node["registers"].integer(0, 255);
  kernel.spillBytes = node["spill_bytes"].integer(0, kMax32);
  kernel.columnTiles = node["column_tiles"].integer(1, kMax32);
  if (node.has("row_alignment")) // packages may be older
    kernel.rowAlignment =
        node["row_alignment"].integer(0, kMaxAlignment, kernel.clusterRows());
  for (const Node &param : node["params"].elements(0, 64))
    kernel.params.push_back(readParam(param, {reduction, kernel.role}));
  return kernel;
}

/// The layer is read.
void readKernels(const Node &node, Manifest &manifest) {
  for (const Node &each : node.elements(0, kMaxKernels)) {
    KernelRecord kernel = readKernel(each, manifest.layer.reduction);
    for (const KernelRecord &earlier : manifest.kernels)
      if (earlier.name == kernel.name)
        each["name"].refuse("a name that no other kernel has");
    manifest.kernels.push_back(std::move(kernel));
  }
}

/// The name of a kernel of that role, whose row tiles divide the alignment.
std::string readKernelName(const Node &plan, KernelRole role,
                           const Manifest &manifest,
                           std::int64_t rowAlignment) {
  const Node node = plan[roleName(role)];
  const std::string name = node.text();
  std::string names;
  for (const KernelRecord &kernel : manifest.kernels) {
    if (kernel.role != role)
      continue;
    names += (names.empty() ? "" : ", ") + kernel.name;
    if (kernel.name != name)
      continue;
    if (kernel.rowAlignment && kernel.rowAlignment != rowAlignment)
      plan["row_alignment"].refuse(fmt::format("{}, for which '{}' was made",
                                               kernel.rowAlignment, name));
    const std::int64_t rows = kernel.clusterRows();
    if (rowAlignment % rows != 0)
      plan["row_alignment"].refuse(fmt::format(
          "a multiple of {} (the rows of a cluster of '{}')", rows, name));
    return name;
  }
  node.refuse(fmt::format("the name of a kernel with the role {} ({})",
                          roleName(role), names.empty() ? "none" : names));
}

/// Files have sources that are files; one that was given may have been text.
ConfigurationRecord readConfiguration(const Node &node) {
  ConfigurationRecord record;
  record.source = node["source"].word<ScheduleSource>();
  const bool found = record.source == ScheduleSource::environment ||
                     record.source == ScheduleSource::installed;
  if (found || (record.source == ScheduleSource::given && node.has("file")))
    record.file = node["file"].text();
  else if (node.has("file"))
    node["file"].refuse(
        fmt::format("no file where the source is {}", wordOf(record.source)));
  return record;
}

/// Plans by ascending from_tokens, the first from 0. The kernels are read.
void readPlans(const Node &node, Manifest &manifest) {
  std::int64_t least = 0, most = 0;
  for (const Node &each : node.elements(1, kMaxPlans)) {
    Plan plan;
    plan.fromTokens = each["from_tokens"].integer(least, most);
    plan.rowAlignment = each["row_alignment"].integer(1, kMaxAlignment);
    plan.up = readKernelName(each, KernelRole::up, manifest, plan.rowAlignment);
    plan.down =
        readKernelName(each, KernelRole::down, manifest, plan.rowAlignment);
    if (each.has("combine")) {
      if (manifest.layer.sharedExperts == 0 ||
          manifest.layer.reduction == Reduction::atomic)
        each["combine"].refuse("no kernel in a layer without a shared expert "
                               "or with an atomic reduction");
      plan.combine = readKernelName(each, KernelRole::combine, manifest,
                                    plan.rowAlignment);
    }
    least = plan.fromTokens + 1;
    most = kMax32;
    manifest.plans.push_back(std::move(plan));
  }
}

} // namespace

Manifest readManifest(const std::string &text, const std::string &origin) {
  const JsonOrigin source{origin, "the manifest", ErrorCode::badManifest};
  const nlohmann::json document = parseJson(text, source);
  const Node root(source, "", &document);
  // First of all: the other keys mean what this reader thinks only then.
  root["format"].integer(Manifest::kFormat, Manifest::kFormat);

  Manifest manifest;
  manifest.target = root["target"].text();
  manifest.layer = readLayer(root["layer"]);
  if (root.has("configuration"))
    manifest.configuration = {readConfiguration(root["configuration"]["up"]),
                              readConfiguration(root["configuration"]["down"])};
  readKernels(root["kernels"], manifest);
  readPlans(root["plans"], manifest);
  return manifest;
}

} // namespace moert
