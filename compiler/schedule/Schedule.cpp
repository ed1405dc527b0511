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

} // namespace

ColumnTiling::ColumnTiling(const GemmShape &gemm, const Schedule &schedule)
    : firstPiece(gemm.nOffset / schedule.pieceN()),
      partPieces(ceilDiv(gemm.nOffset + gemm.partN, schedule.pieceN()) -
                 firstPiece),
      paired(gemm.parts == 2 && schedule.pieces() == 2),
      tiles(paired ? partPieces
                   : ceilDiv(gemm.parts * partPieces, schedule.pieces())) {}

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
  if (sharedMemory(s) > kSharedMemoryLimit)
    return "(S9) expects at most " + number(kSharedMemoryLimit) +
           " bytes of shared memory, got " + number(sharedMemory(s));
  return std::nullopt;
}

std::optional<std::string> mlir::moe::brokenLaw(const Schedule &s,
                                                const GemmShape &gemm) {
  if (gemm.gathered && s.blockM == 256 && s.producerRegisters < 64)
    return "(S10) expects at least 64 producer registers to gather 256 rows, "
           "got " +
           number(s.producerRegisters);
  return std::nullopt;
}

/// As many stages as fit, but no more than hide the latency of a load.
static int64_t fittingStages(Schedule schedule) {
  constexpr int64_t most = 6;
  for (schedule.stages = most; schedule.stages > 2; --schedule.stages)
    if (sharedMemory(schedule) <= kSharedMemoryLimit)
      break;
  return schedule.stages;
}

/// Columns of a tile. 256 read each row of A once for twice the columns; a
/// tile that is mostly empty, or too few tiles to keep all SMs busy when there
/// are few tokens, costs more than that saves.
static int64_t fittingBlockN(const GemmShape &gemm, int64_t blockM) {
  if (blockM == 256)
    return 128;
  if (gemm.parts == 2)
    return gemm.partN <= 64 ? 64 : 256;
  return gemm.partN < 4096 ? 128 : 256;
}

Schedule mlir::moe::chooseSchedule(const GemmShape &gemm,
                                   const ScheduleRequest &request) {
  Schedule s;
  s.blockM = request.blockM.value_or(128);
  s.blockN = request.blockN.value_or(fittingBlockN(gemm, s.blockM));
  s.consumers = request.consumers.value_or(s.blockM == 64 ? 1 : 2);
  s.groupM = request.groupM.value_or(16);
  // A gathering producer holds the address of each row it copies; what it takes
  // the consumers miss (S8).
  int64_t producer = !gemm.gathered ? 40 : s.blockM == 256 ? 72 : 56;
  int64_t consumer = !gemm.gathered ? 232 : s.blockM == 256 ? 216 : 224;
  s.producerRegisters = request.producerRegisters.value_or(producer);
  s.consumerRegisters = request.consumerRegisters.value_or(consumer);
  s.stages = request.stages.value_or(0);
  if (!request.stages)
    s.stages = fittingStages(s);
  return s;
}
