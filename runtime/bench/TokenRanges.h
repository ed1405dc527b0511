//===- TokenRanges.h - the numbers of tokens that are asked for -*- C++ -*-===//
#ifndef MOE_RUNTIME_BENCH_TOKENRANGES_H
#define MOE_RUNTIME_BENCH_TOKENRANGES_H

#include <cstdint>
#include <string>
#include <vector>

namespace moert::bench {

/// Reads "16", "1..64", "72..256:8" and lists of these with commas: both ends
/// belong to a range, and the last number is the last one that its step meets.
/// In the order typed; a T that was there before is left out, so that ranges
/// may touch. Throws InputError with what was wanted and what was got.
std::vector<std::int64_t> parseTokens(const std::string &text);

} // namespace moert::bench

#endif // MOE_RUNTIME_BENCH_TOKENRANGES_H
