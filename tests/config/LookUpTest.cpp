//===- LookUpTest.cpp - which configuration serves a layer ----------------===//
#include "runtime/config/LookUp.h"

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

TunedSchedule schedule(std::int64_t blockM) {
  TunedSchedule schedule;
  schedule.blockM = blockM;
  schedule.blockN = 128;
  return schedule;
}

const TunedLayer kLayer{257, 256, "NVIDIA H200"};

/// Three empty directories of this test alone.
class Places {
public:
  Places() : root(fs::absolute("look-up-test-" + std::to_string(getpid()))) {
    places = {root / "given", root / "environment", root / "installed"};
    for (const fs::path &path :
         {places.given, places.environment, places.installed})
      fs::create_directories(path);
  }
  ~Places() { fs::remove_all(root); }

  /// A file in one of them; returns its path.
  fs::path write(const fs::path &directory, KernelRole role,
                 const Schedules &schedules) const {
    const fs::path path =
        directory /
        fileNameOf({kLayer.experts, kLayer.intermediate, kLayer.device, role});
    std::ofstream(path) << writeTunedConfig(schedules);
    return path;
  }

  ConfigPlaces places;

private:
  fs::path root;
};

} // namespace

TEST_CASE("the first place that has the file serves", "[look-up]") {
  Places at;
  LayerConfigs found = findConfigs(kLayer, at.places, nullptr);
  CHECK(found.up.source == ConfigSource::none);
  CHECK(found.up.path.empty());
  CHECK_FALSE(found.up.at(1));
  const std::vector<std::pair<fs::path, ConfigSource>> rising{
      {at.places.installed, ConfigSource::installed},
      {at.places.environment, ConfigSource::environment},
      {at.places.given, ConfigSource::given}};
  std::int64_t blockM = 64;
  for (const auto &[directory, source] : rising) {
    const fs::path path =
        at.write(directory, KernelRole::up, {{1, schedule(blockM)}});
    found = findConfigs(kLayer, at.places, nullptr);
    CHECK(found.up.source == source);
    CHECK(found.up.path == path);
    CHECK(found.up.at(7) == schedule(blockM));
    CHECK(found.down.source == ConfigSource::none);
    blockM += 64;
  }
}

TEST_CASE("up and down are looked up each by itself", "[look-up]") {
  Places at;
  at.write(at.places.installed, KernelRole::up, {{1, schedule(64)}});
  at.write(at.places.environment, KernelRole::down, {{1, schedule(128)}});
  const LayerConfigs found = findConfigs(kLayer, at.places, nullptr);
  CHECK(sourceName(found.up.source) == std::string("installed"));
  CHECK(sourceName(found.down.source) == std::string("environment"));
  CHECK(found.up.at(1) == schedule(64));
  CHECK(found.down.at(1) == schedule(128));
}

TEST_CASE("the law knows which GEMM is tuned", "[look-up]") {
  Places at;
  at.write(at.places.given, KernelRole::up, {{1, schedule(64)}});
  const fs::path down =
      at.write(at.places.given, KernelRole::down, {{1, schedule(128)}});
  const LayerLaw law =
      [](KernelRole role,
         const TunedSchedule &wanted) -> std::optional<std::string> {
    if (role == KernelRole::down && wanted.blockM != 64)
      return "(X) expects 64 rows";
    return std::nullopt;
  };
  CHECK_THROWS_WITH(findConfigs(kLayer, at.places, law),
                    down.string() + ": 1: expected a schedule that the GEMM "
                                    "can have, got 128x128: (X) expects 64 "
                                    "rows");
}

TEST_CASE("a broken file does not let the next one serve", "[look-up]") {
  Places at;
  at.write(at.places.installed, KernelRole::up, {{1, schedule(64)}});
  const fs::path path =
      at.write(at.places.given, KernelRole::up, {{1, schedule(64)}});
  std::ofstream(path) << "{";
  CHECK_THROWS_WITH(findConfigs(kLayer, at.places, nullptr),
                    path.string() + ":1:2: expected well-formed JSON, got the "
                                    "end of the file: it is truncated");
  fs::remove(path);
  fs::create_symlink("nowhere", path);
  CHECK_THROWS_WITH(findConfigs(kLayer, at.places, nullptr),
                    path.string() +
                        ": expected a configuration, got no readable file");
}

TEST_CASE("a directory that somebody named has to be there", "[look-up]") {
  Places at;
  ConfigPlaces places = at.places;
  places.installed = "/nowhere";
  CHECK_NOTHROW(findConfigs(kLayer, places, nullptr));
  places.environment = "/nowhere";
  CHECK_THROWS_WITH(findConfigs(kLayer, places, nullptr),
                    "/nowhere: expected a directory of configuration files "
                    "(MOE_CONFIG_DIR), got none");
  places.given = "/nowhere";
  CHECK_THROWS_WITH(findConfigs(kLayer, places, nullptr),
                    "/nowhere: expected a directory of configuration files "
                    "(given), got none");
}

TEST_CASE("the places are the option, the environment, the installation",
          "[look-up]") {
  setenv("MOE_CONFIG_DIR", "/some/where", /*overwrite=*/1);
  const ConfigPlaces places = configPlaces("here");
  CHECK(places.given == "here");
  CHECK(places.environment == "/some/where");
  CHECK(places.installed.parent_path().parent_path().filename() == "share");
  setenv("MOE_CONFIG_DIR", "none", /*overwrite=*/1);
  CHECK(configPlaces("here").given == "here");
  CHECK(configPlaces("here").environment.empty());
  CHECK(configPlaces("here").installed.empty());
  unsetenv("MOE_CONFIG_DIR");
  CHECK(configPlaces().environment.empty());
  CHECK(configPlaces().given.empty());
}

TEST_CASE("plans change where up or down does, and only there", "[look-up]") {
  LayerConfigs found;
  CHECK(found.plans() == std::vector<WantedPlan>{{0, {}, {}}});
  found.up.config = TunedConfig{
      {{1, schedule(64)}, {16, schedule(64)}, {64, schedule(128)}}, {}};
  CHECK(found.plans() == std::vector<WantedPlan>{{0, schedule(64), {}},
                                                 {41, schedule(128), {}}});
  found.down.config =
      TunedConfig{{{1, schedule(64)}, {101, schedule(256)}}, {}};
  CHECK(found.plans() ==
        std::vector<WantedPlan>{{0, schedule(64), schedule(64)},
                                {41, schedule(128), schedule(64)},
                                {52, schedule(128), schedule(256)}});
}
