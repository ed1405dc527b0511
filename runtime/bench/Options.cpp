//===- Options.cpp - the command line of moe-bench ------------------------===//
#include "runtime/bench/Options.h"

#include "runtime/bench/InputError.h"

#include <CLI/CLI.hpp>

namespace moert::bench {

std::optional<Options> parseOptions(int argc, char **argv) {
  Options options;
  std::string routing = "uniform";
  bool noTiming = false;
  CLI::App app{"Checks and times a generated MoE layer on the GPU."};
  app.name("moe-bench");
  app.add_option("DIR", options.directory, "Directory that moe-codegen wrote");
  app.add_option("--tokens", options.tokens, "Numbers of tokens, with commas")
      ->delimiter(',')
      ->check(CLI::Range(std::int64_t(1), std::int64_t(1) << 31));
  app.add_option("--routing", routing,
                 "uniform, power_law:S, one (expert for all tokens), FILE.npy");
  app.add_option("--drop", options.routing.drop,
                 "Fraction of routed ids that become -1")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--seed", options.seed, "Of inputs and routing");
  app.add_flag("--check", options.check,
               "Compare every stage with its reference");
  app.add_flag("--no-timing", noTiming, "Only check");
  app.add_flag("--sanitize", options.sanitize,
               "Run each stage once and nothing else, for compute-sanitizer");
  app.add_flag("--self-check", options.selfCheck,
               "Check the reference itself; needs no DIR");
  app.add_option("--repeat", options.repeats, "Timed replays")
      ->check(CLI::Range(1, 100000));
  app.add_option("--replays", options.replays,
                 "Replays of one graph whose outputs must be the same bits (or "
                 "sums in some order, if the reduction is atomic)")
      ->check(CLI::Range(1, 10000000));
  app.add_flag("--alone", options.alone,
               "Check that a token alone gives the bits it gives in the batch "
               "(or a sum in some order, if the reduction is atomic)");
  app.add_flag("!--no-pdl", options.programmatic,
               "Let no kernel start before the one before it is done");
  app.add_option("--baseline", options.baseline,
                 "JSON file of other libraries' times to compare with");
  app.add_option("--json", options.json, "File for the figures");
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
  if (options.directory.empty() && !options.selfCheck)
    throw InputError("expected the directory of a generated layer; see --help");
  const double drop = options.routing.drop;
  options.routing = parseRouting(routing);
  options.routing.drop = drop;
  options.timing = !noTiming && !options.sanitize;
  if (!options.json.empty() && !options.timing)
    throw InputError("--json: nothing is timed with --no-timing or --sanitize");
  if (!options.baseline.empty() && !options.timing)
    throw InputError("--baseline: nothing is timed with --no-timing or "
                     "--sanitize");
  return options;
}

} // namespace moert::bench
