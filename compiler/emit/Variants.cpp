//===- Variants.cpp -------------------------------------------------------===//

#include "compiler/emit/Variants.h"
#include "compiler/emit/Cubin.h"
#include "compiler/emit/Describe.h"
#include "compiler/schedule/OfLayer.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ThreadPool.h"

#include <mutex>

using namespace llvm;
using namespace mlir::moe;

namespace {

/// A module in a context of its own, whose diagnostics are kept as text.
class ParsedLayer {
public:
  explicit ParsedLayer(StringRef path, StringRef text)
      : context(registry(), mlir::MLIRContext::Threading::DISABLED),
        complaints(said) {
    context.printOpOnDiagnostic(false);
    sources.AddNewSourceBuffer(MemoryBuffer::getMemBufferCopy(text, path),
                               SMLoc());
    diagnostics.emplace(sources, &context, complaints);
    module = mlir::parseSourceFile<mlir::ModuleOp>(sources, &context);
  }

  Error error() const { return createStringError(StringRef(said).rtrim()); }

private:
  static mlir::DialectRegistry registry() {
    mlir::DialectRegistry registry;
    registerAll(registry);
    return registry;
  }

  mlir::MLIRContext context;
  std::string said;
  raw_string_ostream complaints;
  SourceMgr sources;
  std::optional<mlir::SourceMgrDiagnosticHandler> diagnostics;

public:
  mlir::OwningOpRef<mlir::ModuleOp> module; ///< Null after an error.
};

} // namespace

Expected<LayerSource> mlir::moe::readLayer(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return createStringError("cannot open input file '" + path +
                             "': " + buffer.getError().message());
  LayerSource source{path.str(), (*buffer)->getBuffer().str(), {}};
  ParsedLayer parsed(path, source.text);
  if (!parsed.module)
    return parsed.error();
  auto layers = parsed.module->getOps<LayerOp>();
  if (!hasSingleElement(layers))
    return createStringError(
        path + ": expects one moe.layer, got " +
        Twine(std::distance(layers.begin(), layers.end())));
  source.layer = describe(*layers.begin());
  return source;
}

Expected<CompiledKernel> mlir::moe::compileVariant(const LayerSource &source,
                                                   const Variant &variant,
                                                   StringRef ptxas) {
  const std::string name = variant.name();
  auto plan = planWith(problemOf(source.layer), variant);
  if (!plan)
    return createStringError(
        "kernel '" + name +
        "': no schedule of the other GEMM pads experts to " +
        Twine(variant.rowAlignment) + " rows");
  ParsedLayer parsed(source.path, source.text);
  if (!parsed.module)
    return parsed.error();
  const StringRef role = variant.gemm == Gemm::up ? "up" : "down";
  CompileOptions options;
  options.plans = {requestOf(*plan)};
  options.plans.front().variant = name.substr(role.size());
  options.kernel = role;
  options.ptxas = ptxas;
  options.jobs = 1;
  std::vector<std::string> toolErrors;
  auto compiled = compile(*parsed.module, options, toolErrors);
  if (!toolErrors.empty())
    return createStringError(toolErrors.front());
  if (failed(compiled))
    return parsed.error();
  return std::move(compiled->kernels.front());
}

static bool has(const CompiledLayer &layer, const Variant &variant) {
  return any_of(layer.kernels, [&](const CompiledKernel &kernel) {
    return variantOf(kernel.record) == variant;
  });
}

Expected<std::vector<std::string>>
mlir::moe::addVariants(CompiledLayer &layer, const LayerSource &source,
                       const std::vector<Variant> &variants,
                       const CompileOptions &options) {
  auto ptxas = findPtxas(options.ptxas);
  if (!ptxas)
    return ptxas.takeError();
  std::vector<Variant> missing;
  for (const Variant &variant : variants)
    if (!has(layer, variant))
      missing.push_back(variant);

  std::vector<std::optional<CompiledKernel>> kernels(missing.size());
  std::vector<std::string> reasons(missing.size());
  std::mutex reporting;
  DefaultThreadPool pool(hardware_concurrency(options.jobs));
  for (size_t i = 0; i < missing.size(); ++i)
    pool.async([&, i] {
      auto kernel = compileVariant(source, missing[i], *ptxas);
      if (kernel)
        kernels[i] = std::move(*kernel);
      else
        reasons[i] = toString(kernel.takeError());
      std::lock_guard lock(reporting);
      if (options.progress)
        options.progress(missing[i].name(), missing.size());
    });
  pool.wait();

  std::vector<std::string> dropped;
  for (size_t i = 0; i < missing.size(); ++i)
    if (kernels[i])
      layer.kernels.push_back(std::move(*kernels[i]));
    else
      dropped.push_back(reasons[i]);
  return dropped;
}
