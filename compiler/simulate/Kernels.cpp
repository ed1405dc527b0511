//===- Kernels.cpp --------------------------------------------------------===//

#include "compiler/simulate/Kernels.h"
#include "compiler/emit/Describe.h"
#include "compiler/emit/Ptx.h"
#include "compiler/passes/Pipelines.h"
#include "dialect/moe/MoeDialect.h"
#include "dialect/pipe/PipeDialect.h"

#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/LocationSnapshot.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::moe;
using namespace mlir::moe::sim;

static constexpr StringLiteral kPipeFile = "pipe";

static LogicalResult lower(ModuleOp module,
                           function_ref<void(OpPassManager &)> addPasses) {
  PassManager manager(module.getContext());
  addPasses(manager);
  return manager.run(module);
}

//===----------------------------------------------------------------------===//
// Names of the parts of shared memory
//===----------------------------------------------------------------------===//

/// A, B (or B 0, B 1), the scales of A and of B: the order of a ring's tiles.
/// In one of rows of slots there are two, side by side.
static std::string tileName(size_t i, size_t tiles) {
  if (tiles == 2)
    return ("partials " + Twine(i)).str();
  if (i == 0)
    return "tile A";
  if (i + 2 == tiles)
    return "scales of A";
  if (i + 1 == tiles)
    return "scales of B";
  return tiles == 4 ? "tile B" : ("tile B" + Twine(i - 1)).str();
}

static void nameRing(pipe::RingOp ring, std::vector<sim::Region> &regions) {
  if (!ring.getOffsets())
    return;
  int64_t stages = ring.getType().getStages();
  ArrayRef<int64_t> offsets = *ring.getOffsets();
  ArrayRef<Type> tiles = ring.getType().getTiles();
  auto add = [&](int64_t offset, int64_t bytes, int64_t stage,
                 const std::string &name) {
    regions.push_back({uint32_t(offset), uint32_t(bytes),
                       llvm::formatv("stage {0}, {1}", stage, name),
                       int(stage)});
  };
  for (auto [i, type] : llvm::enumerate(tiles)) {
    auto tile = cast<pipe::TileType>(type);
    for (int64_t stage = 0; stage < stages; ++stage)
      add(offsets[i] + stage * tile.getSlotBytes(), tile.getBytes(), stage,
          tileName(i, tiles.size()));
  }
  for (int64_t stage = 0; stage < stages; ++stage) {
    add(offsets.back() + stage * 8, 8, stage, "barrier full");
    add(offsets.back() + (stages + stage) * 8, 8, stage, "barrier empty");
  }
}

/// A part that each of several things has.
struct Part {
  StringRef name;
  int64_t bytes;
};

/// From `offset` on the first part of all of them, then the second of all.
static void nameParts(int64_t offset, int64_t count, StringRef of,
                      ArrayRef<Part> parts, std::vector<sim::Region> &regions) {
  for (const Part &part : parts)
    for (int64_t i = 0; i < count; ++i) {
      regions.push_back({uint32_t(offset), uint32_t(part.bytes),
                         llvm::formatv("{0} {1}, {2}", of, i, part.name), -1});
      offset += part.bytes;
    }
}

static void nameQueue(pipe::TileQueueOp queue,
                      std::vector<sim::Region> &regions) {
  if (queue.getOffset())
    nameParts(*queue.getOffset(), pipe::TileQueueOp::kDepth, "tile queue slot",
              {{"number", 8}, {"barrier full", 8}, {"barrier empty", 8}},
              regions);
}

static void nameOutbox(pipe::OutboxOp outbox,
                       std::vector<sim::Region> &regions) {
  pipe::OutboxType type = outbox.getOutbox().getType();
  if (outbox.getOffset())
    nameParts(*outbox.getOffset(), type.getSenders(), "outbox of sender",
              {{"slip", type.getSlipBytes()},
               {"barrier full", 8},
               {"barrier empty", 8}},
              regions);
}

static void nameExchange(pipe::ExchangeOp exchange,
                         std::vector<sim::Region> &regions) {
  pipe::RowExchangeType type = exchange.getExchange().getType();
  if (exchange.getOffset())
    nameParts(*exchange.getOffset(), pipe::RowExchangeType::kTurns,
              "exchange turn", {{"place", type.getTurnBytes()}, {"barrier", 8}},
              regions);
}

static void nameLedger(pipe::LedgerOp ledger,
                       std::vector<sim::Region> &regions) {
  if (ledger.getOffset())
    nameParts(*ledger.getOffset(), pipe::LedgerOp::kBarriers, "ledger, note",
              {{"barrier", 8}}, regions);
}

static std::vector<sim::Region> nameRegions(gpu::GPUFuncOp kernel) {
  std::vector<sim::Region> regions;
  kernel.walk([&](pipe::RingOp ring) { nameRing(ring, regions); });
  kernel.walk([&](pipe::TileQueueOp queue) { nameQueue(queue, regions); });
  kernel.walk([&](pipe::OutboxOp outbox) { nameOutbox(outbox, regions); });
  kernel.walk([&](pipe::LedgerOp ledger) { nameLedger(ledger, regions); });
  kernel.walk(
      [&](pipe::ExchangeOp exchange) { nameExchange(exchange, regions); });
  kernel.walk([&](pipe::BufferOp buffer) {
    if (buffer.getOffset())
      regions.push_back({uint32_t(*buffer.getOffset()),
                         uint32_t(buffer.getTile().getType().getBytes()),
                         "staging buffer", -1});
  });
  return regions;
}

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

std::string FinalLayer::explain(const std::string &location) const {
  StringRef text = location;
  unsigned line = 0;
  if (!text.consume_front((kPipeFile + ":").str()) ||
      text.getAsInteger(10, line))
    return location;
  SmallVector<StringRef> lines;
  StringRef(pipe).split(lines, '\n');
  if (line == 0 || line > lines.size())
    return location;
  // Types are long; what stands before them says which op it is.
  StringRef op = lines[line - 1].trim().split(" : ").first;
  return llvm::formatv("{0} ({1})", location, op.substr(0, 60));
}

static FailureOr<LayerOp> onlyLayer(ModuleOp module) {
  auto layers = llvm::to_vector(module.getOps<LayerOp>());
  if (layers.size() != 1)
    return emitError(module.getLoc(), "expects one moe.layer, got ")
           << layers.size();
  return layers.front();
}

FailureOr<FinalLayer> mlir::moe::sim::compileForSimulation(
    ModuleOp module, ArrayRef<std::string> request, bool combine) {
  FinalLayer result;
  FailureOr<LayerOp> layer = onlyLayer(module);
  if (failed(layer))
    return failure();
  result.layer = describe(*layer);
  if (failed(lower(
          module,
          [&](OpPassManager &m) { addMoePipeline(m, request, combine); })) ||
      failed(lower(module, addPipePipeline)))
    return failure();
  for (auto kernelModule : module.getOps<gpu::GPUModuleOp>()) {
    auto kernel = *kernelModule.getOps<gpu::GPUFuncOp>().begin();
    FailureOr<moert::KernelRecord> record = describe(kernel);
    if (failed(record))
      return failure();
    result.rowAlignment =
        kernel->getAttrOfType<IntegerAttr>("moe.row_alignment").getInt();
    if (record->role == moert::KernelRole::up)
      result.upCounts = record->has(moert::Tensor::hProgress);
    result.kernels.push_back({*record, nullptr, nameRegions(kernel)});
  }

  // From here on an op's location is its line in the pipe dialect; the debug
  // information that says so changes no instruction.
  llvm::raw_string_ostream stream(result.pipe);
  generateLocationsFromIR(stream, kPipeFile, module, OpPrintingFlags());
  if (failed(lower(module, [](OpPassManager &manager) {
        addNVVMPipeline(manager);
        manager.addPass(LLVM::createDIScopeForLLVMFuncOpPass());
      })))
    return failure();
  size_t next = 0;
  for (auto kernelModule : module.getOps<gpu::GPUModuleOp>()) {
    auto &slot = result.kernels[next++].module;
    slot = translateToLLVM(kernelModule, *result.context);
    if (!slot)
      return failure();
  }
  return result;
}
