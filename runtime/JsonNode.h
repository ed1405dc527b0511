//===- JsonNode.h - JSON from a file, with every refusal --------*- C++ -*-===//
//
// What manifests and tuned configurations are read through: whatever a file
// holds, it is either used as it was meant or refused by an Error that names
// the file, the key, what was wanted and what was got.
//
//===----------------------------------------------------------------------===//
#ifndef MOE_RUNTIME_JSONNODE_H
#define MOE_RUNTIME_JSONNODE_H

#include "moert/Error.h"
#include "runtime/ManifestWords.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace moert {

/// Where a text came from, as its refusals say it.
struct JsonOrigin {
  std::string name; ///< Of the file.
  std::string noun; ///< The whole document: "the manifest".
  ErrorCode code;   ///< Of every Error.
};

/// Parses `text`. Throws Error on a syntax error (as `name:line:column`), a
/// number that no double can hold, a key that an object has twice, and more
/// levels of nesting than any file of ours needs.
nlohmann::json parseJson(const std::string &text, const JsonOrigin &origin);

/// `text` as it may stand in a message: a short plain word as it is, anything
/// else quoted, in ASCII, and cut where it is long.
std::string quotedKey(const std::string &text);

/// A value of a document together with the way to it. Every accessor throws
/// Error where the value is missing or is not what was asked for. Refers to
/// the origin and the document, which must outlive it.
class JsonNode {
public:
  using Json = nlohmann::json;

  JsonNode(const JsonOrigin &origin, std::string path, const Json *value)
      : origin(&origin), path(std::move(path)), value(value) {}

  [[noreturn]] void refuse(const std::string &want,
                           const std::string &got) const;
  /// What was got is the value.
  [[noreturn]] void refuse(const std::string &want) const;

  /// The member of an object; a node without a value if there is none.
  JsonNode operator[](const std::string &key) const;
  /// The keys of an object, in the order of their bytes.
  std::vector<std::string> keys() const;
  bool has(const std::string &key) const;

  std::vector<JsonNode> elements(std::size_t least, std::size_t most) const;
  std::int64_t integer(std::int64_t least, std::int64_t most,
                       std::int64_t multiple = 1) const;
  std::int64_t exactly(std::int64_t want) const;
  double number() const; ///< Finite.
  bool boolean() const;
  std::string text() const; ///< Not empty.
  /// A file beside the document: no way out of its directory.
  std::string fileName() const;
  /// One of the words of ManifestWords.h, from the one with index `first`.
  template <typename Enum> Enum word(std::size_t first = 0) const {
    const auto &words = kWords<Enum>;
    return static_cast<Enum>(
        wordIndex(words.data(), words.data() + words.size(), first));
  }

  bool isText() const { return value && value->is_string(); }

private:
  std::string describe() const;
  std::size_t wordIndex(const char *const *begin, const char *const *end,
                        std::size_t first) const;

  const JsonOrigin *origin;
  std::string path;
  const Json *value; // null if the key is missing
};

} // namespace moert

#endif // MOE_RUNTIME_JSONNODE_H
