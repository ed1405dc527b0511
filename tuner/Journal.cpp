//===- Journal.cpp - what was measured, as it was measured ----------------===//
#include "tuner/Journal.h"

#include "runtime/bench/InputError.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>

namespace moert::tune {

using bench::InputError;
using Json = nlohmann::ordered_json;

namespace {

constexpr int kVersion = 1;

Json headerOf(const JournalSettings &settings) {
  return {{"moe_tune", kVersion},
          {"layer", settings.layer},
          {"layer_hash", settings.layerHash},
          {"routing", settings.routing},
          {"batches", settings.batches},
          {"seed", settings.seed}};
}

/// The settings that a header speaks of, without the card.
JournalSettings settingsOf(const Json &line) {
  if (line.at("moe_tune") != kVersion)
    throw InputError(fmt::format("expected version {} in moe_tune, got {}",
                                 kVersion, line.at("moe_tune").dump()));
  return {line.at("layer"), line.at("layer_hash"), line.at("routing"),
          line.at("batches"), line.at("seed")};
}

std::string readAll(const std::filesystem::path &path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream),
          std::istreambuf_iterator<char>()};
}

} // namespace

Journal::Journal(const std::filesystem::path &path,
                 const JournalSettings &settings, const Card &card)
    : file(path) {
  std::error_code error;
  if (path.has_parent_path())
    std::filesystem::create_directories(path.parent_path(), error);
  const std::string text = readAll(path);
  bool ours = false;
  std::size_t number = 0, from = 0;
  for (std::size_t end; (end = text.find('\n', from)) != std::string::npos;
       from = end + 1)
    readLine(text.substr(from, end - from), ++number, settings, ours);
  rememberedTimes = times.size();
  if (from < text.size()) // somebody was stopped while writing it
    std::filesystem::resize_file(path, from, error);
  if (!error)
    stream.open(path, std::ios::binary | std::ios::app);
  if (error || !stream)
    throw InputError(fmt::format("{}: expected a file to write, got {}",
                                 path.string(),
                                 error ? error.message() : "none"));
  Json header = headerOf(settings);
  header["device"] = card.device;
  header["uuid"] = card.uuid;
  append(header.dump());
}

void Journal::readLine(const std::string &text, std::size_t number,
                       const JournalSettings &settings, bool &ours) {
  try {
    const Json line = Json::parse(text);
    if (line.contains("moe_tune")) {
      ours = settingsOf(line) == settings;
    } else if (!ours || line.contains("chosen")) {
      return;
    } else if (line.contains("fault")) {
      faults[{line.at("kernel"), line.at("cubin")}] = line.at("fault");
    } else {
      const JournalTime time{line.at("us"), line.at("dropped"),
                             line.at("cubin")};
      times[{line.at("tokens"), line.at("kernel")}] = time;
    }
  } catch (const std::exception &error) { // of the JSON library, too
    throw InputError(
        fmt::format("{}:{}: expected a line that moe-tune wrote, got {} ({})",
                    file.string(), number, text.substr(0, 60), error.what()));
  }
}

void Journal::append(const std::string &line) {
  stream << line << '\n' << std::flush;
  if (!stream)
    throw InputError(fmt::format(
        "{}: expected room for a line, got a failed write", file.string()));
}

std::optional<JournalTime> Journal::time(std::int64_t tokens,
                                         const std::string &kernel,
                                         const std::string &cubin) const {
  const auto found = times.find({tokens, kernel});
  if (found == times.end() || found->second.cubin != cubin)
    return std::nullopt;
  return found->second;
}

void Journal::addTime(std::int64_t tokens, const std::string &kernel,
                      const JournalTime &time) {
  times[{tokens, kernel}] = time;
  append(Json({{"tokens", tokens},
               {"kernel", kernel},
               {"us", time.us},
               {"dropped", time.dropped},
               {"cubin", time.cubin}})
             .dump());
}

std::optional<std::string> Journal::fault(const std::string &kernel,
                                          const std::string &cubin) const {
  const auto found = faults.find({kernel, cubin});
  if (found == faults.end())
    return std::nullopt;
  return found->second;
}

void Journal::addFault(const std::string &kernel, const std::string &cubin,
                       const std::string &fault) {
  faults[{kernel, cubin}] = fault;
  append(Json({{"kernel", kernel}, {"cubin", cubin}, {"fault", fault}}).dump());
}

void Journal::addChoice(std::int64_t tokens, const std::string &up,
                        const std::string &down, double layerUs) {
  append(Json({{"chosen", tokens},
               {"up", up},
               {"down", down},
               {"layer_us", layerUs}})
             .dump());
}

} // namespace moert::tune
