//===- JournalTest.cpp - what was measured, as it was measured ------------===//
#include "tuner/Journal.h"
#include "runtime/bench/InputError.h"
#include "tests/tuner/FakeLayer.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

using namespace moert::tune;

namespace {

const JournalSettings kSettings{"layer", "hash", "uniform", 4, 1};
const Card kCard{"NVIDIA H200", "0123"};

std::string textOf(const std::filesystem::path &path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void append(const std::filesystem::path &path, const std::string &text) {
  std::ofstream(path, std::ios::app) << text;
}

/// A journal with a time and a verdict, in a new directory.
std::filesystem::path written(const Folder &folder) {
  const auto path = folder.path / "new" / "journal";
  Journal journal(path, kSettings, kCard);
  CHECK(journal.remembered() == 0);
  journal.addTime(16, "up_1", {12.5, false, "c1"});
  journal.addTime(16, "up_2", {99, true, "c2"});
  journal.addTime(16, "up_1", {12.25, false, "c1"});
  journal.addFault("up_2", "c2", "");
  journal.addChoice(16, "up_1", "down_1", 30);
  return path;
}

} // namespace

TEST_CASE("a journal remembers the last time of each kernel", "[journal]") {
  Folder folder;
  const Journal journal(written(folder), kSettings, {"NVIDIA H200", "4567"});
  CHECK(journal.remembered() == 2);
  CHECK(journal.time(16, "up_1", "c1")->us == 12.25);
  CHECK_FALSE(journal.time(16, "up_1", "c1")->dropped);
  CHECK(journal.time(16, "up_2", "c2")->dropped);
  CHECK(journal.fault("up_2", "c2") == "");
  CHECK_FALSE(journal.fault("up_1", "c1"));
  CHECK_FALSE(journal.time(32, "up_1", "c1"));
  CHECK_FALSE(journal.time(16, "up_1", "c2")); // another kernel
}

TEST_CASE("each line says what it is of", "[journal]") {
  Folder folder;
  const std::string text = textOf(written(folder));
  CHECK(text.substr(0, text.find('\n')) ==
        R"({"moe_tune":1,"layer":"layer","layer_hash":"hash",)"
        R"("routing":"uniform","batches":4,"seed":1,)"
        R"("device":"NVIDIA H200","uuid":"0123"})");
  CHECK(text.find(R"({"tokens":16,"kernel":"up_1","us":12.5,)"
                  R"("dropped":false,"cubin":"c1"})") != std::string::npos);
}

TEST_CASE("times of other settings are not compared", "[journal]") {
  Folder folder;
  const auto path = written(folder);
  JournalSettings other = kSettings;
  const int which = GENERATE(0, 1, 2, 3);
  if (which == 0)
    other.layerHash = "another";
  if (which == 1)
    other.routing = "power_law:1.2";
  if (which == 2)
    other.batches = 8;
  if (which == 3)
    other.seed = 2;
  CHECK(Journal(path, other, kCard).remembered() == 0);
  CHECK(Journal(path, kSettings, kCard).remembered() == 2);
}

TEST_CASE("a line that was cut off is taken away", "[journal]") {
  Folder folder;
  const auto path = written(folder);
  append(path, R"({"tokens":32,"kernel":"up_1","us")");
  {
    Journal journal(path, kSettings, kCard);
    CHECK(journal.remembered() == 2);
    journal.addTime(32, "up_1", {20, false, "c1"});
  }
  const Journal journal(path, kSettings, kCard);
  CHECK(journal.remembered() == 3);
  CHECK(journal.time(32, "up_1", "c1")->us == 20);
}

TEST_CASE("a file that is no journal is refused and left as it is",
          "[journal]") {
  Folder folder;
  const auto path = folder.path / "notes";
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"notes\n", ":1: expected a line that moe-tune wrote, got notes"},
      {"{\"moe_tune\":2}\n",
       ":1: expected a line that moe-tune wrote, got {\"moe_tune\":2} "
       "(expected version 1 in moe_tune, got 2)"},
  }));
  append(path, text);
  CHECK_THROWS_WITH(Journal(path, kSettings, kCard),
                    Catch::StartsWith(path.string() + message));
  CHECK(textOf(path) == text);
}

TEST_CASE("a wrong line of a journal is named by its number", "[journal]") {
  Folder folder;
  const auto path = written(folder);
  append(path, "{\"tokens\":16}\n");
  CHECK_THROWS_WITH(
      Journal(path, kSettings, kCard),
      Catch::StartsWith(path.string() +
                        ":7: expected a line that moe-tune wrote, got "
                        "{\"tokens\":16}"));
}

TEST_CASE("a journal that cannot be written is refused", "[journal]") {
  Folder folder;
  append(folder.path / "file", "");
  CHECK_THROWS_AS(Journal(folder.path / "file" / "journal", kSettings, kCard),
                  moert::bench::InputError);
}
