//===- Trace.h - the pipeline as a picture ----------------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_TRACE_H
#define COMPILER_SIMULATE_TRACE_H

#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlir::moe::sim {

/// Spans of time, a line for each role and for each stage of the ring. Time is
/// the scheduler's turns: it shows order and overlap, not speed.
class Trace {
public:
  void add(unsigned block, std::string line, std::string name, uint64_t begin,
           uint64_t end) {
    spans.push_back({block, std::move(line), std::move(name), begin, end});
  }
  /// Chrome's trace format, which Perfetto reads too.
  void write(llvm::raw_ostream &stream) const;

private:
  struct Span {
    unsigned block;
    std::string line, name;
    uint64_t begin, end;
  };
  std::vector<Span> spans;
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_TRACE_H
