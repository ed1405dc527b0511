//===- Rewrite.cpp --------------------------------------------------------===//

#include "compiler/simulate/Rewrite.h"
#include "compiler/simulate/Inspect.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/ReplaceConstant.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace mlir::moe::sim;

static constexpr unsigned kSharedSpace = 3;

namespace {

class Rewriter {
public:
  Rewriter(Module &module, RewriteTables &tables)
      : module(module), tables(tables), context(module.getContext()),
        i32(Type::getInt32Ty(context)), i64(Type::getInt64Ty(context)),
        pointer(PointerType::get(context, 0)), none(Type::getVoidTy(context)) {
    tables.locations = {"an unknown place"};
  }

  Error run(const Triple &triple, const llvm::DataLayout &layout) {
    Function *kernel = findKernel();
    if (!kernel)
      return createStringError("expects one kernel in the module");
    // Sizes of what lies in memory are the same on both sides.
    module.setTargetTriple(triple);
    module.setDataLayout(layout);
    if (Error error = rewriteBody(*kernel))
      return error;
    placeSharedMemory(*kernel);
    writeEntry(*kernel);
    return Error::success();
  }

private:
  Function *findKernel() {
    Function *kernel = nullptr;
    for (Function &function : module) {
      if (function.isDeclaration())
        continue;
      if (kernel)
        return nullptr;
      kernel = &function;
    }
    return kernel;
  }

  Error rewriteBody(Function &kernel);
  Error replaceCall(CallBase &call);
  void passThrough(CallBase &call, const Operation &operation);
  void checkAccess(Instruction &access, Value *address, uint64_t bytes,
                   uint32_t flags);
  void checkMemory(Instruction &instruction);
  void checkOperands(Instruction &instruction);
  void guardDivision(BinaryOperator &division);
  void placeSharedMemory(Function &kernel);
  void writeEntry(Function &kernel);

  Value *location(const Instruction &instruction);
  std::string locationText(const Instruction &instruction);
  Value *asSlot(IRBuilder<> &b, Value *value);
  Value *fromSlot(IRBuilder<> &b, Value *slot, Type *type);
  FunctionCallee runtime(StringRef name, Type *result, ArrayRef<Type *> types) {
    return module.getOrInsertFunction(name,
                                      FunctionType::get(result, types, false));
  }

  Module &module;
  RewriteTables &tables;
  LLVMContext &context;
  Type *i32, *i64, *pointer, *none;
  AllocaInst *arguments = nullptr, *results = nullptr; ///< Slots of a call.
  unsigned argumentSlots = 1, resultSlots = 1;
};

} // namespace

//===----------------------------------------------------------------------===//
// Locations
//===----------------------------------------------------------------------===//

std::string Rewriter::locationText(const Instruction &instruction) {
  const DebugLoc &place = instruction.getDebugLoc();
  if (!place || place.getLine() == 0)
    return tables.locations[0];
  return (place->getFilename() + ":" + Twine(place.getLine())).str();
}

Value *Rewriter::location(const Instruction &instruction) {
  std::string text = locationText(instruction);
  auto found = llvm::find(tables.locations, text);
  unsigned number = found - tables.locations.begin();
  if (found == tables.locations.end())
    tables.locations.push_back(std::move(text));
  return ConstantInt::get(i32, number);
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

Value *Rewriter::asSlot(IRBuilder<> &b, Value *value) {
  Type *type = value->getType();
  if (type->isPointerTy())
    return b.CreatePtrToInt(value, i64);
  unsigned bits = type->getPrimitiveSizeInBits();
  if (!type->isIntegerTy())
    value = b.CreateBitCast(value, b.getIntNTy(bits));
  return bits < 64 ? b.CreateZExt(value, i64) : value;
}

Value *Rewriter::fromSlot(IRBuilder<> &b, Value *slot, Type *type) {
  if (type->isPointerTy())
    return b.CreateIntToPtr(slot, type);
  unsigned bits = type->getPrimitiveSizeInBits();
  Value *value = bits < 64 ? b.CreateTrunc(slot, b.getIntNTy(bits)) : slot;
  return type->isIntegerTy() ? value : b.CreateBitCast(value, type);
}

void Rewriter::passThrough(CallBase &call, const Operation &operation) {
  IRBuilder<> b(&call);
  unsigned count = call.arg_size();
  argumentSlots = std::max(argumentSlots, count);
  for (unsigned i = 0; i < count; ++i)
    b.CreateStore(asSlot(b, call.getArgOperand(i)),
                  b.CreateConstGEP1_32(i64, arguments, i));

  unsigned number = tables.operations.size();
  for (unsigned i = 0; i < number; ++i)
    if (tables.operations[i] == operation)
      number = i;
  if (number == tables.operations.size())
    tables.operations.push_back(operation);
  b.CreateCall(
      runtime(kOperationName, none, {i32, i32, pointer, pointer}),
      {ConstantInt::get(i32, number), location(call), results, arguments});

  Type *type = call.getType();
  Value *result = nullptr;
  if (auto *fields = dyn_cast<StructType>(type)) {
    resultSlots = std::max(resultSlots, fields->getNumElements());
    result = PoisonValue::get(type);
    for (unsigned i = 0; i < fields->getNumElements(); ++i) {
      Value *slot = b.CreateLoad(i64, b.CreateConstGEP1_32(i64, results, i));
      result = b.CreateInsertValue(
          result, fromSlot(b, slot, fields->getElementType(i)), i);
    }
  } else if (!type->isVoidTy()) {
    result = fromSlot(b, b.CreateLoad(i64, results), type);
  }
  if (result)
    call.replaceAllUsesWith(result);
  call.eraseFromParent();
}

Error Rewriter::replaceCall(CallBase &call) {
  std::optional<Operation> operation;
  std::string name;
  if (auto *text = dyn_cast<InlineAsm>(call.getCalledOperand())) {
    name = formatv("inline asm '{0}' ({1})", text->getAsmString(),
                   text->getConstraintString());
    operation =
        findInlineAsm(text->getAsmString(), text->getConstraintString());
  } else if (Function *callee = call.getCalledFunction()) {
    name = formatv("'{0}'", callee->getName());
    bool own =
        callee->isIntrinsic() && !callee->getName().starts_with("llvm.nvvm.");
    if (own && isHarmless(call))
      return Error::success();
    operation = findIntrinsic(callee->getName());
  } else {
    name = "an indirect call";
  }
  if (!operation)
    return createStringError("the simulator does not know " + name + ", at " +
                             locationText(call));
  passThrough(call, *operation);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

void Rewriter::checkAccess(Instruction &access, Value *address, uint64_t bytes,
                           uint32_t flags) {
  std::optional<uint32_t> space = spaceFlags(address);
  if (!space)
    return;
  IRBuilder<> b(&access);
  Value *words[] = {b.CreatePtrToInt(address, i64),
                    ConstantInt::get(i32, bytes),
                    ConstantInt::get(i32, flags | *space), location(access)};
  b.CreateCall(runtime(kAccessName, none, {i64, i32, i32, i32}), words);
}

void Rewriter::checkMemory(Instruction &instruction) {
  auto bytesOf = [&](Type *type) {
    return module.getDataLayout().getTypeStoreSize(type).getFixedValue();
  };
  if (auto *load = dyn_cast<LoadInst>(&instruction))
    checkAccess(*load, load->getPointerOperand(), bytesOf(load->getType()),
                load->isAtomic() ? kIsAtomic : 0);
  else if (auto *store = dyn_cast<StoreInst>(&instruction))
    checkAccess(*store, store->getPointerOperand(),
                bytesOf(store->getValueOperand()->getType()),
                kIsStore | (store->isAtomic() ? kIsAtomic : 0));
  else if (auto *update = dyn_cast<AtomicRMWInst>(&instruction))
    checkAccess(*update, update->getPointerOperand(),
                bytesOf(update->getType()), kIsStore | kIsAtomic);
  else if (auto *swap = dyn_cast<AtomicCmpXchgInst>(&instruction))
    checkAccess(*swap, swap->getPointerOperand(),
                bytesOf(swap->getNewValOperand()->getType()),
                kIsStore | kIsAtomic);
}

void Rewriter::checkOperands(Instruction &instruction) {
  auto *call = dyn_cast<CallBase>(&instruction);
  bool computes =
      isa<BinaryOperator, UnaryOperator, FCmpInst>(instruction) ||
      (call && isa<IntrinsicInst>(call) &&
       !call->getCalledFunction()->getName().starts_with("llvm.nvvm."));
  if (!computes)
    return;
  SetVector<Value *> operands;
  for (Value *operand : instruction.operands()) {
    if (operand->getType()->isFloatTy() && mayBeInFlight(operand))
      operands.insert(operand);
  }
  IRBuilder<> b(&instruction);
  for (Value *operand : operands)
    b.CreateCall(runtime(kInFlightName, none, {i32, i32}),
                 {b.CreateBitCast(operand, i32), location(instruction)});
}

/// A GPU divides by zero without a trap; the quotient is all ones.
void Rewriter::guardDivision(BinaryOperator &division) {
  if (!division.isIntDivRem() || isa<Constant>(division.getOperand(1)))
    return;
  IRBuilder<> b(&division);
  Value *by = division.getOperand(1);
  Value *isZero = b.CreateICmpEQ(by, Constant::getNullValue(by->getType()));
  division.setOperand(
      1, b.CreateSelect(isZero, ConstantInt::get(by->getType(), 1), by));
}

Error Rewriter::rewriteBody(Function &kernel) {
  IRBuilder<> b(&*kernel.getEntryBlock().begin());
  arguments = b.CreateAlloca(i64, b.getInt32(1));
  results = b.CreateAlloca(i64, b.getInt32(1));
  SmallVector<Instruction *> all;
  for (Instruction &instruction : instructions(kernel))
    all.push_back(&instruction);
  // First the checks: they look at the calls that are then replaced.
  for (Instruction *instruction : all) {
    checkOperands(*instruction);
    checkMemory(*instruction);
    if (auto *division = dyn_cast<BinaryOperator>(instruction))
      guardDivision(*division);
  }
  for (Instruction *instruction : all)
    if (auto *call = dyn_cast<CallBase>(instruction))
      if (Error error = replaceCall(*call))
        return error;
  arguments->setOperand(0, b.getInt32(argumentSlots));
  results->setOperand(0, b.getInt32(resultSlots));
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Memory and parameters
//===----------------------------------------------------------------------===//

/// Static variables come first, the dynamic part (of no size) behind them.
void Rewriter::placeSharedMemory(Function &kernel) {
  SmallVector<GlobalVariable *> variables;
  for (GlobalVariable &variable : module.globals())
    if (variable.getAddressSpace() == kSharedSpace)
      variables.push_back(&variable);
  SmallVector<Constant *> constants(variables.begin(), variables.end());
  convertUsersOfConstantsToInstructions(constants, &kernel);
  auto size = [&](GlobalVariable *variable) {
    return module.getDataLayout().getTypeAllocSize(variable->getValueType());
  };
  llvm::sort(variables, [&](auto *a, auto *b) {
    return std::pair(size(a) == 0, a->getName()) <
           std::pair(size(b) == 0, b->getName());
  });
  IRBuilder<> b(&*kernel.getEntryBlock().begin());
  uint32_t offset = 0;
  Value *base = b.CreateCall(
      runtime(kSharedName, PointerType::get(context, kSharedSpace), {}));
  for (GlobalVariable *variable : variables) {
    offset = alignTo(offset, variable->getAlign().valueOrOne());
    variable->replaceAllUsesWith(
        b.CreateConstGEP1_32(b.getInt8Ty(), base, offset));
    offset += size(variable);
    variable->eraseFromParent();
  }
  tables.staticShared = alignTo(offset, 1024);
}

void Rewriter::writeEntry(Function &kernel) {
  kernel.setCallingConv(CallingConv::C);
  // "2,1,1"
  auto firstOf = [&](StringRef name, unsigned otherwise) {
    StringRef list = kernel.getFnAttribute(name).getValueAsString();
    unsigned value = otherwise;
    list.consumeInteger(10, value);
    return value;
  };
  tables.clusterSize = firstOf("nvvm.cluster_dim", 1);
  tables.mostThreads = firstOf("nvvm.maxntid", 0);
  kernel.removeFnAttr("target-cpu");
  kernel.removeFnAttr("target-features");
  for (Argument &argument : kernel.args())
    argument.removeAttr(Attribute::ByVal);
  auto *entry =
      cast<Function>(runtime(kEntryName, none, {pointer}).getCallee());
  IRBuilder<> b(BasicBlock::Create(context, "", entry));
  SmallVector<Value *> values;
  for (Argument &argument : kernel.args()) {
    Value *slot = b.CreateLoad(
        i64, b.CreateConstGEP1_32(i64, entry->getArg(0), argument.getArgNo()));
    values.push_back(fromSlot(b, slot, argument.getType()));
  }
  b.CreateCall(&kernel, values);
  b.CreateRetVoid();
}

Error mlir::moe::sim::rewriteForHost(Module &module, const Triple &triple,
                                     const llvm::DataLayout &layout,
                                     RewriteTables &tables) {
  return Rewriter(module, tables).run(triple, layout);
}
