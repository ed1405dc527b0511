//===- InputError.h - what a user typed cannot be done ----------*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_INPUTERROR_H
#define MOE_RUNTIME_BENCH_INPUTERROR_H

#include <stdexcept>

namespace moert::bench {

/// A bad option, file or size; the text says what was wanted and what was got.
class InputError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_INPUTERROR_H
