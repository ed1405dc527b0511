//===- Operations.cpp - the table of what the simulator knows -------------===//

#include "compiler/simulate/Operations.h"
#include "compiler/pipe-to-nvvm/AsmTexts.h"
#include "compiler/simulate/Handlers.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir::moe::sim;
using llvm::StringRef;

namespace {

struct Entry {
  const char *name;
  Handler handler;
  int n = 0;
};

/// NVVM intrinsics, without the prefix "llvm.nvvm.".
constexpr Entry kIntrinsics[] = {
    {"read.ptx.sreg.tid.x", readThreadIndex},
    {"read.ptx.sreg.tid.y", readZero},
    {"read.ptx.sreg.tid.z", readZero},
    {"read.ptx.sreg.ctaid.x", readBlockIndex},
    {"read.ptx.sreg.ctaid.y", readZero},
    {"read.ptx.sreg.ctaid.z", readZero},
    {"read.ptx.sreg.nctaid.x", readGridSize},
    {"read.ptx.sreg.nctaid.y", readOne},
    {"read.ptx.sreg.nctaid.z", readOne},
    {"read.ptx.sreg.ntid.x", readBlockSize},
    {"ff2bf16x2.rn", toBf16Pair},
    {"ff.to.e4m3x2.rn", toE4m3Pair},
    {"ex2.approx.f", exp2Approx},
    {"ex2.approx.ftz.f", exp2Approx},
    {"rcp.approx.ftz.f", reciprocal},
    {"rcp.rn.f", reciprocal},
    {"div.rn.f", divide},
    {"div.full", divide},
    {"fmax.f", maximum},
    {"fabs.f", absolute},
    {"shfl.sync.idx.i32", shuffleIndex},
    {"shfl.sync.idx.f32", shuffleIndex},
    {"shfl.sync.bfly.i32", shuffleButterfly},
    {"shfl.sync.bfly.f32", shuffleButterfly},
    {"elect.sync", elect},
    {"bar.warp.sync", syncWarp},
    {"barrier.cta.sync.aligned.all", syncBlock},
    {"barrier.cta.sync.aligned.count", syncSomeThreads},
    {"read.ptx.sreg.cluster.ctarank", readClusterRank},
    {"mapa.shared.cluster", mapToRank},
    {"barrier.cluster.arrive.aligned", arriveAtCluster},
    {"barrier.cluster.wait.aligned", waitForCluster},
    {"setmaxnreg.dec.sync.aligned.u32", decreaseRegisters},
    {"setmaxnreg.inc.sync.aligned.u32", increaseRegisters},
    {"stmatrix.sync.aligned.m8n8.x4.b16.p3", storeMatrices},
    {"mbarrier.init.shared", initBarrier},
    {"mbarrier.arrive.scope.cta.space.cta", arrive},
    {"mbarrier.arrive.expect.tx.scope.cta.space.cta", arriveExpectingBytes},
    {"mbarrier.try.wait.parity.scope.cta.space.cta", tryWait},
    {"mbarrier.test.wait.parity.scope.cta.space.cta", tryWait},
    {"fence.mbarrier_init.release.cluster", fenceBarrierInit},
    {"fence.proxy.async.shared_cta", fenceProxy},
    {"fence.proxy.async", fenceProxy},
    {"cp.async.ca.shared.global.4.s", copyAsync, 4},
    {"cp.async.ca.shared.global.8.s", copyAsync, 8},
    {"cp.async.ca.shared.global.16.s", copyAsync, 16},
    {"cp.async.cg.shared.global.16.s", copyAsync, 16},
    {"cp.async.mbarrier.arrive.noinc.shared", arriveOnCopies},
    {"cp.async.commit.group", commitCopies},
    {"cp.async.wait.group", waitForCopyGroups},
    {"cp.async.wait.all", waitForAllCopies},
    {"cp.async.bulk.tensor.g2s.cta.tile.1d", loadBox, 1},
    {"cp.async.bulk.tensor.g2s.cta.tile.2d", loadBox, 2},
    {"cp.async.bulk.tensor.g2s.cta.tile.3d", loadBox, 3},
    {"cp.async.bulk.tensor.g2s.cta.tile.4d", loadBox, 4},
    {"cp.async.bulk.tensor.g2s.cta.tile.5d", loadBox, 5},
    {"cp.async.bulk.tensor.g2s.tile.1d", loadBoxes, 1},
    {"cp.async.bulk.tensor.g2s.tile.2d", loadBoxes, 2},
    {"cp.async.bulk.tensor.g2s.tile.3d", loadBoxes, 3},
    {"cp.async.bulk.global.to.shared.cta", loadBytes},
    {"cp.async.bulk.global.to.shared.cluster", loadBytesToCluster},
    {"cp.async.bulk.tensor.s2g.tile.1d", storeBox, 1},
    {"cp.async.bulk.tensor.s2g.tile.2d", storeBox, 2},
    {"cp.async.bulk.tensor.s2g.tile.3d", storeBox, 3},
    {"cp.async.bulk.commit.group", commitStores},
    {"cp.async.bulk.wait.group", waitForStores},
    {"cp.async.bulk.wait.group.read", waitForStores},
    // Hints, and what one launch alone has nothing to wait for.
    {"prefetch.tensormap.p0", nothing},
    {"griddepcontrol.wait", nothing},
    {"griddepcontrol.launch.dependents", nothing},
    {"wgmma.fence.sync.aligned", fenceWgmma},
    {"wgmma.commit_group.sync.aligned", commitWgmma},
    {"wgmma.wait_group.sync.aligned", waitForWgmma},
};

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
      return Operation{name.str(), entry.handler, entry.n};
  return std::nullopt;
}

std::optional<Operation> mlir::moe::sim::findInlineAsm(StringRef text,
                                                       StringRef constraints) {
  if (text == ("@$1 " + mlir::pipe::kArriveText).str() && constraints == "r,b")
    return Operation{"mbarrier.arrive.shared::cta.b64", arriveIf};
  if (text == ("@$1 " + mlir::pipe::kRemoteArriveText).str() &&
      constraints == "l,b")
    return Operation{"mbarrier.arrive.shared::cluster.b64", arriveIf};
  if (auto operation = findWgmma(text, constraints))
    return operation;
  return findTiedWait(text, constraints);
}
