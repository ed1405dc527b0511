//===- ArgumentsTest.cpp - refusals of LayerArgs --------------------------===//
#include "runtime/Workspace.h"
#include "tests/unit/Example.h"

#include <catch2/catch.hpp>

using namespace moert;

namespace {

template <typename T = void> T *address(std::uintptr_t value) {
  return reinterpret_cast<T *>(value);
}

/// Arguments that nobody reads: only pointers and sizes are looked at.
LayerArgs goodArgs() {
  LayerArgs args;
  args.tokens = 7;
  args.x = address(0x1000);
  args.topkIds = address<std::int32_t>(0x1004);
  args.topkWeights = address<float>(0x1004);
  args.w13 = address(0x1010);
  args.w13Scales = address<float>(0x1020);
  args.w2 = address(0x1030);
  args.w2Scales = address<float>(0x1040);
  args.out = address(0x1050);
  args.workspace = address(0x1100);
  args.workspaceBytes = workspaceLayout(exampleManifest(), 7).bytes;
  return args;
}

struct Case {
  std::string message;
  void (*spoil)(LayerArgs &);
};

} // namespace

TEST_CASE("good arguments pass", "[arguments]") {
  LayerArgs args = goodArgs();
  CHECK_NOTHROW(checkArguments(exampleManifest(), args));
  args.x = nullptr;
  args.xQuantised = address(0x1000);
  args.xScales = address<float>(0x1000);
  CHECK_NOTHROW(checkArguments(exampleManifest(), args));
}

TEST_CASE("no tokens need no pointers", "[arguments]") {
  CHECK_NOTHROW(checkArguments(exampleManifest(), LayerArgs()));
}

TEST_CASE("a bad argument is named, with want and got", "[arguments]") {
  auto [message, spoil] = GENERATE(values<Case>({
      {"tokens: expected 0 to 715827628 (rows of 3 slots a token are numbered "
       "in 31 bits), got -3",
       [](LayerArgs &args) { args.tokens = -3; }},
      {"x: expected a device pointer, got null",
       [](LayerArgs &args) { args.x = nullptr; }},
      {"x: expected 16-byte alignment, got 0x1008",
       [](LayerArgs &args) { args.x = address(0x1008); }},
      {"xQuantised: expected 16-byte alignment, got 0x1001",
       [](LayerArgs &args) { args.xQuantised = address(0x1001); }},
      {"xScales: expected a device pointer, got null",
       [](LayerArgs &args) { args.xQuantised = address(0x1000); }},
      {"topkIds: expected a device pointer, got null",
       [](LayerArgs &args) { args.topkIds = nullptr; }},
      {"topkIds: expected 4-byte alignment, got 0x1002",
       [](LayerArgs &args) { args.topkIds = address<std::int32_t>(0x1002); }},
      {"topkWeights: expected a device pointer, got null",
       [](LayerArgs &args) { args.topkWeights = nullptr; }},
      {"w13: expected a device pointer, got null",
       [](LayerArgs &args) { args.w13 = nullptr; }},
      {"w13Scales: expected 16-byte alignment, got 0x1004",
       [](LayerArgs &args) { args.w13Scales = address<float>(0x1004); }},
      {"w2: expected a device pointer, got null",
       [](LayerArgs &args) { args.w2 = nullptr; }},
      {"w2Scales: expected a device pointer, got null",
       [](LayerArgs &args) { args.w2Scales = nullptr; }},
      {"out: expected a device pointer, got null",
       [](LayerArgs &args) { args.out = nullptr; }},
      {"workspace: expected a device pointer, got null",
       [](LayerArgs &args) { args.workspace = nullptr; }},
      {"workspace: expected 256-byte alignment, got 0x1080",
       [](LayerArgs &args) { args.workspace = address(0x1080); }},
  }));
  LayerArgs args = goodArgs();
  spoil(args);
  Error error = errorOf([&] { checkArguments(exampleManifest(), args); });
  CHECK(error.what() == message);
  CHECK(error.code() == ErrorCode::invalidArgument);
}

TEST_CASE("a workspace that is too small is refused", "[arguments]") {
  LayerArgs args = goodArgs();
  std::size_t wanted = args.workspaceBytes--;
  Error error = errorOf([&] { checkArguments(exampleManifest(), args); });
  CHECK(error.what() == "workspaceBytes: expected at least " +
                            std::to_string(wanted) + " for 7 tokens, got " +
                            std::to_string(wanted - 1));
  CHECK(error.code() == ErrorCode::workspaceTooSmall);
}

TEST_CASE("stages have names", "[arguments]") {
  std::string names;
  for (Stage stage : kStages)
    names += std::string(stageName(stage)) + " ";
  CHECK(names == "route quantise up down combine ");
}
