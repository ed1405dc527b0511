//===- ManifestFuzz.cpp - any bytes as a manifest -------------------------===//
//
// They are refused by Error, or what is read can be asked, written and read
// again as the same.
//
//===----------------------------------------------------------------------===//
#include "moert/Error.h"
#include "moert/Manifest.h"
#include "tests/fuzz/Fuzz.h"

#include <string>

using namespace moert;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data,
                                      std::size_t size) {
  Manifest manifest;
  try {
    manifest = readManifest(
        std::string(reinterpret_cast<const char *>(data), size), "fuzz");
  } catch (const Error &) {
    return 0;
  }
  for (std::int64_t tokens : {0, 1, 1 << 30}) {
    const Plan &plan = manifest.plan(tokens);
    FUZZ_EXPECT(manifest.kernel(plan.up).role == KernelRole::up);
    FUZZ_EXPECT(manifest.kernel(plan.down).role == KernelRole::down);
  }
  FUZZ_EXPECT(readManifest(writeManifest(manifest), "again") == manifest);
  return 0;
}
