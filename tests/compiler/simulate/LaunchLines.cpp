//===- LaunchLines.cpp ----------------------------------------------------===//

#include "tests/compiler/simulate/LaunchLines.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Format.h"

#include <cmath>
#include <cstring>

using namespace llvm;
using namespace mlir::moe::sim;

static Error complain(const Twine &text) { return createStringError(text); }

static int64_t number(StringRef text) {
  int64_t value = 0;
  text.getAsInteger(0, value);
  return value;
}

static std::vector<int64_t> extentsOf(StringRef text) {
  std::vector<int64_t> list;
  for (StringRef part : split(text, 'x'))
    list.push_back(number(part));
  return list;
}

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

size_t TestTensor::elementBytes() const {
  return StringSwitch<size_t>(type)
      .Case("u8", 1)
      .Cases({"bf16", "f16", "u16"}, 2)
      .Default(4);
}

/// The bits of a value in words: a number, or 0x...
static uint32_t bitsOf(StringRef type, StringRef word) {
  if (word.starts_with("0x") || !(type == "f32" || type == "bf16"))
    return uint32_t(number(word));
  float value = std::strtof(word.str().c_str(), nullptr);
  // The tests' bf16 numbers are exact.
  auto bits = bit_cast<uint32_t>(value);
  return type == "f32" ? bits : bits >> 16;
}

void TestTensor::print(raw_ostream &stream) const {
  size_t size = elementBytes();
  for (size_t i = 0; i < bytes.size() / size; ++i) {
    if (i % 16 == 0)
      stream << (i ? "\n" : "") << name << '[' << i << "]:";
    uint32_t bits = 0;
    std::memcpy(&bits, &bytes[i * size], size);
    if (type == "i32")
      stream << ' ' << int32_t(bits);
    else if (type == "f32" || type == "bf16")
      stream << ' '
             << format("%g",
                       bit_cast<float>(type == "f32" ? bits : bits << 16));
    else
      stream << ' ' << format_hex_no_prefix(bits, unsigned(size) * 2);
  }
  stream << '\n';
}

/// in|out NAME TYPE COUNT [zero|iota|VALUE...]
Error TestLaunch::addTensor(ArrayRef<StringRef> words) {
  if (words.size() < 4)
    return complain("expects: in|out NAME TYPE COUNT");
  TestTensor &tensor = tensors.emplace_back();
  tensor.name = words[1].str(), tensor.type = words[2].str();
  tensor.isOutput = words[0] == "out";
  size_t size = tensor.elementBytes(), count = size_t(number(words[3]));
  tensor.initial.assign(count * size, 0xff);
  ArrayRef<StringRef> values = words.drop_front(4);
  for (size_t i = 0; i < count && !values.empty(); ++i) {
    std::string own = std::to_string(i);
    uint32_t bits = values[0] == "zero" ? 0
                    : values[0] == "iota"
                        ? bitsOf(tensor.type, own)
                        : bitsOf(tensor.type, values[i % values.size()]);
    std::memcpy(&tensor.initial[i * size], &bits, size);
  }
  tensor.bytes = tensor.initial;
  return Error::success();
}

TestTensor *TestLaunch::find(StringRef name) {
  for (TestTensor &tensor : tensors)
    if (tensor.name == name)
      return &tensor;
  return nullptr;
}

/// map NAME EXTENTS box BOX swizzle BYTES
Error TestLaunch::addMap(ArrayRef<StringRef> words) {
  TestTensor *tensor = words.size() == 7 ? find(words[1]) : nullptr;
  if (!tensor)
    return complain("expects: map NAME EXTENTS box BOX swizzle BYTES");
  TensorMap &map = maps.emplace_back();
  map.name = tensor->name.c_str(), map.base = tensor->bytes.data();
  map.elementBytes = int64_t(tensor->elementBytes());
  map.element = tensor->type == "bf16"  ? moert::ElementType::bf16
                : tensor->type == "f32" ? moert::ElementType::f32
                                        : moert::ElementType::u8;
  map.extents = extentsOf(words[2]), map.box = extentsOf(words[4]);
  map.swizzle = number(words[6]);
  config.arguments.push_back({&map, 0});
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

static Error readOption(LaunchConfig &config, StringRef option) {
  auto [key, value] = option.split('=');
  auto earlier = [&]() -> EarlierKernels & {
    if (!config.earlier)
      config.earlier.emplace();
    return *config.earlier;
  };
  auto names = [&](std::vector<std::string> &list) {
    for (StringRef name : split(value, ','))
      list.push_back(name.str());
  };
  if (key == "grid")
    config.grid = unsigned(number(value));
  else if (key == "threads")
    config.threads = unsigned(number(value));
  else if (key == "shared")
    config.sharedMemory = uint32_t(number(value));
  else if (key == "earlier-writes")
    names(earlier().writes);
  else if (key == "earlier-reads")
    names(earlier().reads);
  else
    return complain("launch has no '" + key + "'");
  return Error::success();
}

Error TestLaunch::readLine(StringRef line) {
  SmallVector<StringRef> words;
  line.split(words, ' ', -1, /*KeepEmpty=*/false);
  if (words.empty())
    return Error::success();
  if (words[0] == "launch:") {
    for (StringRef option : ArrayRef(words).drop_front())
      if (Error error = readOption(config, option))
        return error;
  } else if (words[0] == "tensor") {
    return addTensor(ArrayRef(words).drop_front());
  } else if (words[0] == "in" || words[0] == "out") {
    if (Error error = addTensor(words))
      return error;
    config.arguments.push_back(
        {nullptr, reinterpret_cast<uint64_t>(tensors.back().bytes.data())});
  } else if (words[0] == "map") {
    return addMap(words);
  } else if (words[0] == "value" && words.size() == 2) {
    config.arguments.push_back({nullptr, uint64_t(number(words[1]))});
  }
  return Error::success();
}

Expected<std::unique_ptr<TestLaunch>> TestLaunch::read(StringRef text) {
  auto launch = std::make_unique<TestLaunch>();
  for (StringRef line : split(text, '\n'))
    if (line.consume_front("// "))
      if (Error error = launch->readLine(line))
        return error;
  return launch;
}

GlobalMemory TestLaunch::prepare() {
  GlobalMemory global;
  for (TestTensor &tensor : tensors) {
    tensor.bytes = tensor.initial;
    global.add({tensor.name, tensor.bytes.data(), tensor.bytes.size(),
                tensor.isOutput});
  }
  return global;
}

std::string TestLaunch::outputs() const {
  std::string text;
  raw_string_ostream stream(text);
  for (const TestTensor &tensor : tensors)
    if (tensor.isOutput)
      tensor.print(stream);
  return text;
}
