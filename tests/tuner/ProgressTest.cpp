//===- ProgressTest.cpp - how far a tuning is -----------------------------===//
#include "tuner/Progress.h"

#include <catch2/catch.hpp>

using namespace moert::tune;

TEST_CASE("the time left follows from that of the kernels done", "[progress]") {
  double now = 100;
  std::string shown;
  Progress progress([&] { return now; },
                    [&](const std::string &text) { shown = text; });
  progress.start(10, 1000);
  progress.enter("T = 8");
  CHECK(shown == "T = 8: 0 of 10 kernels");
  now += 20;
  progress.step();
  CHECK(shown == "T = 8: 1 of 10 kernels, 3:00 left");
  now += 2;
  progress.step();
  CHECK(progress.left() == Approx(88));
  progress.add(10);
  CHECK(progress.left() == Approx(198));
  progress.enter("T = 16");
  CHECK(shown == "T = 16: 2 of 20 kernels, 3:18 left");
}

TEST_CASE("no more time is left than there is until the end", "[progress]") {
  double now = 0;
  Progress progress([&] { return now; }, [](const std::string &) {});
  progress.start(100, 30);
  now = 20;
  progress.step();
  CHECK(progress.left() == Approx(10));
  now = 40;
  CHECK(progress.left() == 0);
}

TEST_CASE("more kernels than were announced are no negative time",
          "[progress]") {
  double now = 0;
  std::string shown;
  Progress progress([&] { return now; },
                    [&](const std::string &text) { shown = text; });
  progress.start(1, 100);
  now = 1;
  progress.step();
  progress.step();
  CHECK(shown == ": 2 of 2 kernels, 0:00 left");
}
