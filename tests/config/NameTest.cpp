//===- NameTest.cpp - the names of configuration files --------------------===//
#include "runtime/config/ConfigName.h"

#include "moert/Error.h"

#include <catch2/catch.hpp>

using namespace moert;
using namespace moert::config;

TEST_CASE("a file is called as sglang and vLLM call it", "[config-name]") {
  const ConfigName up{257, 256, "NVIDIA H200", KernelRole::up};
  const ConfigName down{257, 256, "NVIDIA H200", KernelRole::down};
  CHECK(fileNameOf(up) == "E=257,N=256,device_name=NVIDIA_H200,dtype=fp8_w8a8,"
                          "block_shape=[128, 128].json");
  CHECK(fileNameOf(down) == "E=257,N=256,device_name=NVIDIA_H200,"
                            "dtype=fp8_w8a8,block_shape=[128, 128]_down.json");
}

TEST_CASE("a name reads back as it was written", "[config-name]") {
  const ConfigName name{8, 14336, "NVIDIA_H100_80GB_HBM3",
                        GENERATE(KernelRole::up, KernelRole::down)};
  CHECK(parseFileName(fileNameOf(name)) == name);
}

TEST_CASE("another name is refused where it goes wrong", "[config-name]") {
  const std::string wanted = " in the name of a configuration file, got ";
  auto [name, want,
        got] = GENERATE(table<std::string, std::string, std::string>({
      {"", "'E='", "its end"},
      {"F=1", "'E='", "'F=1'"},
      {"E=x,N=1", "a positive number", "'x,N=1'"},
      {"E=08,N=1", "a positive number", "'08,N=1'"},
      {"E=99999999999,N=1", "a positive number", "'99999999999,N=1'"},
      {"E=8;N=1", "',N='", "';N=1'"},
      {"E=8,N=64,device_name=,dtype=int4_w4a16_down.json",
       "the name of a device", "',dtype=int4_w4a16_down.json'"},
      {"E=8,N=64,device_name=../x,dtype=fp8_w8a8", "the name of a device",
       "'../x,dtype=fp8_w8a8'"},
      {"E=8,N=64,device_name=A,dtype=int8_w8a8.json",
       "',dtype=fp8_w8a8,block_shape=[128, 128]', the only formats there are",
       "',dtype=int8_w8a8.json'"},
      {"E=8,N=64,device_name=A,dtype=fp8_w8a8,block_shape=[128, 128]_up.json",
       "'.json'", "'_up.json'"},
      {"E=8,N=64,device_name=A,dtype=fp8_w8a8,block_shape=[128, 128].json~",
       "nothing more", "'~'"},
  }));
  CHECK_THROWS_WITH(parseFileName(name),
                    name + ": expected " + want + wanted + got);
}

TEST_CASE("a device cannot lead out of the directory", "[config-name]") {
  const std::string device = GENERATE("", "a/b", "a,b", "a\nb", "\xc3\xa9");
  CHECK_THROWS_AS(fileNameOf({8, 64, device, KernelRole::up}), Error);
  CHECK_THROWS_WITH(fileNameOf({8, 64, "a/b", KernelRole::up}),
                    "device: expected a name without commas, slashes and "
                    "unprintable characters, got \"a/b\"");
  CHECK_THROWS_WITH(fileNameOf({0, 64, "A", KernelRole::up}),
                    "E and N of a configuration file: expected positive "
                    "numbers of 31 bits, got 0");
}
