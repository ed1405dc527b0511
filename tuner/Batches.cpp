//===- Batches.cpp - the routings that kernels are timed on ---------------===//
#include "tuner/Batches.h"

#include "compiler/schedule/OfLayer.h"
#include "runtime/bench/Files.h"
#include "runtime/bench/InputError.h"

#include <fmt/format.h>

namespace moert::tune {

using namespace bench;

Batches::Batches(const std::vector<RoutingChoice> &choices,
                 const LayerDescription &layer, std::uint64_t seed, int count)
    : layer(layer), choices(choices), batches(count) {
  for (const RoutingChoice &choice : choices) {
    if (choices.size() > 1 && choice.kind != RoutingChoice::Kind::file)
      throw InputError(fmt::format("--routing: expected several files or one "
                                   "drawing, got {} beside others",
                                   choice.text));
    sources.emplace_back(choice, layer, seed);
  }
}

std::vector<RoutedTokens> Batches::of(std::int64_t tokens) const {
  std::vector<RoutedTokens> result;
  const auto files = static_cast<std::int64_t>(sources.size());
  for (std::int64_t batch = 0; batch < batches; ++batch) {
    const RoutingSource &source = sources[batch % files];
    const std::int64_t cut = batch / files;
    const std::int64_t cuts = (batches - batch % files + files - 1) / files;
    std::int64_t first = cut * tokens;
    if (auto rows = source.rows()) {
      const std::int64_t room = *rows - tokens; // draw() says if there is none
      first = cut == 0 || room < 1 ? 0 : room * cut / (cuts - 1);
      if (cut > 0 && first == room * (cut - 1) / (cuts - 1))
        continue; // the cut before is the same one
    }
    result.push_back(source.draw(tokens, first));
  }
  return result;
}

mlir::moe::RowCounts Batches::rows(std::int64_t tokens) const {
  std::vector<std::vector<std::int64_t>> calls;
  bool some = false;
  for (const RoutedTokens &routed : of(tokens)) {
    std::vector<std::int64_t> &experts =
        calls.emplace_back(layer.totalExperts());
    for (std::int32_t id : routed.ids)
      if (id >= 0) {
        ++experts[id];
        some = true;
      }
  }
  if (some)
    return {tokens, calls};
  return {mlir::moe::problemOf(layer).routing, tokens};
}

void Batches::require(std::int64_t tokens) const {
  for (std::size_t i = 0; i < sources.size(); ++i)
    if (auto rows = sources[i].rows(); rows && *rows < tokens)
      throw InputError(fmt::format("{}: expected at least {} tokens, got {}",
                                   choices[i].text, tokens, *rows));
}

std::string Batches::text() const {
  std::string text;
  for (const RoutingChoice &choice : choices) {
    text += (text.empty() ? "" : ", ") + choice.text;
    if (choice.kind == RoutingChoice::Kind::file) {
      const std::string bytes = readWhole(choice.text);
      text += " " + checksum(bytes.data(), bytes.size());
    }
  }
  return text;
}

} // namespace moert::tune
