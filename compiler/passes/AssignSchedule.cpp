//===- AssignSchedule.cpp - how each grouped GEMM is cut up ---------------===//

#include "compiler/passes/Passes.h"
#include "dialect/moe/MoeDialect.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

#include <numeric>

namespace mlir::moe {
#define GEN_PASS_DEF_ASSIGNSCHEDULE
#include "compiler/passes/Passes.h.inc"
} // namespace mlir::moe

using namespace mlir;
using namespace mlir::moe;

namespace {

/// Where a value of a request goes; a second member for keys of two numbers.
struct RequestKey {
  StringRef name;
  std::optional<int64_t> ScheduleRequest::*first;
  std::optional<int64_t> ScheduleRequest::*second = nullptr;
};

constexpr RequestKey kKeys[] = {
    {"tile", &ScheduleRequest::blockM, &ScheduleRequest::blockN},
    {"stages", &ScheduleRequest::stages},
    {"consumers", &ScheduleRequest::consumers},
    {"group_m", &ScheduleRequest::groupM},
    {"cluster", &ScheduleRequest::cluster},
    {"swapped", &ScheduleRequest::swapped},
    {"copied_rows", &ScheduleRequest::copiedRows},
    {"registers", &ScheduleRequest::producerRegisters,
     &ScheduleRequest::consumerRegisters},
};

/// Puts `value` (`128` or `128x256`) where `key` says; false if it is not of
/// the key's form.
bool apply(const RequestKey &key, StringRef value, ScheduleRequest &request) {
  int64_t first = 0, second = 0;
  if (!key.second) {
    if (value.getAsInteger(10, first))
      return false;
    request.*key.first = first;
    return true;
  }
  auto [left, right] = value.split('x');
  if (left.getAsInteger(10, first) || right.getAsInteger(10, second))
    return false;
  request.*key.first = first;
  request.*key.second = second;
  return true;
}

struct AssignSchedule : mlir::moe::impl::AssignScheduleBase<AssignSchedule> {
  using AssignScheduleBase::AssignScheduleBase;

  void runOnOperation() override {
    SmallVector<GroupedGemmOp> gemms;
    getOperation().walk([&](GroupedGemmOp op) { gemms.push_back(op); });
    SmallVector<ScheduleAttr> schedules;
    for (GroupedGemmOp op : gemms) {
      ScheduleAttr schedule = choose(op);
      if (!schedule)
        return signalPassFailure();
      schedules.push_back(schedule);
    }
    int64_t alignment = 1;
    for (ScheduleAttr schedule : schedules)
      alignment = std::lcm(alignment, schedule.getSchedule().clusterRows());
    for (auto [op, schedule] : llvm::zip_equal(gemms, schedules)) {
      op.setScheduleAttr(schedule);
      op.setRowAlignment(alignment);
    }
  }

private:
  /// The schedule of `op`; null after an error.
  ScheduleAttr choose(GroupedGemmOp op) {
    if (op.getSchedule())
      return *op.getSchedule();
    ScheduleRequest asked;
    auto function = op->getParentOfType<FunctionOpInterface>();
    if (!function) {
      op.emitOpError("expects to stand in a function");
      return {};
    }
    auto kernel = function->getAttrOfType<StringAttr>("moe.kernel");
    for (StringRef item : request)
      if (failed(read(op, item, kernel ? kernel.getValue() : "", asked)))
        return {};
    Schedule schedule = chooseSchedule(op.getShape(), asked);
    auto law = brokenLaw(schedule);
    if (!law)
      law = brokenLaw(schedule, op.getShape());
    if (law) {
      emitError(op.getLoc(), "the schedule of '")
          << function.getName() << "' " << *law;
      return {};
    }
    return ScheduleAttr::get(&getContext(), schedule);
  }

  static LogicalResult refuse(GroupedGemmOp op, StringRef item) {
    return emitError(op.getLoc(),
                     "expects a request such as tile=128x256, up:stages=4, "
                     "consumers=2, group_m=16, cluster=2, swapped=1, "
                     "copied_rows=1 or registers=56x224, got '")
           << item << "'";
  }

  /// Reads `[up:|down:]key=value` into `asked` if it speaks of `kernel`.
  LogicalResult read(GroupedGemmOp op, StringRef item, StringRef kernel,
                     ScheduleRequest &asked) {
    StringRef rest = item;
    if (item.contains(':')) {
      auto [which, tail] = item.split(':');
      if (which != "up" && which != "down")
        return refuse(op, item);
      if (which != kernel)
        return success();
      rest = tail;
    }
    auto [name, value] = rest.split('=');
    const RequestKey *key = llvm::find_if(
        kKeys, [&](const RequestKey &k) { return k.name == name; });
    if (key == std::end(kKeys) || !apply(*key, value, asked))
      return refuse(op, item);
    return success();
  }
};

} // namespace
