//===- LoadedPairs.h - kernels of a source as layers that run ---*- C++ -*-===//
#ifndef TUNER_LOADEDPAIRS_H
#define TUNER_LOADEDPAIRS_H

#include "moert/moert.h"
#include "tuner/Measure.h"

#include <map>
#include <memory>
#include <string>

namespace moert::tune {

/// A manifest with one plan, for all calls, of these two kernels.
Manifest manifestOf(const LayerDescription &layer, const Kernel &up,
                    const Kernel &down);

/// Layers made of pairs, kept while they may be needed again.
class LoadedPairs {
public:
  LoadedPairs(const LayerDescription &layer, KernelSource &source)
      : layer(layer), source(source) {}

  /// The pair as a layer. Both kernels can be had. Throws Error.
  std::shared_ptr<const FusedMoe> of(const Pair &pair);

private:
  const LayerDescription layer;
  KernelSource &source;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const FusedMoe>>
      loaded;
};

} // namespace moert::tune

#endif // TUNER_LOADEDPAIRS_H
