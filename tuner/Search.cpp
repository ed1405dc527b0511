//===- Search.cpp - the fastest kernels for a number of tokens ------------===//
#include "tuner/Search.h"

#include "tuner/TokensSearch.h"

namespace moert::tune {

Search::Search(const mlir::moe::Space &space, KernelSource &source,
               Measure &measure, Journal &journal, Progress &progress,
               const SearchOptions &options)
    : space(space), source(source), measure(measure), journal(journal),
      progress(progress), options(options) {}

/// The other kernel is there to make a layer; it is not run.
const Kernel *Search::usable(const Variant &variant,
                             const std::vector<Variant> &partners) {
  const Kernel *kernel = source.offers(variant) ? source.get(variant) : nullptr;
  if (!kernel)
    return nullptr;
  const std::string name = variant.name();
  if (auto known = right.find(name); known != right.end())
    return known->second ? kernel : nullptr;
  const std::string &cubin = kernel->record.cubinChecksum;
  std::optional<std::string> fault = journal.fault(name, cubin);
  for (const Variant &partner : partners) {
    if (fault)
      break;
    if (!source.offers(partner) || !source.get(partner))
      continue;
    const Pair pair = variant.gemm == Gemm::up ? Pair{variant, partner}
                                               : Pair{partner, variant};
    fault = measure.fault(pair, variant.gemm).value_or("");
    journal.addFault(name, cubin, *fault);
  }
  if (!fault)
    return nullptr; // nothing to pair it with, so nobody can use it
  right[name] = fault->empty();
  if (fault->empty())
    return kernel;
  faultLines.push_back(name + ": " + *fault);
  return nullptr;
}

std::optional<TokensResult>
Search::run(std::int64_t tokens, std::vector<mlir::moe::SpaceGroup> groups,
            const Pair &untuned, const std::optional<Pair> &neighbour,
            const Expired &expired) {
  return TokensSearch(*this, tokens, std::move(groups), untuned, neighbour,
                      expired)
      .run();
}

} // namespace moert::tune
