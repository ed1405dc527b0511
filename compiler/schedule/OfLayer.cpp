//===- OfLayer.cpp --------------------------------------------------------===//

#include "compiler/schedule/OfLayer.h"

using namespace mlir::moe;

LayerProblem mlir::moe::problemOf(const moert::LayerDescription &layer) {
  LayerProblem problem;
  problem.routing.experts = layer.experts;
  problem.routing.sharedExperts = layer.sharedExperts;
  problem.routing.globalExperts = layer.globalExperts;
  problem.routing.topK = layer.topK;
  problem.up.parts = 2;
  problem.up.partN = layer.intermediate;
  problem.up.k = layer.hidden;
  problem.up.nOffset = layer.scaleOffset;
  problem.up.gathered = true;
  problem.up.quantised = true;
  problem.down.partN = layer.hidden;
  problem.down.k = layer.intermediate;
  problem.down.kOffset = layer.scaleOffset;
  problem.down.added = layer.reduction == moert::Reduction::atomic;
  return problem;
}

Schedule mlir::moe::scheduleOf(const moert::KernelRecord &kernel) {
  const moert::ScheduleRecord &record = kernel.schedule;
  Schedule schedule;
  schedule.blockM = record.blockM;
  schedule.blockN = record.blockN;
  schedule.blockK = record.blockK;
  schedule.stages = record.stages;
  schedule.consumers = record.consumers;
  schedule.groupM = record.groupM;
  schedule.producerRegisters = record.producerRegisters;
  schedule.consumerRegisters = record.consumerRegisters;
  schedule.cluster = kernel.cluster;
  schedule.swapped = record.swapped;
  schedule.copiedRows = record.copiedRows;
  return schedule;
}

Variant mlir::moe::variantOf(const moert::KernelRecord &kernel) {
  return {kernel.role == moert::KernelRole::up ? Gemm::up : Gemm::down,
          scheduleOf(kernel), kernel.rowAlignment};
}
