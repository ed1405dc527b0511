//===- Finding.h - what a simulation has to say -----------------*- C++ -*-===//
#ifndef COMPILER_SIMULATE_FINDING_H
#define COMPILER_SIMULATE_FINDING_H

#include <optional>
#include <string>

namespace mlir::moe::sim {

/// What was wrong with a launch. A launch ends with its first finding.
struct Finding {
  /// A short name of the law that was broken: "deadlock", "read too early" …
  std::string law;
  /// Who, where, what; several lines for a deadlock.
  std::string text;

  std::string str() const { return law + ": " + text; }
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_FINDING_H
