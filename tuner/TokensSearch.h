//===- TokensSearch.h - one number of tokens of a search --------*- C++ -*-===//
#ifndef TUNER_TOKENSSEARCH_H
#define TUNER_TOKENSSEARCH_H

#include "tuner/Search.h"

#include <set>

namespace moert::tune {

class TokensSearch {
public:
  TokensSearch(Search &search, std::int64_t tokens,
               std::vector<mlir::moe::SpaceGroup> groups, const Pair &untuned,
               const std::optional<Pair> &neighbour, const Expired &expired);

  std::optional<TokensResult> run();

private:
  struct Timed {
    Variant variant;
    double us;
    bool fresh; ///< Measured in this run, not remembered.
  };
  struct Finalist {
    Pair pair;
    double us; ///< Of the layer; before that, the sum of both kernels alone.
  };

  static int indexOf(Gemm gemm) { return gemm == Gemm::up ? 0 : 1; }

  // Alone (SearchAlone.cpp).
  std::vector<Variant> variantsOf(const mlir::moe::SpaceGroup &group) const;
  const std::vector<Variant> &partnersOf(const Variant &variant) const;
  std::optional<Pair> pairWith(const Variant &variant);
  void timeRememberedAgain();
  void tryAlone(const Variant &variant);
  void timeFully(const Variant &variant, const Pair &pair,
                 const Kernel &kernel);
  double fastest(Gemm gemm) const;
  const Timed *timedOf(const Variant &variant) const;
  void refine();

  // Together (TokensSearch.cpp).
  std::vector<Finalist> pairs() const;
  std::vector<Finalist> finalists();
  void addIfUsable(const Pair &pair, std::vector<Finalist> &to);
  TokensResult choose(const std::vector<Finalist> &layers);
  PairTimes timesOf(const Finalist &layer);

  Search &search;
  const SearchOptions &options;
  const std::int64_t tokens;
  const Pair untuned;
  const std::optional<Pair> neighbour;
  const Expired &expired;
  std::map<std::int64_t, mlir::moe::SpaceGroup> groups; ///< By padding.
  std::vector<std::int64_t> order; ///< Paddings, the most promising first.
  std::set<std::string> tried;
  std::vector<Timed> timed[2]; ///< By Gemm: those that were not dropped.
  double scale[2] = {1, 1};    ///< Of remembered times, to this run's.
  bool cutShort = false;
};

} // namespace moert::tune

#endif // TUNER_TOKENSSEARCH_H
