//===- LoadTest.cpp - what load() says of files and machines --------------===//
#include "runtime/GemmKernel.h"
#include "tests/unit/Example.h"

#include <catch2/catch.hpp>

using namespace moert;

TEST_CASE("a directory without a manifest is refused", "[load]") {
  ExampleFolder folder;
  Error error = errorOf([&] { FusedMoe::load(folder.path); });
  CHECK(error.code() == ErrorCode::badManifest);
  CHECK(error.what() == (folder.path / "manifest.json").string() +
                            ": expected a manifest that moe-codegen wrote, got "
                            "no readable file");
}

TEST_CASE("a truncated manifest is refused", "[load]") {
  ExampleFolder folder;
  folder.write("manifest.json", "{\"format\": 3,");
  Error error = errorOf([&] { FusedMoe::load(folder.path); });
  CHECK(error.code() == ErrorCode::badManifest);
  CHECK(error.what() == (folder.path / "manifest.json").string() +
                            ":1:14: expected well-formed JSON, got the end of "
                            "the file: it is truncated");
}

TEST_CASE("a plan whose kernel is missing is refused", "[load]") {
  ExampleFolder folder;
  Manifest manifest = exampleManifest();
  manifest.kernels.pop_back();
  folder.write(manifest);
  Error error = errorOf([&] { FusedMoe::load(folder.path); });
  CHECK(error.code() == ErrorCode::badManifest);
  CHECK(error.what() == (folder.path / "manifest.json").string() +
                            ": plans[0].up: expected the name of a kernel with "
                            "the role up (up), got \"up_t64\"");
}

TEST_CASE("the grid is the tiles, at most what is resident, in whole clusters",
          "[load]") {
  KernelRecord kernel = exampleManifest().kernels[0]; // 128 rows, 3 columns
  CHECK(gridBlocks(kernel, 128, 132) == 3);
  CHECK(gridBlocks(kernel, 44 * 128, 132) == 132);
  CHECK(gridBlocks(kernel, 1 << 30, 264) == 264);
  kernel.cluster = 2;
  CHECK(gridBlocks(kernel, 2 * 128, 130) == 6);
  CHECK(gridBlocks(kernel, 128, 130) == 4);
  CHECK(gridBlocks(kernel, 1 << 30, 131) == 130);
}

TEST_CASE("kernels of another architecture are refused", "[load]") {
  ExampleFolder folder;
  Manifest manifest = exampleManifest();
  manifest.target = "sm_100a";
  folder.write(manifest);
  Error error = errorOf([&] { FusedMoe::load(folder.path); });
  CHECK(error.code() == ErrorCode::badCubin);
  CHECK(error.what() == (folder.path / "manifest.json").string() +
                            ": target: expected sm_90a, got sm_100a");
}

TEST_CASE("a cubin that is not the manifest's is refused", "[load]") {
  ExampleFolder folder;
  Manifest manifest = exampleManifest();
  folder.write(manifest);
  const KernelRecord &down = manifest.kernels[1];
  std::string cubin = exampleCubin(down), path = folder.path / down.cubin;
  REQUIRE(readCubin(folder.path, down) == cubin);

  SECTION("missing") {
    std::filesystem::remove(path);
    CHECK_THROWS_WITH(
        FusedMoe::load(folder.path),
        path + ": expected the cubin of 'tiny_down', got no readable file");
  }
  SECTION("truncated") {
    folder.write(down.cubin, cubin.substr(0, 10));
    CHECK_THROWS_WITH(FusedMoe::load(folder.path),
                      path + ": expected 24 bytes, got 10");
  }
  SECTION("altered") {
    cubin[3] ^= 1;
    folder.write(down.cubin, cubin);
    CHECK_THROWS_WITH(FusedMoe::load(folder.path),
                      path + ": expected checksum " + down.cubinChecksum +
                          ", got " + checksum(cubin.data(), cubin.size()));
  }
  Error error = errorOf([&] { FusedMoe::load(folder.path); });
  CHECK(error.code() == ErrorCode::badCubin);
}

TEST_CASE("load says what the machine lacks", "[load]") {
  ExampleFolder folder;
  folder.write(exampleManifest());
  Error error = errorOf([&] { FusedMoe::load(folder.path); });
  std::string message = error.what();
  INFO(message);
  // The files are what the manifest says but no cubins, so that a machine with
  // a Hopper GPU comes as far as the driver's refusal.
  switch (error.code()) {
  case ErrorCode::noDriver:
    CHECK(message.find("expected") != std::string::npos);
    break;
  case ErrorCode::noDevice:
    CHECK(message.find("expected") != std::string::npos);
    break;
  default:
    CHECK(error.code() == ErrorCode::badCubin);
    CHECK(message.find("/up.cubin: expected a cubin for this GPU and "
                       "driver, got CUDA_ERROR_") != std::string::npos);
  }
}

TEST_CASE("a layer loads from memory, checked like files", "[load]") {
  const Manifest manifest = exampleManifest();
  std::vector<std::string> cubins;
  for (const KernelRecord &kernel : manifest.kernels)
    cubins.push_back(exampleCubin(kernel));

  SECTION("as many cubins as kernels") {
    cubins.pop_back();
    CHECK_THROWS_WITH(FusedMoe::load(manifest, cubins, "m"),
                      "m: expected 3 cubins, got 2");
  }
  SECTION("in their order") {
    std::swap(cubins[0], cubins[2]);
    CHECK_THROWS_WITH(FusedMoe::load(manifest, cubins, "m"),
                      "m: up: expected 22 bytes, got 26");
  }
  SECTION("a manifest that could be read") {
    Manifest wrong = manifest;
    wrong.plans.clear();
    CHECK_THROWS_WITH(
        FusedMoe::load(wrong, cubins, "m"),
        Catch::StartsWith("m: plans: expected an array of 1 to "));
  }
  SECTION("then the machine's turn has come") {
    Error error = errorOf([&] { FusedMoe::load(manifest, cubins, "m"); });
    INFO(error.what());
    if (error.code() == ErrorCode::badCubin)
      CHECK(std::string(error.what())
                .find("m: up: expected a cubin for this "
                      "GPU and driver") == 0);
    else
      CHECK((error.code() == ErrorCode::noDriver ||
             error.code() == ErrorCode::noDevice));
  }
}
