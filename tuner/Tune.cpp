//===- Tune.cpp - what moe-tune does --------------------------------------===//
#include "tuner/Tune.h"

#include "compiler/schedule/OfLayer.h"
#include "runtime/bench/Files.h"
#include "runtime/bench/InputError.h"
#include "runtime/bench/SelfCheck.h"
#include "runtime/bench/Session.h"
#include "runtime/bench/Table.h"
#include "tuner/GpuMeasure.h"
#include "tuner/PackSource.h"
#include "tuner/Results.h"

#include <fmt/format.h>

#include <unistd.h>

#include <cstdio>

namespace moert::tune {

using bench::InputError;
using bench::say;

namespace {

/// The kernels, and what they are of.
using Opened = Compiler;

Opened openSource(const Options &options, const OpenCompiler &open) {
  Opened opened;
  if (!options.pack.empty()) {
    auto pack = std::make_unique<PackSource>(options.pack);
    say(fmt::format("{}: {} kernels\n", options.pack, pack->size()));
    opened.layer = pack->layer();
    opened.source = std::move(pack);
    return opened;
  }
  std::string error;
  auto compiler = open(options.description, options.ptxas, options.jobs, error);
  if (!compiler)
    throw InputError(error);
  return std::move(*compiler);
}

std::string hashOf(const LayerDescription &layer) {
  Manifest manifest;
  manifest.layer = layer;
  const std::string text = writeManifest(manifest);
  return checksum(text.data(), text.size());
}

Card cardOf(const std::string &device) {
  cudaDeviceProp properties;
  reference::check(cudaGetDeviceProperties(&properties, 0),
                   "cudaGetDeviceProperties");
  std::string uuid;
  for (char byte : properties.uuid.bytes)
    uuid += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return {device, uuid};
}

std::filesystem::path journalPath(const Options &options,
                                  const LayerDescription &layer) {
  if (!options.journal.empty())
    return options.journal;
  return options.out / (layer.name + ".journal");
}

/// On a terminal one line that changes; elsewhere none, as results are printed.
Progress makeProgress(const Clock &clock) {
  const bool terminal = isatty(fileno(stderr)) != 0;
  return {clock, [terminal](const std::string &text) {
            if (terminal)
              std::fprintf(stderr, "\r\033[K%s", text.c_str());
          }};
}

/// Prints what is left to say; whether all is well.
bool report(const Tuning &tuning, const std::vector<std::string> &dropped) {
  if (!tuning.results.empty())
    say("\n" + tableText(tuning.results));
  for (const std::string &reason : dropped)
    say("left out: " + reason + "\n");
  for (std::int64_t tokens : tuning.without)
    std::fprintf(stderr, "moe-tune: error: T = %lld: no kernels could be had\n",
                 static_cast<long long>(tokens));
  for (const std::string &fault : tuning.faults)
    std::fprintf(stderr, "moe-tune: error: WRONG RESULTS: %s\n", fault.c_str());
  return tuning.faults.empty() && tuning.without.empty();
}

/// The search over all that the options name; prints each result as it comes.
Tuning search(const Options &options, const Opened &opened,
              const Batches &batches, Journal &journal, cudaStream_t stream,
              double start) {
  const Clock clock = steadyClock();
  GpuMeasure measure(opened.layer, *opened.source, batches, options.seed,
                     stream);
  const mlir::moe::LayerProblem problem = mlir::moe::problemOf(opened.layer);
  const mlir::moe::Space space(problem);
  Progress progress = makeProgress(clock);
  TuningOptions tuning;
  tuning.tokens = options.tokens;
  tuning.seconds = 60 * options.budgetMinutes - (clock() - start);
  tuning.search.full.batches = options.batches;
  tuning.search.whole.batches = options.batches;
  const char *clear = isatty(fileno(stderr)) != 0 ? "\r\033[K" : "";
  return tune({problem, space, *opened.source, measure, journal, progress,
               clock,
               [&](std::int64_t tokens) { return batches.rows(tokens); }},
              tuning, [clear, &progress](const TokensResult &result) {
                std::fputs(clear, stderr);
                say(lineText(result) + ", " + progress.leftText() + " left\n");
              });
}

/// The files that a tuning is for.
void write(const Options &options, const ResultsHead &head,
           const LayerDescription &layer, const Tuning &tuning) {
  for (const auto &path :
       writeConfigs(options.out, layer, head.device, tuning.results))
    say(path.string() + "\n");
  if (!options.json.empty())
    bench::writeWhole(options.json, jsonText(head, tuning.results));
}

} // namespace

bool runTune(const Options &options, const OpenCompiler &open) {
  const double start = steadyClock()();
  const Opened opened = openSource(options, open);
  const LayerDescription &layer = opened.layer;
  const Batches batches(options.routing, layer, options.seed, options.batches);
  for (std::int64_t tokens : options.tokens)
    batches.require(tokens); // before anything is measured

  const Card card = cardOf(bench::openDevice());
  say(fmt::format("{} on {}, {} routing, {} batches\n", layer.name, card.device,
                  batches.text(), batches.count()));
  bench::Stream stream;
  const bench::CheckReport self = bench::selfCheck(stream);
  if (!self.passed()) {
    say("the CUDA reference is wrong:\n" + bench::checkText(self));
    return false;
  }
  Journal journal(journalPath(options, layer),
                  {layer.name, hashOf(layer), batches.text(), options.batches,
                   options.seed},
                  card);
  if (journal.remembered())
    say(fmt::format("{}: {} times are remembered\n", journal.path().string(),
                    journal.remembered()));
  const Tuning tuning =
      search(options, opened, batches, journal, stream, start);
  const bool well = report(tuning, opened.source->dropped());
  const double seconds = steadyClock()() - start;
  if (!tuning.results.empty())
    write(options,
          {layer.name, card.device, card.uuid, batches.text(), batches.count(),
           seconds},
          layer, tuning);
  say(fmt::format("{:.1f} s\n", seconds));
  return well && !tuning.results.empty();
}

} // namespace moert::tune
