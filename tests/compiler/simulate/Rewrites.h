//===- Rewrites.h - small steps that faults are made of ---------*- C++ -*-===//
#ifndef TESTS_COMPILER_SIMULATE_REWRITES_H
#define TESTS_COMPILER_SIMULATE_REWRITES_H

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Module.h"

namespace rewrites {

using Calls = llvm::SmallVector<llvm::CallBase *>;

/// The calls of the NVVM intrinsic whose name starts so, in program order, or
/// of an inline asm whose text holds `name`.
inline Calls callsOf(llvm::Module &module, llvm::StringRef name) {
  Calls calls;
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::instructions(function)) {
      auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
      if (!call)
        continue;
      auto *text = llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand());
      auto *callee = call->getCalledFunction();
      if (text ? text->getAsmString().contains(name)
               : callee->getName().starts_with(("llvm.nvvm." + name).str()))
        calls.push_back(call);
    }
  return calls;
}

/// Those of them in the role that `marker` (a setmaxnreg) opens: the block that
/// holds it dominates the rest of the role; the order of blocks is enough here,
/// as the producer's come first.
inline Calls inRole(llvm::Module &module, llvm::StringRef name, bool producer) {
  Calls calls;
  bool seen = false;
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::instructions(function)) {
      auto *call = llvm::dyn_cast<llvm::CallBase>(&instruction);
      if (call && call->getCalledFunction() &&
          call->getCalledFunction()->getName().starts_with(
              "llvm.nvvm.setmaxnreg.inc"))
        seen = true;
      if (call && seen != producer)
        calls.push_back(call);
    }
  Calls named = callsOf(module, name);
  llvm::erase_if(calls, [&](llvm::CallBase *call) {
    return !llvm::is_contained(named, call);
  });
  return calls;
}

/// Takes calls out; `value` stands for what they returned.
inline bool takeOut(const Calls &calls, llvm::Value *value = nullptr) {
  for (llvm::CallBase *call : calls) {
    if (!call->getType()->isVoidTy())
      call->replaceAllUsesWith(value ? value
                                     : llvm::PoisonValue::get(call->getType()));
    call->eraseFromParent();
  }
  return !calls.empty();
}

/// operand += amount.
inline bool addTo(const Calls &calls, unsigned operand, int64_t amount) {
  for (llvm::CallBase *call : calls) {
    llvm::IRBuilder<> b(call);
    llvm::Value *old = call->getArgOperand(operand);
    if (old->getType()->isPointerTy()) {
      call->setArgOperand(operand,
                          b.CreateGEP(b.getInt8Ty(), old, b.getInt64(amount)));
      continue;
    }
    auto *by = llvm::ConstantInt::getSigned(old->getType(), amount);
    call->setArgOperand(operand, b.CreateAdd(old, by));
  }
  return !calls.empty();
}

inline bool flip(const Calls &calls, unsigned operand) {
  for (llvm::CallBase *call : calls) {
    llvm::IRBuilder<> b(call);
    llvm::Value *old = call->getArgOperand(operand);
    auto *one = llvm::ConstantInt::get(old->getType(), 1);
    call->setArgOperand(operand, b.CreateXor(old, one));
  }
  return !calls.empty();
}

inline bool set(const Calls &calls, unsigned operand, uint64_t value) {
  for (llvm::CallBase *call : calls)
    call->setArgOperand(
        operand,
        llvm::ConstantInt::get(call->getArgOperand(operand)->getType(), value));
  return !calls.empty();
}

/// What calls return, plus `amount`.
inline bool addToResult(const Calls &calls, int64_t amount) {
  for (llvm::CallBase *call : calls) {
    llvm::IRBuilder<> b(call->getNextNode());
    auto *by = llvm::ConstantInt::getSigned(call->getType(), amount);
    auto *sum = llvm::cast<llvm::Instruction>(b.CreateAdd(call, by));
    call->replaceUsesWithIf(
        sum, [&](llvm::Use &use) { return use.getUser() != sum; });
  }
  return !calls.empty();
}

/// Instructions of one class that are what is asked for, in program order.
template <typename Wanted>
llvm::SmallVector<Wanted *> allOf(llvm::Module &module,
                                  llvm::function_ref<bool(Wanted *)> is) {
  llvm::SmallVector<Wanted *> found;
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::instructions(function))
      if (auto *wanted = llvm::dyn_cast<Wanted>(&instruction);
          wanted && is(wanted))
        found.push_back(wanted);
  return found;
}

/// Loads and stores whose type is so, through pointers of an address space.
template <typename Access>
llvm::SmallVector<Access *>
accesses(llvm::Module &module, unsigned space,
         llvm::function_ref<bool(llvm::Type *)> is) {
  llvm::SmallVector<Access *> found;
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::instructions(function))
      if (auto *access = llvm::dyn_cast<Access>(&instruction))
        if (access->getPointerAddressSpace() == space &&
            is(llvm::getLoadStoreType(access)))
          found.push_back(access);
  return found;
}

/// The pointer of a load or store, plus `bytes`.
template <typename Access> bool shift(Access *access, int64_t bytes) {
  llvm::IRBuilder<> b(access);
  access->setOperand(access->getPointerOperandIndex(),
                     b.CreateGEP(b.getInt8Ty(), access->getPointerOperand(),
                                 b.getInt64(bytes)));
  return true;
}

} // namespace rewrites

#endif // TESTS_COMPILER_SIMULATE_REWRITES_H
