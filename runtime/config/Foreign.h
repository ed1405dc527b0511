//===- Foreign.h - what other tuners' files mean here -----------*- C++ -*-===//
#ifndef MOE_RUNTIME_CONFIG_FOREIGN_H
#define MOE_RUNTIME_CONFIG_FOREIGN_H

#include "runtime/JsonNode.h"
#include "runtime/config/TunedConfig.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace moert::config {

/// Notes, each once, with the numbers of tokens that it was made for.
class Notes {
public:
  /// A note on the whole file.
  void add(const std::string &text) { note(text); }
  void add(const std::string &text, std::int64_t tokens) {
    note(text).tokens.push_back(tokens);
  }
  /// As text, in the order in which they were first made.
  std::vector<std::string> lines() const;

private:
  struct Note {
    std::string text;
    std::vector<std::int64_t> tokens;
  };
  Note &note(const std::string &text);

  std::vector<Note> notes;
  std::map<std::string, std::size_t> indices; // a file may hold a great many
};

/// What an entry that was tuned for Triton's kernel asks of ours: its tile, or
/// the nearest one that the law allows, and of the same tile the order of the
/// walk and the stages. Notes what is not taken as it stands. Throws Error if a
/// value is no schedule of Triton's either, or the law allows no tile at all.
TunedSchedule readForeignEntry(const JsonNode &entry, std::int64_t tokens,
                               const ScheduleLaw &law, Notes &notes);

} // namespace moert::config

#endif // MOE_RUNTIME_CONFIG_FOREIGN_H
