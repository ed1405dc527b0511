//===- JsonRecord.cpp - one object of a JSON file, read strictly ----------===//
#include "runtime/bench/JsonRecord.h"

#include "runtime/bench/InputError.h"

#include <fmt/format.h>

namespace moert::bench {

using Json = nlohmann::json;

JsonRecord::JsonRecord(const Json &object, std::string name)
    : object(object), name(std::move(name)) {
  if (!object.is_object())
    throw InputError(this->name + ": expected an object");
}

void JsonRecord::refuse(const char *key, const std::string &want) const {
  throw InputError(fmt::format("{}.{}: expected {}", name, key, want));
}

Json JsonRecord::value(const char *key) const {
  return object.value(key, Json());
}

std::string JsonRecord::text(const char *key) const {
  auto found = optionalText(key);
  if (!found)
    refuse(key, "a string");
  return *found;
}

std::int64_t JsonRecord::integer(const char *key) const {
  auto found = optionalInteger(key);
  if (!found)
    refuse(key, "an integer");
  return *found;
}

std::optional<std::string> JsonRecord::optionalText(const char *key) const {
  const Json found = value(key);
  if (found.is_null())
    return std::nullopt;
  if (!found.is_string())
    refuse(key, "a string");
  return found.get<std::string>();
}

std::optional<std::int64_t> JsonRecord::optionalInteger(const char *key) const {
  const Json found = value(key);
  if (found.is_null())
    return std::nullopt;
  if (!found.is_number_integer())
    refuse(key, "an integer");
  return found.get<std::int64_t>();
}

std::optional<bool> JsonRecord::optionalFlag(const char *key) const {
  const Json found = value(key);
  if (found.is_null())
    return std::nullopt;
  if (!found.is_boolean())
    refuse(key, "true or false");
  return found.get<bool>();
}

std::optional<double> JsonRecord::optionalNumber(const char *key) const {
  const Json found = value(key);
  if (found.is_null())
    return std::nullopt;
  if (!found.is_number() || found.get<double>() < 0)
    refuse(key, "a number from 0 or null");
  return found.get<double>();
}

std::optional<double> JsonRecord::optionalTime(const char *key) const {
  const Json found = value(key);
  if (found.is_null())
    return std::nullopt;
  if (!found.is_number() || !(found.get<double>() > 0))
    refuse(key, "a time above 0 or null");
  return found.get<double>();
}

Json parseJson(const std::string &text, const std::string &origin) {
  Json root = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded())
    throw InputError(origin + ": expected well-formed JSON");
  return root;
}

bool forEachRecord(const Json &root, const char *key, const std::string &origin,
                   const std::function<void(const JsonRecord &)> &visit) {
  if (!root.is_object() || !root.contains(key))
    return false;
  const Json &records = root[key];
  if (!records.is_array())
    throw InputError(fmt::format("{}: {}: expected an array", origin, key));
  for (std::size_t i = 0; i < records.size(); ++i)
    visit(JsonRecord(records[i], fmt::format("{}: {}[{}]", origin, key, i)));
  return true;
}

} // namespace moert::bench
