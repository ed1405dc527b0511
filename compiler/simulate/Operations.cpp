//===- Operations.cpp - the table of what the simulator knows -------------===//

#include "compiler/simulate/Operations.h"
#include "compiler/pipe-to-nvvm/AsmTexts.h"
#include "compiler/simulate/Handlers.h"
#include "compiler/simulate/Reduction.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir::moe::sim;
using llvm::StringRef;

namespace {

struct Entry {
  const char *name;
  Handler handler;
  int n = 0;
  int depth = 0;
};

constexpr int of(Shuffle mode) { return int(mode); }
constexpr int of(Vote mode) { return int(mode); }
constexpr int of(Redux operation) { return int(operation); }
constexpr int of(Reduction::Op operation) { return int(operation); }
constexpr int kFlush = 1, kRelaxed = 1, kRead = 1, kTransposed = 1;

/// NVVM intrinsics, without the prefix "llvm.nvvm.".
constexpr Entry kIntrinsics[] = {
    // Who a thread is.
    {"read.ptx.sreg.tid.x", readThreadIndex},
    {"read.ptx.sreg.tid.y", readZero},
    {"read.ptx.sreg.tid.z", readZero},
    {"read.ptx.sreg.laneid", readLane},
    {"read.ptx.sreg.ctaid.x", readBlockIndex},
    {"read.ptx.sreg.ctaid.y", readZero},
    {"read.ptx.sreg.ctaid.z", readZero},
    {"read.ptx.sreg.nctaid.x", readGridSize},
    {"read.ptx.sreg.nctaid.y", readOne},
    {"read.ptx.sreg.nctaid.z", readOne},
    {"read.ptx.sreg.ntid.x", readBlockSize},
    {"read.ptx.sreg.clusterid.x", readClusterIndex},
    {"read.ptx.sreg.nclusterid.x", readClusters},
    {"read.ptx.sreg.cluster.ctaid.x", readClusterRank},
    {"read.ptx.sreg.cluster.nctaid.x", readClusterSize},
    {"read.ptx.sreg.cluster.ctarank", readClusterRank},
    {"read.ptx.sreg.cluster.nctarank", readClusterSize},
    // Numbers.
    {"ff2bf16x2.rn", toBf16Pair},
    {"ff.to.e4m3x2.rn", toE4m3Pair},
    {"ex2.approx.f32", exp2Approx},
    {"ex2.approx.ftz.f32", exp2Approx, kFlush},
    {"rcp.approx.ftz.f", reciprocal, kFlush},
    {"rcp.rn.f", reciprocal},
    {"div.rn.f", divide},
    {"div.full", divide},
    {"fmax.f", maximum},
    {"fmin.f", minimum},
    {"fabs.f32", absolute},
    // Warps.
    {"shfl.sync.up.i32", shuffle, of(Shuffle::up)},
    {"shfl.sync.up.f32", shuffle, of(Shuffle::up)},
    {"shfl.sync.down.i32", shuffle, of(Shuffle::down)},
    {"shfl.sync.down.f32", shuffle, of(Shuffle::down)},
    {"shfl.sync.bfly.i32", shuffle, of(Shuffle::butterfly)},
    {"shfl.sync.bfly.f32", shuffle, of(Shuffle::butterfly)},
    {"shfl.sync.idx.i32", shuffle, of(Shuffle::index)},
    {"shfl.sync.idx.f32", shuffle, of(Shuffle::index)},
    {"vote.all.sync", vote, of(Vote::all)},
    {"vote.any.sync", vote, of(Vote::any)},
    {"vote.uni.sync", vote, of(Vote::uniform)},
    {"vote.ballot.sync", vote, of(Vote::ballot)},
    {"match.any.sync.i32", match, 0},
    {"match.any.sync.i64", match, 0},
    {"match.all.sync.i32p", match, 1},
    {"match.all.sync.i64p", match, 1},
    {"redux.sync.add", reduceLanes, of(Redux::add)},
    {"redux.sync.umin", reduceLanes, of(Redux::umin)},
    {"redux.sync.umax", reduceLanes, of(Redux::umax)},
    {"redux.sync.min", reduceLanes, of(Redux::min)},
    {"redux.sync.max", reduceLanes, of(Redux::max)},
    {"redux.sync.and", reduceLanes, of(Redux::bitAnd)},
    {"redux.sync.or", reduceLanes, of(Redux::bitOr)},
    {"redux.sync.xor", reduceLanes, of(Redux::bitXor)},
    {"elect.sync", elect},
    {"bar.warp.sync", syncWarp},
    {"ldmatrix.sync.aligned.m8n8.x1.b16.p3", loadMatrices, 1},
    {"ldmatrix.sync.aligned.m8n8.x2.b16.p3", loadMatrices, 2},
    {"ldmatrix.sync.aligned.m8n8.x4.b16.p3", loadMatrices, 4},
    {"ldmatrix.sync.aligned.m8n8.x1.trans.b16.p3", loadMatrices, 1,
     kTransposed},
    {"ldmatrix.sync.aligned.m8n8.x2.trans.b16.p3", loadMatrices, 2,
     kTransposed},
    {"ldmatrix.sync.aligned.m8n8.x4.trans.b16.p3", loadMatrices, 4,
     kTransposed},
    {"stmatrix.sync.aligned.m8n8.x1.b16.p3", storeMatrices, 1},
    {"stmatrix.sync.aligned.m8n8.x2.b16.p3", storeMatrices, 2},
    {"stmatrix.sync.aligned.m8n8.x4.b16.p3", storeMatrices, 4},
    {"stmatrix.sync.aligned.m8n8.x1.trans.b16.p3", storeMatrices, 1,
     kTransposed},
    {"stmatrix.sync.aligned.m8n8.x2.trans.b16.p3", storeMatrices, 2,
     kTransposed},
    {"stmatrix.sync.aligned.m8n8.x4.trans.b16.p3", storeMatrices, 4,
     kTransposed},
    // Blocks and clusters.
    {"barrier.cta.sync.aligned.all", syncBlock},
    {"barrier.cta.sync.aligned.count", syncSomeThreads},
    {"mapa.shared.cluster", mapToRank},
    {"barrier.cluster.arrive", arriveAtCluster},
    {"barrier.cluster.arrive.aligned", arriveAtCluster},
    {"barrier.cluster.arrive.relaxed", arriveAtCluster, kRelaxed},
    {"barrier.cluster.arrive.relaxed.aligned", arriveAtCluster, kRelaxed},
    {"barrier.cluster.wait", waitForCluster},
    {"barrier.cluster.wait.aligned", waitForCluster},
    {"setmaxnreg.dec.sync.aligned.u32", decreaseRegisters},
    {"setmaxnreg.inc.sync.aligned.u32", increaseRegisters},
    // Barriers in memory, and fences.
    {"mbarrier.init.shared", initBarrier},
    {"mbarrier.arrive.scope.cta.space.cta", arrive},
    {"mbarrier.arrive.scope.cluster.space.cluster", arrive},
    {"mbarrier.expect.tx.scope.cta.space.cta", expectBytes},
    {"mbarrier.arrive.expect.tx.scope.cta.space.cta", arriveExpectingBytes},
    {"mbarrier.arrive.expect.tx.scope.cluster.space.cluster",
     arriveExpectingBytes},
    {"mbarrier.try.wait.parity.scope.cta.space.cta", tryWait},
    {"mbarrier.try.wait.parity.scope.cluster.space.cta", tryWait},
    {"mbarrier.test.wait.parity.scope.cta.space.cta", tryWait},
    {"fence.mbarrier_init.release.cluster", fenceBarrierInit},
    {"fence.proxy.async.shared_cta", fenceProxy},
    {"fence.proxy.async", fenceProxy},
    // cp.async.
    {"cp.async.ca.shared.global.4.s", copyAsync, 4},
    {"cp.async.ca.shared.global.8.s", copyAsync, 8},
    {"cp.async.ca.shared.global.16.s", copyAsync, 16},
    {"cp.async.cg.shared.global.16.s", copyAsync, 16},
    {"cp.async.mbarrier.arrive.noinc.shared", arriveOnCopies},
    {"cp.async.commit.group", commitCopies},
    {"cp.async.wait.group", waitForCopyGroups},
    {"cp.async.wait.all", waitForAllCopies},
    // TMA.
    {"cp.async.bulk.tensor.g2s.cta.tile.1d", loadBox, 1},
    {"cp.async.bulk.tensor.g2s.cta.tile.2d", loadBox, 2},
    {"cp.async.bulk.tensor.g2s.cta.tile.3d", loadBox, 3},
    {"cp.async.bulk.tensor.g2s.cta.tile.4d", loadBox, 4},
    {"cp.async.bulk.tensor.g2s.cta.tile.5d", loadBox, 5},
    {"cp.async.bulk.tensor.g2s.tile.1d", loadBoxes, 1},
    {"cp.async.bulk.tensor.g2s.tile.2d", loadBoxes, 2},
    {"cp.async.bulk.tensor.g2s.tile.3d", loadBoxes, 3},
    {"cp.async.bulk.tensor.g2s.tile.4d", loadBoxes, 4},
    {"cp.async.bulk.tensor.g2s.tile.5d", loadBoxes, 5},
    {"cp.async.bulk.global.to.shared.cta", loadBytes},
    {"cp.async.bulk.global.to.shared.cluster", loadBytesToCluster},
    {"cp.async.bulk.tensor.s2g.tile.1d", storeBox, 1},
    {"cp.async.bulk.tensor.s2g.tile.2d", storeBox, 2},
    {"cp.async.bulk.tensor.s2g.tile.3d", storeBox, 3},
    {"cp.async.bulk.tensor.s2g.tile.4d", storeBox, 4},
    {"cp.async.bulk.tensor.s2g.tile.5d", storeBox, 5},
    {"cp.async.bulk.tensor.reduce.add.tile.1d", reduceBox, 1,
     of(Reduction::Op::add)},
    {"cp.async.bulk.tensor.reduce.add.tile.2d", reduceBox, 2,
     of(Reduction::Op::add)},
    {"cp.async.bulk.tensor.reduce.add.tile.3d", reduceBox, 3,
     of(Reduction::Op::add)},
    {"cp.async.bulk.tensor.reduce.min.tile.2d", reduceBox, 2,
     of(Reduction::Op::min)},
    {"cp.async.bulk.tensor.reduce.max.tile.2d", reduceBox, 2,
     of(Reduction::Op::max)},
    {"cp.async.bulk.shared.cta.to.global", storeBytes},
    {"cp.async.bulk.commit.group", commitStores},
    {"cp.async.bulk.wait.group", waitForStores},
    {"cp.async.bulk.wait.group.read", waitForStores, kRead},
    // Other kernels, and a hint for a cache.
    {"griddepcontrol.wait", waitForEarlierKernels},
    {"griddepcontrol.launch.dependents", startLaterKernels},
    {"prefetch.tensormap.p0", nothing},
    {"wgmma.fence.sync.aligned", fenceWgmma},
    {"wgmma.commit_group.sync.aligned", commitWgmma},
    {"wgmma.wait_group.sync.aligned", waitForWgmma},
};

/// Texts of inline asm that say all, with their constraints.
struct TextEntry {
  std::string text;
  const char *constraints;
  Operation operation;
};

const std::vector<TextEntry> &texts() {
  using namespace mlir::pipe;
  static const auto *list = [] {
    auto *result = new std::vector<TextEntry>{
        {("@$1 " + kArriveText).str(),
         "r,b",
         {"mbarrier.arrive.shared::cta.b64", arriveIf}},
        {("@$1 " + kRemoteArriveText).str(),
         "l,b",
         {"mbarrier.arrive.shared::cluster.b64", arriveIf}},
        {kStoreAsyncText.str(), "l,f,f,l", {"st.async.v2.f32", storeAsync, 2}},
        {kCopyByPolicyText.str(),
         "r,l,r,l",
         {"cp.async.cg.shared.global.16.policy", copyAsync, 16}},
        {kGridWaitText.str(),
         "~{memory}",
         {"griddepcontrol.wait", waitForEarlierKernels}},
        {kKeepInL2Text.str(), "=l", {"createpolicy", anyPolicy}},
        {kGridLaunchText.str(),
         "~{memory}",
         {"griddepcontrol.launch_dependents", startLaterKernels}}};
    for (const char *type : {"f32", "noftz.bf16", "noftz.f16"}) {
      bool isFloat = StringRef(type) == "f32";
      int number = int(*Reduction::typeOf(type));
      std::string packed = std::string(type) + (isFloat ? "" : "x2");
      result->push_back({bulkReduceAddText(type),
                         "l,r,r",
                         {std::string("cp.reduce.async.bulk.add.") + type,
                          reduceBytes, number}});
      for (auto [count, constraints] :
           {std::pair(1, isFloat ? "l,f" : "l,r"),
            std::pair(2, isFloat ? "l,f,f" : "l,r,r"),
            std::pair(4, isFloat ? "l,f,f,f,f" : "l,r,r,r,r")})
        result->push_back(
            {redAddText(packed, count),
             constraints,
             {"red.global.add.v" + std::to_string(count) + "." + packed,
              addToGlobal, count, number}});
    }
    return result;
  }();
  return *list;
}

/// "=f,…,0,1,…" and what follows the tied operands.
bool isTied(StringRef constraints, int n, StringRef others) {
  std::string expected;
  for (int i = 0; i < n; ++i)
    expected += "=f,";
  for (int i = 0; i < n; ++i)
    expected += std::to_string(i) + ",";
  expected += others.str();
  return constraints == StringRef(expected).rtrim(',');
}

/// The number behind `prefix` in `text`, or -1.
int numberBehind(StringRef text, StringRef prefix) {
  size_t at = text.find(prefix);
  int number = -1;
  if (at == StringRef::npos || text.substr(at + prefix.size())
                                   .take_while(llvm::isDigit)
                                   .getAsInteger(10, number))
    return -1;
  return number;
}

std::optional<Operation> findWgmma(StringRef text, StringRef constraints) {
  int n = numberBehind(text, "wgmma.mma_async.sync.aligned.m64n");
  if (n <= 0 || n % 8 || n > 256)
    return std::nullopt;
  Operation operation{"wgmma.mma_async.sync.aligned.m64n" + std::to_string(n) +
                          "k32.f32.e4m3.e4m3",
                      issueWgmma, n};
  if ((text == mlir::pipe::wgmmaIntoText(n) &&
       isTied(constraints, n / 2, "l,l,r")) ||
      (text == mlir::pipe::wgmmaText(n) &&
       isTied(constraints, n / 2, "l,l,n,n,n")))
    return operation;
  return std::nullopt;
}

std::optional<Operation> findTiedWait(StringRef text, StringRef constraints) {
  int depth = numberBehind(text, "wgmma.wait_group.sync.aligned ");
  int n = int(constraints.count("=f"));
  if (depth < 0 || text != mlir::pipe::wgmmaWaitText(depth) ||
      !isTied(constraints, n, ""))
    return std::nullopt;
  return Operation{text.drop_back().str(), waitForWgmmaTied, n, depth};
}

} // namespace

std::optional<Operation> mlir::moe::sim::findIntrinsic(StringRef name) {
  if (!name.consume_front("llvm.nvvm."))
    return std::nullopt;
  for (const Entry &entry : kIntrinsics)
    if (name == entry.name)
      return Operation{name.str(), entry.handler, entry.n, entry.depth};
  return std::nullopt;
}

std::optional<Operation> mlir::moe::sim::findInlineAsm(StringRef text,
                                                       StringRef constraints) {
  // A clobber of memory keeps LLVM from moving accesses; here nothing moves.
  StringRef operands = constraints;
  operands.consume_back(",~{memory}");
  for (const TextEntry &entry : texts())
    if (text == entry.text && operands == entry.constraints)
      return entry.operation;
  if (auto operation = findWgmma(text, constraints))
    return operation;
  return findTiedWait(text, constraints);
}
