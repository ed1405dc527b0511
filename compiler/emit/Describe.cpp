//===- Describe.cpp -------------------------------------------------------===//

#include "compiler/emit/Describe.h"
#include "dialect/pipe/PipeDialect.h"

using namespace mlir;
using namespace mlir::moe;

moert::LayerDescription mlir::moe::describe(LayerOp layer) {
  moert::LayerDescription result;
  result.name = layer.getSymName();
  result.experts = layer.getExperts();
  result.sharedExperts = layer.getSharedExperts();
  result.globalExperts = layer.getRoutedExperts();
  result.topK = layer.getTopK();
  result.hidden = layer.getHidden();
  result.intermediate = layer.getIntermediate();
  result.scaleOffset = layer.getScaleOffset();
  result.activationScale = layer.getActivationScale() == ActivationScale::Pow2
                               ? moert::ActivationScale::pow2
                               : moert::ActivationScale::f32;
  result.reduction = layer.getReduction() == Reduction::Atomic
                         ? moert::Reduction::atomic
                         : moert::Reduction::ordered;
  result.routedScalingFactor = layer.getRoutedScalingFactor().convertToDouble();
  return result;
}

LayerProblem mlir::moe::problemOf(LayerOp layer) {
  return problemOf(describe(layer));
}

static std::optional<moert::Tensor> tensorNamed(StringRef name) {
  for (size_t i = 0; i < moert::kTensors; ++i)
    if (name == moert::tensorName(moert::Tensor(i)))
      return moert::Tensor(i);
  return std::nullopt;
}

static moert::TensorMapParam describe(moert::Tensor tensor,
                                      pipe::TensorMapType map) {
  moert::TensorMapParam param;
  param.tensor = tensor;
  Type element = map.getElementType();
  param.element = element.isF32()    ? moert::ElementType::f32
                  : element.isBF16() ? moert::ElementType::bf16
                                     : moert::ElementType::u8;
  // What TMA reads and has no fixed extent is sorted, or by token.
  auto open = tensor == moert::Tensor::partials ? moert::Extent::Symbol::tokens
                                                : moert::Extent::Symbol::rows;
  for (int64_t extent : llvm::reverse(map.getShape()))
    if (ShapedType::isDynamic(extent))
      param.extents.push_back({open, 0});
    else
      param.extents.push_back({moert::Extent::Symbol::constant, extent});
  param.box.assign(map.getBox().rbegin(), map.getBox().rend());
  param.swizzle = map.isSwizzled() ? 128 : 0;
  return param;
}

static FailureOr<moert::KernelParam> describeParam(gpu::GPUFuncOp kernel,
                                                   unsigned index) {
  auto name = kernel.getArgAttrOfType<StringAttr>(index, "moe.tensor");
  if (!name)
    return kernel.emitOpError("expects a name in moe.tensor for argument ")
           << index;
  Type type = kernel.getArgumentTypes()[index];
  if (type.isIndex() && name.getValue() == "pairs")
    return moert::KernelParam(moert::ScalarParam{moert::Extent::Symbol::pairs});
  if (type.isIndex() && name.getValue() == "rows")
    return moert::KernelParam(moert::ScalarParam{moert::Extent::Symbol::rows});
  if (type.isIndex() && name.getValue() == "tokens")
    return moert::KernelParam(
        moert::ScalarParam{moert::Extent::Symbol::tokens});
  std::optional<moert::Tensor> tensor = tensorNamed(name.getValue());
  if (!tensor)
    return kernel.emitOpError("expects the name of a tensor of the runtime for "
                              "argument ")
           << index << ", got " << name;
  if (auto map = dyn_cast<pipe::TensorMapType>(type))
    return moert::KernelParam(describe(*tensor, map));
  return moert::KernelParam(moert::PointerParam{*tensor});
}

static moert::ScheduleRecord describe(const Schedule &s) {
  return {s.blockM,
          s.blockN,
          s.blockK,
          s.stages,
          s.consumers,
          s.groupM,
          s.producerRegisters,
          s.consumerRegisters,
          s.swapped,
          s.copiedRows};
}

static std::optional<moert::KernelRole> roleNamed(StringRef name) {
  for (auto role : {moert::KernelRole::up, moert::KernelRole::down,
                    moert::KernelRole::combine})
    if (name == moert::roleName(role))
      return role;
  return std::nullopt;
}

FailureOr<moert::KernelRecord> mlir::moe::describe(gpu::GPUFuncOp kernel,
                                                   StringRef ending) {
  moert::KernelRecord record;
  auto role = kernel->getAttrOfType<StringAttr>("moe.kernel");
  auto schedule = kernel->getAttrOfType<ScheduleAttr>("moe.schedule");
  auto memory = kernel->getAttrOfType<IntegerAttr>("pipe.shared_memory");
  if (!role || !schedule || !memory)
    return kernel.emitOpError("expects moe.kernel, moe.schedule and "
                              "pipe.shared_memory: was it made from a "
                              "moe.layer?");
  auto known = roleNamed(role.getValue());
  if (!known)
    return kernel.emitOpError("expects moe.kernel to be up, down or combine, "
                              "got ")
           << role;
  record.role = *known;
  record.name = (role.getValue() + ending).str();
  record.symbol = kernel.getName();
  record.ptx = record.name + ".ptx";
  record.cubin = record.name + ".cubin";
  record.schedule = ::describe(schedule.getSchedule());
  record.threads = schedule.getSchedule().threads();
  record.cluster = schedule.getCluster();
  // What walks tokens does not depend on the padding of experts.
  auto rows = kernel->getAttrOfType<IntegerAttr>("moe.row_alignment");
  if (rows && record.role != moert::KernelRole::combine)
    record.rowAlignment = rows.getInt();
  record.sharedMemory = memory.getInt();
  kernel.walk([&](pipe::WaitEarlierOp) { record.programmatic = true; });
  kernel.walk([&](pipe::TilesOp tiles) {
    record.columnTiles = tiles.getColumnTiles();
  });
  for (unsigned i = 0; i < kernel.getNumArguments(); ++i) {
    FailureOr<moert::KernelParam> param = describeParam(kernel, i);
    if (failed(param))
      return failure();
    record.params.push_back(*param);
  }
  return record;
}
