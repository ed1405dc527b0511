//===- Candidates.cpp -----------------------------------------------------===//

#include "compiler/schedule/Candidates.h"

#include <algorithm>

using namespace mlir::moe;

namespace {

/// group_m at its ends: all columns of a row tile, or all row tiles of a few
/// columns, before the next.
constexpr int64_t kRowByRow = 1, kSlabBySlab = 1024;

class Collection {
public:
  explicit Collection(const GemmShape &gemm) : gemm(gemm) {}

  /// Walks what `asked` leaves open: depth of the ring, order of tiles.
  void addFamily(ScheduleRequest asked) {
    Schedule deepest = chooseSchedule(gemm, asked);
    if (!isLegal(deepest))
      return;
    // The rule's own depth and order first: of equals the first is taken.
    for (int64_t stages : {deepest.stages, (deepest.stages + 1) / 2}) {
      asked.stages = std::max<int64_t>(stages, 2);
      for (int64_t groupM : {deepest.groupM, kRowByRow, kSlabBySlab}) {
        asked.groupM = groupM;
        add(chooseSchedule(gemm, asked));
      }
    }
  }

  void add(const Schedule &schedule) {
    bool known = std::find(found.begin(), found.end(), schedule) != found.end();
    if (!known && isLegal(schedule))
      found.push_back(schedule);
  }

  std::vector<Schedule> found;

private:
  bool isLegal(const Schedule &schedule) const {
    return !brokenLaw(schedule) && !brokenLaw(schedule, gemm);
  }

  const GemmShape &gemm;
};

} // namespace

/// Tiles of 64 rows and more. Of a cluster's blocks each has rows of its own,
/// so clusters of low tiles would hold mostly padding.
static void addUpright(Collection &collection) {
  for (int64_t blockM : {64, 128, 256})
    for (int64_t blockN : {64, 128, 256})
      for (int64_t consumers : {1, 2})
        for (int64_t cluster : {1, 2})
          if (cluster == 1 || blockM >= 128)
            collection.addFamily({.blockM = blockM,
                                  .blockN = blockN,
                                  .consumers = consumers,
                                  .cluster = cluster,
                                  .swapped = 0});
}

static void addSwapped(Collection &collection) {
  for (int64_t blockM : {8, 16, 24, 32, 48, 64})
    for (int64_t blockN : {64, 128, 256})
      for (int64_t consumers : {1, 2})
        for (int64_t cluster : {1, 2})
          collection.addFamily({.blockM = blockM,
                                .blockN = blockN,
                                .consumers = consumers,
                                .cluster = cluster,
                                .swapped = 1});
}

std::vector<Schedule> mlir::moe::candidates(const GemmShape &gemm,
                                            const CandidateSpace &space) {
  Collection collection(gemm);
  collection.add(chooseSchedule(gemm));
  addUpright(collection);
  if (space.swapped)
    addSwapped(collection);
  return collection.found;
}
