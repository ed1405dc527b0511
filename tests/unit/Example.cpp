//===- Example.cpp - a small layer and its files --------------------------===//
#include "tests/unit/Example.h"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <fstream>

namespace moert {

namespace {

KernelRecord exampleKernel(KernelRole role, const std::string &name) {
  KernelRecord kernel;
  kernel.name = name;
  kernel.role = role;
  kernel.symbol = "tiny_" + name;
  kernel.cubin = name + ".cubin";
  kernel.ptx = name + ".ptx";
  std::string cubin = exampleCubin(kernel);
  kernel.cubinBytes = static_cast<std::int64_t>(cubin.size());
  kernel.cubinChecksum = checksum(cubin.data(), cubin.size());
  kernel.schedule = {128, 256, 128, 4, 2, 8, 40, 232};
  kernel.threads = 384;
  kernel.sharedMemory = 200 * 1024;
  kernel.registers = 168;
  kernel.columnTiles = 3;
  return kernel;
}

} // namespace

std::string exampleCubin(const KernelRecord &kernel) {
  return "not a cubin of " + kernel.symbol;
}

Manifest exampleManifest() {
  using Symbol = Extent::Symbol;
  KernelRecord up = exampleKernel(KernelRole::up, "up");
  up.params = {TensorMapParam{Tensor::w13,
                              ElementType::u8,
                              {{Symbol::constant, 272},
                               {Symbol::constant, 384},
                               {Symbol::constant, 5}},
                              {128, 128, 1},
                              128},
               PointerParam{Tensor::x},
               PointerParam{Tensor::sortedTokenIds},
               PointerParam{Tensor::blockRows},
               PointerParam{Tensor::h},
               PointerParam{Tensor::hScales},
               ScalarParam{Symbol::tokens},
               ScalarParam{Symbol::rows}};
  KernelRecord down = exampleKernel(KernelRole::down, "down");
  down.params = {TensorMapParam{Tensor::h,
                                ElementType::u8,
                                {{Symbol::constant, 192}, {Symbol::rows, 0}},
                                {128, 128},
                                128},
                 TensorMapParam{Tensor::hScales,
                                ElementType::f32,
                                {{Symbol::rows, 0}, {Symbol::constant, 2}},
                                {128, 1},
                                0},
                 PointerParam{Tensor::numTokensPostPadded},
                 ScalarParam{Symbol::pairs}};
  down.schedule.blockM = 64;
  KernelRecord few = exampleKernel(KernelRole::up, "up_t64");
  few.schedule.blockM = 32;
  few.cluster = 2;
  few.programmatic = true;

  Manifest manifest;
  manifest.layer = {"tiny", 4, 1, 8, 2, 272, 192, 64, ActivationScale::pow2,
                    2.5};
  manifest.plans = {{0, 64, "up_t64", "down"}, {48, 128, "up", "down"}};
  manifest.kernels = {up, down, few};
  return manifest;
}

ExampleFolder::ExampleFolder()
    : path([] {
        std::string name =
            (std::filesystem::temp_directory_path() / "moert-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        return name;
      }()) {}

ExampleFolder::~ExampleFolder() {
  std::error_code ignored; // a folder left behind fails no test
  std::filesystem::remove_all(path, ignored);
}

void ExampleFolder::write(const std::string &name,
                          const std::string &text) const {
  std::ofstream(path / name, std::ios::binary) << text;
}

void ExampleFolder::write(const Manifest &manifest) const {
  write("manifest.json", writeManifest(manifest));
  for (const KernelRecord &kernel : manifest.kernels)
    write(kernel.cubin, exampleCubin(kernel));
}

Error errorOf(const std::function<void()> &body) {
  try {
    body();
  } catch (const Error &error) {
    return error;
  }
  FAIL("expected an Error, got none");
  throw; // FAIL does not return
}

} // namespace moert
