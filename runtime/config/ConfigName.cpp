//===- ConfigName.cpp - what a configuration file is called ---------------===//
#include "runtime/config/ConfigName.h"

#include "moert/Error.h"
#include "runtime/JsonNode.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace moert::config {

namespace {

// The only formats that layers have.
constexpr const char *kFormats = ",dtype=fp8_w8a8,block_shape=[128, 128]";

/// A device must neither leave the directory nor end early when a name is read.
bool isDevice(const std::string &text) {
  return !text.empty() && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return c > ' ' && c < 127 && c != '/' && c != ',' && c != '\\';
         });
}

/// A file name of which the front is taken off piece by piece.
class Rest {
public:
  explicit Rest(const std::string &name) : name(name) {}

  [[noreturn]] void refuse(const std::string &want) const {
    const std::string got = name.substr(at);
    throw Error(ErrorCode::badConfig,
                fmt::format("{}: expected {} in the name of a configuration "
                            "file, got {}",
                            name, want,
                            got.empty() ? "its end" : "'" + got + "'"));
  }

  bool take(const std::string &text) {
    if (name.compare(at, text.size(), text) != 0)
      return false;
    at += text.size();
    return true;
  }

  /// `key` and a positive number.
  std::int64_t number(const std::string &key) {
    if (!take(key))
      refuse("'" + key + "'");
    std::int32_t value = 0;
    const char *begin = name.data() + at;
    const auto [end, error] =
        std::from_chars(begin, name.data() + name.size(), value);
    if (error != std::errc() || value < 1 || *begin == '0')
      refuse("a positive number");
    at += end - begin;
    return value;
  }

  std::string untilComma() {
    const std::size_t end = std::min(name.find(',', at), name.size());
    std::string text = name.substr(at, end - at);
    if (!isDevice(text))
      refuse("the name of a device");
    at = end;
    return text;
  }

private:
  const std::string &name;
  std::size_t at = 0;
};

} // namespace

std::string fileNameOf(const ConfigName &name) {
  std::string device = name.device;
  std::replace(device.begin(), device.end(), ' ', '_');
  if (!isDevice(device))
    throw Error(ErrorCode::badConfig,
                fmt::format("device: expected a name without commas, slashes "
                            "and unprintable characters, got {}",
                            quotedKey(name.device)));
  for (std::int64_t size : {name.experts, name.intermediate})
    if (size < 1 || size > std::numeric_limits<std::int32_t>::max())
      throw Error(ErrorCode::badConfig,
                  fmt::format("E and N of a configuration file: expected "
                              "positive numbers of 31 bits, got {}",
                              size));
  return fmt::format("E={},N={},device_name={}{}{}.json", name.experts,
                     name.intermediate, device, kFormats,
                     name.role == KernelRole::down ? "_down" : "");
}

ConfigName parseFileName(const std::string &fileName) {
  Rest rest(fileName);
  ConfigName name;
  name.experts = rest.number("E=");
  name.intermediate = rest.number(",N=");
  if (!rest.take(",device_name="))
    rest.refuse("',device_name='");
  name.device = rest.untilComma();
  if (!rest.take(kFormats))
    rest.refuse(fmt::format("'{}', the only formats there are", kFormats));
  if (rest.take("_down"))
    name.role = KernelRole::down;
  if (!rest.take(".json"))
    rest.refuse("'.json'");
  if (fileNameOf(name) != fileName)
    rest.refuse("nothing more");
  return name;
}

} // namespace moert::config
