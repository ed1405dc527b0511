//===- Progress.cpp - how far a tuning is, and how long it takes ----------===//
#include "tuner/Progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace moert::tune {

Clock steadyClock() {
  return [] {
    return std::chrono::duration<double>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  };
}

Progress::Progress(Clock clock, std::function<void(const std::string &)> show)
    : clock(std::move(clock)), show(std::move(show)) {}

void Progress::start(std::size_t kernels, double until) {
  started = clock();
  end = until;
  total = kernels;
  done = 0;
}

void Progress::enter(const std::string &text) {
  what = text;
  show(this->text());
}

void Progress::step() {
  ++done;
  total = std::max(total, done);
  show(text());
}

void Progress::add(std::size_t kernels) { total += kernels; }

double Progress::left() const {
  if (done == 0)
    return 0;
  const double now = clock();
  const double each = (now - started) / static_cast<double>(done);
  return std::max(
      0.0, std::min(each * static_cast<double>(total - done), end - now));
}

std::string Progress::leftText() const {
  const auto seconds = static_cast<long>(std::ceil(left()));
  return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

std::string Progress::text() const {
  std::string text = fmt::format("{}: {} of {} kernels", what, done, total);
  if (done == 0)
    return text;
  return text + ", " + leftText() + " left";
}

} // namespace moert::tune
