//===- ScheduleOptions.h - --tile, --stages and their like ------*- C++ -*-===//
#ifndef COMPILER_TOOLS_SCHEDULEOPTIONS_H
#define COMPILER_TOOLS_SCHEDULEOPTIONS_H

#include "compiler/emit/PlanRequests.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

namespace mlir::moe {

/// The options that choose schedules by hand.
extern llvm::cl::OptionCategory scheduleCategory;

/// The plans that they ask for, none if they are not given: those of --plan, or
/// one for all calls. What does not say of which kernel it speaks means
/// `kernel`, and both if that is empty. An error if --plan is not of its form.
llvm::Expected<std::vector<PlanRequest>> plansByHand(llvm::StringRef kernel);

} // namespace mlir::moe

#endif // COMPILER_TOOLS_SCHEDULEOPTIONS_H
