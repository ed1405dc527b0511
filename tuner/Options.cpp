//===- Options.cpp - the command line of moe-tune -------------------------===//
#include "tuner/Options.h"

#include "compiler/schedule/Space.h"
#include "runtime/bench/InputError.h"
#include "runtime/bench/TokenRanges.h"

#include <CLI/CLI.hpp>

namespace moert::tune {

using bench::InputError;

namespace {

struct Texts {
  std::string tokens;
  std::vector<std::string> routing{"uniform"};
};

void addOptions(CLI::App &app, Options &options, Texts &texts) {
  app.add_option("DESCRIPTION", options.description,
                 "FILE.mlir with one moe.layer, whose kernels are compiled");
  app.add_option("--pack", options.pack,
                 "Directory that moe-codegen --candidates wrote, instead");
  app.add_option("--tokens", texts.tokens,
                 "Numbers of tokens: 16, 1..64, 72..256:8 and lists of these");
  app.add_option("--routing", texts.routing,
                 "uniform, power_law:S, or captured topk_ids: one or more .npy")
      ->delimiter(',');
  app.add_option("--batches", options.batches,
                 "Routings that each number of tokens is timed on")
      ->check(CLI::Range(1, 64));
  app.add_option("--out", options.out,
                 "Directory of the configuration files (configs/tuned)");
  app.add_option("--journal", options.journal,
                 "File of all times; one that is there is gone on with");
  app.add_option("--json", options.json, "Write the table to this file, too");
  app.add_option("--budget", options.budgetMinutes, "Minutes for all of it")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--jobs", options.jobs,
                 "Threads that compile (default: all cores but two)");
  app.add_option("--ptxas", options.ptxas, "ptxas to run");
  app.add_option("--seed", options.seed, "Of weights, inputs and routing");
}

void checkOptions(const Options &options) {
  if (options.description.empty() == options.pack.empty())
    throw InputError(options.pack.empty()
                         ? "expected FILE.mlir or --pack DIR, got neither"
                         : "expected FILE.mlir or --pack DIR, got both");
}

} // namespace

std::optional<Options> parseOptions(int argc, char **argv) {
  Options options;
  Texts texts;
  CLI::App app{"Measures which schedules of a layer are the fastest on this "
               "GPU, and writes them as configuration files."};
  addOptions(app, options, texts);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp &help) {
    app.exit(help);
    return std::nullopt;
  } catch (const CLI::ParseError &error) {
    throw InputError(error.what());
  }
  options.tokens = texts.tokens.empty() ? mlir::moe::tunedTokens()
                                        : bench::parseTokens(texts.tokens);
  for (const std::string &text : texts.routing)
    options.routing.push_back(bench::parseRouting(text));
  checkOptions(options);
  return options;
}

} // namespace moert::tune
