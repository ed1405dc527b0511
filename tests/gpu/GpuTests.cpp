//===- GpuTests.cpp - the matrix of layers, tokens and routings -----------===//
//
//   moe-gpu-tests [DIR] [--layers a,b] [--tokens 1,7] [--no-big]
//
// DIR (or $MOE_LAYERS_DIR) holds one folder a layer, as moe-codegen writes
// them. Prints one line a case. Exit codes: 0 all passed, 1 one failed or bad
// input, 2 a CUDA call failed, 77 there is no Hopper GPU.
//
//===----------------------------------------------------------------------===//
#include "runtime/bench/Bench.h"
#include "runtime/bench/Check.h"
#include "runtime/bench/InputError.h"
#include "runtime/bench/Repeat.h"
#include "runtime/bench/SelfCheck.h"
#include "runtime/bench/Table.h"
#include "tests/gpu/Matrix.h"
#include "tests/gpu/Sharing.h"
#include "tests/gpu/TunerCheck.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

using namespace moert;
using namespace moert::bench;
using namespace moert::tests;

namespace {

constexpr std::uint64_t kSeed = 1;

struct Selection {
  std::string directory;
  std::vector<std::string> layers;
  std::vector<std::int64_t> tokens; ///< None: those of each layer.
  bool big = true;
  bool probe = false;
};

/// Counts and prints; a failed case shows all of its checks.
class Scoreboard {
public:
  void add(const std::string &layer, const std::string &what,
           const CheckReport &report, double seconds) {
    ++(report.passed() ? passed : failed);
    auto error = [&](const char *stage) {
      auto value = report.error(stage);
      return value ? fmt::format("{:.1e}", *value) : std::string("-");
    };
    fmt::print("{:4}  {:<24} {:<34} up {:>7}  down {:>7}  layer {:>7}  "
               "{:6.2f} s\n",
               report.passed() ? "ok" : "FAIL", layer, what, error("up"),
               error("down"), error("layer"), seconds);
    if (!report.passed())
      fmt::print("{}", checkText(report));
    std::fflush(stdout);
  }
  bool finish() const {
    fmt::print("{} passed, {} failed\n", passed, failed);
    return failed == 0;
  }

private:
  int passed = 0, failed = 0;
};

/// Runs `body` and adds what it reports, or what it throws, as one case. A
/// failed CUDA call ends the program: nothing after it could be trusted.
void addCase(Scoreboard &board, const std::string &layer,
             const std::string &what,
             const std::function<CheckReport()> &body) {
  const auto start = std::chrono::steady_clock::now();
  CheckReport report;
  try {
    report = body();
  } catch (const Error &error) {
    if (error.code() == ErrorCode::cuda)
      throw;
    report.lines.push_back({"refused", false, error.what(), std::nullopt});
  }
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - start;
  board.add(layer, what, report, took.count());
}

CheckReport runCase(const Case &one, const FusedMoe &moe,
                    const Weights &weights, Checker &checker,
                    cudaStream_t stream) {
  const LayerDescription &layer = moe.manifest().layer;
  Execution run(moe, weights, one.tokens, kSeed, stream);
  if (one.tokens == 0)
    return checker.checkNoTokens(run);
  RoutedTokens routed =
      RoutingSource(one.routing, layer, kSeed).draw(one.tokens);
  RoutedTokens other =
      RoutingSource(one.routing, layer, kSeed + 1).draw(one.tokens);
  return checker.check(run, weights, routed, other);
}

/// The same bits (or sums in any order) in every replay, and for a token that
/// is alone.
CheckReport runAgain(const FusedMoe &moe, const Weights &weights,
                     std::int64_t tokens, cudaStream_t stream) {
  Execution run(moe, weights, tokens, kSeed, stream);
  const RoutedTokens routed =
      RoutingSource({}, moe.manifest().layer, kSeed).draw(tokens);
  run.setRouting(routed);
  return {{checkReplays(run, routed, 50, stream),
           checkAlone(moe, weights, run, routed, stream)}};
}

void runLayer(const std::filesystem::path &directory,
              const std::vector<Case> &cases, Checker &checker,
              cudaStream_t stream, Scoreboard &board) {
  const std::string name = directory.filename().string();
  const FusedMoe moe = FusedMoe::load(directory);
  const Weights weights(moe.manifest().layer, kSeed, stream);
  for (const Case &one : cases)
    addCase(board, name, fmt::format("T={} {}", one.tokens, one.routingText()),
            [&] { return runCase(one, moe, weights, checker, stream); });
  addCase(board, name, "T=300 replayed, tokens alone",
          [&] { return runAgain(moe, weights, 300, stream); });
  addCase(board, name, "sharing, bad ids", [&] {
    return CheckReport{
        {checkTwoStreams(moe, weights), checkBadIds(directory, moe, weights)}};
  });
  addCase(board, name, "the tuner's check of kernels", [&] {
    return CheckReport{{checkTunerCheck(directory, weights, stream)}};
  });
}

/// The folders of DIR that hold a manifest, or those that were named.
std::vector<std::string> layersOf(const Selection &selection) {
  if (!selection.layers.empty())
    return selection.layers;
  std::vector<std::string> names;
  std::error_code error;
  for (const auto &entry :
       std::filesystem::directory_iterator(selection.directory, error))
    if (std::filesystem::exists(entry.path() / "manifest.json"))
      names.push_back(entry.path().filename().string());
  if (names.empty())
    throw InputError(fmt::format("{}: expected folders that moe-codegen wrote",
                                 selection.directory));
  std::sort(names.begin(), names.end());
  return names;
}

bool runMatrix(const Selection &selection) {
  const std::vector<std::string> names = layersOf(selection);
  const std::filesystem::path root = selection.directory;
  std::vector<Manifest> manifests;
  for (const std::string &name : names)
    manifests.push_back(loadManifest(root / name));
  const std::string big =
      selection.big ? cheapestPast31Bits(manifests, names) : "";

  fmt::print("{}\n", openDevice());
  Stream stream;
  Scoreboard board;
  addCase(board, "(reference)", "CUDA against the host",
          [&] { return selfCheck(stream); });
  Checker checker(stream);
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<Case> cases = casesOf(
        selection.tokens.empty() ? tokensOf(manifests[i]) : selection.tokens);
    if (names[i] == big)
      cases.push_back({tokensPast31Bits(manifests[i].layer), {}});
    addCase(board, names[i], "loads; all of the above", [&] {
      runLayer(root / names[i], cases, checker, stream, board);
      return CheckReport{};
    });
  }
  return board.finish();
}

Selection parseSelection(int argc, char **argv) {
  Selection selection;
  CLI::App app{"Checks generated layers on the GPU."};
  app.add_option("DIR", selection.directory,
                 "Folder of generated layers; by default $MOE_LAYERS_DIR");
  app.add_option("--layers", selection.layers, "Names of layers in DIR")
      ->delimiter(',');
  app.add_option("--tokens", selection.tokens, "Numbers of tokens")
      ->delimiter(',')
      ->check(CLI::Range(std::int64_t(0), std::int64_t(1) << 31));
  app.add_flag("!--no-big", selection.big, "Without T * S * H past 2^31");
  app.add_flag("--probe", selection.probe, "Only look for a Hopper GPU");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp &help) {
    std::exit(app.exit(help));
  } catch (const CLI::ParseError &error) {
    throw InputError(error.what());
  }
  const char *variable = std::getenv("MOE_LAYERS_DIR");
  if (selection.directory.empty() && variable)
    selection.directory = variable;
  return selection;
}

/// Why nothing can be tested here, if so.
std::optional<std::string> whySkip(const Selection &selection) {
  if (auto why = whyNoHopper())
    return why;
  if (selection.directory.empty() && !selection.probe)
    return "no generated layers: give DIR or $MOE_LAYERS_DIR";
  return std::nullopt;
}

} // namespace

int main(int argc, char **argv) {
  bool skipped = false;
  int code = exitCodeOf("moe-gpu-tests", [&] {
    const Selection selection = parseSelection(argc, argv);
    if (auto why = whySkip(selection)) {
      fmt::print("GPU tests skipped: {}\n", *why);
      skipped = true;
      return true;
    }
    return selection.probe || runMatrix(selection);
  });
  return skipped ? kNoDevice : code;
}
