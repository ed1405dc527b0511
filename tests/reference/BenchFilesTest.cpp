#include "runtime/bench/Floor.h"
#include "runtime/bench/InputError.h"
#include "runtime/bench/Npy.h"
#include "runtime/bench/Records.h"
#include "runtime/bench/Regions.h"
#include "runtime/bench/Table.h"

#include <catch2/catch.hpp>

#include <sstream>

using namespace moert;
using namespace moert::bench;

namespace {

std::string npy(const std::string &header, const std::string &data) {
  std::string file = "\x93NUMPY";
  file += '\1';
  file += '\0';
  file += static_cast<char>(header.size());
  file += static_cast<char>(header.size() >> 8);
  return file + header + data;
}

LayerDescription deepseek() {
  LayerDescription layer;
  layer.experts = layer.globalExperts = 256;
  layer.sharedExperts = 1;
  layer.topK = 8;
  layer.hidden = 7168;
  layer.intermediate = 256;
  return layer;
}

} // namespace

TEST_CASE("int64 ids are read from a .npy file", "[npy]") {
  std::istringstream file(
      npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2), }",
          std::string("\5\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 16)));
  IdMatrix ids = readNpy(file, "f");
  CHECK(ids.rows == 1);
  CHECK(ids.columns == 2);
  CHECK(ids.values == std::vector<std::int64_t>{5, -1});
}

TEST_CASE("int32 ids are read from a .npy file", "[npy]") {
  std::istringstream file(
      npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 1), }",
          std::string("\0\1\0\0\xff\xff\xff\xff", 8)));
  IdMatrix ids = readNpy(file, "f");
  CHECK(ids.rows == 2);
  CHECK(ids.columns == 1);
  CHECK(ids.values == std::vector<std::int64_t>{256, -1});
}

TEST_CASE("a bad .npy file is refused by name", "[npy]") {
  auto [text, message] = GENERATE(table<std::string, std::string>({
      {"", "f: the file ends within its magic: expected 8 bytes, got 0"},
      {"PK345678", "f: not a .npy file of version 1, 2 or 3"},
      {npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", ""),
       "f: expected int32 or int64 ids ('<i4' or '<i8'), got '<f4'"},
      {npy("{'descr': '<i4', 'fortran_order': True, 'shape': (1, 1), }", ""),
       "f: expected C order (fortran_order False)"},
      {npy("{'descr': '<i4', 'fortran_order': False, 'shape': (4,), }", ""),
       "f: expected a shape of two extents (tokens, slots), got (4,)"},
      {npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2), }",
           "1234567"),
       "f: the file ends within its data: expected 8 bytes, got 7"},
      {npy("{'descr': '<i8', 'fortran_order': False, 'shape': (2147483648, "
           "4096), }",
           "12345678"),
       "f: the file ends within its data: expected 524288 bytes, got 8"},
      {npy("{'descr': '<i8', 'fortran_order': False, 'shape': (1, "
           "99999999999999999999), }",
           ""),
       "f: bad extent '99999999999999999999'"},
      {npy("{'descr': '" + std::string(60000, 'x') + "', }", ""),
       "f: expected int32 or int64 ids ('<i4' or '<i8'), got '" +
           std::string(80, 'x') + "...'"},
  }));
  std::istringstream file(text);
  CHECK_THROWS_WITH(readNpy(file, "f"), message);
}

TEST_CASE("the floor is the one of the written formulas", "[floor]") {
  // T = 8192 of deepseek-v3-tp8: all 257 experts active, 9 rows a token.
  reference::SortedRouting routing;
  routing.rowsInUse = 8192 * 9;
  routing.activeExperts = 257;
  const LayerDescription layer = deepseek();
  CHECK(*workOf(Stage::up, layer, 8192, routing).floorUs ==
        Approx(373).margin(1));
  CHECK(*workOf(Stage::down, layer, 8192, routing).floorUs ==
        Approx(352).margin(1));
  CHECK(*workOfLayer(layer, 8192, routing).floorUs == Approx(767).margin(1));
  CHECK_FALSE(workOf(Stage::combine, layer, 8192, routing).floorUs);
  // The shared expert's rows are down's or combine's.
  const StageWork down = workOf(Stage::down, layer, 8192, routing),
                  rest = workOf(Stage::down, layer, 8192, routing, 8192),
                  ends = workOf(Stage::combine, layer, 8192, routing, 8192);
  CHECK(*rest.floorUs == Approx(*down.floorUs * 8 / 9));
  CHECK(rest.operations + ends.operations == Approx(down.operations));
  CHECK(ends.bytes == Approx(2.0 * 8192 * 9 * layer.hidden +
                             (8192.0 + layer.hidden) * layer.intermediate));
  const double bytes = workOf(Stage::quantise, layer, 8192, routing).bytes;
  LayerDescription atomic = layer; // the output's zeros as well
  atomic.reduction = Reduction::atomic;
  CHECK(workOf(Stage::quantise, atomic, 8192, routing).bytes ==
        bytes + 2.0 * 8192 * layer.hidden);
}

TEST_CASE("a stage's record holds its times after a write, and its kernel",
          "[records]") {
  StageTime up;
  up.stage = "up";
  up.work = {2e9, 4e6, 1.5};
  up.afterWrite = {2.0, 1.75};
  up.error = 0.5;
  up.others = {4.0, 3.0};
  StageTime combine = up;
  combine.stage = "combine";
  combine.work = {};
  TimedCall call{"tiny", 7, "uniform", {up, combine}};
  call.up = "up 64x256x128";
  const std::vector<Record> records = recordsOf(call);
  REQUIRE(records.size() == 2);
  Record want;
  want.layer = "tiny";
  want.tokens = 7;
  want.stage = "up";
  want.kernel = "up 64x256x128";
  want.medianUs = 2.0;
  want.minUs = 1.75;
  want.tflops = 1000;
  want.gbps = 2000;
  want.floorUs = 1.5;
  want.error = 0.5;
  want.sglangUs = 4;
  want.deepgemmUs = 3;
  CHECK(records[0] == want);
  CHECK(records[1].kernel == "");
  CHECK_FALSE(records[1].floorUs);
}

TEST_CASE("the mode says what a layer's reduction is", "[records]") {
  StageTime time;
  time.stage = "down";
  CHECK(recordsOf({"tiny", 7, "uniform", {time}})[0].mode == "deterministic");
  CHECK(recordsOf({"tiny", 7, "uniform", {time}, Reduction::atomic})[0].mode ==
        "atomic");
}

TEST_CASE("the table shows the ratio to the floor, and dashes without one",
          "[table]") {
  StageTime up{"up", {2e9, 4e6, 1.5}, {3.0, 2.9}, {2.0, 1.9}, {}};
  StageTime combine{"combine", {0, 4e6, {}}, {3.0, 2.9}, {2.0, 1.9}, {}};
  CHECK(timingText({up, combine}) ==
        "  stage      median us    min us median read    min read  TFLOP/s"
        "    GB/s floor us  ratio\n"
        "  up               3.0       2.9         2.0         1.9      667"
        "    1333      1.5   2.00\n"
        "  combine          3.0       2.9         2.0         1.9        -"
        "    1333        -      -\n");
}

TEST_CASE("the plan of T is shown with its kernels' tiles", "[table]") {
  KernelRecord up, down;
  up.name = "up_t64";
  up.schedule.blockM = 64;
  up.schedule.blockN = 256;
  up.schedule.blockK = 128;
  down = up;
  down.name = "down";
  down.role = KernelRole::down;
  down.cluster = 2;
  Manifest manifest;
  manifest.kernels = {up, down};
  manifest.plans = {{0, 128, "up_t64", "down"}};
  CHECK(planText(manifest, 5) ==
        "  up_t64 64x256x128, down 64x256x128 in clusters of 2, rows padded to "
        "128\n");
  manifest.kernels[1].schedule.swapped = true;
  CHECK(planText(manifest, 5) ==
        "  up_t64 64x256x128, down 64x256x128 swapped in clusters of 2, rows "
        "padded to 128\n");
  manifest.kernels[1].cluster = 1;
  manifest.kernels[1].schedule.copiedRows = true;
  CHECK(planText(manifest, 5) ==
        "  up_t64 64x256x128, down 64x256x128 swapped copied rows, rows padded "
        "to 128\n");
}

TEST_CASE("a package says who chose its schedules", "[table]") {
  Manifest manifest;
  CHECK(configurationText(manifest).empty());
  manifest.configuration = {{ScheduleSource::installed, "E=5.json"},
                            {ScheduleSource::none, ""}};
  CHECK(configurationText(manifest) ==
        "up: installed, E=5.json; down: cost model");
  manifest.configuration = {{ScheduleSource::given, ""},
                            {ScheduleSource::hand, ""}};
  CHECK(configurationText(manifest) == "up: given; down: by hand");
}

TEST_CASE("every stage owns its tensors, and they do not overlap",
          "[regions]") {
  Manifest manifest;
  manifest.layer = deepseek();
  manifest.plans = {{0, 128, "up", "down"}};
  const WorkspaceLayout layout = workspaceLayout(manifest, 300);
  std::vector<Region> regions = regionsOf(manifest, layout, 300);
  CHECK(regions.size() == 14);
  for (std::size_t i = 1; i < regions.size(); ++i) {
    // Route makes zero what up counts in.
    const bool shared = regions[i].begin == layout.hProgress &&
                        regions[i - 1].begin == layout.hProgress;
    CHECK((shared || regions[i - 1].end <= regions[i].begin));
  }
  CHECK(regions.back().end <= layout.bytes);
}

TEST_CASE("down owns no tensor where it adds to the output", "[regions]") {
  Manifest manifest;
  manifest.layer = deepseek();
  manifest.layer.reduction = Reduction::atomic;
  manifest.plans = {{0, 128, "up", "down"}};
  const WorkspaceLayout layout = workspaceLayout(manifest, 300);
  std::vector<Region> regions = regionsOf(manifest, layout, 300);
  CHECK(regions.size() == 13);
  for (const Region &region : regions)
    CHECK(region.writer != Stage::down);
  CHECK(regions.back().end <= layout.bytes);
}
