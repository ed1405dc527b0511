//===- Launch.cpp ---------------------------------------------------------===//

#include "compiler/simulate/Launch.h"
#include "compiler/simulate/Block.h"

#include <sys/mman.h>

using namespace mlir::moe::sim;

namespace {

/// 4 GiB of addresses that start at a multiple of 4 GiB, so that the lower half
/// of a pointer into them is a shared address; only the start has memory.
class Window {
public:
  static constexpr uint64_t kSize = uint64_t(1) << 32;

  explicit Window(uint64_t bytes) {
    reserved = mmap(nullptr, 2 * kSize, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (reserved == MAP_FAILED)
      return;
    auto start = (reinterpret_cast<uint64_t>(reserved) + kSize - 1) & -kSize;
    base = reinterpret_cast<char *>(start);
    mprotect(base, bytes, PROT_READ | PROT_WRITE);
  }
  ~Window() {
    if (reserved != MAP_FAILED)
      munmap(reserved, 2 * kSize);
  }
  Window(const Window &) = delete;
  Window &operator=(const Window &) = delete;

  char *base = nullptr;

private:
  void *reserved;
};

} // namespace

Launch::Launch(const Jit &kernel, LaunchConfig config, GlobalMemory &global)
    : kernel(kernel), config(std::move(config)), global(global),
      generator(this->config.seed * 0x9e3779b97f4a7c15ull + 1) {}

std::optional<Finding> Launch::run() {
  constexpr uint64_t kMostShared = 1 << 18; // what a descriptor can name
  if (config.sharedMemory + kernel.staticShared >
      kMostShared - SharedMemory::kFirst)
    return Finding{"launch", "shared memory does not fit"};
  unsigned size = kernel.clusterSize;
  if (size == 0 || config.grid % size || (size + 1) * kMaxWarps > kMaxAgents ||
      config.threads % kWarpSize || config.threads > kMaxWarps * kWarpSize)
    return Finding{"launch",
                   "a grid, block or cluster of this size cannot run"};
  std::vector<std::unique_ptr<Window>> windows;
  std::vector<char *> bases;
  for (unsigned i = 0; i < size; ++i) {
    windows.push_back(std::make_unique<Window>(kMostShared));
    bases.push_back(windows.back()->base);
    if (!bases.back())
      return Finding{"launch", "no address space for shared memory"};
  }
  std::vector<uint64_t> slots;
  for (const Argument &argument : config.arguments)
    slots.push_back(argument.map ? reinterpret_cast<uint64_t>(argument.map)
                                 : argument.bits);
  for (unsigned i = 0; i < config.grid && !finding; i += size)
    Cluster(*this, i, size, bases).run([&] { kernel.entry(slots.data()); });
  return finding;
}
