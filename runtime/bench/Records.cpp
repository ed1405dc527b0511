//===- Records.cpp - timed calls as a file of results keeps them ----------===//
#include "runtime/bench/Records.h"

namespace moert::bench {

namespace {

Record recordOf(const TimedCall &call, const StageTime &time) {
  const double us = time.afterWrite.medianUs;
  Record record;
  record.layer = call.layer;
  record.tokens = call.tokens;
  record.routing = call.routing;
  record.drop = call.drop;
  record.mode =
      call.reduction == Reduction::atomic ? "atomic" : "deterministic";
  record.stage = time.stage;
  if (time.stage == "up" || time.stage == "down")
    record.kernel = time.stage == "up" ? call.up : call.down;
  record.medianUs = us;
  record.minUs = time.afterWrite.minUs;
  record.tflops = time.work.operations / us / 1e6;
  record.gbps = time.work.bytes / us / 1e3;
  record.floorUs = time.work.floorUs;
  record.error = time.error;
  record.sglangUs = time.others.sglang;
  record.deepgemmUs = time.others.deepgemm;
  return record;
}

} // namespace

std::vector<Record> recordsOf(const TimedCall &call) {
  std::vector<Record> records;
  for (const StageTime &time : call.times)
    records.push_back(recordOf(call, time));
  return records;
}

} // namespace moert::bench
