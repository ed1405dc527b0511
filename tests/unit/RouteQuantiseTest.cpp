//===- RouteQuantiseTest.cpp - sort and quantise in one launch ------------===//
//
// What needs a Hopper GPU says without one that it was skipped.
//
//===----------------------------------------------------------------------===//
#include "runtime/Routing.h"
#include "runtime/kernels/Kernels.h"
#include "tests/unit/KernelInputs.h"

#include <tuple>

using namespace moert;
using namespace moert::reference;

namespace {

enum class Zeroed { nothing, other, x };

/// The inputs of one call.
struct FewTokens {
  RoutingCase routing;
  std::int64_t hidden;
  bool pow2;
  Zeroed zeroed;
  std::vector<std::int32_t> ids;
  std::vector<float> weights;
  std::vector<std::uint16_t> x;
};

FewTokens drawCall(const RoutingCase &c, std::int64_t hidden, bool pow2,
                   Zeroed zeroed) {
  Random random(unsigned(c.tokens * 1000 + c.experts));
  FewTokens call{c, hidden, pow2, zeroed, drawIds(c, random), {}, {}};
  std::normal_distribution<float> normal;
  for (std::size_t pair = 0; pair < call.ids.size(); ++pair)
    call.weights.push_back(normal(random));
  call.x = drawBf16(std::size_t(c.tokens * hidden), random);
  call.x[3] = 0x7fc1; // a NaN
  return call;
}

/// Every byte that the call wrote, and those around that it must not.
auto outputsOf(const FewTokens &call, bool oneLaunch) {
  const RoutingCase &c = call.routing;
  const std::int64_t pairs = c.tokens * c.slots;
  const std::int64_t rows = rowCapacity(pairs, c.experts, c.alignment);
  const std::int64_t tiles = rows / c.alignment;
  const std::int64_t groups = ceilDiv(call.hidden, 128);
  Input<std::int32_t> ids(call.ids);
  Input<float> weights(call.weights);
  Output<std::int32_t> sorted(rows + 1), experts(tiles + 1), held(tiles + 1),
      count(2), counters(5);
  Output<float> rowWeights(rows + 1), scales(c.tokens * groups + 1);
  Output<std::uint8_t> codes(call.x.size() + 16);
  Output<std::uint8_t> scratch(
      std::max<std::size_t>(1, routeScratchBytes(pairs, c.experts)));
  Output<std::uint16_t> zeroed(call.x.size() + 8);
  DeviceMemory x;
  upload(x, call.x);

  RouteArgs route{c.tokens,        c.slots,        c.experts,
                  c.alignment,     rows,           ids.data(),
                  weights.data(),  sorted.data(),  rowWeights.data(),
                  experts.data(),  held.data(),    count.data(),
                  counters.data(), scratch.data(), 2.5f};
  QuantiseArgs quantise{c.tokens, call.hidden,  call.pow2,
                        x.data(), codes.data(), scales.data()};
  if (call.zeroed != Zeroed::nothing)
    quantise.zeroed = call.zeroed == Zeroed::x ? x.data() : zeroed.data();
  if (oneLaunch) {
    launchRouteQuantise(route, quantise, nullptr);
  } else {
    launchRoute(route, nullptr);
    launchQuantise(quantise, nullptr);
  }
  check(cudaStreamSynchronize(nullptr), "sort and quantise");
  return std::tuple(sorted.read(), experts.read(), held.read(), count.read(),
                    counters.read(), bits(rowWeights.read()), codes.read(),
                    bits(scales.read()), zeroed.read(),
                    download<std::uint16_t>(x.data(), call.x.size()));
}

} // namespace

TEST_CASE("one launch gives what sort and quantise give", "[gpu]") {
  SKIP_WITHOUT_HOPPER();
  const std::int64_t tokens = GENERATE(1, 2, 3, 7, 16, 64, 113, 455, 600);
  const std::int64_t experts = GENERATE(1, 8, 128, 257, 512, 2048);
  const std::int64_t slots = GENERATE(1, 8, 9);
  const std::int64_t alignment = GENERATE(8, 16, 64, 128);
  CAPTURE(tokens, experts, slots, alignment);
  const int last = int(experts) - 1;
  const std::int64_t hidden = tokens % 2 ? 272 : 1024;
  const bool pow2 = slots == 8;
  const Zeroed zeroed = Zeroed((tokens + experts) % 3);
  for (auto [lowest, highest] :
       {std::pair{0, last}, {-2, last + 2}, {last, last}, {-1, -1}}) {
    CAPTURE(lowest, highest);
    const FewTokens call =
        drawCall({tokens, slots, experts, alignment, lowest, highest}, hidden,
                 pow2, zeroed);
    CHECK((outputsOf(call, true) == outputsOf(call, false)));
  }
}

TEST_CASE("one launch quantises wide rows", "[gpu]") {
  SKIP_WITHOUT_HOPPER();
  const std::int64_t hidden = GENERATE(16, 7168, 7184);
  const bool pow2 = GENERATE(false, true);
  const std::int64_t tokens = GENERATE(1, 64, 455);
  const Zeroed zeroed = GENERATE(Zeroed::nothing, Zeroed::other, Zeroed::x);
  CAPTURE(hidden, pow2, tokens, zeroed);
  const FewTokens call =
      drawCall({tokens, 9, 257, 64, -1, 256}, hidden, pow2, zeroed);
  CHECK((outputsOf(call, true) == outputsOf(call, false)));
}

TEST_CASE("a block holds the pairs that it is said to sort") {
  const std::int64_t experts = GENERATE(1, 8, 128, 257, 512, 513, 1024);
  const std::int64_t alignment = GENERATE(1, 8, 64, 256);
  for (std::int64_t pairs = 1; pairs <= kRouteSingleBlockPairs; ++pairs) {
    const std::int64_t rows = rowCapacity(pairs, experts, alignment);
    const SmallRoutePlan plan = planSmallRoute(pairs, experts, rows, alignment);
    if (plan.threads == 0)
      continue;
    const std::int64_t runs = ceilDiv(pairs, 32 * plan.batches);
    const bool right =
        plan.threads >= experts && plan.threads <= kRouteThreads &&
        (plan.batches == 1 || plan.batches == kSmallRouteBatches) &&
        plan.runs == runs && plan.runs <= plan.threads / 32 &&
        plan.pitch >= experts && plan.pitch % 8 == 0 &&
        plan.sharedBytes >=
            2 * plan.runs * plan.pitch + 4 * experts + 4 * rows / alignment &&
        plan.sharedBytes <= kSmallRouteSharedBytes;
    CAPTURE(pairs, experts, alignment);
    REQUIRE(right);
  }
}

TEST_CASE("layers of up to 512 experts sort few tokens in one launch") {
  const std::int64_t experts = GENERATE(1, 128, 257, 512);
  const std::int64_t alignment = GENERATE(8, 16, 64, 128);
  const std::int64_t pairs = GENERATE(1, 9, 576, 1024, 1025, 4095, 4096);
  const std::int64_t rows = rowCapacity(pairs, experts, alignment);
  CAPTURE(experts, alignment, pairs);
  CHECK(planSmallRoute(pairs, experts, rows, alignment).threads > 0);
  CHECK(planSmallRoute(4097, experts, rows, alignment).threads == 0);
  CHECK(planSmallRoute(pairs, 1025, rows, alignment).threads == 0);
}
