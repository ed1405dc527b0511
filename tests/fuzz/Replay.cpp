//===- Replay.cpp - a fuzz target over files, without libFuzzer -----------===//
//
// moe-replay-NAME PATH...: every file, and every file of a directory, is one
// input. Exits with 1 if there is none.
//
//===----------------------------------------------------------------------===//
#include "tests/fuzz/Fuzz.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace fs = std::filesystem;

namespace {

void replay(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)),
                          std::istreambuf_iterator<char>());
  // Before it runs: if it ends the program, the last line is the culprit.
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t *>(bytes.data()),
                         bytes.size());
}

} // namespace

int main(int argc, char **argv) {
  std::set<fs::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) {
      files.insert(argv[i]);
      continue;
    }
    for (const auto &entry : fs::directory_iterator(argv[i]))
      files.insert(entry.path());
  }
  for (const fs::path &path : files)
    replay(path);
  return files.empty() ? 1 : 0;
}
