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
  explicit Arguments(Tensors &tensors) : tensors(tensors) {}

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

private:
  void note(moert::Tensor tensor) { global.add(tensors.buffer(tensor)); }

  Tensors &tensors;
  std::deque<TensorMap> maps;
};

} // namespace

std::optional<Finding> mlir::moe::sim::runKernel(const FinalKernel &kernel,
                                                 const Jit &code,
                                                 Tensors &tensors,
                                                 const RunOptions &options) {
  const moert::KernelRecord &record = kernel.record;
  tensors.clearOutput(record.role);
  Arguments arguments(tensors);
  LaunchConfig config;
  for (const moert::KernelParam &param : record.params)
    config.arguments.push_back(std::visit(arguments, param));
  int64_t tiles =
      tensors.sizes().rows / record.schedule.blockM * record.columnTiles;
  config.grid = unsigned(std::min<int64_t>(options.blocks, tiles));
  config.threads = unsigned(record.threads);
  config.sharedMemory = uint32_t(record.sharedMemory);
  config.regions = kernel.regions;
  config.seed = options.seed;
  config.trace = options.trace;
  if (auto finding = Launch(code, config, arguments.global).run())
    return finding;
  std::string wrong = tensors.wrongElement(record.role);
  if (wrong.empty())
    return std::nullopt;
  return Finding{"wrong bits", wrong};
}
