//===- Inspect.cpp --------------------------------------------------------===//

#include "compiler/simulate/Inspect.h"
#include "compiler/simulate/Rewrite.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace mlir::moe::sim;

static constexpr unsigned kGenericSpace = 0, kGlobalSpace = 1, kSharedSpace = 3,
                          kClusterSpace = 7;

std::optional<uint32_t> mlir::moe::sim::spaceFlags(const llvm::Value *address) {
  switch (address->getType()->getPointerAddressSpace()) {
  case kGlobalSpace:
    return 0;
  case kSharedSpace:
    return kIsShared;
  case kClusterSpace:
    return kIsCluster;
  case kGenericSpace: {
    const llvm::Value *object = llvm::getUnderlyingObject(address);
    auto *argument = llvm::dyn_cast<llvm::Argument>(object);
    if (llvm::isa<llvm::AllocaInst>(object) ||
        (argument && argument->hasByValAttr()))
      return std::nullopt;
    return kIsGeneric;
  }
  default:
    return std::nullopt;
  }
}

bool mlir::moe::sim::isHarmless(const llvm::CallBase &call) {
  if (call.doesNotAccessMemory() || call.onlyAccessesInaccessibleMemory())
    return true;
  return llvm::isa<llvm::LifetimeIntrinsic, llvm::AssumeInst>(call) ||
         llvm::none_of(call.args(), [](const llvm::Use &use) {
           return use->getType()->isPointerTy() && spaceFlags(use.get());
         });
}

static bool mayComeFromWgmma(llvm::Value *value,
                             llvm::SmallPtrSetImpl<llvm::Value *> &seen) {
  if (!seen.insert(value).second)
    return false;
  if (auto *phi = llvm::dyn_cast<llvm::PHINode>(value))
    return llvm::any_of(phi->incoming_values(), [&](llvm::Use &use) {
      return mayComeFromWgmma(use.get(), seen);
    });
  if (auto *select = llvm::dyn_cast<llvm::SelectInst>(value))
    return mayComeFromWgmma(select->getTrueValue(), seen) ||
           mayComeFromWgmma(select->getFalseValue(), seen);
  auto *extract = llvm::dyn_cast<llvm::ExtractValueInst>(value);
  auto *call =
      extract ? llvm::dyn_cast<llvm::CallBase>(extract->getAggregateOperand())
              : nullptr;
  auto *text = call ? llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand())
                    : nullptr;
  // The deeper waits pass on what is still in flight.
  return text && !text->getAsmString().contains("wait_group.sync.aligned 0;");
}

bool mlir::moe::sim::mayBeInFlight(llvm::Value *value) {
  llvm::SmallPtrSet<llvm::Value *, 16> seen;
  return mayComeFromWgmma(value, seen);
}
