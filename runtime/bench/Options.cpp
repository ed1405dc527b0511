//===- Options.cpp - the command line of moe-bench ------------------------===//
#include "runtime/bench/Options.h"

#include "runtime/bench/InputError.h"
#include "runtime/bench/TokenRanges.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <map>

namespace moert::bench {

namespace {

/// What is typed, before it is read.
struct Words {
  std::string tokens, routing = "uniform";
  bool noTiming = false;
};

/// What is done with the layers on the GPU.
void addRunOptions(CLI::App &app, Options &options, Words &words) {
  app.add_option("LAYERS", options.directories,
                 "Directories that moe-codegen wrote");
  app.add_option("--tokens", words.tokens,
                 "Numbers of tokens and ranges, with commas: 1..64,72..256:8");
  app.add_option("--routing", words.routing,
                 "uniform, unshared (a third of the tokens without shared "
                 "experts), power_law:S, one (expert for all tokens), FILE.npy");
  app.add_option("--drop", options.routing.drop,
                 "Fraction of routed ids that become -1")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--seed", options.seed, "Of inputs and routing");
  app.add_flag("--check", options.check,
               "Compare every stage with its reference");
  app.add_flag("--no-timing", words.noTiming, "Only check");
  app.add_flag("--sanitize", options.sanitize,
               "Run each stage once and nothing else, for compute-sanitizer");
  app.add_flag("--self-check", options.selfCheck,
               "Check the reference itself; needs no LAYERS");
  app.add_option("--repeat", options.repeats, "Timed replays")
      ->check(CLI::Range(1, 100000));
  app.add_option("--pause", options.pauseMs,
                 "Milliseconds without work before each timed replay: what is "
                 "left of the time where the load is not sustained")
      ->check(CLI::Range(0.0, 1000.0));
  app.add_option("--replays", options.replays,
                 "Replays of one graph whose outputs must be the same bits (or "
                 "sums in some order, if the reduction is atomic)")
      ->check(CLI::Range(1, 10000000));
  app.add_flag("--alone", options.alone,
               "Check that a token alone gives the bits it gives in the batch "
               "(or a sum in some order, if the reduction is atomic)");
  app.add_flag("!--no-pdl", options.programmatic,
               "Let no kernel start before the one before it is done");
  app.add_option("--config", options.configs,
                 "One configuration ([up:|down:]FILE or {...}) instead of the "
                 "plans, down with rows loaded by TMA and copied; may be "
                 "repeated")
      ->allow_extra_args(false);
  app.add_option("--json", options.json, "File for the figures");
}

/// What becomes of the figures.
void addReportOptions(CLI::App &app, Options &options) {
  app.add_option("--baseline", options.baseline,
                 "JSON file of other libraries' times to compare with");
  app.add_option("--plot", options.plot,
                 "SVG file: time of each layer over tokens");
  app.add_option("--report", options.report,
                 "Directory for report.html, report.json and report.csv");
  app.add_flag("--cliffs", options.cliffs,
               "Print where the layer's time falls as the tokens grow, and "
               "where it is above the baseline");
  app.add_option("--from", options.from,
                 "File that --json wrote, instead of LAYERS; may be "
                 "repeated; needs no GPU")
      ->allow_extra_args(false);
  app.add_option("--against", options.against,
                 "File that --json wrote, of the untuned layers: the report "
                 "compares with it");
  app.add_option("--calibration", options.calibration,
                 "TFLOP/s of a GEMM that tells cards apart, measured "
                 "elsewhere, for the report")
      ->check(CLI::PositiveNumber);
}

/// Nothing runs with --from, so options of what would have no meaning.
void checkNothingRuns(const std::vector<CLI::Option *> &running) {
  for (const CLI::Option *option : running)
    if (option->count() > 0)
      throw InputError(
          fmt::format("{}: expected none with --from, which runs nothing",
                      option->get_name()));
}

/// Names become the names of layers in results, so each may be there once.
void checkNames(const std::vector<std::string> &directories) {
  std::map<std::string, std::string> seen;
  for (const std::string &directory : directories) {
    auto [first, isNew] = seen.emplace(layerName(directory), directory);
    if (!isNew)
      throw InputError(
          fmt::format("expected layers of different names, got {} and {}",
                      first->second, directory));
  }
}

/// Options that would do nothing.
void checkUse(const Options &options) {
  if (options.directories.empty() && options.from.empty() && !options.selfCheck)
    throw InputError("expected the directory of a generated layer; see --help");
  if (!options.configs.empty() && options.directories.empty() &&
      options.from.empty())
    throw InputError("--config: expected the directory of a generated layer "
                     "with it, got none");
  if (!options.from.empty() && !options.wantsReport())
    throw InputError("--from: expected --plot, --report or --cliffs with it, "
                     "got none of them");
  if (!options.against.empty() && options.report.empty())
    throw InputError("--against: expected --report with it, got none");
  if (!options.from.empty() || (options.timing && !options.directories.empty()))
    return;
  const std::pair<const char *, bool> ofTimes[] = {
      {"--json", !options.json.empty()},
      {"--baseline", !options.baseline.empty()},
      {"--plot", !options.plot.empty()},
      {"--report", !options.report.empty()},
      {"--cliffs", options.cliffs},
      {"--calibration", options.calibration.has_value()}};
  for (auto [name, given] : ofTimes)
    if (given)
      throw InputError(fmt::format("{}: nothing is timed {}", name,
                                   options.directories.empty()
                                       ? "without a layer"
                                       : "with --no-timing or --sanitize"));
}

} // namespace

std::optional<Options> parseOptions(int argc, char **argv) {
  Options options;
  Words words;
  CLI::App app{"Checks and times generated MoE layers on the GPU."};
  app.name("moe-bench");
  addRunOptions(app, options, words);
  const std::vector<CLI::Option *> running = app.get_options();
  addReportOptions(app, options);
  app.footer("Exit codes: 0 done, 1 bad input or a check failed, 2 a CUDA "
             "call failed, 77 no Hopper GPU.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp &help) {
    app.exit(help);
    return std::nullopt;
  } catch (const CLI::ParseError &error) {
    throw InputError(error.what());
  }
  if (!words.tokens.empty())
    options.tokens = parseTokens(words.tokens);
  const double drop = options.routing.drop;
  options.routing = parseRouting(words.routing);
  options.routing.drop = drop;
  options.timing = !words.noTiming && !options.sanitize;
  if (!options.from.empty())
    checkNothingRuns(running);
  checkNames(options.directories);
  checkUse(options);
  return options;
}

std::string layerName(const std::string &directory) {
  std::filesystem::path path = std::filesystem::path(directory) / "";
  return path.lexically_normal().parent_path().filename().string();
}

} // namespace moert::bench
