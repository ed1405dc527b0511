//===- CompileSource.cpp - kernels compiled while others are timed --------===//
#include "tuner/CompileSource.h"

#include "compiler/emit/Cubin.h"
#include "compiler/emit/Variants.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

using namespace mlir::moe;

namespace moert::tune {

namespace {

class CompileSource : public KernelSource {
public:
  CompileSource(LayerSource layer, std::string ptxas, unsigned jobs)
      : layer(std::move(layer)), ptxas(std::move(ptxas)) {
    for (unsigned i = 0; i < jobs; ++i)
      threads.emplace_back([this] { work(); });
  }

  /// Kernels that nobody waits for any more are not begun.
  ~CompileSource() override {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    changed.notify_all();
    for (std::thread &thread : threads)
      thread.join();
  }

  bool offers(const Variant &) const override { return true; }

  void want(const std::vector<Variant> &variants) override {
    std::lock_guard lock(mutex);
    for (const Variant &variant : variants)
      if (jobs.try_emplace(variant.name()).second)
        queue.push_back(variant);
    changed.notify_all();
  }

  const Kernel *get(const Variant &variant) override {
    std::unique_lock lock(mutex);
    Job &job = jobs[variant.name()];
    if (job.state == State::waiting) { // somebody is in a hurry
      std::erase(queue, variant);
      queue.push_front(variant);
      changed.notify_all();
    }
    changed.wait(lock, [&] { return job.state == State::done; });
    return job.reason.empty() ? &job.kernel : nullptr;
  }

  std::vector<std::string> dropped() const override {
    std::lock_guard lock(mutex);
    std::vector<std::string> reasons;
    for (const auto &[name, job] : jobs)
      if (!job.reason.empty())
        reasons.push_back(job.reason);
    return reasons;
  }

private:
  enum class State { waiting, running, done };
  struct Job {
    State state = State::waiting;
    Kernel kernel;
    std::string reason; ///< Why there is no kernel.
  };

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopping || !queue.empty(); });
      if (stopping)
        return;
      const Variant variant = queue.front();
      queue.pop_front();
      Job &job = jobs[variant.name()];
      job.state = State::running;
      lock.unlock();
      Kernel kernel;
      std::string reason = compileOne(variant, kernel);
      lock.lock();
      job.kernel = std::move(kernel);
      job.reason = std::move(reason);
      job.state = State::done;
      changed.notify_all();
    }
  }

  std::string compileOne(const Variant &variant, Kernel &kernel) const {
    auto compiled = compileVariant(layer, variant, ptxas);
    if (!compiled)
      return toString(compiled.takeError());
    kernel = {std::move(compiled->record), std::move(compiled->cubin)};
    return "";
  }

  const LayerSource layer;
  const std::string ptxas;
  mutable std::mutex mutex;
  std::condition_variable changed; ///< The queue, or some job.
  std::deque<Variant> queue;
  std::map<std::string, Job> jobs; ///< Its elements stay where they are.
  bool stopping = false;
  std::vector<std::thread> threads;
};

} // namespace

std::unique_ptr<Compiler> openCompiler(const std::string &path,
                                       const std::string &ptxas, unsigned jobs,
                                       std::string &error) {
  auto source = readLayer(path);
  if (!source) {
    error = toString(source.takeError());
    return nullptr;
  }
  auto assembler = findPtxas(ptxas);
  if (!assembler) {
    error = toString(assembler.takeError());
    return nullptr;
  }
  if (jobs == 0) // one measures, and the system wants one
    jobs = std::max(1, int(std::thread::hardware_concurrency()) - 2);
  auto compiler = std::make_unique<Compiler>();
  compiler->layer = source->layer;
  compiler->source =
      std::make_unique<CompileSource>(std::move(*source), *assembler, jobs);
  return compiler;
}

} // namespace moert::tune
