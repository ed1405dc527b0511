//===- Journal.h - what was measured, as it was measured --------*- C++ -*-===//
//
// A file of JSON lines that is only ever appended to, so that a run that was
// interrupted loses no more than the line it was writing. docs/tuning.md
// describes the lines.
//
//===----------------------------------------------------------------------===//
#ifndef TUNER_JOURNAL_H
#define TUNER_JOURNAL_H

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace moert::tune {

/// What times must have in common to be compared.
struct JournalSettings {
  std::string layer;     ///< Its name, for readers.
  std::string layerHash; ///< Of the description.
  std::string routing;   ///< What was drawn or read, with hashes of files.
  int batches = 0;
  std::uint64_t seed = 0;
  bool operator==(const JournalSettings &) const = default;
};

/// On what is measured now.
struct Card {
  std::string device; ///< "NVIDIA H200".
  std::string uuid;
};

struct JournalTime {
  double us = 0;
  bool dropped = false; ///< After a few runs: too slow to go on.
  std::string cubin;    ///< Checksum: another kernel's time says nothing.
};

class Journal {
public:
  /// Remembers what `path` holds of runs with these settings, whatever the
  /// card, and goes on writing at its end. Makes the file and its directory if
  /// need be. A last line that was cut off is taken away; anything else that
  /// is no line of a journal throws bench::InputError naming file and line.
  Journal(const std::filesystem::path &path, const JournalSettings &settings,
          const Card &card);

  /// The last time of a kernel, if it was this one.
  std::optional<JournalTime> time(std::int64_t tokens,
                                  const std::string &kernel,
                                  const std::string &cubin) const;
  /// Whether any time of that name is there.
  bool knows(std::int64_t tokens, const std::string &kernel) const {
    return times.count({tokens, kernel}) != 0;
  }
  void addTime(std::int64_t tokens, const std::string &kernel,
               const JournalTime &time);

  /// What was found to be wrong with a kernel, "" if nothing; nothing at all if
  /// it was not checked.
  std::optional<std::string> fault(const std::string &kernel,
                                   const std::string &cubin) const;
  void addFault(const std::string &kernel, const std::string &cubin,
                const std::string &fault);

  /// For people: what was chosen. Not read again.
  void addChoice(std::int64_t tokens, const std::string &up,
                 const std::string &down, double layerUs);

  /// Times that were there when the file was opened.
  std::size_t remembered() const { return rememberedTimes; }
  const std::filesystem::path &path() const { return file; }

private:
  void readLine(const std::string &line, std::size_t number,
                const JournalSettings &settings, bool &ours);
  void append(const std::string &line);

  std::filesystem::path file;
  std::ofstream stream;
  std::map<std::pair<std::int64_t, std::string>, JournalTime> times;
  std::map<std::pair<std::string, std::string>, std::string> faults;
  std::size_t rememberedTimes = 0;
};

} // namespace moert::tune

#endif // TUNER_JOURNAL_H
