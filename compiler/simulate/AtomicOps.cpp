//===- AtomicOps.cpp - red: what is added to global memory ----------------===//

#include "compiler/simulate/Access.h"
#include "compiler/simulate/Handlers.h"
#include "compiler/simulate/Reduction.h"

#include <array>
#include <cstring>

using namespace mlir::moe::sim;

namespace mlir::moe::sim {

/// red.global.add of n registers: address, registers; depth is the type. The
/// elements of a vector are added one by one.
void addToGlobal(Thread &thread, const Call &call) {
  auto type = Reduction::Type(call.depth);
  std::array<uint32_t, 4> values{};
  for (int i = 0; i < call.n; ++i) {
    values[i] = uint32_t(call.in[i + 1]);
    if (type == Reduction::Type::f32 && isInFlight(thread, values[i], call))
      return;
  }
  auto *place = reinterpret_cast<uint8_t *>(call.in[0]);
  uint64_t bytes = uint64_t(call.n) * 4;
  GlobalAccess access{Doing::update, "adds to", call.location};
  if (!isAlignedAt(thread, place, bytes, bytes, call.location) ||
      !mayAccess(thread, place, bytes, access))
    return;
  noteGlobalWrite(thread, place, bytes, access);
  Reduction{type}.apply(place, reinterpret_cast<const uint8_t *>(values.data()),
                        bytes);
}

} // namespace mlir::moe::sim
