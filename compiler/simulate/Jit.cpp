//===- Jit.cpp ------------------------------------------------------------===//

#include "compiler/simulate/Jit.h"
#include "compiler/simulate/Access.h"
#include "compiler/simulate/Rewrite.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/TargetSelect.h"

#include <mutex>

using namespace llvm;
using namespace mlir::moe::sim;

namespace mlir::moe::sim {
extern thread_local Thread *running;
} // namespace mlir::moe::sim

//===----------------------------------------------------------------------===//
// What the code calls
//===----------------------------------------------------------------------===//

/// After a finding a thread is never resumed.
static void stopIfFailed(Thread &thread) {
  while (thread.block->failed())
    thread.fiber->suspend();
}

extern "C" {

static void simulateOperation(uint32_t number, uint32_t location, uint64_t *out,
                              const uint64_t *in) {
  Thread &thread = *running;
  const Operation &operation = thread.block->launch.kernel.operations[number];
  thread.location = location;
  operation.handler(thread, {in, out, location, operation.n, operation.depth});
  stopIfFailed(thread);
}

static void *simulateShared() {
  return running->block->memory.at(SharedMemory::kFirst);
}

static void simulateAccess(uint64_t address, uint32_t bytes, uint32_t flags,
                           uint32_t location) {
  checkAccess(*running, address, bytes, flags, location);
  stopIfFailed(*running);
}

static void simulateInFlight(uint32_t bits, uint32_t location) {
  auto handle = Handle::from(bits);
  if (!handle)
    return;
  Thread &thread = *running;
  Block &block = *thread.block;
  Step *step = block.warpgroups[thread.warpgroup()].stepOf(handle->step);
  block.fail(
      "accumulator in flight",
      formatv("{0} computes with register {1} of the wgmma issued at {2} "
              "without a wait that is tied to it, at {3}",
              block.who(thread), handle->element,
              step ? block.place(step->location) : "an earlier step",
              block.place(location)));
  stopIfFailed(thread);
}
}

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

static void initialiseHost() {
  static std::once_flag once;
  std::call_once(once, [] {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
  });
}

/// A copy of `module` in a context of its own, which the JIT will own.
static Expected<orc::ThreadSafeModule> copy(const Module &module) {
  SmallVector<char, 0> bytes;
  raw_svector_ostream stream(bytes);
  WriteBitcodeToFile(module, stream);
  auto context = std::make_unique<LLVMContext>();
  auto result = parseBitcodeFile(
      MemoryBufferRef(StringRef(bytes.data(), bytes.size()), "kernel"),
      *context);
  if (!result)
    return result.takeError();
  return orc::ThreadSafeModule(std::move(*result), std::move(context));
}

static Error define(orc::LLJIT &jit) {
  auto symbol = [&](StringRef name, auto *function) {
    return std::pair(jit.mangleAndIntern(name),
                     orc::ExecutorSymbolDef(
                         orc::ExecutorAddr::fromPtr(function),
                         JITSymbolFlags::Exported | JITSymbolFlags::Callable));
  };
  orc::SymbolMap symbols;
  symbols.insert(symbol(kOperationName, &simulateOperation));
  symbols.insert(symbol(kAccessName, &simulateAccess));
  symbols.insert(symbol(kSharedName, &simulateShared));
  symbols.insert(symbol(kInFlightName, &simulateInFlight));
  return jit.getMainJITDylib().define(orc::absoluteSymbols(symbols));
}

Jit::Jit() = default;
Jit::~Jit() = default;

Expected<std::unique_ptr<Jit>> Jit::create(const Module &module) {
  initialiseHost();
  auto machine = orc::JITTargetMachineBuilder::detectHost();
  if (!machine)
    return machine.takeError();
  machine->setCodeGenOptLevel(CodeGenOptLevel::Less);
  Triple triple = machine->getTargetTriple();
  auto jit = orc::LLJITBuilder().setJITTargetMachineBuilder(*machine).create();
  if (!jit)
    return jit.takeError();
  auto code = copy(module);
  if (!code)
    return code.takeError();

  RewriteTables tables;
  Error error = code->withModuleDo([&](Module &own) -> Error {
    if (Error error =
            rewriteForHost(own, triple, (*jit)->getDataLayout(), tables))
      return error;
    StripDebugInfo(own);
    std::string text;
    raw_string_ostream stream(text);
    if (verifyModule(own, &stream))
      return createStringError("the rewritten module is broken: " + text);
    return Error::success();
  });
  if (error)
    return error;
  if (Error error = define(**jit))
    return error;
  if (Error error = (*jit)->addIRModule(std::move(*code)))
    return error;
  auto entry = (*jit)->lookup(kEntryName);
  if (!entry)
    return entry.takeError();

  std::unique_ptr<Jit> result(new Jit);
  result->entry = entry->toPtr<void (*)(const uint64_t *)>();
  result->operations = std::move(tables.operations);
  result->locations = std::move(tables.locations);
  result->staticShared = tables.staticShared;
  result->clusterSize = tables.clusterSize;
  result->mostThreads = tables.mostThreads;
  result->jit = std::move(*jit);
  return result;
}
