//===- Npy.h - routing read from a NumPy file -------------------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_NPY_H
#define MOE_RUNTIME_BENCH_NPY_H

#include <cstdint>
#include <filesystem>
#include <istream>
#include <string>
#include <vector>

namespace moert::bench {

/// A matrix of ids, row major.
struct IdMatrix {
  std::int64_t rows = 0, columns = 0;
  std::vector<std::int64_t> values;
};

/// Reads a two-dimensional little-endian int32 or int64 array in C order,
/// versions 1 to 3 of the format. Throws InputError that names `origin`.
IdMatrix readNpy(std::istream &file, const std::string &origin);
IdMatrix readNpy(const std::filesystem::path &path);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_NPY_H
