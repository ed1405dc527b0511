//===- TokenRanges.cpp - the numbers of tokens that are asked for ---------===//
#include "runtime/bench/TokenRanges.h"

#include "runtime/bench/InputError.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <set>
#include <string_view>

namespace moert::bench {

namespace {

constexpr std::int64_t kMostTokens = std::int64_t(1) << 31;
/// Each is timed: more is a typing mistake, and would fill the memory first.
constexpr std::size_t kMostNumbers = 100000;

struct Range {
  std::int64_t first = 0, last = 0, step = 1;
};

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// A, A..B or A..B:STEP as it is written, whatever the numbers mean.
std::optional<Range> rangeOf(std::string_view text) {
  Range range;
  if (auto colon = text.find(':'); colon != std::string_view::npos) {
    auto step = number(text.substr(colon + 1));
    text = text.substr(0, colon);
    if (!step || text.find("..") == std::string_view::npos)
      return std::nullopt;
    range.step = *step;
  }
  const auto dots = text.find("..");
  auto first = number(text.substr(0, dots));
  auto last =
      dots == std::string_view::npos ? first : number(text.substr(dots + 2));
  if (!first || !last)
    return std::nullopt;
  range.first = *first;
  range.last = *last;
  return range;
}

[[noreturn]] void refuse(const std::string &want, std::string_view got) {
  throw InputError(fmt::format("--tokens: expected {}, got '{}'", want, got));
}

Range parseRange(std::string_view text) {
  const std::optional<Range> range = rangeOf(text);
  if (!range)
    refuse("N, A..B or A..B:STEP", text);
  for (std::int64_t end : {range->first, range->last})
    if (end < 1 || end > kMostTokens)
      refuse(fmt::format("numbers of tokens from 1 to {}", kMostTokens), text);
  if (range->last < range->first)
    refuse("a range whose end is not below its start", text);
  if (range->step < 1)
    refuse("a step of at least 1", text);
  return *range;
}

} // namespace

std::vector<std::int64_t> parseTokens(const std::string &text) {
  std::vector<std::int64_t> tokens;
  std::set<std::int64_t> seen;
  std::string_view rest = text;
  for (bool more = true; more;) {
    const auto comma = rest.find(',');
    const Range range = parseRange(rest.substr(0, comma));
    more = comma != std::string_view::npos;
    rest = more ? rest.substr(comma + 1) : std::string_view();
    for (std::int64_t t = range.first; t <= range.last; t += range.step) {
      if (seen.insert(t).second)
        tokens.push_back(t);
      if (tokens.size() > kMostNumbers)
        refuse(fmt::format("at most {} numbers of tokens", kMostNumbers), text);
    }
  }
  return tokens;
}

} // namespace moert::bench
