//===- RouteQuantise.cu - sort and quantise in one launch -----------------===//
//
// With few tokens a launch takes longer than what it does. Neither of the two
// reads what the other writes, so block 0 sorts and the others quantise.
//
//===----------------------------------------------------------------------===//
#include "runtime/kernels/Launch.cuh"
#include "runtime/kernels/QuantiseGroup.cuh"
#include "runtime/kernels/SmallSort.cuh"

namespace moert {

namespace {

/// Of rows one after the other, unlike the kernel for many rows: that one would
/// leave most of its lanes idle when there are few.
template <bool kPow2>
__device__ void quantiseShare(const QuantiseArgs &args, unsigned block) {
  quantiseGroups<kPow2, 1>(
      args, (block * blockDim.x + threadIdx.x) / kGroupLanes, 0);
}

/// The first kernel of a call, so its wait, which the chain wants of every
/// thread (Start.h), finds nothing to wait for.
template <int kBatches, bool kPow2>
__global__ void __launch_bounds__(kRouteThreads)
    routeQuantiseKernel(const __grid_constant__ Sort sort,
                        const __grid_constant__ SmallRoutePlan plan,
                        const __grid_constant__ QuantiseArgs quantise) {
  letNextStart();
  if (blockIdx.x == 0)
    sortByOneBlock<kBatches>(sort, plan);
  else
    quantiseShare<kPow2>(quantise, blockIdx.x - 1);
  waitForEarlier();
}

using Kernel = void (*)(Sort, SmallRoutePlan, QuantiseArgs);

Kernel kernelOf(int batches, bool pow2) {
  constexpr int kMany = kSmallRouteBatches;
  if (batches == 1)
    return pow2 ? routeQuantiseKernel<1, true> : routeQuantiseKernel<1, false>;
  return pow2 ? routeQuantiseKernel<kMany, true>
              : routeQuantiseKernel<kMany, false>;
}

} // namespace

bool launchSmallSort(const RouteArgs &route, const QuantiseArgs &quantise,
                     cudaStream_t stream) {
  const SmallRoutePlan plan =
      planSmallRoute(route.tokens * route.slots, route.experts, route.rows,
                     route.rowAlignment);
  if (plan.threads == 0)
    return false;
  const std::int64_t groups =
      quantise.rows * ceilDiv(quantise.columns, kGroupColumns);
  const std::int64_t blocks = ceilDiv(groups, plan.threads / kGroupLanes);
  launch("route and quantise", kernelOf(plan.batches, quantise.pow2),
         dim3(unsigned(1 + blocks)), dim3(plan.threads), plan.sharedBytes,
         stream, Start::afterAll, sortOf(route), plan, quantise);
  return true;
}

void launchRouteQuantise(const RouteArgs &route, const QuantiseArgs &quantise,
                         cudaStream_t stream, Start start) {
  if (launchSmallSort(route, quantise, stream))
    return;
  launchRoute(route, stream, start);
  launchQuantise(quantise, stream, start);
}

void loadRouteQuantiseKernels() {
  for (int batches : {1, int(kSmallRouteBatches)})
    for (bool pow2 : {false, true})
      loadKernel("route and quantise", kernelOf(batches, pow2));
}

} // namespace moert
