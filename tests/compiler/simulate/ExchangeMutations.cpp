//===- ExchangeMutations.cpp - faults between the blocks of a cluster -----===//

#include "tests/compiler/simulate/Barriers.h"
#include "tests/compiler/simulate/Mutations.h"

using namespace llvm;
using namespace rewrites;

/// What a warp says, to one block after the other.
static Calls told(Module &module) { return callsOf(module, "st.async"); }

/// The calls at the line of what is said.
static Calls ofExchange(Module &module, StringRef name) {
  Calls said = told(module);
  return keep(callsOf(module, name), [&](CallBase *call) {
    return !said.empty() && lineOf(call) == lineOf(said[0]);
  });
}

static Calls announced(Module &module) {
  return ofExchange(module, "mbarrier.arrive.expect.tx");
}

/// Every turn has the place and the barrier of the first.
static bool stayInTurn(Module &module) {
  bool changed = false;
  for (Function &function : module)
    for (Instruction &instruction : instructions(function)) {
      auto *phi = dyn_cast<PHINode>(&instruction);
      if (!phi || !phi->getType()->isIntegerTy(32))
        continue;
      for (Use &use : phi->incoming_values()) {
        auto *flip = dyn_cast<BinaryOperator>(use.get());
        if (flip && flip->getOpcode() == Instruction::Xor &&
            lineOf(flip) == lineOf(told(module)[0]) &&
            isa<ConstantInt>(flip->getOperand(1))) {
          use.set(flip->getOperand(0));
          changed = true;
        }
      }
    }
  return changed;
}

static const Mutation kExchanges[] = {
    {"other-block-not-told", "up",
     [](Module &m) { return takeOut(last(told(m))); }, "deadlock", "exchange"},
    {"own-block-not-told", "up",
     [](Module &m) { return takeOut(first(told(m))); }, "deadlock", "exchange"},
    {"told-too-far-on", "up",
     [](Module &m) { return addTo(first(told(m)), 0, 4); }, "misaligned",
     "st.async", "consumer", "%result, %scales = pipe.quantise_rows"},
    {"told-to-another-row", "up",
     [](Module &m) { return addTo(first(told(m)), 0, 8); },
     "never written|not ordered|wrong bits|still being read|copy in flight",
     "exchange|h"},
    {"told-the-largest-twice", "up",
     [](Module &m) {
       Calls said = first(told(m));
       return !said.empty() &&
              (said[0]->setArgOperand(2, said[0]->getArgOperand(1)), true);
     },
     "wrong bits", "h"},
    {"counted-on-the-other-turn", "up",
     [](Module &m) { return addTo(first(told(m)), 3, 8); },
     "deadlock|tx-count|barrier", "exchange|mbarrier"},
    {"nobody-announces", "up", [](Module &m) { return takeOut(announced(m)); },
     "deadlock", "exchange"},
    {"announced-eight-bytes-more", "up",
     [](Module &m) { return addTo(announced(m), 1, 8); }, "deadlock",
     "exchange"},
    {"announced-eight-bytes-less", "up",
     [](Module &m) { return addTo(announced(m), 1, -8); },
     "tx-count|copy in flight|never written|not ordered|deadlock", "exchange"},
    {"exchange-not-awaited", "up",
     [](Module &m) { return takeOut(ofExchange(m, kTryWait), yes(m)); },
     "copy in flight|never written|not ordered|tx-count|wrong bits",
     "exchange|h"},
    {"exchange-of-one-turn", "up", stayInTurn,
     "deadlock|tx-count|not ordered|copy in flight|still being read|arrival "
     "count",
     "exchange"},
};

ArrayRef<Mutation> exchangeMutations() { return kExchanges; }
