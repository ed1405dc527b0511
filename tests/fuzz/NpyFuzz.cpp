//===- NpyFuzz.cpp - any bytes as a .npy file -----------------------------===//
//
// They are refused by InputError, or hold as many ids as the shape says.
//
//===----------------------------------------------------------------------===//
#include "runtime/bench/InputError.h"
#include "runtime/bench/Npy.h"
#include "tests/fuzz/Fuzz.h"

#include <sstream>
#include <string>

using namespace moert::bench;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  std::istringstream file(
      std::string(reinterpret_cast<const char *>(data), size));
  try {
    const IdMatrix ids = readNpy(file, "fuzz");
    FUZZ_EXPECT(ids.rows >= 0 && ids.columns >= 0);
    FUZZ_EXPECT(static_cast<std::int64_t>(ids.values.size()) ==
                ids.rows * ids.columns);
  } catch (const InputError &) {
  }
  return 0;
}
