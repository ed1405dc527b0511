//===- JsonRecord.h - one object of a JSON file, read strictly --*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_JSONRECORD_H
#define MOE_RUNTIME_BENCH_JSONRECORD_H

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace moert::bench {

/// An object and what it is called, "f: deepgemm[3]". Everything that cannot be
/// read throws InputError with that name, the key and what was wanted.
class JsonRecord {
public:
  JsonRecord(const nlohmann::json &object, std::string name);

  [[noreturn]] void refuse(const char *key, const std::string &want) const;

  /// Null if the key is missing.
  nlohmann::json value(const char *key) const;
  std::string text(const char *key) const;
  std::int64_t integer(const char *key) const;

  // Of these, null and a missing key are nothing.
  std::optional<std::string> optionalText(const char *key) const;
  std::optional<std::int64_t> optionalInteger(const char *key) const;
  std::optional<bool> optionalFlag(const char *key) const;
  std::optional<double> optionalNumber(const char *key) const;
  /// Microseconds.
  std::optional<double> optionalTime(const char *key) const;

private:
  const nlohmann::json &object;
  std::string name;
};

/// The file's JSON; throws InputError naming `origin` if it is none.
nlohmann::json parseJson(const std::string &text, const std::string &origin);

/// Calls `visit` for every record of root[key]; false if there is no such key.
bool forEachRecord(const nlohmann::json &root, const char *key,
                   const std::string &origin,
                   const std::function<void(const JsonRecord &)> &visit);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_JSONRECORD_H
