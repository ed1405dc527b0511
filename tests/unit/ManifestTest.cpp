//===- ManifestTest.cpp - the manifest: round trip and refusals -----------===//
#include "tests/unit/Example.h"

#include <catch2/catch.hpp>

using namespace moert;

namespace {

/// The example as text, with the first `from` replaced by `to`.
std::string edited(const std::string &from, const std::string &to) {
  std::string text = writeManifest(exampleManifest());
  std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

} // namespace

TEST_CASE("a manifest reads back as it was written", "[manifest]") {
  Manifest manifest = exampleManifest();
  // Neither is a short decimal: only an exact printer brings them back.
  manifest.layer.routedScalingFactor = GENERATE(1.0, 0.1, 2.827, -1.0 / 3);
  CHECK(readManifest(writeManifest(manifest), "m") == manifest);
}

TEST_CASE("the blocks of a swapped cluster share a row tile", "[manifest]") {
  Manifest manifest = exampleManifest();
  KernelRecord &few = manifest.kernels[2];
  few.schedule.blockM = 64;
  CHECK(few.clusterRows() == 128);
  CHECK_THROWS_WITH(readManifest(writeManifest(manifest), "m"),
                    "m: plans[0].row_alignment: expected a multiple of 128 "
                    "(the rows of a cluster of 'up_t64'), got 64");
  few.schedule.swapped = true;
  CHECK(few.clusterRows() == 64);
  CHECK(readManifest(writeManifest(manifest), "m") == manifest);
}

TEST_CASE("a manifest says who chose its schedules", "[manifest]") {
  Manifest manifest = exampleManifest();
  CHECK(writeManifest(manifest).find("configuration") == std::string::npos);
  const ScheduleSource source = GENERATE(
      ScheduleSource::given, ScheduleSource::environment,
      ScheduleSource::installed, ScheduleSource::none, ScheduleSource::hand);
  const bool isFile =
      source != ScheduleSource::none && source != ScheduleSource::hand;
  manifest.configuration = {{source, isFile ? "E=5,N=192.json" : ""},
                            {ScheduleSource::given, ""}};
  CHECK(readManifest(writeManifest(manifest), "m") == manifest);
}

TEST_CASE("a source of schedules goes with its file", "[manifest]") {
  auto [up, message] = GENERATE(table<std::string, std::string>({
      {R"({"source": "guess"})",
       "m: configuration.up.source: expected one of given, environment, "
       "installed, none, hand, got \"guess\""},
      {R"({"source": "installed"})",
       "m: configuration.up.file: expected a non-empty string, got nothing"},
      {R"({"source": "given", "file": 3})",
       "m: configuration.up.file: expected a non-empty string, got 3"},
      {R"({"source": "hand", "file": "f"})",
       "m: configuration.up.file: expected no file where the source is hand, "
       "got \"f\""},
      {"3", "m: configuration.up: expected an object, got 3"},
  }));
  const std::string text =
      edited("\"plans\"", "\"configuration\": {\"up\": " + up +
                              ", \"down\": {\"source\": \"none\"}}, "
                              "\"plans\"");
  CHECK_THROWS_WITH(readManifest(text, "m"), message);
}

TEST_CASE("a kernel knows what its rows are padded to", "[manifest]") {
  Manifest manifest = exampleManifest();
  KernelRecord &few = manifest.kernels[2];
  few.rowAlignment = 64;
  few.schedule.copiedRows = true;
  CHECK(readManifest(writeManifest(manifest), "m") == manifest);
  few.rowAlignment = 128;
  CHECK_THROWS_WITH(readManifest(writeManifest(manifest), "m"),
                    "m: plans[0].row_alignment: expected 128, for which "
                    "'up_t64' was made, got 64");
  few.rowAlignment = 96;
  CHECK_THROWS_WITH(readManifest(writeManifest(manifest), "m"),
                    "m: kernels[2].row_alignment: expected a multiple of 64 "
                    "from 0 to 1024, got 96");
}

TEST_CASE("packages without the later keys can be read", "[manifest]") {
  std::string text = writeManifest(exampleManifest());
  for (const std::string key : {"\"copied_rows\"", "\"row_alignment\": 0"})
    for (std::size_t at; (at = text.find(key)) != std::string::npos;)
      text.replace(at, key.size(), "\"x\"" + key.substr(key.find('"', 1) + 1));
  CHECK(readManifest(text, "m") == exampleManifest());
}

TEST_CASE("a plan serves from its tokens up to the next one", "[manifest]") {
  Manifest manifest = exampleManifest();
  CHECK(manifest.plan(0).up == "up_t64");
  CHECK(manifest.plan(47).rowAlignment == 64);
  CHECK(manifest.plan(48).up == "up");
  CHECK(manifest.plan(1 << 30).rowAlignment == 128);
  manifest.plans.clear();
  CHECK_THROWS_WITH(manifest.plan(7), "layer 'tiny': expected a plan for 7 "
                                      "tokens, got none among 0");
}

TEST_CASE("a pack has kernels that no plan names", "[manifest]") {
  Manifest manifest = exampleManifest();
  KernelRecord spare = manifest.kernels.front();
  for (int i = 0; i < 300; ++i) {
    spare.name = "up_" + std::to_string(i);
    spare.rowAlignment = 128 * (1 + i % 8);
    manifest.kernels.push_back(spare);
  }
  CHECK(readManifest(writeManifest(manifest), "m") == manifest);
}

TEST_CASE("every tensor has its word", "[manifest]") {
  Manifest manifest = exampleManifest();
  std::string names;
  auto reduction = GENERATE(Reduction::ordered, Reduction::atomic);
  manifest.layer.reduction = reduction;
  const Tensor absent =
      reduction == Reduction::atomic ? Tensor::partials : Tensor::out;
  for (std::size_t i = 0; i < kTensors; ++i) {
    const auto tensor = static_cast<Tensor>(i);
    if (tensor != absent)
      manifest.kernels[0].params.push_back(PointerParam{tensor});
    names += std::string(tensorName(tensor)) + " ";
  }
  CHECK(names == "x x_scales w13 w13_scales h h_scales w2 w2_scales partials "
                 "out sorted_token_ids expert_ids block_rows "
                 "num_tokens_post_padded topk_weights row_weights up_tiles "
                 "down_tiles h_progress topk_ids down_rows ");
  CHECK(readManifest(writeManifest(manifest), "m") == manifest);
}

TEST_CASE("the reader passes over keys it does not know", "[manifest]") {
  std::string text =
      edited("\"threads\"", "\"later\": {\"a\": [1]}, \"threads\"");
  CHECK(readManifest(text, "m") == exampleManifest());
}

TEST_CASE("a manifest error names the key, want and got", "[manifest]") {
  auto [from, to,
        message] = GENERATE(table<std::string, std::string, std::string>({
      {"\"format\": 3", "\"format\": 1",
       "m: format: expected an integer from 3 to 3, got 1"},
      {"\"format\": 3,", "",
       "m: format: expected an integer from 3 to 3, got nothing"},
      {"\"sm_90a\"", "90", "m: target: expected a non-empty string, got 90"},
      {"\"experts\": 4", "\"experts\": 0",
       "m: layer.experts: expected an integer from 1 to 4096, got 0"},
      {"\"experts\": 4", "\"experts\": \"four\"",
       "m: layer.experts: expected an integer from 1 to 4096, got "
       "\"four\""},
      {"\"experts\": 4", "\"experts\": 4.5",
       "m: layer.experts: expected an integer from 1 to 4096, got 4.5"},
      {"\"experts\": 4", "\"experts\": 18446744073709551615",
       "m: layer.experts: expected an integer from 1 to 4096, got "
       "18446744073709551615"},
      {"\"global_experts\": 8", "\"global_experts\": 3",
       "m: layer.global_experts: expected an integer from 4 to 65536, got "
       "3"},
      {"\"top_k\": 2", "\"top_k\": 9",
       "m: layer.top_k: expected an integer from 1 to 8, got 9"},
      {"\"hidden\": 272", "\"hidden\": 270",
       "m: layer.hidden: expected a multiple of 16 from 16 to 1048576, got "
       "270"},
      {"\"intermediate\": 192", "\"intermediate\": -16",
       "m: layer.intermediate: expected a multiple of 16 from 16 to "
       "1048576, got -16"},
      {"\"scale_offset\": 64", "\"scale_offset\": 128",
       "m: layer.scale_offset: expected a multiple of 16 from 0 to 112, "
       "got 128"},
      {"\"pow2\"", "\"pow3\"",
       "m: layer.activation_scale: expected one of f32, pow2, got "
       "\"pow3\""},
      {"\"routed_scaling_factor\": 2.5", "\"routed_scaling_factor\": null",
       "m: layer.routed_scaling_factor: expected a finite number, got "
       "null"},
      {"\"reduction\": \"ordered\"", "\"reduction\": \"any\"",
       "m: layer.reduction: expected one of ordered, atomic, got \"any\""},
      {"\"reduction\"", "\"other\"",
       "m: layer.reduction: expected one of ordered, atomic, got nothing"},
  }));
  CHECK_THROWS_WITH(readManifest(edited(from, to), "m"), message);
}

TEST_CASE("a manifest error finds its kernel and parameter", "[manifest]") {
  auto [from, to, message] =
      GENERATE(table<std::string, std::string, std::string>({
          {"\"role\": \"up\"", "\"role\": \"left\"",
           "m: kernels[0].role: expected one of up, down, combine, got "
           "\"left\""},
          {"\"symbol\": \"tiny_down\"", "\"symbol\": \"\"",
           "m: kernels[1].symbol: expected a non-empty string, got \"\""},
          {"\"name\": \"up_t64\"", "\"name\": \"up\"",
           "m: kernels[2].name: expected a name that no other kernel has, got "
           "\"up\""},
          {"\"cluster\": 2", "\"cluster\": 9",
           "m: kernels[2].cluster: expected an integer from 1 to 8, got 9"},
          {"\"programmatic\": true", "\"programmatic\": 1",
           "m: kernels[2].programmatic: expected true or false, got 1"},
          {"\"up.cubin\"", "\"../up.cubin\"",
           "m: kernels[0].cubin: expected the name of a file beside the "
           "manifest, got \"../up.cubin\""},
          {"\"cubin_checksum\": \"", "\"cubin_checksum\": \"X",
           "m: kernels[0].cubin_checksum: expected 16 lower-case hex digits, "
           "got \"X" +
               exampleManifest().kernels[0].cubinChecksum + "\""},
          {"\"threads\": 384", "\"threads\": 100",
           "m: kernels[0].threads: expected a multiple of 32 from 32 to 1024, "
           "got 100"},
          {"\"shared_memory\": 204800", "\"shared_memory\": 232449",
           "m: kernels[0].shared_memory: expected an integer from 0 to 232448, "
           "got 232449"},
          {"\"schedule\": {", "\"schedule\": 3, \"x\": {",
           "m: kernels[0].schedule: expected an object, got 3"},
          {"\"params\": [", "\"params\": {}, \"x\": [",
           "m: kernels[0].params: expected an array, got an object"},
          {"\"kind\": \"tensor_map\"", "\"kind\": \"f64\"",
           "m: kernels[0].params[0].kind: expected one of tensor_map, pointer, "
           "i32, got \"f64\""},
          {"\"tensor\": \"w13\"", "\"tensor\": \"w14\"",
           "m: kernels[0].params[0].tensor: expected one of x, x_scales, w13, "
           "w13_scales, h, h_scales, w2, w2_scales, partials, out, "
           "sorted_token_ids, expert_ids, block_rows, num_tokens_post_padded, "
           "topk_weights, row_weights, up_tiles, down_tiles, h_progress, "
           "topk_ids, down_rows, got \"w14\""},
          {"\"tensor\": \"w13\"", "\"tensor\": \"out\"",
           "m: kernels[0].params[0].tensor: expected a tensor of a layer whose "
           "reduction is ordered, got \"out\""},
          {"\"tensor\": \"block_rows\"", "\"tensor\": \"out\"",
           "m: kernels[0].params[3].tensor: expected a tensor of a layer whose "
           "reduction is ordered, got \"out\""},
          {"\"element\": \"u8\"", "\"element\": 8",
           "m: kernels[0].params[0].element: expected one of u8, bf16, f32, "
           "got 8"},
          {"\"swizzle\": 128", "\"swizzle\": 100",
           "m: kernels[0].params[0].swizzle: expected 0, 32, 64 or 128, got "
           "100"},
          {"\"box\": [", "\"box\": [128, ",
           "m: kernels[0].params[0].box: expected an array of 3 to 3 elements, "
           "got an array of 4"},
          {"\"rows\",", "\"columns\",",
           "m: kernels[1].params[1].extents[0]: expected one of tokens, rows, "
           "pairs, got \"columns\""},
          {"\"value\": \"rows\"", "\"value\": 3",
           "m: kernels[0].params[7].value: expected one of tokens, rows, "
           "pairs, got 3"},
          {"\"value\": \"tokens\"", "\"value\": \"constant\"",
           "m: kernels[0].params[6].value: expected one of tokens, rows, "
           "pairs, got \"constant\""},
      }));
  CHECK_THROWS_WITH(readManifest(edited(from, to), "m"), message);
}

/// The example with a kernel that ends the layer from 128 tokens on.
static Manifest manifestWithCombine() {
  Manifest manifest = exampleManifest();
  KernelRecord combine = manifest.kernels[0];
  combine.role = KernelRole::combine;
  combine.name = combine.symbol = "combine";
  combine.cubin = "combine.cubin";
  combine.ptx = "combine.ptx";
  combine.schedule.blockN = 128;
  combine.params = {PointerParam{Tensor::out}, PointerParam{Tensor::partials},
                    PointerParam{Tensor::topkIds},
                    PointerParam{Tensor::downRows},
                    ScalarParam{Extent::Symbol::tokens}};
  manifest.kernels.push_back(combine);
  manifest.plans.push_back({128, 128, "up", "down", "combine"});
  return manifest;
}

TEST_CASE("a plan may name a kernel that ends the layer", "[manifest]") {
  const Manifest manifest = manifestWithCombine();
  CHECK(readManifest(writeManifest(manifest), "m") == manifest);
  CHECK(manifest.plan(127).combine.empty());
  CHECK(manifest.plan(128).combine == "combine");
}

TEST_CASE("a kernel that ends the layer is refused where it cannot",
          "[manifest]") {
  Manifest manifest = manifestWithCombine();
  SECTION("by its role") {
    manifest.plans.back().combine = "down";
    CHECK_THROWS_WITH(readManifest(writeManifest(manifest), "m"),
                      "m: plans[2].combine: expected the name of a kernel with "
                      "the role combine (combine), got \"down\"");
  }
  SECTION("where experts are not padded to its tiles") {
    manifest.plans.back().rowAlignment = 192;
    manifest.plans.back().up = "up_t64";
    CHECK_THROWS_WITH(readManifest(writeManifest(manifest), "m"),
                      "m: plans[2].row_alignment: expected a multiple of 128 "
                      "(the rows of a cluster of 'combine'), got 192");
  }
  SECTION("in a layer without a shared expert") {
    manifest.layer.sharedExperts = 0;
    CHECK_THROWS_WITH(readManifest(writeManifest(manifest), "m"),
                      "m: plans[2].combine: expected no kernel in a layer "
                      "without a shared expert or with an atomic reduction, "
                      "got \"combine\"");
  }
}

TEST_CASE("a kernel of an atomic layer has no partials", "[manifest]") {
  Manifest manifest = exampleManifest();
  manifest.layer.reduction = Reduction::atomic;
  manifest.kernels[1].params.push_back(PointerParam{Tensor::out});
  CHECK(readManifest(writeManifest(manifest), "m") == manifest);
  manifest.kernels[1].params.back() = PointerParam{Tensor::partials};
  CHECK_THROWS_WITH(readManifest(writeManifest(manifest), "m"),
                    "m: kernels[1].params[4].tensor: expected a tensor of a "
                    "layer whose reduction is atomic, got \"partials\"");
}

TEST_CASE("a manifest error finds its plan", "[manifest]") {
  auto [from, to,
        message] = GENERATE(table<std::string, std::string, std::string>({
      {"\"plans\"", "\"other\"", "m: plans: expected an array, got nothing"},
      {"\"plans\": [", "\"plans\": [], \"other\": [",
       "m: plans: expected an array of 1 to 2048 elements, got an array of "
       "0"},
      {"\"from_tokens\": 0", "\"from_tokens\": 1",
       "m: plans[0].from_tokens: expected an integer from 0 to 0, got 1"},
      {"\"from_tokens\": 48", "\"from_tokens\": 0",
       "m: plans[1].from_tokens: expected an integer from 1 to 2147483647, "
       "got 0"},
      {"\"row_alignment\": 128", "\"row_alignment\": true",
       "m: plans[1].row_alignment: expected an integer from 1 to 1024, got "
       "true"},
      {"\"row_alignment\": 128", "\"row_alignment\": 64",
       "m: plans[1].row_alignment: expected a multiple of 128 (the rows of a "
       "cluster of 'up'), got 64"},
      {"\"row_alignment\": 64", "\"row_alignment\": 32",
       "m: plans[0].row_alignment: expected a multiple of 64 (the rows of a "
       "cluster of 'up_t64'), got 32"},
      {"\"up\": \"up_t64\"", "\"up\": \"up_t8\"",
       "m: plans[0].up: expected the name of a kernel with the role up "
       "(up, up_t64), got \"up_t8\""},
      {"\"up\": \"up_t64\"", "\"up\": \"down\"",
       "m: plans[0].up: expected the name of a kernel with the role up "
       "(up, up_t64), got \"down\""},
      {"\"down\": \"down\"", "\"down\": 3",
       "m: plans[0].down: expected a non-empty string, got 3"},
      {"\"role\": \"down\"", "\"role\": \"up\"",
       "m: plans[0].down: expected the name of a kernel with the role down "
       "(none), got \"down\""},
  }));
  CHECK_THROWS_WITH(readManifest(edited(from, to), "m"), message);
}

TEST_CASE("text that is no JSON is refused with its place", "[manifest]") {
  auto [text, message] = GENERATE(table<std::string, std::string>({
      {"", "m:1:1: expected well-formed JSON, got the end of the file: it is "
           "truncated"},
      {"{\n  \"format\": 3,\n",
       "m:3:1: expected well-formed JSON, got the end of the file: it is "
       "truncated"},
      {"{\n  \"format\": 3,,\n}",
       "m:2:15: expected well-formed JSON, got something else"},
      {"[]", "m: the manifest: expected an object, got an array of 0"},
      {"{\"format\": 1e999}", "m: the manifest: expected numbers that a double "
                              "can hold, got a larger one"},
      {"{\"layer\": {\"name\": 1, \"name\": 2}}",
       "m: layer.name: expected each key once, got it again"},
      {std::string(100000, '['), "m: the manifest: expected at most 32 levels "
                                 "of nesting, got more"},
  }));
  CHECK_THROWS_WITH(readManifest(text, "m"), message);
}

TEST_CASE("a manifest cut anywhere is refused", "[manifest]") {
  std::string text = writeManifest(exampleManifest());
  for (std::size_t size = 0; size + 2 < text.size(); ++size) {
    Error error = errorOf([&] { readManifest(text.substr(0, size), "m"); });
    REQUIRE(error.code() == ErrorCode::badManifest);
  }
}

TEST_CASE("long and broken values are cut in messages", "[manifest]") {
  std::string message =
      errorOf([] {
        readManifest(edited("\"pow2\"", "\"" + std::string(500, 'a') + "\""),
                     "m");
      }).what();
  CHECK(message ==
        "m: layer.activation_scale: expected one of f32, pow2, got \"" +
            std::string(76, 'a') + "...");
}

TEST_CASE("a kernel is found by its name", "[manifest]") {
  Manifest manifest = exampleManifest();
  CHECK(manifest.kernel("up_t64").symbol == "tiny_up_t64");
  CHECK_THROWS_WITH(manifest.kernel("up_t8"),
                    "layer 'tiny': expected a kernel 'up_t8', got none among "
                    "3");
}

TEST_CASE("the checksum is FNV-1a of 64 bits", "[manifest]") {
  CHECK(checksum("", 0) == "cbf29ce484222325");
  CHECK(checksum("a", 1) == "af63dc4c8601ec8c");
  CHECK(checksum("foobar", 6) == "85944171f73967e8");
}
