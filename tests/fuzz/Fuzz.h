//===- Fuzz.h - what a fuzz target is made of -------------------*- C++ -*-===//
#ifndef MOE_TESTS_FUZZ_FUZZ_H
#define MOE_TESTS_FUZZ_FUZZ_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

/// What libFuzzer and Replay.cpp call with each input; returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size);

/// Ends the program, in release builds too, which is what a fuzzer looks for.
#define FUZZ_EXPECT(condition)                                                 \
  do {                                                                         \
    if (!(condition)) {                                                        \
      std::fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__,         \
                   #condition);                                                \
      std::abort();                                                            \
    }                                                                          \
  } while (false)

#endif // MOE_TESTS_FUZZ_FUZZ_H
