//===- WorkspaceTest.cpp - row capacity, layout, plan of the sort ---------===//
#include "runtime/Workspace.h"

#include "runtime/Routing.h"
#include "tests/unit/Example.h"

#include <catch2/catch.hpp>

#include <limits>

using namespace moert;

namespace {

/// The most rows that any split of `pairs` over `experts` takes, by trying
/// them all.
std::int64_t worstCase(std::int64_t pairs, std::int64_t experts,
                       std::int64_t alignment) {
  if (experts == 1)
    return roundUp(pairs, alignment);
  std::int64_t most = 0;
  for (std::int64_t first = 0; first <= pairs; ++first)
    most = std::max(most, roundUp(first, alignment) +
                              worstCase(pairs - first, experts - 1, alignment));
  return most;
}

} // namespace

TEST_CASE("the row capacity holds every routing", "[workspace]") {
  for (std::int64_t alignment : {1, 2, 4, 8})
    for (std::int64_t experts = 1; experts <= 4; ++experts)
      for (std::int64_t pairs = 0; pairs <= 20; ++pairs) {
        std::int64_t rows = rowCapacity(pairs, experts, alignment);
        std::int64_t worst = worstCase(pairs, experts, alignment);
        CAPTURE(alignment, experts, pairs);
        CHECK(rows % alignment == 0);
        CHECK(rows >= worst);
        CHECK(rows < worst + 2 * alignment);
      }
}

TEST_CASE("one token takes one row tile a slot", "[workspace]") {
  CHECK(rowCapacity(9, 257, 128) == 9 * 128);
}

TEST_CASE("the workspace holds each tensor, aligned, in order", "[workspace]") {
  Manifest manifest = exampleManifest(); // E 5, S 3, H 272, I 192, o 64
  WorkspaceLayout layout = workspaceLayout(manifest, 7);
  std::size_t pairs = 21, rows = 384; // 21 + 5 * 63 is 336
  CHECK(layout.rowAlignment == 64);
  REQUIRE(layout.rows == static_cast<std::int64_t>(rows));

  struct {
    std::size_t offset, bytes;
  } tensors[] = {
      {layout.sortedTokenIds, rows * 4},
      {layout.rowWeights, rows * 4},
      {layout.expertIds, rows / 64 * 4},
      {layout.blockRows, rows / 64 * 4},
      {layout.numTokensPostPadded, 4},
      {layout.tileCounters, 16},
      {layout.hProgress, (1 + rows / 64) * 4},
      {layout.routing, kFlagBytes + routeScratchBytes(pairs, 5)},
      {layout.x, 7 * 272},
      {layout.xScales, 7 * 3 * 4},
      {layout.h, rows * 192},
      {layout.hScales, 2 * rows * 4},
      {layout.partials, pairs * 272 * 2},
  };
  std::size_t end = 0;
  for (const auto &[offset, bytes] : tensors) {
    CHECK(offset % kWorkspaceAlignment == 0);
    CHECK(std::int64_t(offset) == roundUp(end, kWorkspaceAlignment));
    end = offset + bytes;
  }
  CHECK(layout.bytes ==
        static_cast<std::size_t>(roundUp(end, kWorkspaceAlignment)));
}

TEST_CASE("only a layer that ends in a combine kernel has room for down's rows",
          "[workspace]") {
  Manifest manifest = exampleManifest();
  const WorkspaceLayout without = workspaceLayout(manifest, 7);
  CHECK(without.downRows == 0);
  for (Plan &plan : manifest.plans)
    plan.combine = "combine";
  const WorkspaceLayout with = workspaceLayout(manifest, 7);
  CHECK(with.downRows == without.tileCounters);
  CHECK(with.tileCounters == without.tileCounters + kWorkspaceAlignment);
  CHECK(with.bytes == without.bytes + kWorkspaceAlignment);
}

TEST_CASE("partials take no bytes where down adds to the output",
          "[workspace]") {
  Manifest manifest = exampleManifest();
  const WorkspaceLayout ordered = workspaceLayout(manifest, 7);
  manifest.layer.reduction = Reduction::atomic;
  const WorkspaceLayout atomic = workspaceLayout(manifest, 7);
  CHECK(atomic.hScales == ordered.hScales);
  CHECK(atomic.bytes == ordered.partials);
  CHECK(workspaceBytes(manifest, 7) == atomic.bytes);
}

TEST_CASE("the plan of T decides what rows are padded to", "[workspace]") {
  CHECK(workspaceLayout(exampleManifest(), 47).rowAlignment == 64);
  CHECK(workspaceLayout(exampleManifest(), 48).rowAlignment == 128);
  CHECK(workspaceLayout(exampleManifest(), 48).rows % 128 == 0);
}

TEST_CASE("a workspace for T tokens is enough for fewer", "[workspace]") {
  Manifest manifest = exampleManifest();
  // The sort of 4097 pairs takes more scratch than that of 4096; the second
  // plan here pads to less than the first.
  manifest.plans = {{0, 256, "up", "down"},
                    {100, 64, "up", "down"},
                    {1300, 128, "up", "down"}};
  std::size_t needed = 0;
  for (std::int64_t tokens = 0; tokens <= 3000; ++tokens) {
    needed = std::max(needed, workspaceLayout(manifest, tokens).bytes);
    if (workspaceBytes(manifest, tokens) != needed)
      FAIL(tokens << " tokens: expected " << needed << " bytes, got "
                  << workspaceBytes(manifest, tokens));
  }
  CHECK(workspaceBytes(manifest, 100) > workspaceLayout(manifest, 100).bytes);
}

TEST_CASE("the scratch of the sort never shrinks", "[workspace]") {
  std::size_t last = 0;
  for (std::int64_t pairs = 0; pairs < 600000; pairs += 37) {
    std::size_t bytes = routeScratchBytes(pairs, 257);
    std::int64_t blocks = planRoute(pairs).blocks;
    if (bytes < last || (blocks > 1 && bytes < std::size_t(blocks) * 257 * 4))
      FAIL(pairs << " pairs: " << bytes << " bytes");
    last = bytes;
  }
}

TEST_CASE("no tokens need no workspace", "[workspace]") {
  WorkspaceLayout layout = workspaceLayout(exampleManifest(), 0);
  CHECK(layout.rows == 0);
  CHECK(layout.bytes == 0);
}

TEST_CASE("sizes past 31 bits are exact", "[workspace]") {
  Manifest manifest = exampleManifest();
  manifest.layer.hidden = 7168;
  std::int64_t tokens = 1 << 20;
  WorkspaceLayout layout = workspaceLayout(manifest, tokens);
  CHECK(layout.bytes - layout.partials ==
        std::size_t(tokens) * 3 * 7168 * 2); // 45 GB
}

TEST_CASE("token counts that 31 bits cannot number are refused",
          "[workspace]") {
  Manifest manifest = exampleManifest();
  std::int64_t most = maxTokens(manifest);
  CHECK(workspaceLayout(manifest, most).rows <=
        std::numeric_limits<std::int32_t>::max());
  std::int64_t tokens = GENERATE_COPY(-1, most + 1);
  Error error = errorOf([&] { workspaceLayout(manifest, tokens); });
  CHECK(error.code() == ErrorCode::invalidArgument);
  CHECK(error.what() == "tokens: expected 0 to 715827628 (rows of 3 slots a "
                        "token are numbered in 31 bits), got " +
                            std::to_string(tokens));
}

TEST_CASE("the sort's blocks walk every pair once", "[workspace]") {
  std::int64_t pairs =
      GENERATE(1, 9, 1024, 1025, 4096, 4097, 8193, 73728, 131072, 163841,
               1 << 28, (std::int64_t(1) << 31) - 1);
  RoutePlan plan = planRoute(pairs);
  CAPTURE(pairs, plan.blocks, plan.chunk);
  CHECK(plan.chunk % kRouteThreads == 0);
  CHECK(plan.blocks <= kRouteMaxBlocks);
  CHECK((plan.blocks - 1) * plan.chunk < pairs);
  CHECK(plan.blocks * plan.chunk >= pairs);
  // The kernel counts in unsigned 32 bits.
  CHECK(plan.blocks * plan.chunk <= std::numeric_limits<std::uint32_t>::max());
  CHECK((plan.blocks == 1) == (pairs <= kRouteSingleBlockPairs));
}
