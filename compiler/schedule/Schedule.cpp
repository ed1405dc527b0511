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

ColumnTiling::ColumnTiling(const GemmShape &gemm, const Schedule &schedule)
    : pieceN(std::min(gemm.quantised ? schedule.blockN / 2 : schedule.blockN,
                      kScaleBlock)),
      pieces(schedule.blockN / pieceN), firstPiece(gemm.nOffset / pieceN),
      partPieces(ceilDiv(gemm.nOffset + gemm.partN, pieceN) - firstPiece),
      paired(gemm.parts == 2 && pieces == 2),
      tiles(paired ? partPieces : ceilDiv(gemm.parts * partPieces, pieces)) {}

int64_t mlir::moe::kBlocks(const GemmShape &gemm) {
  return ceilDiv(gemm.kOffset + gemm.k, kScaleBlock);
}

std::optional<std::string> mlir::moe::brokenLaw(const Schedule &s) {
  if (!oneOf(s.blockM, 64, 128, 256) || !oneOf(s.blockN, 64, 128, 256))
    return "(S1) expects a tile of 64, 128 or 256 rows by 64, 128 or 256 "
           "columns, got " +
           number(s.blockM) + "x" + number(s.blockN);
  if (s.blockK != kScaleBlock)
    return "(S2) expects a tile depth of " + number(kScaleBlock) +
           ", one scale block, got " + number(s.blockK);
  if (s.consumers < 1 || s.consumers > 2 ||
      s.blockM % (kSlabRows * s.consumers))
    return "(S3) expects 1 or 2 consumer warpgroups that split the rows into "
           "slabs of 64, got " +
           number(s.consumers) + " for " + number(s.blockM) + " rows";
  if (s.slabs() * s.blockN > 256)
    return "(S4) expects at most 256 columns of accumulators a consumer "
           "warpgroup, (block_m / 64 / consumers) * block_n, got " +
           number(s.slabs() * s.blockN);
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

std::optional<std::string> mlir::moe::brokenLaw(const Schedule &s,
                                                const GemmShape &gemm) {
  if (sharedMemory(s, gemm) > kSharedMemoryLimit)
    return "(S9) expects at most " + number(kSharedMemoryLimit) +
           " bytes of shared memory, got " + number(sharedMemory(s, gemm));
  if (gemm.gathered && s.blockM == 256 && s.producerRegisters < 64)
    return "(S10) expects at least 64 producer registers to gather 256 rows, "
           "got " +
           number(s.producerRegisters);
  if (gemm.quantised && s.blockN != 256 &&
      !(s.blockN == 128 && fitsHalfGroup(gemm)))
    return "(S11) expects 256 columns of gate and up for swiglu_quant, or 128 "
           "where each part lies in one run of 64, got " +
           number(s.blockN);
  return std::nullopt;
}

/// As many stages as fit, but no more than hide the latency of a load.
static int64_t fittingStages(Schedule schedule, const GemmShape &gemm) {
  constexpr int64_t most = 6;
  for (schedule.stages = most; schedule.stages > 2; --schedule.stages)
    if (sharedMemory(schedule, gemm) <= kSharedMemoryLimit)
      break;
  return schedule.stages;
}

/// Columns of a tile. 256 read each row of A once for twice the columns; a
/// tile that is mostly empty, or too few tiles to keep all SMs busy when there
/// are few tokens, costs more than that saves.
static int64_t fittingBlockN(const GemmShape &gemm, int64_t blockM) {
  if (gemm.quantised)
    return fitsHalfGroup(gemm) ? 128 : 256;
  if (blockM == 256)
    return 128;
  if (gemm.parts == 2)
    return gemm.partN <= 64 ? 64 : 256;
  return gemm.partN < 2048 ? 128 : 256;
}

Schedule mlir::moe::chooseSchedule(const GemmShape &gemm,
                                   const ScheduleRequest &request) {
  Schedule s;
  s.blockM = request.blockM.value_or(128);
  s.blockN = request.blockN.value_or(fittingBlockN(gemm, s.blockM));
  s.consumers = request.consumers.value_or(s.blockM == 64 ? 1 : 2);
  // What is added to should stay in L2. Where all of it would not, it is a few
  // columns of all rows at a time.
  bool slabMajor = gemm.added && gemm.partN >= 4096;
  s.groupM = request.groupM.value_or(slabMajor ? 1024 : 16);
  // A gathering producer holds the address of each row it copies; what it takes
  // the consumers miss (S8).
  int64_t producer = !gemm.gathered ? 40 : s.blockM == 256 ? 72 : 56;
  int64_t consumer = !gemm.gathered ? 232 : s.blockM == 256 ? 216 : 224;
  s.producerRegisters = request.producerRegisters.value_or(producer);
  s.consumerRegisters = request.consumerRegisters.value_or(consumer);
  s.cluster = request.cluster.value_or(1);
  s.stages = request.stages.value_or(0);
  if (!request.stages)
    s.stages = fittingStages(s, gemm);
  return s;
}
