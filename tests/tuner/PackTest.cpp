//===- PackTest.cpp - kernels that were compiled elsewhere ----------------===//
#include "tests/tuner/FakeLayer.h"
#include "tuner/LoadedPairs.h"
#include "tuner/PackSource.h"

#include "moert/Error.h"

#include <catch2/catch.hpp>

#include <fstream>

using namespace moert;
using namespace moert::tune;

namespace {

KernelRecord recordOf(const Variant &variant, const std::string &name) {
  const Schedule &s = variant.schedule;
  KernelRecord record;
  record.name = name;
  record.role = variant.gemm == Gemm::up ? KernelRole::up : KernelRole::down;
  record.symbol = "symbol";
  record.cubin = name + ".cubin";
  record.ptx = name + ".ptx";
  record.cubinBytes = static_cast<std::int64_t>(name.size());
  record.cubinChecksum = checksum(name.data(), name.size());
  record.schedule = {s.blockM,
                     s.blockN,
                     s.blockK,
                     s.stages,
                     s.consumers,
                     s.groupM,
                     s.producerRegisters,
                     s.consumerRegisters,
                     s.swapped};
  record.threads = s.threads();
  record.cluster = s.cluster;
  record.rowAlignment = variant.rowAlignment;
  record.columnTiles = 1;
  return record;
}

/// A package with the untuned plan for 64 tokens, called as packages do, and a
/// spare kernel.
Manifest writePack(const std::filesystem::path &path, const Variant &spare) {
  const Pair pair = untunedPair(64);
  Manifest manifest;
  manifest.layer = exampleLayer();
  manifest.kernels = {recordOf(pair.up, "up"), recordOf(pair.down, "down"),
                      recordOf(spare, spare.name())};
  manifest.plans = {{0, pair.up.rowAlignment, "up", "down"}};
  std::ofstream(path / "manifest.json") << writeManifest(manifest);
  for (const KernelRecord &record : manifest.kernels)
    std::ofstream(path / record.cubin) << record.name;
  return manifest;
}

} // namespace

TEST_CASE("a pack gives kernels by what they are, not by name", "[pack]") {
  Folder folder;
  const Pair pair = untunedPair(64);
  const Variant spare = untunedPair(4096).up;
  writePack(folder.path, spare);
  PackSource pack(folder.path);
  CHECK(pack.size() == 3);
  CHECK(pack.layer() == exampleLayer());
  REQUIRE(pack.get(pair.up));
  CHECK(pack.get(pair.up)->record.name == "up");
  CHECK(pack.get(pair.up)->cubin == "up");
  CHECK(pack.get(spare)->record.name == spare.name());

  Variant other = spare;
  other.schedule.stages -= 1;
  CHECK_FALSE(pack.offers(other));
  CHECK(pack.get(other) == nullptr);
  other = spare;
  other.rowAlignment *= 2;
  CHECK_FALSE(pack.offers(other));
  other = spare;
  other.schedule.producerRegisters -= 8; // not part of the name
  CHECK_FALSE(pack.offers(other));
}

TEST_CASE("a cubin that is not the manifest's is refused when it is wanted",
          "[pack]") {
  Folder folder;
  const Variant spare = untunedPair(4096).up;
  writePack(folder.path, spare);
  const auto path = folder.path / (spare.name() + ".cubin");
  std::ofstream(path) << "x";
  PackSource pack(folder.path);
  CHECK(pack.get(untunedPair(64).up));
  CHECK_THROWS_WITH(pack.get(spare), path.string() + ": expected " +
                                         std::to_string(spare.name().size()) +
                                         " bytes, got 1");
}

TEST_CASE("a pair becomes a manifest of one plan", "[pack]") {
  Folder folder;
  writePack(folder.path, untunedPair(4096).up);
  PackSource pack(folder.path);
  const Pair pair = untunedPair(64);
  const Manifest manifest =
      manifestOf(pack.layer(), *pack.get(pair.up), *pack.get(pair.down));
  CHECK(readManifest(writeManifest(manifest), "m") == manifest);
  CHECK(manifest.plan(1000).rowAlignment == pair.up.rowAlignment);
}
