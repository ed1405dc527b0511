//===- RoutingSource.cpp - which experts a token visits -------------------===//
#include "runtime/bench/RoutingSource.h"

#include "runtime/bench/InputError.h"
#include "runtime/bench/Random.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

namespace moert::bench {

namespace {

bool endsWith(const std::string &text, const std::string &end) {
  return text.size() >= end.size() &&
         text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Weight (i+1)^-S for expert i of a seeded permutation; S = 0 is uniform.
std::vector<double> popularityOf(std::int64_t experts, double exponent,
                                 std::uint64_t seed) {
  std::vector<std::int64_t> order(experts);
  std::iota(order.begin(), order.end(), 0);
  const RandomStream random(seed, RandomUse::permutation);
  for (std::int64_t i = experts - 1; i > 0; --i)
    std::swap(order[i], order[random.bits(i) % (i + 1)]);
  std::vector<double> weights(experts);
  double sum = 0.0;
  for (std::int64_t i = 0; i < experts; ++i)
    sum += weights[order[i]] = std::pow(static_cast<double>(i + 1), -exponent);
  for (double &weight : weights)
    weight /= sum;
  return weights;
}

} // namespace

RoutingChoice parseRouting(const std::string &text) {
  RoutingChoice choice;
  choice.text = text;
  if (text == "uniform")
    return choice;
  if (text == "one" || text == "unshared") {
    choice.kind = text == "one" ? RoutingChoice::Kind::one
                                : RoutingChoice::Kind::unshared;
    return choice;
  }
  const std::string powerLaw = "power_law:";
  if (text.compare(0, powerLaw.size(), powerLaw) == 0) {
    const std::string number = text.substr(powerLaw.size());
    char *end = nullptr;
    choice.kind = RoutingChoice::Kind::powerLaw;
    choice.exponent = std::strtod(number.c_str(), &end);
    if (number.empty() || *end || !(choice.exponent >= 0) ||
        choice.exponent > 10)
      throw InputError(fmt::format(
          "--routing: expected power_law:S with S in 0 ... 10, got '{}'",
          text));
    return choice;
  }
  if (!endsWith(text, ".npy"))
    throw InputError(fmt::format("--routing: expected uniform, unshared, "
                                 "power_law:S, one or FILE.npy, got '{}'",
                                 text));
  choice.kind = RoutingChoice::Kind::file;
  return choice;
}

RoutingSource::RoutingSource(const RoutingChoice &choice,
                             const LayerDescription &layer, std::uint64_t seed)
    : choice(choice), layer(layer), seed(seed) {
  if (choice.kind == RoutingChoice::Kind::file) {
    file = readNpy(choice.text);
    checkFile();
    return;
  }
  if (layer.topK > layer.globalExperts)
    throw InputError(fmt::format("expected top_k of at most {} experts, got {}",
                                 layer.globalExperts, layer.topK));
  popularity = popularityOf(layer.globalExperts, choice.exponent, seed);
}

void RoutingSource::checkFile() const {
  if (file.columns != layer.topK && file.columns != layer.slots())
    throw InputError(fmt::format(
        "{}: expected {} ids a token (top_k){}, got {}", choice.text,
        layer.topK,
        layer.sharedExperts
            ? fmt::format(" or {} (with shared experts)", layer.slots())
            : "",
        file.columns));
  const bool global = file.columns == layer.topK;
  const std::int64_t experts =
      global ? layer.globalExperts : layer.totalExperts();
  for (std::int64_t id : file.values)
    if (id < -1 || id >= experts)
      throw InputError(fmt::format("{}: expected ids in -1 ... {}, got {}",
                                   choice.text, experts - 1, id));
}

std::optional<std::int64_t> RoutingSource::rows() const {
  if (choice.kind != RoutingChoice::Kind::file)
    return std::nullopt;
  return file.rows;
}

RoutedTokens RoutingSource::draw(std::int64_t tokens,
                                 std::int64_t first) const {
  const std::int64_t slots = layer.slots();
  if (choice.kind == RoutingChoice::Kind::file && first + tokens > file.rows)
    throw InputError(fmt::format("{}: expected at least {} tokens, got {}",
                                 choice.text, first + tokens, file.rows));
  RoutedTokens routed;
  routed.ids.resize(tokens * slots);
  routed.weights.resize(tokens * slots);
  for (std::int64_t token = 0; token < tokens; ++token) {
    std::int32_t *ids = &routed.ids[token * slots];
    const bool misses = choice.kind == RoutingChoice::Kind::unshared &&
                        (first + token) % 3 == 1;
    for (std::int64_t shared = 0; shared < layer.sharedExperts; ++shared)
      ids[layer.topK + shared] =
          misses ? -1 : static_cast<std::int32_t>(layer.experts + shared);
    if (choice.kind == RoutingChoice::Kind::file)
      readExperts(first + token, ids);
    else
      drawExperts(first + token, ids);
    dropSome(first + token, ids);
    drawWeights(first + token, &routed.weights[token * slots]);
  }
  return routed;
}

void RoutingSource::drawExperts(std::int64_t token, std::int32_t *ids) const {
  if (choice.kind == RoutingChoice::Kind::one) {
    std::fill(ids, ids + layer.topK, -1);
    ids[0] = static_cast<std::int32_t>(layer.experts / 2);
    return;
  }
  const RandomStream random(seed, RandomUse::routing);
  std::vector<double> left = popularity;
  double mass = 1.0;
  for (std::int64_t slot = 0; slot < layer.topK; ++slot) {
    double point = mass * random.uniform(token * layer.topK + slot);
    std::int64_t expert = 0, chosen = -1;
    for (; expert < layer.globalExperts; ++expert) {
      if (left[expert] == 0.0)
        continue;
      chosen = expert; // the last one left, should rounding run past the end
      if ((point -= left[expert]) < 0.0)
        break;
    }
    mass -= left[chosen];
    left[chosen] = 0.0;
    ids[slot] = chosen < layer.experts ? static_cast<std::int32_t>(chosen) : -1;
  }
}

void RoutingSource::readExperts(std::int64_t token, std::int32_t *ids) const {
  const std::int64_t *row = &file.values[token * file.columns];
  const std::int64_t ours =
      file.columns == layer.topK ? layer.experts : layer.totalExperts();
  for (std::int64_t slot = 0; slot < file.columns; ++slot)
    ids[slot] = row[slot] < ours ? static_cast<std::int32_t>(row[slot]) : -1;
}

void RoutingSource::dropSome(std::int64_t token, std::int32_t *ids) const {
  const RandomStream random(seed, RandomUse::dropped);
  for (std::int64_t slot = 0; slot < layer.topK; ++slot)
    if (random.uniform(token * layer.topK + slot) < choice.drop)
      ids[slot] = -1;
}

void RoutingSource::drawWeights(std::int64_t token, float *weights) const {
  const RandomStream random(seed, RandomUse::topkWeights);
  double sum = 0.0;
  for (std::int64_t slot = 0; slot < layer.topK; ++slot) {
    // At least 0.05, so that no slot's error hides behind its weight.
    double weight = 0.05 + random.uniform(token * layer.topK + slot);
    weights[slot] = static_cast<float>(weight);
    sum += weight;
  }
  for (std::int64_t slot = 0; slot < layer.topK; ++slot)
    weights[slot] = static_cast<float>(weights[slot] / sum);
  for (std::int64_t slot = layer.topK; slot < layer.slots(); ++slot)
    weights[slot] = static_cast<float>(1.0 / layer.routedScalingFactor);
}

} // namespace moert::bench
