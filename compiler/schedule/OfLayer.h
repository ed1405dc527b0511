//===- OfLayer.h - what manifests say, as schedules -------------*- C++ -*-===//
#ifndef COMPILER_SCHEDULE_OFLAYER_H
#define COMPILER_SCHEDULE_OFLAYER_H

#include "compiler/schedule/Space.h"
#include "moert/Manifest.h"

namespace mlir::moe {

/// What of the layer its schedules depend on. That it is a legal moe.layer is
/// for the dialect to say.
LayerProblem problemOf(const moert::LayerDescription &layer);

/// The schedule that a kernel was built by, and what it is among variants.
Schedule scheduleOf(const moert::KernelRecord &kernel);
Variant variantOf(const moert::KernelRecord &kernel);

} // namespace mlir::moe

#endif // COMPILER_SCHEDULE_OFLAYER_H
