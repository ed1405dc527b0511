//===- Npy.cpp - routing read from a NumPy file ---------------------------===//
#include "runtime/bench/Npy.h"

#include "runtime/bench/InputError.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string_view>

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

/// A text of the file as a message can hold it.
std::string shown(std::string_view text) {
  constexpr std::size_t most = 80;
  return std::string(text.substr(0, most)) + (text.size() > most ? "..." : "");
}

std::string_view skipSpaces(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

/// What follows a key of the dictionary; nothing if it is not there. Headers
/// are short and regular, and std::regex recurses for every character of one.
std::string_view valueOf(std::string_view header, const std::string &name) {
  const std::string key = "'" + name + "':";
  const std::size_t at = header.find(key);
  if (at == std::string_view::npos)
    return {};
  return skipSpaces(header.substr(at + key.size()));
}

/// The text between two characters, of which the first is the first of `value`.
std::string_view between(char open, char close, std::string_view value) {
  const std::size_t end = value.find(close, 1);
  if (value.empty() || value[0] != open || end == std::string_view::npos)
    return {};
  return value.substr(1, end - 1);
}

/// Takes a number and what may stand around it off the front of a shape; -1 if
/// there is none.
std::int64_t takeExtent(std::string_view &shape, const std::string &origin) {
  shape = skipSpaces(shape);
  const std::size_t digits =
      std::min(shape.find_first_not_of("0123456789"), shape.size());
  std::int64_t extent = -1;
  const auto [end, error] =
      std::from_chars(shape.data(), shape.data() + digits, extent);
  if (error == std::errc::result_out_of_range)
    throw InputError(origin + ": bad extent '" +
                     shown(shape.substr(0, digits)) + "'");
  shape = skipSpaces(shape.substr(digits));
  if (!shape.empty() && shape[0] == ',')
    shape = skipSpaces(shape.substr(1));
  else if (!shape.empty())
    extent = -1;
  return extent;
}

/// The extents, without the ids.
IdMatrix readShape(std::string_view header, const std::string &origin) {
  const std::string_view shape = between('(', ')', valueOf(header, "shape"));
  std::string_view rest = shape;
  IdMatrix matrix;
  matrix.rows = takeExtent(rest, origin);
  matrix.columns = takeExtent(rest, origin);
  if (matrix.rows < 0 || matrix.columns < 0 || !rest.empty())
    throw InputError(
        fmt::format("{}: expected a shape of two extents (tokens, slots), got "
                    "({})",
                    origin, shown(shape)));
  if (matrix.columns > 4096 || matrix.rows > (std::int64_t(1) << 31))
    throw InputError(fmt::format("{}: {} x {} ids are too many", origin,
                                 matrix.rows, matrix.columns));
  return matrix;
}

template <typename Id>
void appendIds(const std::string &bytes, std::vector<std::int64_t> &values) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Id)) {
    Id id;
    std::memcpy(&id, bytes.data() + at, sizeof id);
    values.push_back(id);
  }
}

} // namespace

IdMatrix readNpy(std::istream &file, const std::string &origin) {
  const std::string header = readHeader(file, origin);
  const std::string_view type = between('\'', '\'', valueOf(header, "descr"));
  if (type != "<i4" && type != "<i8")
    throw InputError(
        fmt::format("{}: expected int32 or int64 ids ('<i4' or '<i8'), got "
                    "'{}'",
                    origin, shown(type)));
  if (!valueOf(header, "fortran_order").starts_with("False"))
    throw InputError(origin + ": expected C order (fortran_order False)");
  IdMatrix matrix = readShape(header, origin);
  // A header can promise more than memory holds: what is taken grows with what
  // the file has.
  constexpr std::int64_t piece = 1 << 16;
  const std::int64_t width = type == "<i4" ? 4 : 8;
  for (std::int64_t left = matrix.rows * matrix.columns; left > 0;
       left -= piece) {
    const std::string bytes =
        readBytes(file, std::min(left, piece) * width, origin, "its data");
    if (width == 4)
      appendIds<std::int32_t>(bytes, matrix.values);
    else
      appendIds<std::int64_t>(bytes, matrix.values);
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
