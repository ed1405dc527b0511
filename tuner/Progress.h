//===- Progress.h - how far a tuning is, and how long it takes --*- C++ -*-===//
#ifndef TUNER_PROGRESS_H
#define TUNER_PROGRESS_H

#include <cstddef>
#include <functional>
#include <string>

namespace moert::tune {

/// Seconds from any point on.
using Clock = std::function<double()>;
/// Of the machine; never runs backwards.
Clock steadyClock();

/// Counts kernels and tells the time that is left, from that of those done.
class Progress {
public:
  /// `show` gets a line of text each time that something has changed.
  Progress(Clock clock, std::function<void(const std::string &)> show);

  /// So many kernels will be looked at, with the last one before `end`.
  void start(std::size_t kernels, double end);
  /// What is done now: "T = 64".
  void enter(const std::string &what);
  /// One kernel is done with. Others may join those of the start.
  void step();
  void add(std::size_t kernels);

  /// Seconds: those that the kernels left should take, and no more than there
  /// are until the end; 0 before the first.
  double left() const;
  /// "1:05".
  std::string leftText() const;
  /// "T = 64: 12 of 480 kernels, 1:05 left".
  std::string text() const;

private:
  Clock clock;
  std::function<void(const std::string &)> show;
  std::string what;
  std::size_t done = 0, total = 0;
  double started = 0, end = 0;
};

} // namespace moert::tune

#endif // TUNER_PROGRESS_H
