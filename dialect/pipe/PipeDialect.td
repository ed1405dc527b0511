//===- PipeDialect.td - how it is computed -----------------*- tablegen -*-===//
#ifndef PIPE_DIALECT_TD
#define PIPE_DIALECT_TD

include "mlir/IR/OpBase.td"

def Pipe_Dialect : Dialect {
  let name = "pipe";
  let cppNamespace = "::mlir::pipe";
  let summary = "How a warp-specialised Hopper kernel is built";
  let description = [{
    A kernel is a `gpu.func` whose roles run at once on warpgroups of their own.
    A ring of shared-memory slots joins them: the producer fills slots, the
    consumers drain them. Both are regions, so that acquiring, signalling,
    waiting and releasing can be neither forgotten nor doubled, and the counts
    of the barriers behind them are derived from what stands inside `fill`.

    Values say what a group of threads holds: `!pipe.pending` is a wgmma in
    flight and cannot be read, `!pipe.acc` can.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

class Pipe_Op<string mnemonic, list<Trait> traits = []>
    : Op<Pipe_Dialect, mnemonic, traits>;

#endif // PIPE_DIALECT_TD
