//===- JsonNode.cpp - JSON from a file, with every refusal ----------------===//
#include "runtime/JsonNode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace moert {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDepth = 32; // a manifest has 6

/// Sees every event of the parser and refuses what nlohmann-json takes: of two
/// equal keys it keeps the last, and it nests as deep as memory goes.
class StructureGuard {
public:
  explicit StructureGuard(const JsonOrigin &origin) : origin(origin) {}

  void see(Json::parse_event_t event, const Json &parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start)
      enter();
    else if (event == Event::object_end || event == Event::array_end)
      open.pop_back();
    else if (event == Event::key)
      enterKey(parsed.get_ref<const std::string &>());
  }

private:
  struct Level {
    std::set<std::string> keys;
    std::string current; // the key whose value is being read
  };

  void enter() {
    if (open.size() == kMaxDepth)
      throw Error(origin.code,
                  fmt::format("{}: {}: expected at most {} levels of nesting, "
                              "got more",
                              origin.name, path(), kMaxDepth));
    open.emplace_back();
  }

  void enterKey(const std::string &key) {
    open.back().current = key;
    if (!open.back().keys.insert(key).second)
      throw Error(origin.code,
                  fmt::format("{}: {}: expected each key once, got it again",
                              origin.name, path()));
  }

  std::string path() const {
    std::string text;
    for (const Level &level : open)
      if (!level.current.empty())
        text += (text.empty() ? "" : ".") + quotedKey(level.current);
    return text.empty() ? origin.noun : text;
  }

  const JsonOrigin &origin;
  std::vector<Level> open;
};

[[noreturn]] void refuseSyntax(const std::string &text, std::size_t byte,
                               const JsonOrigin &origin) {
  const std::size_t at = std::min(byte > 0 ? byte - 1 : 0, text.size());
  const auto line = 1 + std::count(text.begin(), text.begin() + at, '\n');
  const std::size_t lineStart = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  const char *got = at == text.size() ? "the end of the file: it is truncated"
                                      : "something else";
  throw Error(origin.code,
              fmt::format("{}:{}:{}: expected well-formed JSON, got {}",
                          origin.name, line, at - lineStart + 1, got));
}

} // namespace

nlohmann::json parseJson(const std::string &text, const JsonOrigin &origin) {
  StructureGuard guard(origin);
  try {
    return Json::parse(text, [&](int, Json::parse_event_t event, Json &parsed) {
      guard.see(event, parsed);
      return true;
    });
  } catch (const Json::parse_error &error) {
    refuseSyntax(text, error.byte, origin);
  } catch (const Json::out_of_range &) {
    throw Error(origin.code,
                fmt::format("{}: {}: expected numbers that a double can hold, "
                            "got a larger one",
                            origin.name, origin.noun));
  }
}

std::string quotedKey(const std::string &text) {
  const bool plain =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               (c >= '0' && c <= '9') || c == '_';
      });
  // A broken file may hold a string of any length and any bytes.
  const std::string shown =
      plain ? text
            : Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
  return shown.size() <= 80 ? shown : shown.substr(0, 77) + "...";
}

void JsonNode::refuse(const std::string &want, const std::string &got) const {
  throw Error(origin->code,
              fmt::format("{}: {}: expected {}, got {}", origin->name,
                          path.empty() ? origin->noun : path, want, got));
}

void JsonNode::refuse(const std::string &want) const {
  refuse(want, describe());
}

JsonNode JsonNode::operator[](const std::string &key) const {
  if (!value || !value->is_object())
    refuse("an object");
  const auto found = value->find(key);
  const std::string name = quotedKey(key);
  return {*origin, path.empty() ? name : path + "." + name,
          found == value->end() ? nullptr : &*found};
}

std::vector<std::string> JsonNode::keys() const {
  if (!value || !value->is_object())
    refuse("an object");
  std::vector<std::string> names;
  for (const auto &member : value->items())
    names.push_back(member.key());
  return names;
}

bool JsonNode::has(const std::string &key) const {
  if (!value || !value->is_object())
    refuse("an object");
  return value->contains(key);
}

std::vector<JsonNode> JsonNode::elements(std::size_t least,
                                         std::size_t most) const {
  if (!value || !value->is_array())
    refuse("an array");
  if (value->size() < least || value->size() > most)
    refuse(fmt::format("an array of {} to {} elements", least, most));
  std::vector<JsonNode> nodes;
  for (std::size_t i = 0; i < value->size(); ++i)
    nodes.emplace_back(*origin, fmt::format("{}[{}]", path, i), &(*value)[i]);
  return nodes;
}

std::int64_t JsonNode::integer(std::int64_t least, std::int64_t most,
                               std::int64_t multiple) const {
  // An unsigned number beyond 63 bits turns negative here, so ask for it.
  const bool fits = value && value->is_number_integer() &&
                    (!value->is_number_unsigned() ||
                     value->get<std::uint64_t>() <= INT64_MAX);
  const std::int64_t number = fits ? value->get<std::int64_t>() : 0;
  if (fits && number >= least && number <= most && number % multiple == 0)
    return number;
  const std::string kind =
      multiple == 1 ? "an integer" : fmt::format("a multiple of {}", multiple);
  refuse(fmt::format("{} from {} to {}", kind, least, most));
}

std::int64_t JsonNode::exactly(std::int64_t want) const {
  if (!value || !value->is_number_integer() || *value != want)
    refuse(std::to_string(want));
  return want;
}

double JsonNode::number() const {
  if (!value || !value->is_number() || !std::isfinite(value->get<double>()))
    refuse("a finite number");
  return value->get<double>();
}

bool JsonNode::boolean() const {
  if (!value || !value->is_boolean())
    refuse("true or false");
  return value->get<bool>();
}

std::string JsonNode::text() const {
  if (!value || !value->is_string() || value->get<std::string>().empty())
    refuse("a non-empty string");
  return value->get<std::string>();
}

std::string JsonNode::fileName() const {
  std::string name = text();
  if (name.find('/') != std::string::npos || name == "." || name == "..")
    refuse("the name of a file beside " + origin->noun);
  return name;
}

std::size_t JsonNode::wordIndex(const char *const *begin,
                                const char *const *end,
                                std::size_t first) const {
  for (const char *const *at = begin + first; at != end; ++at)
    if (value && value->is_string() && *value == *at)
      return at - begin;
  refuse(fmt::format("one of {}", fmt::join(begin + first, end, ", ")));
}

std::string JsonNode::describe() const {
  if (!value)
    return "nothing";
  if (value->is_array())
    return fmt::format("an array of {}", value->size());
  if (value->is_object())
    return "an object";
  const std::string dump =
      value->dump(-1, ' ', true, Json::error_handler_t::replace);
  return dump.size() <= 80 ? dump : dump.substr(0, 77) + "...";
}

} // namespace moert
