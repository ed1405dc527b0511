//===- Fibers.cpp ---------------------------------------------------------===//

#include "compiler/simulate/Fibers.h"

#include <cstdint>

#include <sys/mman.h>
#include <unistd.h>

using namespace mlir::moe::sim;

static size_t guardBytes() { return size_t(sysconf(_SC_PAGESIZE)); }

char *StackPool::take() {
  if (free.empty()) {
    size_t guard = guardBytes();
    void *memory = mmap(nullptr, kBytes + guard, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
      return nullptr;
    mprotect(memory, guard, PROT_NONE);
    all.push_back(static_cast<char *>(memory));
    free.push_back(all.back() + guard);
  }
  char *stack = free.back();
  free.pop_back();
  return stack;
}

StackPool::~StackPool() {
  for (char *memory : all)
    munmap(memory, kBytes + guardBytes());
}

Fiber::Fiber(StackPool &pool, std::function<void()> body)
    : pool(pool), stack(pool.take()), body(std::move(body)) {
  getcontext(&own);
  own.uc_stack.ss_sp = stack;
  own.uc_stack.ss_size = StackPool::kBytes;
  own.uc_link = nullptr;
  // makecontext passes ints only.
  auto self = reinterpret_cast<uintptr_t>(this);
  makecontext(&own, reinterpret_cast<void (*)()>(&Fiber::start), 2,
              unsigned(self >> 32), unsigned(self));
}

Fiber::~Fiber() { pool.give(stack); }

void Fiber::start(unsigned high, unsigned low) {
  auto *self = reinterpret_cast<Fiber *>(uintptr_t(high) << 32 | low);
  self->body();
  self->done = true;
  self->suspend();
}

void Fiber::resume() { swapcontext(&scheduler, &own); }
void Fiber::suspend() { swapcontext(&own, &scheduler); }
