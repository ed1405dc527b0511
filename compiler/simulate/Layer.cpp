//===- Layer.cpp ----------------------------------------------------------===//

#include "compiler/simulate/Layer.h"
#include "compiler/simulate/Launch.h"

#include <deque>

using namespace mlir::moe::sim;

llvm::Expected<std::unique_ptr<Jit>>
mlir::moe::sim::prepare(const FinalLayer &layer, const FinalKernel &kernel) {
  auto code = Jit::create(*kernel.module);
  if (code)
    for (std::string &location : (*code)->locations)
      location = layer.explain(location);
  return code;
}

namespace {

/// The arguments of one launch and what they point to.
class Arguments {
public:
  Arguments(Tensors &tensors, moert::KernelRole role)
      : tensors(tensors), role(role) {}

  Argument operator()(const moert::TensorMapParam &param) {
    note(param.tensor);
    maps.emplace_back(param, tensors.data(param.tensor), tensors.sizes());
    return {&maps.back(), 0};
  }
  Argument operator()(const moert::PointerParam &param) {
    note(param.tensor);
    return {nullptr, reinterpret_cast<uint64_t>(tensors.data(param.tensor))};
  }
  Argument operator()(const moert::ScalarParam &param) {
    return {nullptr, uint64_t(tensors.sizes().of({param.value, 0}))};
  }

  GlobalMemory global;
  /// What the kernels before this one may still do while it starts. Before up
  /// they write all but the weights, and those of the call before read what it
  /// writes. Before down there is only up, before combine only down: each lets
  /// the next one start when all others are over.
  EarlierKernels earlier;

private:
  /// Down asks what up has stored: then up does it while down runs.
  void countEarlier(const std::string &counter) {
    earlier.counter = counter;
    earlier.counted = {moert::tensorName(moert::Tensor::h),
                       moert::tensorName(moert::Tensor::hScales)};
    earlier.begin = [this] { return tensors.upByRuns(); };
    earlier.end = [this] { tensors.endUp(); };
  }

  void note(moert::Tensor tensor) {
    Buffer buffer = tensors.buffer(tensor, role);
    global.add(buffer);
    if (tensor == moert::Tensor::hProgress && role == moert::KernelRole::down)
      countEarlier(buffer.name);
    if (isWrittenEarlier(tensor))
      earlier.writes.push_back(buffer.name);
    if (role == moert::KernelRole::up && buffer.writable)
      earlier.reads.push_back(buffer.name);
  }
  bool isWrittenEarlier(moert::Tensor tensor) const {
    using moert::Tensor;
    switch (role) {
    case moert::KernelRole::up:
      return !isWeights(tensor);
    case moert::KernelRole::down:
      return tensor == Tensor::h || tensor == Tensor::hScales;
    case moert::KernelRole::combine:
      return tensor == Tensor::partials;
    }
    return true;
  }
  static bool isWeights(moert::Tensor tensor) {
    using moert::Tensor;
    return tensor == Tensor::w13 || tensor == Tensor::w13Scales ||
           tensor == Tensor::w2 || tensor == Tensor::w2Scales;
  }

  Tensors &tensors;
  moert::KernelRole role;
  std::deque<TensorMap> maps;
};

} // namespace

std::optional<Finding> mlir::moe::sim::runKernel(const FinalKernel &kernel,
                                                 const Jit &code,
                                                 Tensors &tensors,
                                                 const RunOptions &options) {
  const moert::KernelRecord &record = kernel.record;
  tensors.prepare(record.role);
  Arguments arguments(tensors, record.role);
  LaunchConfig config;
  for (const moert::KernelParam &param : record.params)
    config.arguments.push_back(std::visit(arguments, param));
  bool ofTokens = record.role == moert::KernelRole::combine;
  int64_t rows = ofTokens ? tensors.sizes().tokens : tensors.sizes().rows;
  int64_t tiles =
      llvm::divideCeil(rows, record.schedule.blockM) * record.columnTiles;
  int64_t clusters = std::min<int64_t>(options.blocks, tiles) / record.cluster;
  config.grid = unsigned(std::max<int64_t>(clusters, 1) * record.cluster);
  config.threads = unsigned(record.threads);
  config.sharedMemory = uint32_t(record.sharedMemory);
  config.regions = kernel.regions;
  if (record.programmatic)
    config.earlier = arguments.earlier;
  config.seed = options.seed;
  config.trace = options.trace;
  if (auto finding = Launch(code, config, arguments.global).run())
    return finding;
  std::string wrong = tensors.wrongElement(record.role);
  if (wrong.empty())
    return std::nullopt;
  return Finding{"wrong bits", wrong};
}
