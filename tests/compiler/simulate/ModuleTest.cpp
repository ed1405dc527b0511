//===- ModuleTest.cpp - kernels that are not ours -------------------------===//
//
// ModuleTest FILE BM BN [SEEDS [faults]]: runs another block-scaled GEMM
// (ReadKernel.h says of what kind a file is) and compares every bit of its
// output with the model; or plants the faults that the file names (Faults.h):
//   D [M, N] bf16 = (A [M, K] e4m3 * sfa [K/128, M]) x
//                   (B [N, K] e4m3 * sfb [N/128, K/128])^T
// with the arguments (tensor maps of A, B and D, sfa, sfb, D, M, N, K) and
// boxes of BM x 128, BN x 128 and 64 x 64, all in the 128-byte swizzle.
//
//===----------------------------------------------------------------------===//

#include "compiler/simulate/Launch.h"
#include "runtime/reference/Model.h"
#include "tests/compiler/simulate/Faults.h"
#include "tests/compiler/simulate/ReadKernel.h"

#include "llvm/Support/raw_ostream.h"

#include <random>

using namespace llvm;
using namespace mlir::moe::sim;
namespace reference = moert::reference;

static constexpr int64_t kM = 512, kN = 256, kK = 512, kBlocks = kK / 128;

namespace {

/// The operands, each far enough from the next.
struct Problem {
  alignas(1024) uint8_t a[kM * kK], gap0[4096], b[kN * kK], gap1[4096];
  alignas(1024) float aScales[kBlocks * kM], bScales[kN / 128 * kBlocks];
  alignas(1024) uint8_t gap2[4096];
  alignas(1024) uint16_t d[kM * kN], expected[kM * kN];

  Problem() {
    std::mt19937_64 random(1);
    auto code = [&] {
      return uint8_t((random() & 0x87) | (4 + random() % 4) << 3);
    };
    std::generate(std::begin(a), std::end(a), code);
    std::generate(std::begin(b), std::end(b), code);
    auto scale = [&] { return 0.5f + float(random() % 65536) / 65536.0f; };
    std::generate(std::begin(aScales), std::end(aScales), scale);
    std::generate(std::begin(bScales), std::end(bScales), scale);
    reference::GroupedGemm gemm;
    gemm.a = a, gemm.aScales = aScales;
    gemm.aScaleRowStride = 1, gemm.aScaleBlockStride = kM;
    gemm.b = b, gemm.bScales = bScales;
    gemm.n = gemm.half = kN, gemm.k = kK, gemm.blocks = kBlocks;
    gemm.halfScaleRows = kN / 128;
    reference::modelGemmOnHost(gemm, {{0, 0, int32_t(kM)}}, expected);
  }
};

} // namespace

static TensorMap mapOf(const char *name, uint8_t *base, int64_t bytes,
                       int64_t inner, int64_t outer, int64_t boxInner,
                       int64_t boxOuter) {
  TensorMap map;
  map.name = name, map.base = base, map.elementBytes = bytes;
  map.extents = {inner, outer}, map.box = {boxInner, boxOuter};
  map.swizzle = 128;
  return map;
}

static std::optional<Finding> run(const Jit &code, Problem &problem, int64_t bm,
                                  int64_t bn, uint64_t seed) {
  auto *d = reinterpret_cast<uint8_t *>(problem.d);
  TensorMap maps[] = {
      mapOf("a", problem.a, 1, kK, kM, 128, bm),
      mapOf("b", problem.b, 1, kK, kN, 128, bn / code.clusterSize),
      mapOf("d", d, 2, kN, kM, 64, 64)};
  GlobalMemory global;
  global.add({"a", problem.a, sizeof(problem.a), false});
  global.add({"b", problem.b, sizeof(problem.b), false});
  auto bits = [](auto *pointer) { return reinterpret_cast<uint64_t>(pointer); };
  global.add({"sfa", reinterpret_cast<uint8_t *>(problem.aScales),
              sizeof(problem.aScales), false});
  global.add({"sfb", reinterpret_cast<uint8_t *>(problem.bScales),
              sizeof(problem.bScales), false});
  global.add({"d", d, sizeof(problem.d), true});
  LaunchConfig config;
  config.grid = unsigned(code.clusterSize) * 2;
  config.threads = code.mostThreads ? code.mostThreads : 384;
  config.seed = seed;
  config.sharedMemory = 227 << 10;
  config.arguments = {{&maps[0]},
                      {&maps[1]},
                      {&maps[2]},
                      {nullptr, bits(problem.aScales)},
                      {nullptr, bits(problem.bScales)},
                      {nullptr, bits(d)},
                      {nullptr, kM},
                      {nullptr, kN},
                      {nullptr, kK}};
  std::fill(std::begin(problem.d), std::end(problem.d), 0x7fc0);
  if (auto finding = Launch(code, config, global).run())
    return finding;
  for (int64_t i = 0; i < kM * kN; ++i)
    if (problem.d[i] != problem.expected[i])
      return Finding{"wrong bits",
                     ("d[" + Twine(i / kN) + ", " + Twine(i % kN) + "]").str()};
  return std::nullopt;
}

int main(int argc, char **argv) {
  if (argc < 4)
    return 1;
  auto text = readText(argv[1]);
  if (!text)
    return 1;
  auto problem = std::make_unique<Problem>();
  unsigned seeds = argc > 4 ? atoi(argv[4]) : 4;
  auto runOnce = [&](const Jit &code, unsigned seed) {
    return run(code, *problem, atoi(argv[2]), atoi(argv[3]), seed);
  };
  if (argc > 5)
    return runFaults(argv[1], *text, seeds, runOnce);
  auto code = compileKernel(argv[1], *text);
  if (!code) {
    errs() << toString(code.takeError()) << '\n';
    return 1;
  }
  for (unsigned seed = 0; seed < seeds; ++seed)
    if (auto finding = runOnce(**code, seed)) {
      outs() << "seed " << seed << ": " << finding->str() << '\n';
      return 2;
    }
  outs() << kM * kN << " values right, every bit; " << seeds << " seeds\n";
  return 0;
}
