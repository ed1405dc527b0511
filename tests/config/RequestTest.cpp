//===- RequestTest.cpp - which configurations somebody asks for -----------===//
#include "runtime/config/ConfigRequest.h"

#include "moert/Error.h"
#include "runtime/config/ConfigName.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <unistd.h>

using namespace moert;
using namespace moert::config;
namespace fs = std::filesystem;

namespace {

/// One that no installed file is for.
const TunedLayer kLayer{259, 256, "NVIDIA H200"};
const std::string kEntry = R"({"BLOCK_SIZE_M": 64, "BLOCK_SIZE_N": 128})";

std::string nameOf(KernelRole role) {
  return fileNameOf({kLayer.experts, kLayer.intermediate, kLayer.device, role});
}

/// A directory of this test alone, and no place to look in but what it gives.
class Folder {
public:
  Folder() : path(fs::absolute("request-test-" + std::to_string(getpid()))) {
    fs::create_directories(path / "sub");
    setenv("MOE_CONFIG_DIR", kNoConfig, /*overwrite=*/1);
  }
  ~Folder() {
    unsetenv("MOE_CONFIG_DIR");
    fs::remove_all(path);
  }

  /// A file with one schedule; returns its path.
  std::string write(const std::string &name, std::int64_t blockM) const {
    TunedSchedule schedule;
    schedule.blockM = blockM;
    schedule.blockN = 128;
    std::ofstream(path / name) << writeTunedConfig({{1, schedule}});
    return path / name;
  }

  const fs::path path;
};

LayerConfigs found(const std::vector<std::string> &values) {
  return findConfigs(kLayer, parseConfigRequest(values), nullptr);
}

} // namespace

TEST_CASE("an entry is for both kernels, or for the one that it names",
          "[request]") {
  Folder at;
  const LayerConfigs both = found({kEntry});
  CHECK(both.up.at(1)->blockM == 64);
  CHECK(both.down.at(100000) == both.up.at(1));
  CHECK(both.up.source == ConfigSource::given);
  CHECK(both.up.path.empty());
  const LayerConfigs down = found({"down:" + kEntry});
  CHECK_FALSE(down.up.config);
  CHECK(down.down.at(7)->blockM == 64);
  CHECK(recordOf(down) == LayerConfiguration{{ScheduleSource::none, ""},
                                             {ScheduleSource::given, ""}});
}

TEST_CASE("a file is for the kernel of its name, or for the one that is said",
          "[request]") {
  Folder at;
  const std::string up = at.write(nameOf(KernelRole::up), 64),
                    down = at.write(nameOf(KernelRole::down), 128),
                    other = at.write("other.json", 256);
  LayerConfigs configs = found({down});
  CHECK_FALSE(configs.up.config);
  CHECK(configs.down.at(1)->blockM == 128);
  CHECK(configs.down.path == down);
  configs = found({up, "down:" + other});
  CHECK(configs.up.at(1)->blockM == 64);
  CHECK(configs.down.at(1)->blockM == 256);
  CHECK(recordOf(configs).down ==
        ConfigurationRecord{ScheduleSource::given, "other.json"});
  CHECK_THROWS_WITH(found({other}), Catch::Contains("other.json") &&
                                        Catch::Contains("expected"));
}

TEST_CASE("a file of another layer is not taken by its name", "[request]") {
  Folder at;
  const std::string name = fileNameOf({8, 256, "NVIDIA H200", KernelRole::up});
  const std::string path = at.write(name, 64);
  CHECK_THROWS_WITH(found({path}),
                    path +
                        ": expected the configuration of this layer and "
                        "device, " +
                        nameOf(KernelRole::up) +
                        ", or up:FILE to use another one");
  CHECK(found({"up:" + path}).up.at(1)->blockM == 64);
}

TEST_CASE("what is not given is looked up, unless nothing is", "[request]") {
  Folder at;
  at.write(nameOf(KernelRole::up), 64);
  at.write("sub/" + nameOf(KernelRole::down), 128);
  setenv("MOE_CONFIG_DIR", at.path.c_str(), /*overwrite=*/1);
  LayerConfigs configs = found({});
  CHECK(configs.up.source == ConfigSource::environment);
  CHECK_FALSE(configs.down.config);
  configs = found({at.path / "sub"});
  CHECK(configs.up.source == ConfigSource::environment);
  CHECK(configs.down.source == ConfigSource::given);
  CHECK(configs.down.at(1)->blockM == 128);
  configs = found({"down:" + kEntry});
  CHECK(configs.up.at(1)->blockM == 64);
  CHECK(configs.down.at(1)->blockM == 64);
  configs = found({"none"});
  CHECK_FALSE(configs.up.config);
  CHECK_FALSE(configs.down.config);
  CHECK(remarksOn(configs).empty());
}

TEST_CASE("a person is told what is used", "[request]") {
  Folder at;
  const fs::path path = at.path / nameOf(KernelRole::up);
  std::ofstream(path) << R"({"1": {"BLOCK_SIZE_M": 64, "BLOCK_SIZE_N": 128,
    "BLOCK_SIZE_K": 128, "num_warps": 4}})";
  CHECK(remarksOn(found({path})) ==
        std::vector<std::string>{
            "up: " + path.string() + " (given)",
            "  num_warps is not used: all of Triton's warps compute, ours "
            "follow from the tile and load as well",
            "down: no configuration; the cost model chooses"});
  CHECK(remarksOn(found({kEntry})) ==
        std::vector<std::string>{"up: one entry for all tokens (given)",
                                 "down: one entry for all tokens (given)"});
}

TEST_CASE("a request that contradicts itself is refused", "[request]") {
  Folder at;
  const std::string down = at.write(nameOf(KernelRole::down), 64);
  using Values = std::vector<std::string>;
  auto [values, message] = GENERATE_REF(table<Values, std::string>({
      {{"nowhere"},
       "--config: expected none, a directory, a file or an object in braces, "
       "after up: or down: or alone, got 'nowhere'"},
      {{"none", kEntry}, "--config: expected none alone, got more"},
      {{kEntry, "up:" + kEntry},
       "--config: expected one configuration of up, got two"},
      {{down, "down:" + down},
       "--config: expected one configuration of down, got two"},
      {{"up:" + at.path.string()},
       "--config: expected one directory, for both kernels, got up:" +
           at.path.string()},
      {{kEntry, at.path.string()},
       "--config: expected no directory where both kernels have "
       "configurations, got " +
           at.path.string()},
  }));
  CHECK_THROWS_WITH(parseConfigRequest(values), message);
}

TEST_CASE("an entry's error says whose it is", "[request]") {
  Folder at;
  CHECK_THROWS_WITH(found({R"(down:{"BLOCK_SIZE_N": 128})"}),
                    "--config of down: BLOCK_SIZE_M: expected a multiple of "
                    "64 from 64 to 256, got nothing");
}
