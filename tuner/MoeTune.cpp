//===- MoeTune.cpp - moe-tune ---------------------------------------------===//
#include "runtime/bench/Bench.h"
#include "tuner/Tune.h"

int main(int argc, char **argv) {
  using namespace moert;
  return bench::exitCodeOf("moe-tune", [&] {
    auto options = tune::parseOptions(argc, argv);
    return !options || tune::runTune(*options, tune::openCompiler);
  });
}
