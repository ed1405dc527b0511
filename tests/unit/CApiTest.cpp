//===- CApiTest.cpp - statuses and texts of the C ABI ---------------------===//
#include "moert/moert_c.h"

#include "tests/unit/Example.h"

#include <catch2/catch.hpp>

#include <thread>

using namespace moert;

TEST_CASE("the C ABI refuses null with a status and a text", "[c]") {
  moert_layer *layer = nullptr;
  moert_layer_info info;
  moert_args args = {};
  std::size_t bytes;

  CHECK(moert_load("nowhere", 0, nullptr) == MOERT_INVALID_ARGUMENT);
  CHECK(moert_last_error() ==
        std::string("layer: expected a pointer, got null"));
  CHECK(moert_load(nullptr, 0, &layer) == MOERT_INVALID_ARGUMENT);
  CHECK(moert_last_error() ==
        std::string("directory: expected a pointer, got null"));
  CHECK(moert_info(layer, &info) == MOERT_INVALID_ARGUMENT);
  CHECK(moert_workspace_bytes(layer, 1, &bytes) == MOERT_INVALID_ARGUMENT);
  CHECK(moert_run(layer, &args, nullptr) == MOERT_INVALID_ARGUMENT);
  CHECK(moert_run_stage(layer, MOERT_STAGE_UP, &args, nullptr) ==
        MOERT_INVALID_ARGUMENT);
  CHECK(moert_last_error() ==
        std::string("layer: expected a pointer, got null"));
  moert_free(nullptr);
}

TEST_CASE("a failed load leaves no layer and says why", "[c]") {
  ExampleFolder folder;
  moert_layer *layer = reinterpret_cast<moert_layer *>(&folder);
  CHECK(moert_load(folder.path.c_str(), 0, &layer) == MOERT_BAD_MANIFEST);
  CHECK(layer == nullptr);
  CHECK(moert_last_error() ==
        (folder.path / "manifest.json").string() +
            ": expected a manifest that moe-codegen wrote, got no readable "
            "file");

  Manifest manifest = exampleManifest();
  manifest.target = "sm_80";
  folder.write(manifest);
  CHECK(moert_load(folder.path.c_str(), 0, &layer) == MOERT_BAD_CUBIN);
}

TEST_CASE("every thread has its own last error", "[c]") {
  REQUIRE(moert_load(nullptr, 0, nullptr) == MOERT_INVALID_ARGUMENT);
  std::string other = "unset";
  std::thread([&] { other = moert_last_error(); }).join();
  CHECK(other.empty());
  CHECK(moert_last_error() ==
        std::string("layer: expected a pointer, got null"));
}
