//===- Files.cpp - whole text files ---------------------------------------===//
#include "runtime/bench/Files.h"

#include "runtime/bench/InputError.h"

#include <fstream>
#include <iterator>
#include <unistd.h>

namespace moert::bench {

std::string readWhole(const std::filesystem::path &path) {
  std::error_code ignored; // a folder opens, and throws when it is read
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path, ignored))
    throw InputError(path.string() + ": cannot be read");
  std::string text((std::istreambuf_iterator<char>(file)),
                   std::istreambuf_iterator<char>());
  if (!file)
    throw InputError(path.string() + ": cannot be read");
  return text;
}

void writeWhole(const std::filesystem::path &path, const std::string &text) {
  std::filesystem::path partial = path;
  partial += ".part" + std::to_string(getpid());
  std::ofstream file(partial, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  std::error_code error;
  if (file)
    std::filesystem::rename(partial, path, error);
  if (!file || error) {
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    throw InputError(path.string() + ": cannot be written" +
                     (error ? ": " + error.message() : ""));
  }
}

} // namespace moert::bench
