//===- Schedule.cpp -------------------------------------------------------===//

#include "compiler/schedule/Schedule.h"
#include "compiler/schedule/Resources.h"

#include <algorithm>

using namespace mlir::moe;

namespace {

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

bool oneOf(int64_t value, int64_t a, int64_t b, int64_t c) {
  return value == a || value == b || value == c;
}

std::string number(int64_t value) { return std::to_string(value); }

/// True if all columns of a part lie in one run of 64 on the scale grid.
bool fitsHalfGroup(const GemmShape &gemm) {
  constexpr int64_t half = kScaleBlock / 2;
  return gemm.nOffset / half == (gemm.nOffset + gemm.partN - 1) / half;
}

} // namespace

/// Columns of B that share a scale and go through one wgmma together.
static int64_t columnsOfPiece(const GemmShape &gemm, const Schedule &s) {
  int64_t ofPart = gemm.quantised ? s.blockN / 2 : s.blockN;
  return std::min(ofPart, s.swapped ? kSlabRows * s.consumers : kScaleBlock);
}

ColumnTiling::ColumnTiling(const GemmShape &gemm, const Schedule &schedule)
    : pieceN(columnsOfPiece(gemm, schedule)), pieces(schedule.blockN / pieceN),
      firstPiece(gemm.nOffset / pieceN),
      partPieces(ceilDiv(gemm.nOffset + gemm.partN, pieceN) - firstPiece),
      paired(gemm.parts == 2 && pieces == 2),
      tiles(paired ? partPieces : ceilDiv(gemm.parts * partPieces, pieces)) {
  // Shares of a cluster's blocks would be boxes of another size.
  int64_t inLast = (gemm.nOffset + gemm.partN - 1) % pieceN + 1;
  narrowLast = paired && !schedule.swapped && schedule.cluster == 1 &&
               tiles > 1 && pieceN == kScaleBlock && 2 * inLast <= pieceN;
  // The blocks of a cluster have the pieces of a whole scale group.
  if (schedule.halvesGroups()) {
    firstPiece = firstPiece / schedule.cluster * schedule.cluster;
    partPieces = ceilDiv(gemm.nOffset + gemm.partN, pieceN * schedule.cluster) *
                     schedule.cluster -
                 firstPiece;
    tiles = partPieces;
  }
}

int64_t mlir::moe::kBlocks(const GemmShape &gemm) {
  return ceilDiv(gemm.kOffset + gemm.k, kScaleBlock);
}

bool mlir::moe::copiesRows(const GemmShape &gemm, const Schedule &schedule) {
  return gemm.gathered || schedule.copiedRows;
}

bool mlir::moe::mayCountRows(const GemmShape &gemm, const Schedule &schedule) {
  return gemm.gathered && !schedule.swapped && schedule.consumers == 2;
}

/// The laws of a tile and who computes it: (S1), (S3) and (S4).
static std::optional<std::string> brokenTileLaw(const Schedule &s) {
  if (!oneOf(s.blockN, 64, 128, 256) ||
      !(s.swapped || oneOf(s.blockM, 64, 128, 256)))
    return "(S1) expects a tile of 64, 128 or 256 rows by 64, 128 or 256 "
           "columns, got " +
           number(s.blockM) + "x" + number(s.blockN);
  if (s.swapped && (s.blockM < 8 || s.blockM > 64 || s.blockM % 8))
    return "(S1) expects a swapped tile of 8, 16, … 64 rows, got " +
           number(s.blockM);
  int64_t split = s.swapped ? s.blockN : s.blockM;
  if (s.consumers < 1 || s.consumers > 2 || split % (kSlabRows * s.consumers))
    return "(S3) expects 1 or 2 consumer warpgroups that split the " +
           std::string(s.swapped ? "columns" : "rows") +
           " into slabs of 64, got " + number(s.consumers) + " for " +
           number(split) + (s.swapped ? " columns" : " rows");
  if (!s.swapped && s.slabs() * s.blockN > 256)
    return "(S4) expects at most 256 columns of accumulators a consumer "
           "warpgroup, (block_m / 64 / consumers) * block_n, got " +
           number(s.slabs() * s.blockN);
  return std::nullopt;
}

std::optional<std::string> mlir::moe::brokenLaw(const Schedule &s) {
  if (s.blockK != kScaleBlock)
    return "(S2) expects a tile depth of " + number(kScaleBlock) +
           ", one scale block, got " + number(s.blockK);
  if (auto law = brokenTileLaw(s))
    return law;
  if (s.stages < 2)
    return "(S5) expects at least 2 stages, got " + number(s.stages);
  if (s.groupM < 1 || s.groupM > 1024)
    return "(S6) expects group_m of 1 to 1024, got " + number(s.groupM);
  for (int64_t registers : {s.producerRegisters, s.consumerRegisters})
    if (registers % 8 || registers < 24 || registers > 240)
      return "(S7) expects register counts that are multiples of 8 from 24 to "
             "240, got " +
             number(registers);
  int64_t have = entryRegisters(s.threads()) * (s.consumers + 1);
  int64_t want = s.producerRegisters + s.consumers * s.consumerRegisters;
  if (want > have)
    return "(S8) expects at most " + number(have) +
           " registers over one thread of each warpgroup, got " + number(want) +
           ": setmaxnreg would wait for ever";
  if (s.cluster < 1 || s.cluster > 2)
    return "(S12) expects a cluster of 1 or 2 blocks, got " + number(s.cluster);
  return std::nullopt;
}

/// (S11): the columns of gate and up that a tile, or a cluster's tiles, holds.
static std::optional<std::string> brokenGroupLaw(const Schedule &s,
                                                 const GemmShape &gemm) {
  int64_t columns = s.swapped ? s.cluster * s.blockN : s.blockN;
  if (columns == 2 * kScaleBlock ||
      (columns == kScaleBlock && fitsHalfGroup(gemm) && s.blockN == columns))
    return std::nullopt;
  return "(S11) expects 256 columns of gate and up for swiglu_quant, or 128 "
         "where each part lies in one run of 64, got " +
         number(columns);
}

std::optional<std::string> mlir::moe::brokenLaw(const Schedule &s,
                                                const GemmShape &gemm) {
  if (sharedMemory(s, gemm) > kSharedMemoryLimit)
    return "(S9) expects at most " + number(kSharedMemoryLimit) +
           " bytes of shared memory, got " + number(sharedMemory(s, gemm));
  if (gemm.gathered && s.copiedRows)
    return std::string("(S14) expects copied rows only where A is sorted, got "
                       "a gathered A: its rows are always copied");
  if (copiesRows(gemm, s) && s.blockM == 256 && s.producerRegisters < 64)
    return "(S10) expects at least 64 producer registers to " +
           std::string(gemm.gathered ? "gather" : "copy") + " 256 rows, got " +
           number(s.producerRegisters);
  if (gemm.quantised) {
    if (auto law = brokenGroupLaw(s, gemm))
      return law;
    if (s.swapped && s.blockN != 2 * kSlabRows * s.consumers)
      return "(S13) expects a swapped tile of one slab of gate and one of up "
             "for each of " +
             number(s.consumers) + " consumer warpgroups, got " +
             number(s.blockN) + " columns";
  }
  if (gemm.combined &&
      !(s.slabs() == 1 && s.blockN == 128 && s.cluster == 1 && !s.swapped &&
        !s.copiedRows && sumStages(s, gemm) >= 2))
    return "(S15) expects tiles of 128 columns and 64 rows for each consumer "
           "warpgroup, rows of A loaded by TMA, no cluster and room to add up "
           "slots, got " +
           number(s.blockM) + "x" + number(s.blockN);
  if (s.halvesGroups() && !gemm.quantised)
    return "(S12) expects no cluster where nothing is quantised, got " +
           number(s.cluster);
  return std::nullopt;
}

/// As many stages as fit, but no more than hide the latency of a load. Swapped
/// tiles stream weights: the bytes in flight are what counts.
static int64_t fittingStages(Schedule schedule, const GemmShape &gemm) {
  constexpr int64_t most = 6, mostSwapped = 10, mostBesideSums = 2;
  for (schedule.stages = schedule.swapped ? mostSwapped
                         : gemm.combined  ? mostBesideSums
                                          : most;
       schedule.stages > 2; --schedule.stages)
    if (sharedMemory(schedule, gemm) <= kSharedMemoryLimit)
      break;
  return schedule.stages;
}

/// Columns of a tile. 256 read each row of A once for twice the columns; a
/// tile that is mostly empty, or too few tiles to keep all SMs busy when there
/// are few tokens, costs more than that saves.
static int64_t fittingBlockN(const GemmShape &gemm, const Schedule &s) {
  if (gemm.quantised)
    return s.swapped || fitsHalfGroup(gemm) ? 128 : 256;
  if (s.blockM == 256 || gemm.combined)
    return 128;
  if (gemm.parts == 2)
    return gemm.partN <= 64 ? 64 : 256;
  return gemm.partN < 2048 ? 128 : 256;
}

/// Consumer warpgroups: swapped, one for each 64 columns of a wgmma's share.
static int64_t fittingConsumers(const GemmShape &gemm, const Schedule &s) {
  if (!s.swapped)
    return s.blockM == 64 ? 1 : 2;
  return s.blockN / (gemm.quantised ? 2 : 1) == 64 ? 1 : 2;
}

/// Blocks that share a scale group of which each has one half.
static int64_t fittingCluster(const GemmShape &gemm, const Schedule &s) {
  bool halfGroup = s.swapped && gemm.quantised && s.blockN == kScaleBlock &&
                   !fitsHalfGroup(gemm);
  return halfGroup ? 2 : 1;
}

/// Row tiles of a few columns at a time: what is added to should stay in L2,
/// and of all rows it would not; and narrow tiles among themselves take two
/// thirds of the time of others, as their bytes do, but between others more
/// than three quarters. Where the rows of slots are added up, those of a token
/// are read one after the other as they lie.
static int64_t fittingGroupM(const GemmShape &gemm, const Schedule &s) {
  if (gemm.combined)
    return 1;
  bool slabMajor = gemm.added && gemm.partN >= 4096;
  return slabMajor || ColumnTiling(gemm, s).narrowLast ? 1024 : 16;
}

/// A producer that copies holds the address of each of its rows, and beside two
/// warpgroups of rows it may count what they have stored; what it takes the
/// consumers miss (S8).
static void fitRegisters(const GemmShape &gemm, Schedule &s) {
  bool copies = copiesRows(gemm, s);
  bool many = s.blockM == 256 || mayCountRows(gemm, s);
  s.producerRegisters = !copies ? 40 : many ? 72 : 56;
  s.consumerRegisters = !copies ? 232 : many ? 216 : 224;
}

Schedule mlir::moe::withCopiedRows(const GemmShape &gemm, Schedule schedule,
                                   bool copied) {
  Schedule byRule = schedule;
  fitRegisters(gemm, byRule);
  bool follow = byRule == schedule;
  schedule.copiedRows = copied;
  if (follow)
    fitRegisters(gemm, schedule);
  return schedule;
}

Schedule mlir::moe::chooseSchedule(const GemmShape &gemm,
                                   const ScheduleRequest &request) {
  Schedule s;
  s.swapped = request.swapped.value_or(0);
  s.copiedRows = request.copiedRows.value_or(0);
  s.blockM = request.blockM.value_or(s.swapped ? 16 : 128);
  s.blockN = request.blockN.value_or(fittingBlockN(gemm, s));
  s.consumers = request.consumers.value_or(fittingConsumers(gemm, s));
  if (brokenTileLaw(s))
    return s; // for the law to refuse: nothing fits it
  s.cluster = request.cluster.value_or(fittingCluster(gemm, s));
  s.groupM = request.groupM.value_or(fittingGroupM(gemm, s));
  fitRegisters(gemm, s);
  s.producerRegisters = request.producerRegisters.value_or(s.producerRegisters);
  s.consumerRegisters = request.consumerRegisters.value_or(s.consumerRegisters);
  s.stages = request.stages.value_or(0);
  if (!request.stages)
    s.stages = fittingStages(s, gemm);
  return s;
}
