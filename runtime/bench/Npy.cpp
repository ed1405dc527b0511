//===- Npy.cpp - routing read from a NumPy file ---------------------------===//
#include "runtime/bench/Npy.h"

#include "runtime/bench/InputError.h"

#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <regex>

namespace moert::bench {

namespace {

constexpr std::size_t kMaxHeader = 1 << 16;

std::string readBytes(std::istream &file, std::size_t count,
                      const std::string &origin, const char *what) {
  std::string bytes(count, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(count));
  if (static_cast<std::size_t>(file.gcount()) != count)
    throw InputError(fmt::format("{}: the file ends within {}: expected {} "
                                 "bytes, got {}",
                                 origin, what, count, file.gcount()));
  return bytes;
}

/// The Python dictionary between the magic and the data.
std::string readHeader(std::istream &file, const std::string &origin) {
  std::string magic = readBytes(file, 8, origin, "its magic");
  if (magic.compare(0, 6, "\x93NUMPY") != 0 || magic[6] < 1 || magic[6] > 3)
    throw InputError(origin + ": not a .npy file of version 1, 2 or 3");
  std::size_t lengthBytes = magic[6] == 1 ? 2 : 4, length = 0;
  std::string field = readBytes(file, lengthBytes, origin, "its header");
  for (std::size_t i = 0; i < lengthBytes; ++i)
    length |= std::size_t(static_cast<unsigned char>(field[i])) << 8 * i;
  if (length > kMaxHeader)
    throw InputError(fmt::format("{}: expected a header of at most {} bytes, "
                                 "got {}",
                                 origin, kMaxHeader, length));
  return readBytes(file, length, origin, "its header");
}

std::string matchOf(const std::string &header, const char *pattern) {
  std::smatch match;
  return std::regex_search(header, match, std::regex(pattern)) ? match[1].str()
                                                               : "";
}

std::int64_t numberOf(const std::string &digits, const std::string &origin) {
  try {
    return std::stoll(digits);
  } catch (const std::exception &) {
    throw InputError(origin + ": bad extent '" + digits + "'");
  }
}

} // namespace

IdMatrix readNpy(std::istream &file, const std::string &origin) {
  const std::string header = readHeader(file, origin);
  const std::string type = matchOf(header, "'descr':\\s*'([^']*)'");
  if (type != "<i4" && type != "<i8")
    throw InputError(
        fmt::format("{}: expected int32 or int64 ids ('<i4' or '<i8'), got "
                    "'{}'",
                    origin, type));
  if (matchOf(header, "'fortran_order':\\s*(\\w+)") != "False")
    throw InputError(origin + ": expected C order (fortran_order False)");
  const std::string shape = matchOf(header, "'shape':\\s*\\(([^)]*)\\)");
  const std::string rows =
      matchOf(shape, "^\\s*(\\d+)\\s*,\\s*\\d+\\s*,?\\s*$");
  const std::string columns =
      matchOf(shape, "^\\s*\\d+\\s*,\\s*(\\d+)\\s*,?\\s*$");
  if (rows.empty())
    throw InputError(
        fmt::format("{}: expected a shape of two extents (tokens, slots), got "
                    "({})",
                    origin, shape));
  IdMatrix matrix{numberOf(rows, origin), numberOf(columns, origin), {}};
  if (matrix.columns > 4096 || matrix.rows > (std::int64_t(1) << 31))
    throw InputError(fmt::format("{}: {} x {} ids are too many", origin,
                                 matrix.rows, matrix.columns));
  const std::size_t width = type == "<i4" ? 4 : 8;
  matrix.values.resize(matrix.rows * matrix.columns);
  for (std::int64_t &value : matrix.values) {
    std::string bytes = readBytes(file, width, origin, "its data");
    std::int32_t narrow;
    if (width == 8) {
      std::memcpy(&value, bytes.data(), sizeof value);
    } else {
      std::memcpy(&narrow, bytes.data(), sizeof narrow);
      value = narrow;
    }
  }
  return matrix;
}

IdMatrix readNpy(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw InputError(path.string() + ": cannot be opened");
  return readNpy(file, path.string());
}

} // namespace moert::bench
