//===- ShippedTest.cpp - other tuners' files under the compiler's laws ----===//
//
// MOE_TUNED_CONFIGS=DIR moe-config-tests [shipped] reads every .json file under
// DIR, says what becomes of each, and fails on one that is refused.
//
//===----------------------------------------------------------------------===//
#include "compiler/tools/ConfiguredPlans.h"
#include "moert/Error.h"
#include "runtime/config/ConfigName.h"
#include "runtime/config/TunedConfig.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <set>

using namespace moert;
using namespace moert::config;
namespace fs = std::filesystem;
using mlir::moe::GemmShape;

namespace {

constexpr std::int64_t kHidden = 4096; // file names do not say it

GemmShape gemmOf(const ConfigName &name) {
  GemmShape gemm;
  const bool up = name.role == KernelRole::up;
  gemm.parts = up ? 2 : 1;
  gemm.partN = up ? name.intermediate : kHidden;
  gemm.k = up ? kHidden : name.intermediate;
  gemm.gathered = gemm.quantised = up;
  return gemm;
}

ScheduleLaw lawOf(const GemmShape &gemm) {
  return [gemm](const TunedSchedule &wanted) {
    const mlir::moe::LayerProblem problem{{}, gemm, gemm};
    return mlir::moe::lawOf(problem)(KernelRole::up, wanted);
  };
}

std::string summary(const Schedules &schedules) {
  std::string text;
  for (const auto &[tokens, schedule] : schedules)
    text += fmt::format(" {}:{}x{}{}", tokens, schedule.blockM, schedule.blockN,
                        schedule.swapped ? "s" : "");
  return text;
}

void check(const fs::path &path, const ScheduleLaw &law) {
  const TunedConfig config = loadTunedConfig(path, law);
  fmt::print("  {}\n", summary(config.schedules));
  for (const std::string &note : config.notes)
    fmt::print("    {}\n", note);
  const TunedConfig again =
      readTunedConfig(writeTunedConfig(config.schedules), "written", law);
  CHECK(again.schedules == config.schedules);
}

} // namespace

TEST_CASE("the compiler's laws decide what a foreign tile becomes",
          "[foreign]") {
  const std::string text =
      R"({"1": {"BLOCK_SIZE_M": 16, "BLOCK_SIZE_N": 128, "BLOCK_SIZE_K": 128,
                "GROUP_SIZE_M": 1, "num_warps": 4, "num_stages": 4},
          "512": {"BLOCK_SIZE_M": 64, "BLOCK_SIZE_N": 256, "BLOCK_SIZE_K": 128,
                "GROUP_SIZE_M": 32, "num_warps": 8, "num_stages": 6}})";
  const ConfigName up{257, 256, "A", KernelRole::up};
  const TunedConfig config = readTunedConfig(text, "f", lawOf(gemmOf(up)));
  CHECK(summary(config.schedules) == " 1:16x128s 512:64x256");
  CHECK(config.at(512).groupM == 32);
  CHECK_FALSE(config.at(512).stages);
  CHECK(config.notes ==
        std::vector<std::string>{
            "num_warps is not used: all of Triton's warps compute, ours follow "
            "from the tile and load as well",
            "BLOCK_SIZE_M 16 is computed with swapped operands (tokens 1)",
            "num_stages 6 is not used: (S9) expects at most 232448 bytes of "
            "shared memory, got 258672 (tokens 512)"});
}

TEST_CASE("files of other tuners are read", "[shipped]") {
  const char *directory = std::getenv("MOE_TUNED_CONFIGS");
  if (!directory) {
    WARN("skipped: MOE_TUNED_CONFIGS names no directory");
    return;
  }
  std::set<fs::path> paths;
  for (const auto &file : fs::recursive_directory_iterator(directory))
    if (file.path().extension() == ".json")
      paths.insert(file.path());
  for (const fs::path &path : paths) {
    const ConfigName name = parseFileName(path.filename().string());
    fmt::print("{}\n", fs::relative(path, directory).string());
    check(path, lawOf(gemmOf(name)));
  }
  fmt::print("{} files\n", paths.size());
}
