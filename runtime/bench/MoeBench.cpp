//===- MoeBench.cpp - moe-bench -------------------------------------------===//
#include "runtime/bench/Bench.h"

int main(int argc, char **argv) {
  using namespace moert::bench;
  return exitCodeOf("moe-bench", [&] {
    auto options = parseOptions(argc, argv);
    return !options || runBench(*options);
  });
}
