//===- Files.h - whole text files -------------------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_FILES_H
#define MOE_RUNTIME_BENCH_FILES_H

#include <filesystem>
#include <string>

namespace moert::bench {

/// The bytes of a file. Throws InputError that names it.
std::string readWhole(const std::filesystem::path &path);

/// Writes a file whole or not at all: beside it first, then renamed. Throws
/// InputError that names it.
void writeWhole(const std::filesystem::path &path, const std::string &text);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_FILES_H
