//===- Fibers.h - a stack and a place in the code, per thread ---*- C++ -*-===//
#ifndef COMPILER_SIMULATE_FIBERS_H
#define COMPILER_SIMULATE_FIBERS_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <ucontext.h>

namespace mlir::moe::sim {

/// Stacks of equal size, used again by the next block. A page below each is
/// out of reach, so that a stack that grows too far stops the program.
class StackPool {
public:
  static constexpr size_t kBytes = 128 << 10;
  ~StackPool();
  char *take();
  void give(char *stack) { free.push_back(stack); }

private:
  std::vector<char *> free, all;
};

/// Runs `body` on a stack of its own until it suspends or ends.
class Fiber {
public:
  Fiber(StackPool &pool, std::function<void()> body);
  ~Fiber();
  Fiber(const Fiber &) = delete;
  Fiber &operator=(const Fiber &) = delete;

  /// From the scheduler: go on where the fiber stands.
  void resume();
  /// From the fiber: back to the scheduler.
  void suspend();
  bool isDone() const { return done; }
  /// Whether an address lies on its stack.
  bool holds(uint64_t address) const {
    return address - reinterpret_cast<uint64_t>(stack) < StackPool::kBytes;
  }

private:
  static void start(unsigned high, unsigned low);

  StackPool &pool;
  char *stack;
  std::function<void()> body;
  ucontext_t own, scheduler;
  bool done = false;
};

} // namespace mlir::moe::sim

#endif // COMPILER_SIMULATE_FIBERS_H
