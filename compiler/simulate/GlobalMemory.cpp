//===- GlobalMemory.cpp ---------------------------------------------------===//

#include "compiler/simulate/GlobalMemory.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir::moe::sim;

/// The narrowest element that a kernel writes is a bf16.
static constexpr uint64_t kElement = 2;

void GlobalMemory::add(Buffer buffer) {
  writers.emplace_back(buffer.writable ? (buffer.bytes + 1) / kElement : 0);
  buffers.push_back(std::move(buffer));
}

void GlobalMemory::restart() {
  for (std::vector<Writer> &list : writers)
    list.assign(list.size(), Writer());
}

const Buffer *GlobalMemory::find(const void *address, uint64_t bytes) const {
  auto *first = static_cast<const uint8_t *>(address);
  for (const Buffer &buffer : buffers)
    if (first >= buffer.base && first + bytes <= buffer.base + buffer.bytes)
      return &buffer;
  return nullptr;
}

std::string GlobalMemory::describe(const void *address) const {
  auto place = reinterpret_cast<intptr_t>(address);
  const Buffer *nearest = nullptr;
  auto distance = [&](const Buffer &buffer) {
    auto base = reinterpret_cast<intptr_t>(buffer.base);
    intptr_t beyond = place - (base + intptr_t(buffer.bytes));
    return place < base ? base - place : std::max<intptr_t>(beyond, 0);
  };
  for (const Buffer &buffer : buffers)
    if (!nearest || distance(buffer) < distance(*nearest))
      nearest = &buffer;
  if (!nearest)
    return "no tensor at all";
  auto offset = place - reinterpret_cast<intptr_t>(nearest->base);
  return llvm::formatv("byte {0} of '{1}', which has {2}", offset,
                       nearest->name, nearest->bytes);
}

std::optional<GlobalMemory::Writer>
GlobalMemory::noteWrite(const void *address, uint64_t bytes, Writer writer) {
  const Buffer *buffer = find(address, bytes);
  if (!buffer)
    return std::nullopt;
  std::vector<Writer> &list = writers[buffer - buffers.data()];
  uint64_t first = static_cast<const uint8_t *>(address) - buffer->base;
  for (uint64_t i = first / kElement; i < (first + bytes + 1) / kElement; ++i) {
    if (list[i].block && !(list[i].updates && writer.updates))
      return list[i];
    list[i] = writer;
  }
  return std::nullopt;
}

uint64_t GlobalMemory::writtenBytes(const std::string &name) const {
  uint64_t count = 0;
  for (auto [i, buffer] : llvm::enumerate(buffers))
    if (buffer.name == name)
      for (const Writer &writer : writers[i])
        count += writer.block ? kElement : 0;
  return count;
}
